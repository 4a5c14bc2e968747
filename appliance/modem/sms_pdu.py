"""Short messages as the modem's PDU mode prints and takes them (3GPP TS 23.040, 27.005 3.1).

read_pdu takes what the modem shows in AT+CMGL, AT+CMGR, +CMT and +CDS; write_submit makes what
AT+CMGS wants. Both raise TextError alone.
"""

import re
from dataclasses import dataclass

from appliance.errors import TextError
from appliance.modem import gsm7
from appliance.modem.sms_fields import (
    EIGHT_BIT,
    GSM7,
    UCS2,
    Coding,
    Header,
    Octets,
    Part,
    read_address,
    read_coding,
    read_header,
    read_service_centre,
    read_time,
    validity_minutes,
    write_address,
    write_header,
    write_validity,
)

MAX_PDU = 250  # octets; the longest honest one has 176
_DELIVER, _SUBMIT, _STATUS_REPORT = 0, 1, 2  # TP-MTI of what is in a modem's store
_UDHI, _WANTS_REPORT, _RELATIVE_VALIDITY = 0x40, 0x20, 0x10


@dataclass(frozen=True, slots=True)
class UserData:
    """What a message says. ``data``: septets one a byte, or octets, without header and filling.

    ``text``: of this part alone; a character that is cut between two parts shows in neither, so
    parts are joined by their ``data`` (see sms_parts).
    """

    coding: Coding
    header: Header
    data: bytes

    @property
    def text(self) -> str:
        return text_of(self.coding.alphabet, self.data, self.header)


@dataclass(frozen=True, slots=True)
class Deliver:
    """A message from the network. ``number``: the sender's, or a name such as "GLOBE".

    ``sent_at``: UTC seconds by the service centre's clock, None: unreadable.
    """

    number: str
    sent_at: float | None
    user: UserData
    service_centre: str = ""

    @property
    def text(self) -> str:
        return self.user.text

    @property
    def part(self) -> Part | None:
        return self.user.header.part


@dataclass(frozen=True, slots=True)
class Submit:
    """A message to the network. ``validity_s``: None when not given as a span of time."""

    number: str
    user: UserData
    reference: int
    wants_report: bool
    validity_s: float | None = None


@dataclass(frozen=True, slots=True)
class StatusReport:
    """What became of a message sent. ``reference``: what +CMGS said of it.

    ``state``: delivered, trying or failed (23.040 9.2.3.15); ``status``: the octet itself.
    """

    number: str
    reference: int
    state: str
    status: int
    sent_at: float | None
    done_at: float | None


def read_pdu(text: str, length: int | None = None) -> Deliver | Submit | StatusReport:
    """Read one PDU in hex, service centre first. ``length``: of the TPDU as the modem told it."""
    text = text.strip()
    if len(text) % 2 or len(text) > 2 * MAX_PDU or not re.fullmatch(r"[0-9A-Fa-f]+", text):
        raise TextError("a short message is not in hexadecimal")
    octets = Octets(bytes.fromhex(text))
    service_centre = read_service_centre(octets)
    if length is not None and octets.left != length:
        raise TextError(f"a short message has {octets.left} octets where {length} were told")
    first = octets.one()
    kind = first & 3
    if kind == _DELIVER:
        return _read_deliver(first, octets, service_centre)
    if kind == _SUBMIT:
        return _read_submit(first, octets)
    if kind == _STATUS_REPORT:
        return _read_status_report(octets)
    raise TextError("there is no short message of type 3")


def text_of(alphabet: str, data: bytes, header: Header) -> str:
    """``data`` as text. Half a surrogate pair becomes U+FFFD; 8-bit data is shown in hex."""
    if alphabet == UCS2:
        return data[: len(data) // 2 * 2].decode("utf-16-be", "replace")
    if alphabet == EIGHT_BIT:
        return f"[data] {data.hex().upper()}"
    return gsm7.decode(data, header.locking, header.single)


def write_submit(
    number: str,
    alphabet: str,
    data: bytes,
    part: Part | None = None,
    *,
    wants_report: bool = True,
    validity_s: float = 86_400.0,
) -> tuple[str, int]:
    """SMS-SUBMIT in hex for AT+CMGS, with the service centre of the SIM; and its TPDU's octets.

    ``data``: septets one a byte, or octets, as sms_parts splits them. The modem puts in the
    reference.
    """
    header = write_header(part)
    if alphabet == GSM7:
        fill_bits = -8 * len(header) % 7
        user = header + gsm7.pack(data, fill_bits)
        length = (8 * len(header) + fill_bits) // 7 + len(data)
        is_too_long = length > 160
    else:
        user = header + data
        length = len(user)
        is_too_long = length > 140
    if is_too_long:
        raise TextError("a short message is too long for one part")
    first = _SUBMIT | _RELATIVE_VALIDITY
    first |= (_WANTS_REPORT if wants_report else 0) | (_UDHI if header else 0)
    scheme = {GSM7: 0x00, EIGHT_BIT: 0x04, UCS2: 0x08}[alphabet]
    tpdu = bytes((first, 0)) + write_address(number)
    tpdu += bytes((0, scheme, write_validity(validity_s), length)) + user
    return "00" + tpdu.hex().upper(), len(tpdu)


def _read_deliver(first: int, octets: Octets, service_centre: str) -> Deliver:
    number = read_address(octets)
    octets.one()  # TP-PID
    coding = read_coding(octets.one())
    sent_at = read_time(octets)
    return Deliver(number, sent_at, _read_user_data(octets, coding, first), service_centre)


def _read_submit(first: int, octets: Octets) -> Submit:
    reference = octets.one()
    number = read_address(octets)
    octets.one()
    coding = read_coding(octets.one())
    validity_format = first >> 3 & 3
    validity_s = None
    if validity_format == 2:
        validity_s = 60.0 * validity_minutes(octets.one())
    elif validity_format:
        octets.take(7)
    user = _read_user_data(octets, coding, first)
    return Submit(number, user, reference, bool(first & _WANTS_REPORT), validity_s)


def _read_status_report(octets: Octets) -> StatusReport:
    reference = octets.one()
    number = read_address(octets)
    sent_at, done_at = read_time(octets), read_time(octets)
    status = octets.one()
    return StatusReport(number, reference, _state(status), status, sent_at, done_at)


def _state(status: int) -> str:
    """23.040 9.2.3.15: 00-1F completed, 20-3F still trying, 40-7F given up; the rest reserved."""
    if status < 0x20:
        return "delivered"
    return "trying" if status < 0x40 else "failed"


def _read_user_data(octets: Octets, coding: Coding, first: int) -> UserData:
    length = octets.one()  # in septets, or in octets
    is_packed = coding.alphabet == GSM7 and not coding.is_compressed
    if length > (160 if is_packed else 140):
        raise TextError("a short message says that it is longer than any can be")
    body = octets.take((length * 7 + 7) // 8 if is_packed else length)
    header, header_octets = Header(), 0
    if first & _UDHI and body:
        header_octets = 1 + body[0]
        if header_octets > len(body):
            raise TextError("a short message's header is longer than the message")
        header = read_header(body[1:header_octets])
    if coding.is_compressed:
        return UserData(Coding(EIGHT_BIT, coding.message_class), header, body[header_octets:])
    if not is_packed:
        return UserData(coding, header, body[header_octets:])
    fill_bits = -8 * header_octets % 7
    septets = length - (8 * header_octets + fill_bits) // 7
    data = gsm7.unpack(body[header_octets:], max(0, septets), fill_bits)
    return UserData(coding, header, data)
