"""Short messages as TPDUs: DELIVER and STATUS-REPORT written, SUBMIT read (3GPP TS 23.040 §9.2).

The simulator's own. Every PDU here begins with the service centre's address, as 27.005 has it.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from appliance.errors import SimulatorError
from appliance.simulator.cellular import gsm_alphabet

GSM7, EIGHT_BIT, UCS2 = 0x00, 0x04, 0x08
_ALPHANUMERIC, _INTERNATIONAL, _NATIONAL = 0xD0, 0x91, 0x81
_SEMI_OCTETS = "0123456789*#abc"
_ONE_SMS = 140  # octets of user data


@dataclass(frozen=True, slots=True)
class Text:
    """A message somebody sends. ``sender``: a number, +number, or letters such as GCASH.

    ``alphabet``: gsm7, ucs2 or "" for whichever fits. ``wide_reference``: a 16-bit one for parts.
    """

    sender: str
    text: str
    alphabet: str = ""
    wide_reference: bool = False


@dataclass(frozen=True, slots=True)
class Submit:
    """What a SUBMIT asks for. ``part``: (reference, total, number) of a long message, or None."""

    number: str
    text: str
    data_coding: int
    wants_report: bool
    part: tuple[int, int, int] | None = None


def semi_octets(digits: str) -> bytes:
    """Digits as swapped nibbles, an odd one filled with F (23.040 §9.1.2.3)."""
    nibbles = [_SEMI_OCTETS.index(digit) for digit in digits]
    if len(nibbles) % 2:
        nibbles.append(0xF)
    return bytes(low | high << 4 for low, high in zip(nibbles[::2], nibbles[1::2], strict=True))


def _digits(data: bytes, count: int) -> str:
    nibbles = [half for octet in data for half in (octet & 0xF, octet >> 4)]
    if any(nibble == 0xF for nibble in nibbles[:count]):
        raise SimulatorError("a filler amid an address")
    return "".join(_SEMI_OCTETS[nibble] for nibble in nibbles[:count])


def address(number: str) -> bytes:
    """An address field: length in digits, type of number, digits; or letters in 7 bits."""
    digits = number.removeprefix("+")
    if digits and all(char in "0123456789*#" for char in digits):
        kind = _INTERNATIONAL if number.startswith("+") else _NATIONAL
        return bytes([len(digits), kind]) + semi_octets(digits)
    packed = gsm_alphabet.pack(gsm_alphabet.to_septets(number))
    if len(packed) > 10:
        raise SimulatorError(f"the sender {number!r} is longer than 11 letters")
    return bytes([len(gsm_alphabet.to_septets(number)) * 7 // 4 + _odd(number), _ALPHANUMERIC]) + (
        packed
    )


def _odd(letters: str) -> int:
    """The length counts useful semi-octets: 7 bits a letter, rounded up to whole nibbles."""
    return 1 if len(gsm_alphabet.to_septets(letters)) * 7 % 4 else 0


def centre(number: str) -> bytes:
    """A service centre's address: length in octets, not digits; b"\\x00" for the SIM's own."""
    if not number:
        return b"\x00"
    digits = semi_octets(number.removeprefix("+"))
    kind = _INTERNATIONAL if number.startswith("+") else _NATIONAL
    return bytes([1 + len(digits), kind]) + digits


def timestamp(utc: float, zone_quarters: int) -> bytes:
    """Local time as seven swapped octets; the last is the zone in quarters of an hour."""
    local = datetime.fromtimestamp(utc, UTC) + timedelta(minutes=15 * zone_quarters)
    quarters = abs(zone_quarters)
    zone = (quarters % 10) << 4 | quarters // 10 | (0x08 if zone_quarters < 0 else 0)
    return semi_octets(local.strftime("%y%m%d%H%M%S")) + bytes([zone])


def deliver_pdus(
    message: Text, reference: int, utc: float, zone_quarters: int, smsc: str = ""
) -> list[bytes]:
    """The parts of a message, in order, each with its service centre. Raises SimulatorError."""
    alphabet = message.alphabet or ("gsm7" if gsm_alphabet.fits(message.text) else "ucs2")
    header_octets = 7 if message.wide_reference else 6
    pieces = _pieces(message.text, alphabet, header_octets)
    pdus = []
    for number, piece in enumerate(pieces, 1):
        header = b""
        if len(pieces) > 1:
            parts = bytes([len(pieces), number])
            header = (
                b"\x06\x08\x04" + (reference & 0xFFFF).to_bytes(2, "big") + parts
                if message.wide_reference
                else bytes([0x05, 0x00, 0x03, reference & 0xFF]) + parts
            )
        coding, length, data = _user_data(piece, alphabet, header)
        first = 0x04 | (0x40 if header else 0)  # DELIVER, no more messages to send
        pdus.append(
            centre(smsc)
            + bytes([first])
            + address(message.sender)
            + bytes([0x00, coding])
            + timestamp(utc, zone_quarters)
            + bytes([length])
            + data
        )
    return pdus


def _pieces(text: str, alphabet: str, header_octets: int) -> list[str]:
    """Split where a part is full; never inside an escape or a surrogate pair."""
    if alphabet not in ("gsm7", "ucs2"):
        raise SimulatorError(f"alphabet {alphabet!r}; use gsm7 or ucs2")
    bits = 7 if alphabet == "gsm7" else 8
    sizes = [len(_coded(char, alphabet)) for char in text]
    if sum(sizes) * bits <= _ONE_SMS * 8:
        return [text]
    room = (_ONE_SMS - header_octets) * 8 // bits
    pieces, used = [""], 0
    for char, size in zip(text, sizes, strict=True):
        if used + size > room:
            pieces.append("")
            used = 0
        pieces[-1] += char
        used += size
    if len(pieces) > 255:
        raise SimulatorError("a message has at most 255 parts")
    return pieces


def _coded(char: str, alphabet: str) -> list[int] | bytes:
    if alphabet == "gsm7":
        return gsm_alphabet.to_septets(char)
    return char.encode("utf-16-be")


def _user_data(text: str, alphabet: str, header: bytes) -> tuple[int, int, bytes]:
    """(data coding, user data length, user data) as 23.040 §9.2.3.16 and §9.2.3.24 count them."""
    if alphabet == "ucs2":
        data = header + text.encode("utf-16-be")
        return UCS2, len(data), data
    septets = gsm_alphabet.to_septets(text)
    fill = -8 * len(header) % 7
    header_septets = (8 * len(header) + fill) // 7
    return (
        GSM7,
        header_septets + len(septets),
        header + gsm_alphabet.pack(septets, fill),
    )


def status_report(
    reference: int, number: str, utc: float, zone_quarters: int, *, status: int, smsc: str = ""
) -> bytes:
    """A STATUS-REPORT (23.040 §9.2.2.3); ``status`` 0x00: received by the other end."""
    when = timestamp(utc, zone_quarters)
    return (
        centre(smsc)
        + bytes([0x06, reference & 0xFF])
        + address(number)
        + when
        + when
        + bytes([status])
    )


class _Reader:
    """Takes octets off a PDU. Raises SimulatorError when there are too few."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def take(self, count: int) -> bytes:
        if len(self.data) < count:
            raise SimulatorError("the PDU is too short")
        taken, self.data = self.data[:count], self.data[count:]
        return taken

    def octet(self) -> int:
        return self.take(1)[0]


