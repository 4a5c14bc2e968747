"""What a cellular modem says of its network, as 3GPP TS 27.007 prints it: registration, signal.

Every function takes any line and returns None for what is not its own; none raises on a line.
"""

import re
from dataclasses import dataclass

from appliance.modem.caller import clean_name
from appliance.modem.fields import at, fields_of, whole

# 3GPP TS 27.007 7.2: how a registration stands.
_STATES = {
    0: "idle",
    1: "home",
    2: "searching",
    3: "denied",
    4: "unknown",
    5: "roaming",
    6: "home",  # short messages only
    7: "roaming",  # short messages only
    8: "emergency_only",
    9: "home",  # calls by fallback, not preferred
    10: "roaming",
    11: "emergency_only",
}
_TEXTS_ONLY = (6, 7)
_TECHNOLOGIES = {0: "2G", 1: "2G", 3: "2G", 8: "2G", 7: "4G", 9: "4G", 10: "4G", 11: "5G", 12: "5G"}
_THREE_G = (2, 4, 5, 6)


@dataclass(frozen=True, slots=True)
class Registration:
    """``domain``: CREG (calls), CGREG or CEREG (LTE). ``is_notice``: not the answer to a question.

    ``state``: idle, home, searching, denied, unknown, roaming or emergency_only. ``texts_only``:
    calls are not carried here.
    """

    domain: str
    state: str
    is_notice: bool
    texts_only: bool = False
    area: str = ""
    cell: str = ""
    technology: str = ""

    @property
    def is_registered(self) -> bool:
        return self.state in ("home", "roaming")


@dataclass(frozen=True, slots=True)
class Signal:
    """``dbm``: of the strongest system reported, None: not known. ``kind``: rssi, rscp or rsrp."""

    dbm: int | None
    kind: str = "rssi"

    @property
    def bars(self) -> int:
        """0 to 4, as a telephone shows it; 0 also when not known."""
        if self.dbm is None:
            return 0
        steps = {"rssi": (-105, -97, -89, -77), "rscp": (-115, -105, -95, -85)}
        return sum(self.dbm >= step for step in steps.get(self.kind, (-120, -110, -100, -90)))


@dataclass(frozen=True, slots=True)
class Operator:
    """``name``: as the modem prints it; ``code``: MCC and MNC, where it printed those instead.

    Both are "" while there is none. ``is_automatic``: chosen by the modem.
    """

    name: str
    code: str
    technology: str
    is_automatic: bool


def read_registration(text: str) -> Registration | None:
    """+CREG, +CGREG or +CEREG, a notice (``1`` / ``1,"00C3","01A2",7``) or an answer (``2,1,…``).

    The two differ by the second field: of an answer it is the state, one or two digits unquoted; of
    a notice the area, four hexadecimal digits.
    """
    match = re.match(r"\+(CREG|CGREG|CEREG|C5GREG):", text, re.IGNORECASE)
    if match is None:
        return None
    fields = fields_of(text, match[0]) or ()
    parts = text.split(",")
    second = parts[1].strip() if len(parts) > 1 else ""
    is_notice = not re.fullmatch(r"[0-9]{1,2}", second)
    if not is_notice:
        fields = fields[1:]
    number = whole(at(fields, 0))
    if number is None or number not in _STATES:
        return None
    return Registration(
        match[1].upper(),
        _STATES[number],
        is_notice,
        number in _TEXTS_ONLY,
        _hexadecimal(at(fields, 1)),
        _hexadecimal(at(fields, 2)),
        technology(at(fields, 3)),
    )


def technology(access: str) -> str:
    """The access technology number of +COPS and +CREG (27.007 7.3): 2G, 3G, 4G, 5G or ""."""
    number = whole(access)
    if number is None:
        return ""
    return "3G" if number in _THREE_G else _TECHNOLOGIES.get(number, "")


def read_signal(text: str) -> Signal | None:
    """+CSQ (27.007 8.5) or +CESQ (8.69)."""
    fields = fields_of(text, "+CSQ:")
    if fields is not None:
        level = whole(at(fields, 0))
        return None if level is None else _plain_signal(level)
    fields = fields_of(text, "+CESQ:")
    return None if fields is None else _extended_signal(fields)


def _plain_signal(level: int) -> Signal:
    if 100 <= level <= 191:  # TD-SCDMA, as SIMCom and Huawei give it: -116 dBm at 100
        return Signal(level - 216, "rscp")
    return Signal(2 * level - 113 if 0 <= level <= 31 else None)


def _extended_signal(fields: tuple[str, ...]) -> Signal:
    gsm, wideband, lte = (whole(at(fields, i)) for i in (0, 2, 5))
    if lte is not None and 0 <= lte <= 97:
        return Signal(lte - 141, "rsrp")
    if wideband is not None and 0 <= wideband <= 96:
        return Signal(wideband - 121, "rscp")
    return Signal(gsm - 111 if gsm is not None and 0 <= gsm <= 63 else None)


def read_operator(text: str) -> Operator | None:
    """+COPS of AT+COPS? (27.007 7.3); not the list of AT+COPS=?."""
    fields = fields_of(text, "+COPS:")
    if fields is None or whole(at(fields, 0)) is None:
        return None
    said = clean_name(_from_ucs2(at(fields, 2)))
    is_code = at(fields, 1) == "2" or re.fullmatch(r"[0-9]{5,6}", said) is not None
    return Operator(
        "" if is_code else said,
        said if is_code else "",
        technology(at(fields, 3)) if said else "",
        at(fields, 0) in ("0", "4"),
    )


def _from_ucs2(name: str) -> str:
    """A name in hex of UCS-2, as AT+CSCS="UCS2" has it (27.007 5.5), read; any other as it is."""
    if not re.fullmatch(r"(?=.*[0-9])([0-9A-Fa-f]{4}){2,}", name):
        return name
    try:
        read = bytes.fromhex(name).decode("utf-16-be")
    except UnicodeDecodeError:
        return name
    return read if read.isprintable() else name


def _hexadecimal(text: str) -> str:
    return text.upper() if re.fullmatch(r"[0-9A-Fa-f]{1,9}", text) else ""
