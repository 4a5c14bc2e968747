"""What a cellular modem is and which SIM it holds: IMEI, ICCID, PIN, start-up notices, its errors.

Every function takes any line and returns None or "" for what is not its own; none raises on a line.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from appliance.modem.caller import clean_name
from appliance.modem.fields import after_prefix, at, fields_of, whole
from appliance.modem.notices import is_notice


class SimState(Enum):
    """3GPP TS 27.007 8.3, and what vendors add. LOCKED: to a network or a telephone."""

    READY = "ready"
    PIN = "pin"
    PUK = "puk"
    PIN2 = "pin2"
    PUK2 = "puk2"
    LOCKED = "locked"
    ABSENT = "absent"
    NOT_READY = "not_ready"


class Boot(Enum):
    """How far a modem that starts has come. STARTED: all settings are lost. OFF: it goes down."""

    STARTED = "started"
    SIM_READY = "sim_ready"
    CALLS_READY = "calls_ready"
    TEXTS_READY = "texts_ready"
    PHONEBOOK_READY = "phonebook_ready"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class PinTries:
    """How often a PIN or PUK may still be given; None: not told."""

    pin: int | None
    puk: int | None


_SIM_STATES = {
    "READY": SimState.READY,
    "SIM PIN": SimState.PIN,
    "SIM PUK": SimState.PUK,
    "SIM PIN2": SimState.PIN2,
    "SIM PUK2": SimState.PUK2,
    "NOT INSERTED": SimState.ABSENT,
    "SIM NOT INSERTED": SimState.ABSENT,
    "SIM REMOVED": SimState.ABSENT,
    "NOT READY": SimState.NOT_READY,
}
_BOOT = {
    "RDY": Boot.STARTED,
    "START": Boot.STARTED,
    "*ATREADY": Boot.STARTED,
    "+CPIN: READY": Boot.SIM_READY,
    "CALL READY": Boot.CALLS_READY,
    "SMS READY": Boot.TEXTS_READY,
    "SMS DONE": Boot.TEXTS_READY,
    "PB DONE": Boot.PHONEBOOK_READY,
    "NORMAL POWER DOWN": Boot.OFF,
    "POWERED DOWN": Boot.OFF,
    "UNDER-VOLTAGE POWER DOWN": Boot.OFF,
    "OVER-VOLTAGE POWER DOWN": Boot.OFF,
}
_NO_SIM = "no SIM card is in the modem, or it does not touch its contacts"
# 3GPP TS 27.007 9.2: what the owner can do something about.
_CME = {
    3: "the network or the SIM does not allow this",
    4: "this modem can't do that",
    5: "the SIM is locked to another telephone",
    10: _NO_SIM,
    11: "the SIM asks for its PIN",
    12: "the SIM is blocked and asks for its PUK: unblock it in a telephone",
    13: "the SIM card is broken, or not put in well",
    14: "the SIM card is not ready yet",
    15: "the modem can't read this SIM card",
    16: "the PIN is wrong",
    17: "the SIM asks for its PIN2",
    18: "the SIM asks for its PUK2",
    20: "the modem's memory is full",
    30: "the modem has no network",
    31: "the network did not answer in time",
    32: "the network allows emergency calls only",
    40: "the modem is locked to another operator and asks for a code",
    103: "the network does not accept this SIM",
    106: "the network does not accept this SIM",
    107: "the subscription does not include this service",
    111: "this network does not accept the SIM",
    112: "the SIM may not be used in this area",
    113: "the SIM may not roam in this area",
    132: "the network does not offer this service",
    133: "the subscription does not include this service",
    134: "the network can't offer this service now",
    258: "the network turned the request down",
}


def cme_sentence(code: int | None) -> str:
    """One sentence for the owner on a +CME ERROR; None: the modem said no more than ERROR."""
    if code is None:
        return "the modem answered ERROR"
    return _CME.get(code, f"the modem answered with error {code}")


def is_sim_waiting(code: int | None) -> bool:
    """Whether asking again in a moment is right: the SIM is busy, or not seen yet after a start."""
    return code in (14, 515, 516)


def is_unexplained(code: int | None) -> bool:
    """Whether an error blames neither the SIM nor the network nor the start (27.007 9.2.1)."""
    return code is None or code in (0, 1, 3, 4, 100)


def read_sim_state(text: str) -> SimState | None:
    """A +CPIN line, of an answer or a notice."""
    said = after_prefix(text, "+CPIN:") or after_prefix(text, "+CPIN ")
    if said is None:
        return SimState.ABSENT if text.upper() == "SIM REMOVED" else None
    state = _SIM_STATES.get(said.strip('"').upper())
    locked = re.match(r"PH[-_ ]", said.strip('"'), re.IGNORECASE)
    return SimState.LOCKED if state is None and locked else state


def read_pin_tries(text: str) -> PinTries | None:
    """+CPINR (27.007 8.65, one code a line), +SPIC (SIMCom), +QPINC (Quectel)."""
    fields = fields_of(text, "+CPINR:")
    if fields is not None:
        tries = _tries(at(fields, 1))
        kind = at(fields, 0).upper()
        if kind not in ("SIM PIN", "SIM PUK"):
            return None
        return PinTries(tries, None) if kind == "SIM PIN" else PinTries(None, tries)
    fields = fields_of(text, "+SPIC:")
    if fields is not None:
        return PinTries(_tries(at(fields, 0)), _tries(at(fields, 1)))
    fields = fields_of(text, "+QPINC:")
    if fields is None or at(fields, 0).upper() != "SC":
        return None
    return PinTries(_tries(at(fields, 1)), _tries(at(fields, 2)))


def all_pin_tries(lines: Iterable[str]) -> PinTries:
    """What all lines of an answer say together."""
    pin = puk = None
    for tries in map(read_pin_tries, lines):
        if tries is not None:
            pin = tries.pin if pin is None else pin
            puk = tries.puk if puk is None else puk
    return PinTries(pin, puk)


def read_boot(text: str) -> Boot | None:
    """A notice of a modem that starts or goes down.

    +CFUN: 1 is one too, but also answers AT+CFUN?: give this unsolicited lines only.
    """
    line = " ".join(text.upper().split())
    if re.fullmatch(r"\+CFUN: ?1", line):
        return Boot.STARTED
    if line.endswith("POWER DOWN") and line.startswith(("UNDER-VOLTAGE", "OVER-VOLTAGE")):
        return Boot.OFF
    return _BOOT.get(re.sub(r"\+CPIN: ?", "+CPIN: ", line))


def read_imei(lines: Iterable[str]) -> str:
    """The IMEI in an AT+CGSN answer (bare, or behind +CGSN:), "" when there is none.

    15 digits, the last by Luhn (3GPP TS 23.003 6.2.1 and annex B); modems whose maker did not care
    print another one, or 0, there: of several numbers the right one counts, else the first.
    """
    found = [x for line in lines for x in re.findall(r"(?<![0-9])[0-9]{15}(?![0-9])", line)]
    return next(filter(luhn_holds, found), found[0] if found else "")


def luhn_holds(digits: str) -> bool:
    """Whether the last of these decimal digits is the Luhn check digit of the others."""
    doubled = (int(d) * (1 + i % 2) for i, d in enumerate(reversed(digits)))
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


def read_iccid(lines: Iterable[str]) -> str:
    """The SIM's serial number: 18 to 20 digits that begin with 89 (ITU-T E.118), "" when none.

    Behind +CCID:, +QCCID:, +ICCID:, +CICCID: or bare; a filler F at its end falls away; a modem
    that prints the card's bytes with their digits swapped is understood.
    """
    for line in lines:
        for found in re.findall(r"(?<![0-9A-Fa-f])[0-9]{17,20}[Ff]{0,2}(?![0-9A-Fa-f])", line):
            digits = found.rstrip("Ff")
            if digits.startswith("89") and len(digits) >= 18:
                return str(digits)
        swapped = re.search(r"(?<![0-9A-Fa-f])98[0-9Ff]{18}(?![0-9A-Fa-f])", line)
        if swapped:
            pairs = re.findall("..", swapped[0])
            return "".join(pair[::-1] for pair in pairs).rstrip("Ff")
    return ""


def read_identity(lines: Iterable[str]) -> str:
    """The answer to AT+CGMI, +CGMM or +CGMR in plain words, "" when there is none."""
    for line in lines:
        if is_notice(line) and not re.match(r"\+C?GM[IMR]:", line, re.IGNORECASE):
            continue
        text = re.sub(r"^(?:\+C?GM[IMR]:|Manufacturer:|Model:|Revision:)", "", line, flags=re.I)
        text = clean_name(text.strip().strip('"'))
        if text:
            return text
    return ""


def _tries(text: str) -> int | None:
    number = whole(text)
    return number if number is not None and 0 <= number <= 10 else None
