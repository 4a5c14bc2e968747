"""What tells one family of voice modem from another: names, codecs, endings. Data only."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Coding:
    """One line of ``+VSM=?``. ``codec`` names a ``codec.LineCodec``; empty = cannot be emulated."""

    number: int
    text: str
    codec: str
    rates: tuple[int, ...] = (8000,)


@dataclass(frozen=True, slots=True)
class ModemProfile:
    """One family. ``settings``: name → (default, lowest, highest) of each plain setting.

    ``duplex_end``: the code after DLE by which the host ends ``+VTR``. ``digit_form``: "shielded"
    (``/ d d ~``), "bare" (one code a key) or "none".
    """

    name: str
    information: dict[str, str]
    codings: tuple[Coding, ...]
    default_coding: int
    duplex_end: int
    receive_ends: tuple[int, ...]
    settings: dict[str, tuple[str, int, int]]
    answer_reply: str = "OK"
    digit_form: str = "shielded"
    fifo_samples: int = 8000
    extension_codes: tuple[int, int] = (0, 0)  # after DLE: lifted, hung up; 0 = not told
    in_use_reply: str = ""  # to a dial command while another telephone has the line
    in_use_setting: tuple[str, str] = ("", "")  # (name, values that make it look first)
    dial_reply: str = "OK"
    has_registers: bool = False  # AT:U..

    def refusal(self, settings: dict[str, str]) -> str:
        """What is answered to a dial command on a line in use; "" = it is seized all the same."""
        name, values = self.in_use_setting
        return self.in_use_reply if settings.get(name, "-") in values else ""


# V.253 settings that every family knows.
_COMMON: dict[str, tuple[str, int, int]] = {
    "+FCLASS": ("0", 0, 8),
    "+VCID": ("0", 0, 2),
    "+VDR": ("0,0", 0, 255),
    "+VDT": ("0,0", 0, 255),
    "+VGT": ("128", 0, 255),
    "+VGR": ("128", 0, 255),
    "+VIT": ("0", 0, 255),
    "+VLS": ("0", 0, 13),
    "+VRA": ("50", 0, 255),
    "+VRN": ("10", 0, 255),
    "+VNH": ("0", 0, 2),
    "+VPR": ("0", 0, 255),
    "+VSD": ("128,50", 0, 255),
    "+VTD": ("100", 0, 255),
    "+VBT": ("192,320", 0, 65535),
    "+IFC": ("2,2", 0, 3),
    "+FLO": ("2", 0, 2),
    "+GCI": ("B5", -1, -1),
    "+IPR": ("0", 0, 4_000_000),
    "+MS": ("V92", -1, -1),
}

USR5637 = ModemProfile(
    name="usr5637",
    information={
        "I0": "5601",
        "I1": "OK",
        "I3": "U.S. Robotics 56K Faxmodem USB V1.2.23",
        "I7": "U.S. Robotics 56K FAX USB Settings...",
        "+GMI": "U.S. Robotics, Inc.",
        "+GMM": "U.S. Robotics 56K FAX USB",
        "+GMR": "U.S. Robotics 56K FAX USB V1.2.23",
        "+FMI": "U.S. Robotics, Inc.",
    },
    codings=(
        Coding(128, "8-BIT LINEAR", "unsigned8", (7200, 8000, 11025)),
        Coding(129, "16-BIT LINEAR", "linear16", (7200, 8000, 11025)),
        Coding(130, "8-BIT ALAW", "alaw"),
        Coding(131, "8-BIT ULAW", "ulaw"),
        Coding(132, "IMA ADPCM", ""),
        Coding(133, "G.729", ""),
    ),
    default_coding=129,
    duplex_end=0x03,
    receive_ends=(0x21, 0x1B),
    settings=_COMMON,
    answer_reply="VCON",
    digit_form="shielded",
    dial_reply="VCON",
    extension_codes=(ord("H"), ord("h")),
)

CONEXANT = ModemProfile(
    name="conexant",
    information={
        "I0": "56000",
        "I1": "255",
        "I3": "CX93001-EIS_V0.2013-V92",
        "-PV": "2013-00",
        "+GMI": "CONEXANT",
        "+GMM": "V90",
        "+GMR": "CX93001-EIS_V0.2013-V92",
        "+FMI": "CONEXANT",
    },
    codings=(
        Coding(0, "SIGNED PCM", "signed8"),
        Coding(1, "UNSIGNED PCM", "unsigned8"),
        Coding(129, "IMA ADPCM", ""),
        Coding(130, "UNSIGNED PCM", "unsigned8"),
        Coding(131, "Mu-Law", "ulaw"),
        Coding(132, "A-Law", "alaw"),
        Coding(133, "14 bit PCM", "linear16"),
    ),
    default_coding=1,
    duplex_end=0x5E,
    receive_ends=(0x21, 0x5E, 0x1B),
    settings=_COMMON | {"-SCID": ("0", 0, 1), "-STE": ("0", 0, 7), "*TEMP": ("0", 0, 1)},
    digit_form="bare",
    fifo_samples=4000,
    extension_codes=(ord("P"), ord("p")),
    in_use_reply="LINE-IN-USE",
    in_use_setting=("-STE", "1357"),
)

SI24XX = ModemProfile(
    name="si24xx",
    information={
        "I0": "2457",
        "I1": "D",
        "I3": "SI3018",
        "+GMI": "Silicon Labs",
        "+GMM": "Si2457",
        "+GMR": "D",
    },
    codings=(
        Coding(0, "SIGNED PCM", "signed8"),
        Coding(1, "UNSIGNED PCM", "unsigned8"),
        Coding(4, "G.711U", "ulaw"),
        Coding(5, "G.711A", "alaw"),
        Coding(129, "IMA ADPCM", ""),
    ),
    default_coding=1,
    duplex_end=0x5E,
    receive_ends=(0x21, 0x1B),
    settings=_COMMON | {"+VCDT": ("0", 0, 5), "%V": ("0", 0, 2)},
    digit_form="shielded",
    fifo_samples=4000,
    in_use_reply="LINE IN USE",
    in_use_setting=("%V", "12"),
    has_registers=True,
)

# No family that anybody knows: the registered identifiers of V.253 and little else.
PLAIN = ModemProfile(
    name="plain",
    information={"I0": "33600", "I3": "V.253 Voice Modem", "+GMI": "Acme", "+GMM": "VM-1"},
    codings=(
        Coding(0, "SIGNED PCM", "signed8"),
        Coding(1, "UNSIGNED PCM", "unsigned8"),
        Coding(4, "G.711 U-LAW PCM", "ulaw"),
    ),
    default_coding=1,
    duplex_end=0x5E,
    receive_ends=(0x21, 0x1B),
    settings=_COMMON,
    fifo_samples=4000,
)

PROFILES = {profile.name: profile for profile in (USR5637, CONEXANT, SI24XX, PLAIN)}
_BITS = {"unsigned8": 8, "signed8": 8, "ulaw": 8, "alaw": 8, "linear16": 16, "": 4}


def coding_lines(profile: ModemProfile) -> tuple[str, ...]:
    """The answer to ``+VSM=?``."""
    lines = []
    for coding in profile.codings:
        bits = 14 if coding.text.startswith("14 bit") else _BITS[coding.codec]
        rates = ",".join(str(rate) for rate in coding.rates)
        if len(coding.rates) > 1:
            rates = f"({rates})"
        lines.append(f'{coding.number},"{coding.text}",{bits},0,{rates},0,0')
    return tuple(lines)
