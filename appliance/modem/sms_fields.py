"""The fields of short-message PDUs: addresses, times, coding schemes, headers (3GPP TS 23.040).

Raises TextError alone, whatever the bytes.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from appliance.errors import TextError
from appliance.modem import gsm7

INTERNATIONAL, ALPHANUMERIC = 1, 5  # type of number, 23.040 9.1.2.5
GSM7, EIGHT_BIT, UCS2 = "gsm7", "8bit", "ucs2"
_DIGITS = "0123456789*#abc"  # 23.040 9.1.2.3; F is filler
_CONCAT_8, _CONCAT_16, _SINGLE_SHIFT, _LOCKING_SHIFT = 0x00, 0x08, 0x24, 0x25  # 23.040 9.2.3.24


class Octets:
    """Reads octets in order. Raises TextError when there are too few."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> int:
        return len(self._data) - self._at

    def take(self, count: int) -> bytes:
        if count > self.left:
            raise TextError("a short message is cut short")
        self._at += count
        return self._data[self._at - count : self._at]

    def one(self) -> int:
        return self.take(1)[0]


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of a long message this is. ``number``: 1 to ``total``. ``bits``: of reference."""

    reference: int
    total: int
    number: int
    bits: int = 8


@dataclass(frozen=True, slots=True)
class Header:
    """What a user-data header says: the part, and the national languages of the septets."""

    part: Part | None = None
    locking: int = 0
    single: int = 0


@dataclass(frozen=True, slots=True)
class Coding:
    """TP-DCS. ``message_class``: 0 shown at once and not kept, 1-3, None: none."""

    alphabet: str
    message_class: int | None = None
    is_compressed: bool = False


def read_address(octets: Octets) -> str:
    """TP-OA, TP-DA, TP-RA: a number, + before an international one, or a name."""
    length = octets.one()  # in digits
    if length > 20:
        raise TextError("an address is longer than 20 digits")
    kind = octets.one() >> 4 & 7
    packed = octets.take((length + 1) // 2)
    if kind == ALPHANUMERIC:
        return gsm7.decode(gsm7.unpack(packed, length * 4 // 7)).strip()
    digits = read_digits(packed)[:length]
    return f"+{digits}" if kind == INTERNATIONAL and digits else digits


def read_service_centre(octets: Octets) -> str:
    """The service centre's address before the TPDU: its length is in octets (27.005 3.1)."""
    length = octets.one()
    if length == 0:
        return ""
    kind = octets.one() >> 4 & 7
    digits = read_digits(octets.take(length - 1))
    return f"+{digits}" if kind == INTERNATIONAL and digits else digits


def read_digits(packed: bytes) -> str:
    """Digits with their halves swapped; ends at the filler."""
    digits = ""
    for octet in packed:
        for half in (octet & 0xF, octet >> 4):
            if half == 0xF:
                return digits
            digits += _DIGITS[half]
    return digits


def write_address(number: str) -> bytes:
    """TP-DA of a number of 1 to 20 digits, * or #, a + first for an international one."""
    digits = number.removeprefix("+")
    if not 1 <= len(digits) <= 20 or set(digits) - set(_DIGITS):
        raise TextError("a short message goes to a number of 1 to 20 digits")
    kind = 0x91 if number.startswith("+") else 0x81
    halves = [_DIGITS.index(digit) for digit in digits] + [0xF] * (len(digits) % 2)
    packed = bytes(low | high << 4 for low, high in zip(halves[::2], halves[1::2], strict=True))
    return bytes((len(digits), kind)) + packed


def read_time(octets: Octets) -> float | None:
    """A time stamp (23.040 9.2.3.11) as UTC seconds; None when it is no time.

    Seven octets of swapped digits; the last is the zone in quarters of an hour, bit 3 its minus.
    """
    raw = octets.take(7)
    *parts, zone = raw
    if any(octet & 0xF > 9 or octet >> 4 > 9 for octet in parts) or zone >> 4 > 9:
        return None
    year, month, day, hour, minute, second = (10 * (o & 0xF) + (o >> 4) for o in parts)
    century = 1900 if year >= 70 else 2000
    quarters = 10 * (zone & 0x7) + (zone >> 4)
    try:
        local = datetime(century + year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    return local.timestamp() - 900 * (-quarters if zone & 0x8 else quarters)


def read_coding(scheme: int) -> Coding:
    """TP-DCS, 3GPP TS 23.038 4; reserved ones are read as the default alphabet, as it demands."""
    group = scheme >> 4
    if group < 0x8:  # general; 0x4-0x7: to be deleted automatically
        alphabet = (GSM7, EIGHT_BIT, UCS2, GSM7)[scheme >> 2 & 3]
        return Coding(alphabet, scheme & 3 if scheme & 0x10 else None, bool(scheme & 0x20))
    if group == 0xE:  # message waiting, store, UCS-2
        return Coding(UCS2)
    if group == 0xF:
        return Coding(EIGHT_BIT if scheme & 4 else GSM7, scheme & 3)
    return Coding(GSM7)


def read_header(data: bytes) -> Header:
    """A user-data header without its length; elements in any order, unknown ones are skipped.

    23.040 9.2.3.24: of an element that comes twice the last counts, and an element that does not
    fit ends the header.
    """
    part, locking, single = None, 0, 0
    while len(data) >= 2 and len(data) >= 2 + data[1]:
        kind, value, data = data[0], data[2 : 2 + data[1]], data[2 + data[1] :]
        if kind == _CONCAT_8 and len(value) == 3:
            part = _part(value[0], value[1], value[2], 8) or part
        elif kind == _CONCAT_16 and len(value) == 4:
            part = _part(value[0] << 8 | value[1], value[2], value[3], 16) or part
        elif kind == _SINGLE_SHIFT and len(value) == 1:
            single = value[0]
        elif kind == _LOCKING_SHIFT and len(value) == 1:
            locking = value[0]
    return Header(part, locking, single)


def write_header(part: Part | None) -> bytes:
    """The header of one part of a long message, with its length; b"" for a whole message."""
    if part is None:
        return b""
    if part.bits == 8:
        return bytes((5, _CONCAT_8, 3, part.reference & 0xFF, part.total, part.number))
    reference = part.reference.to_bytes(2, "big")
    return bytes((6, _CONCAT_16, 4, *reference, part.total, part.number))


def write_validity(seconds: float) -> int:
    """TP-VP, relative (23.040 9.2.3.12.1): the shortest that is not less, 5 minutes to 63 weeks."""
    minutes = seconds / 60
    for value in range(256):
        if validity_minutes(value) >= minutes:
            return value
    return 255


def validity_minutes(value: int) -> int:
    """What a relative TP-VP octet means."""
    if value <= 143:
        return (value + 1) * 5
    if value <= 167:
        return 12 * 60 + (value - 143) * 30
    if value <= 196:
        return (value - 166) * 24 * 60
    return (value - 192) * 7 * 24 * 60


def _part(reference: int, total: int, number: int, bits: int) -> Part | None:
    """None where 23.040 9.2.3.24.1 says that the element is to be ignored."""
    return Part(reference, total, number, bits) if 1 <= number <= total else None
