"""Call-progress tones by country, from tones.toml: those we play and those we listen for.

Every value there names its source. A tone that is modulated is played as its two side bands and
listened for as carrier and side bands. Levels we play: ITU-T E.180, per frequency.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import msgspec

from appliance.errors import AudioError

STEADY: tuple[tuple[float, float], ...] = ()
FILE = "tones.toml"
_LEVELS_DBM0 = {"dial": -13.0, "ringback": -19.0, "busy": -20.0, "reorder": -20.0}
_FOUR_CYCLES = ("busy", "reorder", "howler", "number_unobtainable")  # they may end a call
KINDS = (
    "dial",
    "ringback",
    "busy",
    "reorder",
    "number_unobtainable",
    "special_information",
    "call_waiting",
    "howler",
    "fax_cng",
    "answer_tone",
)
MOST_PATTERNS = 20  # of one country: a port has room for 24, with four learned at the line


@dataclass(frozen=True, slots=True)
class Tone:
    """Up to two frequencies, each at ``level_dbm0``; up to four phases of (on, off) seconds.

    No phases: steady. ``limit_s``: ends itself after so long; 0 = never.
    """

    hz: tuple[int, ...]
    phases: tuple[tuple[float, float], ...] = STEADY
    level_dbm0: float = -13.0
    limit_s: float = 0.0


@dataclass(frozen=True, slots=True)
class TonePattern:
    """One tone to listen for, as audio_tone_pattern of audio_loop.h. ``matched``: its name.

    ``hz``: up to four that sound together, or one for each phase with ``is_sequence``.
    """

    kind: str
    matched: str
    hz: tuple[int, ...]
    phases: tuple[tuple[float, float], ...] = STEADY
    cycles: int = 4
    least_s: float = 0.0
    hz_tolerance: float = 0.0
    ms_tolerance: float = 0.0
    weaker_db: float = 0.0
    is_sequence: bool = False
    verified: bool = True
    source: str = ""


class _Row(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One tone as the file has it."""

    hz: str
    source: str
    rhythm: tuple[tuple[float, float], ...] = STEADY
    cycles: int = 0
    least_s: float = 0.0
    hz_tolerance: float = 0.0
    ms_tolerance: float = 0.0
    weaker_db: float = 0.0
    verified: bool = True
    note: str = ""


@dataclass(frozen=True, slots=True)
class CountryTones:
    """What one country's exchanges sound like. ``played``: by name, with howler and beep."""

    name: str
    played: Mapping[str, Tone]
    patterns: tuple[TonePattern, ...]


# Receiver off hook, GR-506: 1400+2060+2450+2600 Hz at up to +3 dBm. Its two lower tones do for a
# handset in the same room, and stay below the digital overload point.
HOWLER = Tone((1400, 2060), ((0.1, 0.1),), -4.0)
BEEP = Tone((1000,), STEADY, -12.0, 0.4)  # "speak after the tone"
ALIASES: Mapping[str, str] = MappingProxyType({"UK": "GB"})
_OTHER, _EVERYWHERE, _SOURCES = "other", "international", "sources"


def parse_hz(text: str) -> tuple[tuple[int, ...], int, bool]:
    """``350+440``, ``400*25`` or ``950/1400/1800``: (Hz, modulation in Hz, one by one).

    Raises ValueError, saying what is wrong.
    """
    if not re.fullmatch(r"\d+(?:(?:\+\d+){0,3}|\*\d+|(?:/\d+){1,3})", text):
        raise ValueError(f'hz = "{text}"; write "425", "350+440", "400*25" or "950/1400/1800"')
    numbers = tuple(int(part) for part in re.split(r"[+*/]", text))
    modulation = numbers[1] if "*" in text else 0
    hz = numbers[:1] if modulation else numbers
    if any(not 300 <= f <= 3400 for f in hz) or modulation > 100:
        raise ValueError(f'hz = "{text}"; 300 to 3400 Hz, modulated with up to 100')
    return hz, modulation, "/" in text


def _check_row(row: _Row, sources: Mapping[str, str]) -> None:
    if row.source not in sources:
        raise ValueError(f'source = "{row.source}" is not in [sources]')
    if len(row.rhythm) > 4 or any(not (0 < on <= 65 and 0 <= off <= 65) for on, off in row.rhythm):
        raise ValueError(f"rhythm = {row.rhythm}; up to four of [on, off] seconds")
    if bool(row.rhythm) == bool(row.least_s):
        raise ValueError("give rhythm, or least_s when the tone is steady")
    if not 0 <= row.cycles <= 20 or not 0 <= row.hz_tolerance <= 0.1 or row.ms_tolerance > 0.3:
        raise ValueError("cycles up to 20, hz_tolerance up to 0.1, ms_tolerance up to 0.3")
    hz, _, is_sequence = parse_hz(row.hz)
    if is_sequence and len(hz) != len(row.rhythm):
        raise ValueError(f'hz = "{row.hz}" needs {len(hz)} phases of rhythm')


