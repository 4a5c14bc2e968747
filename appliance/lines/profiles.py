"""What differs between families of voice modems, and which family answers: data and a chooser.

Sources: the USR5637 and Conexant CX930xx command references, Skyworks AN93 for the Si24xx.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from appliance.modem.dle import ABORT_RECEIVE, END_DUPLEX, END_TRANSMIT

GAIN_NOMINAL = 128  # +VGT and +VGR, V.253 6.3: 0-255, 128 is nominal


@dataclass(frozen=True, slots=True)
class ModemProfile:
    """One family. Tuples of commands are tried in order until one is accepted.

    ``ident``: patterns searched in the answers to ATI0, ATI3, +GMI and +GMM.
    ``ulaw_id``: the +VSM identifier of µ-law where the modem does not list its formats by name.
    ``ulaw_forms``: +VSM values with the identifier left open.
    ``end_tail`` leaves duplex voice; ``other_tail`` is tried when the modem does not answer it.
    ``extension_lifted``: DLE codes that say a telephone beside the modem went off-hook.
    """

    name: str
    title: str
    ident: tuple[str, ...]
    ulaw_id: int
    ulaw_forms: tuple[str, ...]
    silence_off: tuple[str, ...]
    caller_id_on: tuple[str, ...]
    end_tail: bytes
    other_tail: bytes
    extension_lifted: frozenset[int] = frozenset(b"HP")
    extras: tuple[str, ...] = ("AT+VDR=0,0",)  # no DRON/DROF lines around RING


USR5637 = ModemProfile(
    name="usr5637",
    title="USRobotics USR5637",
    ident=(r"^5601$", r"U\.?S\.? ?Robotics"),
    ulaw_id=131,
    ulaw_forms=("{id},8000", "{id},8000,0,0"),
    silence_off=("AT+VSD=128,0",),
    caller_id_on=("AT+VCID=1",),
    end_tail=END_TRANSMIT,
    other_tail=END_DUPLEX,
)
CONEXANT_CX930XX = ModemProfile(
    name="conexant_cx930xx",
    title="Conexant CX930xx",
    ident=(r"^56000$", r"CONEXANT", r"CX930\d\d"),
    ulaw_id=131,
    ulaw_forms=("{id},8000,0,0", "{id},8000"),
    silence_off=("AT+VSD=0,0", "AT+VSD=128,0"),
    # -STE=3 also watches for a telephone lifted on the same line; older firmware has +VCID alone.
    caller_id_on=("AT-SCID=1;+VCID=1;-STE=3", "AT+VCID=1"),
    end_tail=END_DUPLEX,
    other_tail=END_TRANSMIT,
)
SI24XX = ModemProfile(
    name="si24xx",
    title="Skyworks Si24xx",
    ident=(r"Si24\d\d", r"^24(04|15|34|57|93|94)$", r"SILICON LAB", r"SKYWORKS"),
    ulaw_id=4,
    ulaw_forms=("{id},8000,0,0", "{id},8000"),
    silence_off=("AT+VSD=0,0", "AT+VSD=128,0"),
    caller_id_on=("AT+VCID=1",),
    end_tail=END_DUPLEX,
    other_tail=ABORT_RECEIVE,
)
GENERIC = ModemProfile(
    name="generic",
    title="V.253 voice modem",
    ident=(),
    ulaw_id=131,
    ulaw_forms=("{id},8000", "{id},8000,0,0"),
    silence_off=("AT+VSD=128,0", "AT+VSD=0,0"),
    caller_id_on=("AT+VCID=1", "AT#CID=1"),
    end_tail=END_TRANSMIT,
    other_tail=END_DUPLEX,
)
PROFILES = (USR5637, CONEXANT_CX930XX, SI24XX, GENERIC)
_SHORT_NAMES = {"usr": USR5637, "conexant": CONEXANT_CX930XX}
# ITU-T T.35 annex A, by ISO 3166 country; the modem's ring detection and caller ID follow it.
T35_COUNTRY = {
    "AU": "09", "BE": "0F", "BR": "16", "CA": "20", "CN": "26", "DE": "42", "DK": "31",
    "ES": "A0", "FI": "3C", "FR": "3D", "GB": "B4", "HK": "50", "ID": "54", "IE": "57",
    "IN": "53", "IT": "59", "JP": "00", "KR": "61", "MX": "73", "MY": "6C", "NL": "7B",
    "NO": "82", "NZ": "7E", "PH": "89", "PL": "8A", "PT": "8B", "SE": "A5", "SG": "9C",
    "TH": "A9", "TW": "FE", "US": "B5", "VN": "BC", "ZA": "9F",
}  # fmt: skip


def named_profile(model: str) -> ModemProfile | None:
    """The profile an owner named in ``model``; None for ``auto`` and for unknown names."""
    by_name = {p.name: p for p in PROFILES} | _SHORT_NAMES
    return by_name.get(model.strip().lower())


def recognise(answers: Iterable[str]) -> ModemProfile | None:
    """The family whose pattern occurs in the modem's answers about itself, or None."""
    lines = [line.strip() for line in answers]
    for profile in PROFILES:
        for pattern in profile.ident:
            if any(re.search(pattern, line, re.IGNORECASE) for line in lines):
                return profile
    return None