def tpdu_length(pdu: bytes) -> int:
    """How many octets follow the service centre's address. Raises SimulatorError."""
    reader = _Reader(pdu)
    reader.take(reader.octet())
    return len(reader.data)


def read_submit(pdu: bytes) -> Submit:
    """Read a SUBMIT with its service centre (23.040 §9.2.2.2). Raises SimulatorError."""
    reader = _Reader(pdu)
    reader.take(reader.octet())
    first = reader.octet()
    if first & 0x03 != 0x01:
        raise SimulatorError(f"first octet {first:02x}: not a SUBMIT")
    reader.octet()  # message reference: the modem's own counts
    number = _read_address(reader)
    reader.octet()  # protocol identifier
    coding = reader.octet()
    reader.take({0x00: 0, 0x10: 1, 0x08: 7, 0x18: 7}[first & 0x18])  # validity period
    text, part = _read_user_data(reader, coding, bool(first & 0x40))
    if reader.data:
        raise SimulatorError(f"{len(reader.data)} octets after the user data")
    return Submit(number, text, coding, bool(first & 0x20), part)


def _read_address(reader: _Reader) -> str:
    count, kind = reader.octet(), reader.octet()
    if not 1 <= count <= 20 or not kind & 0x80:
        raise SimulatorError(f"a destination of {count} digits, type {kind:02x}")
    digits = _digits(reader.take((count + 1) // 2), count)
    return ("+" if kind & 0x70 == 0x10 else "") + digits


def _read_user_data(
    reader: _Reader, coding: int, has_header: bool
) -> tuple[str, tuple[int, int, int] | None]:
    length = reader.octet()
    alphabet = _alphabet(coding)
    octets = (length * 7 + 7) // 8 if alphabet == GSM7 else length
    if octets > _ONE_SMS:
        raise SimulatorError(f"{octets} octets of user data; at most {_ONE_SMS}")
    data = reader.take(octets)
    header = data[: 1 + data[0]] if has_header and data else b""
    part = _read_parts(header)
    if alphabet == UCS2:
        return data[len(header) :].decode("utf-16-be", "replace"), part
    if alphabet == EIGHT_BIT:
        return data[len(header) :].decode("latin-1"), part
    fill = -8 * len(header) % 7
    skipped = (8 * len(header) + fill) // 7
    if length < skipped:
        raise SimulatorError("the user data are shorter than their header")
    septets = gsm_alphabet.unpack(data[len(header) :], length - skipped, fill)
    return gsm_alphabet.from_septets(septets), part


def _alphabet(coding: int) -> int:
    """3GPP TS 23.038 §4: general coding (00xx) and message class (1111)."""
    if coding & 0xC0 == 0x00:
        return (GSM7, EIGHT_BIT, UCS2, GSM7)[coding >> 2 & 3]
    if coding & 0xF0 == 0xF0:
        return EIGHT_BIT if coding & 0x04 else GSM7
    return UCS2 if coding & 0xF0 == 0xE0 else GSM7


def _read_parts(header: bytes) -> tuple[int, int, int] | None:
    elements = _Reader(header[1:])
    while elements.data:
        name, body = elements.octet(), elements.take(elements.octet())
        if name == 0x00 and len(body) == 3:
            return body[0], body[1], body[2]
        if name == 0x08 and len(body) == 4:
            return int.from_bytes(body[:2], "big"), body[2], body[3]
    return None
