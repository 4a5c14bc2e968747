"""What differs between families of voice modems, and which family answers: data and a chooser.

Sources: the USR5637 and Conexant CX930xx command references (their -STE, S29 and dial modifiers),
Skyworks AN93 for the Si24xx (+VGR, %V2, U4F, dial modifiers).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from appliance.modem.dle import ABORT_RECEIVE, END_DUPLEX, END_TRANSMIT

GAIN_NOMINAL = 128  # +VGT and +VGR, V.253 6.3: 0-255, 128 is nominal


@dataclass(frozen=True, slots=True)
class Levels:
    """What an owner asked for, in dB against the modem's nominal gain."""

    receive_db: float = 0.0
    transmit_db: float = 0.0


@dataclass(frozen=True, slots=True)
class GainSpan:
    """The useful values of +VGR or +VGT and how much one of them is; V.253 leaves that open."""

    step_db: float = 0.25
    low: int = 0
    high: int = 255

    def value(self, gain_db: float) -> int:
        """The value nearest to ``gain_db``, as far as the span goes."""
        return max(self.low, min(self.high, GAIN_NOMINAL + round(gain_db / self.step_db)))


@dataclass(frozen=True, slots=True)
class DialWay:
    """One way to have digits sent. ``text``: with ``{number}``, or ``{keys}`` parted by commas.

    ``settings``: sent before, where they are known. ``seize_first_s``: off-hook by +VLS=1, and so
    long a rest for the dial tone, before ``text``; 0: ``text`` itself goes off-hook.
    """

    text: str
    settings: tuple[str, ...] = ()
    seize_first_s: float = 0.0


# The ringback timers make a modem that ignores the ";" in class 8 return at once (AN93 +VRN).
DIAL_AND_RETURN = DialWay("ATDT{number};", ("AT+VRA=0", "AT+VRN=0"))
# Touch tones on an open line: V.253 +VTS. Nobody waits for dial tone: the exchange has 2 s.
PLAY_KEYS = DialWay("AT+VTS={keys}", ("AT+VTD=10",), seize_first_s=2.0)


@dataclass(frozen=True, slots=True)
class ModemProfile:
    """One family. Tuples of commands are tried in order until one is accepted.

    ``ident``: patterns searched in the answers to ATI0, ATI3, +GMI and +GMM.
    ``ulaw_id``: the +VSM identifier of µ-law where the modem does not list its formats by name.
    ``ulaw_forms``: +VSM values with the identifier left open.
    ``end_tail`` leaves duplex voice; ``other_tail`` is tried when the modem does not answer it.
    ``extension_lifted``, ``extension_hung_up``: DLE codes of a telephone beside the modem.
    ``dial_ways``: the next one is tried where the modem answers ERROR. ``flash``: commands that tap
    the hook; ``flash_setting``: how long, as ``{tens}`` of ms or in ``{hex}`` ms; "": fixed.
    ``flow_control``: RTS/CTS, for a modem on a UART; the port follows when it is accepted.
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
    extension_hung_up: frozenset[int] = frozenset(b"hp")
    extras: tuple[str, ...] = ()
    no_ring_rhythm: tuple[str, ...] = ("AT+VDR=0,0",)  # no DRON/DROF lines around RING
    ring_rhythm: tuple[str, ...] = ("AT+VDR=1,1", "AT+VDR=1,0")
    dial_ways: tuple[DialWay, ...] = (DIAL_AND_RETURN, PLAY_KEYS)
    flash: tuple[str, ...] = ("AT+VTS=!", "ATD!;")
    flash_setting: str = ""
    receive_gain: GainSpan = GainSpan()
    transmit_gain: GainSpan = GainSpan()
    flow_control: tuple[str, ...] = ()


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
    flash=("ATD!;", "AT+VTS=!"),  # half a second, not settable
    # +VGR works from 121 to 134; the step is Skyworks', whose span ends there as well
    receive_gain=GainSpan(3.0, 121, 134),
    transmit_gain=GainSpan(3.0, 121, 134),
)
CONEXANT_CX930XX = ModemProfile(
    name="conexant_cx930xx",
    title="Conexant CX930xx",
    ident=(r"^56000$", r"CONEXANT", r"CX930\d\d"),
    ulaw_id=131,
    ulaw_forms=("{id},8000,0,0", "{id},8000"),
    silence_off=("AT+VSD=0,0", "AT+VSD=128,0"),
    # -STE=3: a line in use is not seized (LINE-IN-USE), a lifted extension is told as DLE P.
    # Older firmware has +VCID alone.
    caller_id_on=("AT-SCID=1;+VCID=1;-STE=3", "AT+VCID=1"),
    end_tail=END_DUPLEX,
    other_tail=END_TRANSMIT,
    flash=("ATD!;", "AT+VTS=!"),
    flash_setting="ATS29={tens}",
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
    extras=("AT%V2",),  # a line in use is not seized: LINE IN USE, NO LINE
    flash=("ATD!;",),  # +VTS knows no hook flash
    flash_setting="AT:U4F,{hex}",
    receive_gain=GainSpan(3.0, 112, 134),
    transmit_gain=GainSpan(3.0, 112, 134),
    flow_control=("AT+IFC=2,2", "AT+FLO=2", "AT\\Q3"),
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
