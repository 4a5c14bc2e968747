"""Call-progress tones by country: data only. Frequencies in Hz, phases in seconds on and off.

Sources: ITU-T E.180 supplement 2 (various tones used in national networks); US and CA: the precise
tone plan of Telcordia GR-506. Where a country modulates its tone (IN, TH, JP), the two side bands
are given. VN publishes no machine-readable table: the family of its neighbours is used, and the
exchanges in PH differ among themselves. The shop's own handsets and its callers hear these tones.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

STEADY: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Tone:
    """Up to two frequencies, each at ``level_dbm0``; up to four phases of (on, off) seconds.

    No phases: steady. ``limit_s``: ends itself after so long; 0 = never.
    """

    hz: tuple[int, ...]
    phases: tuple[tuple[float, float], ...] = STEADY
    level_dbm0: float = -13.0
    limit_s: float = 0.0


# Receiver off hook, GR-506: 1400+2060+2450+2600 Hz at up to +3 dBm. Its two lower tones do for a
# handset in the same room, and stay below the digital overload point.
HOWLER = Tone((1400, 2060), ((0.1, 0.1),), -4.0)
BEEP = Tone((1000,), STEADY, -12.0, 0.4)  # "speak after the tone"
_DOUBLE_RING = ((0.4, 0.2), (0.4, 2.0))


def _country(
    dial: tuple[int, ...],
    ringback: tuple[tuple[int, ...], tuple[tuple[float, float], ...]],
    busy: tuple[tuple[int, ...], float],
    reorder: tuple[tuple[int, ...], tuple[tuple[float, float], ...]],
) -> Mapping[str, Tone]:
    busy_hz, busy_s = busy
    return MappingProxyType(
        {
            "dial": Tone(dial),
            "ringback": Tone(ringback[0], ringback[1], -19.0),
            "busy": Tone(busy_hz, ((busy_s, busy_s),), -20.0),
            "reorder": Tone(reorder[0], reorder[1], -20.0),
            "howler": HOWLER,
            "beep": BEEP,
        }
    )


_QUARTER = ((0.25, 0.25),)
_NORTH_AMERICA = _country(
    (350, 440), ((440, 480), ((2.0, 4.0),)), ((480, 620), 0.5), ((480, 620), _QUARTER)
)
_E180 = _country((425,), ((425,), ((1.0, 4.0),)), ((425,), 0.5), ((425,), _QUARTER))

TONES: Mapping[str, Mapping[str, Tone]] = MappingProxyType(
    {
        "US": _NORTH_AMERICA,
        "CA": _NORTH_AMERICA,
        "PH": _country(
            (425,), ((425, 480), ((1.0, 4.0),)), ((480, 620), 0.5), ((480, 620), _QUARTER)
        ),
        "VN": _E180,
        "ID": _E180,
        "GB": _country(
            (350, 440),
            ((400, 450), _DOUBLE_RING),
            ((400,), 0.375),
            ((400,), ((0.4, 0.35), (0.225, 0.525))),
        ),
        "IN": _country((375, 425), ((375, 425), _DOUBLE_RING), ((400,), 0.75), ((400,), _QUARTER)),
        "TH": _country((350, 450), ((420,), ((1.0, 5.0),)), ((400,), 0.5), ((400,), ((0.3, 0.3),))),
        "MY": _country((425,), ((425,), _DOUBLE_RING), ((425,), 0.5), ((425,), _QUARTER)),
        "AU": _country(
            (413, 438), ((413, 438), _DOUBLE_RING), ((425,), 0.375), ((425,), ((0.375, 0.375),))
        ),
        "DE": _country((425,), ((425,), ((1.0, 4.0),)), ((425,), 0.48), ((425,), ((0.24, 0.24),))),
        "FR": _country((440,), ((440,), ((1.5, 3.5),)), ((440,), 0.5), ((440,), _QUARTER)),
        "BR": _country(
            (425,), ((425,), ((1.0, 4.0),)), ((425,), 0.25), ((425,), ((0.25, 0.25), (0.75, 0.25)))
        ),
        "MX": _country((425,), ((425,), ((1.0, 4.0),)), ((425,), 0.25), ((425,), _QUARTER)),
        "JP": _country((400,), ((384, 416), ((1.0, 2.0),)), ((400,), 0.5), ((400,), ((0.5, 0.5),))),
        "SG": _country((425,), ((401, 449), _DOUBLE_RING), ((425,), 0.75), ((425,), _QUARTER)),
    }
)
ALIASES: Mapping[str, str] = MappingProxyType({"UK": "GB"})


def tones_for(country: str) -> Mapping[str, Tone]:
    """The tones of ``country`` (ISO 3166 alpha-2); those of ITU-T E.180 if unknown."""
    code = country.upper()
    return TONES.get(ALIASES.get(code, code), _E180)