def _pattern(kind: str, matched: str, row: _Row) -> TonePattern:
    hz, modulation, is_sequence = parse_hz(row.hz)
    if modulation:
        hz = (hz[0] - modulation, hz[0], hz[0] + modulation)
    return TonePattern(
        kind=kind,
        matched=matched,
        hz=hz,
        phases=row.rhythm,
        cycles=row.cycles or (4 if kind in _FOUR_CYCLES else 1),
        least_s=row.least_s,
        hz_tolerance=row.hz_tolerance,
        ms_tolerance=row.ms_tolerance,
        weaker_db=row.weaker_db,
        is_sequence=is_sequence,
        verified=row.verified,
        source=row.source,
    )


def _played(kind: str, row: _Row) -> Tone:
    hz, modulation, _ = parse_hz(row.hz)
    if modulation:
        hz = (hz[0] - modulation, hz[0] + modulation)
    return Tone(hz[:2], row.rhythm, _LEVELS_DBM0[kind])


def _rows(table: Mapping[str, object], sources: Mapping[str, str]) -> list[tuple[str, list[_Row]]]:
    found = []
    for kind, value in table.items():
        if kind == "name":
            continue
        if kind not in KINDS:
            raise ValueError(f"no tone is called {kind}; use {', '.join(KINDS)}")
        try:
            rows = msgspec.convert(value, list[_Row], strict=False)
            for row in rows:
                _check_row(row, sources)
        except (msgspec.ValidationError, ValueError) as error:
            raise ValueError(f"{kind}: {error}") from error
        found.append((kind, rows))
    return found


def _patterns(
    code: str, table: Mapping[str, object], sources: Mapping[str, str]
) -> tuple[TonePattern, ...]:
    prefix = "" if code in (_OTHER, _EVERYWHERE) else f"{code} "
    return tuple(
        _pattern(kind, f"{prefix}{kind.replace('_', ' ')}", row)
        for kind, rows in _rows(table, sources)
        for row in rows
    )


def _country(
    code: str,
    table: Mapping[str, object],
    everywhere: tuple[TonePattern, ...],
    sources: Mapping[str, str],
) -> CountryTones:
    first = {kind: rows[0] for kind, rows in _rows(table, sources) if rows}
    missing = [kind for kind in _LEVELS_DBM0 if kind not in first]
    if missing or not isinstance(table.get("name"), str):
        raise ValueError(f"{', '.join(missing) or 'name'} is missing")
    patterns = _patterns(code, table, sources) + everywhere
    if len(patterns) > MOST_PATTERNS:
        raise ValueError(f"{len(patterns)} tones; {MOST_PATTERNS} fit")
    played = {kind: _played(kind, first[kind]) for kind in _LEVELS_DBM0}
    played |= {"howler": HOWLER, "beep": BEEP}
    return CountryTones(str(table["name"]), MappingProxyType(played), patterns)


def read_tones(text: str) -> Mapping[str, CountryTones]:
    """The countries of a tones.toml, and "other". Raises AudioError, naming the place."""
    place = FILE
    try:
        data = tomllib.loads(text)
        sources = msgspec.convert(data.pop(_SOURCES, {}), dict[str, str])
        tables = msgspec.convert(data, dict[str, dict[str, object]])
        place = f"{FILE} [{_EVERYWHERE}]"
        everywhere = _patterns(_EVERYWHERE, tables.pop(_EVERYWHERE, {}), sources)
        if _OTHER not in tables:
            raise ValueError(f"[{_OTHER}] is missing")
        countries = {}
        for code, table in tables.items():
            place = f"{FILE} [{code}]"
            countries[code] = _country(code, table, everywhere, sources)
    except (ValueError, msgspec.ValidationError) as error:
        raise AudioError(f"{place}: {error}") from error
    return MappingProxyType(countries)


@cache
def _shipped() -> Mapping[str, CountryTones]:
    return read_tones(files("appliance.audio").joinpath(FILE).read_text(encoding="utf-8"))


def countries() -> tuple[str, ...]:
    """The codes of tones.toml (ISO 3166 alpha-2)."""
    return tuple(code for code in _shipped() if code != _OTHER)


def country_tones(country: str) -> CountryTones:
    """All about ``country`` (ISO 3166 alpha-2); ITU-T E.180's advice if it is unknown."""
    code = country.upper()
    shipped = _shipped()
    return shipped.get(ALIASES.get(code, code), shipped[_OTHER])


def tones_for(country: str) -> Mapping[str, Tone]:
    """The tones to play in ``country``: dial, ringback, busy, reorder, howler, beep."""
    return country_tones(country).played
