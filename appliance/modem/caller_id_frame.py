"""Caller ID as exchanges send it: FSK messages and DTMF strings, read into who calls.

Messages: Bellcore GR-30 single (04, 06) and multiple data format (80, 82), with the parameters of
ETSI EN 300 659-3. Strings: as DTMF exchanges send them (Brazil, India, the Nordic countries ...).
"""

import re
from dataclasses import dataclass

from appliance.errors import CallerIdError
from appliance.modem.caller import CallerId, clean_number, identify

MAX_BYTES = 128  # of a message with its type, length and checksum; none in use is longer
SINGLE_CALL, SINGLE_WAITING = 0x04, 0x06
MULTIPLE_CALL, MULTIPLE_WAITING = 0x80, 0x82
# Parameter types, GR-30 and EN 300 659-3 table 5.
_DATE, _NUMBER, _DIALLED, _NUMBER_ABSENT = 0x01, 0x02, 0x03, 0x04
_NAME, _WAITING, _CALL_TYPE, _MESSAGES, _REDIRECTING = 0x07, 0x0B, 0x11, 0x13, 0x1A
# EN 300 659-3 5.4.3: what kind of call a set-up message announces.
_CALL_TYPES = {0x01: "voice", 0x02: "ring_back", 0x03: "calling_name", 0x81: "message_waiting"}
_LAMP_ON, _LAMP_OFF = b"\x42\x42\x42", b"\x6f\x6f\x6f"  # single format, GR-30

_STRING = re.compile(r"(?:A(?P<a>\d*)|D(?P<d>\d*)|(?P<bare>\d+))?(?:D(?P<redirecting>\d*))?"
                     r"(?:B(?P<reason>\d*))?(?P<end>[C#]?)")  # fmt: skip
_DANISH = {"D1#": "private", "D2#": "unavailable", "D3#": "unavailable"}
_REASONS = {"00": "unavailable", "10": "private"}
_LEAST_UNMARKED = 3  # digits of a string that has neither start nor end mark


@dataclass(frozen=True, slots=True)
class CallMessage:
    """Somebody calls. ``sent_at``: MMDDHHMM of the exchange's clock, "" when it was not sent.

    ``call_type``: voice, ring_back, calling_name, or "" when not sent. ``redirecting``: the number
    that passed the call on. ``dialled``: the one that was called (GR-30: how the caller is called
    back, so it stands in for a number that was not sent).
    """

    caller: CallerId
    sent_at: str = ""
    call_type: str = ""
    redirecting: str = ""
    dialled: str = ""


@dataclass(frozen=True, slots=True)
class WaitingMessage:
    """The exchange's message lamp. ``messages``: how many, None when it was not sent."""

    is_on: bool
    messages: int | None = None


def read_message(raw: bytes) -> CallMessage | WaitingMessage:
    """Read one FSK message: type, length, body, checksum. Raises CallerIdError when it is none."""
    if not 3 <= len(raw) <= MAX_BYTES or len(raw) != raw[1] + 3:
        raise CallerIdError(f"a caller-ID message of {len(raw)} bytes has a wrong length")
    if sum(raw) % 256 != 0:
        raise CallerIdError("the checksum of a caller-ID message is wrong")
    body = raw[2:-1]
    if raw[0] == SINGLE_CALL:
        return _read_single(body)
    if raw[0] == SINGLE_WAITING:
        return _read_lamp(body)
    if raw[0] in (MULTIPLE_CALL, MULTIPLE_WAITING):
        return _read_multiple(raw[0], body)
    raise CallerIdError(f"there is no caller-ID message of type {raw[0]:02X}")


def read_string(keys: str, is_marked: bool = True) -> CallMessage:
    """Read a DTMF string, such as A0281234567C. Raises CallerIdError when it is none.

    ``is_marked``: its end mark was heard; without it a bare number must have three digits.
    """
    if keys in _DANISH:
        return CallMessage(CallerId("", "", _DANISH[keys]))
    match = _STRING.fullmatch(keys)
    if match is None or not keys.strip("C#"):
        raise CallerIdError(f"{keys[:MAX_BYTES]!r} is no caller-ID string")
    number = match["a"] or match["d"] or match["bare"] or ""
    if not (is_marked or match["end"]) and len(number) < _LEAST_UNMARKED:
        raise CallerIdError(f"{keys!r} is too short for a caller-ID string without an end mark")
    presentation = _REASONS.get(match["reason"] or "", "unavailable")
    caller = identify(number, "") if number else CallerId("", "", presentation)
    return CallMessage(caller, redirecting=clean_number(match["redirecting"] or ""))


def read_caller_id(kind: str, data: bytes, is_whole: bool) -> CallMessage | WaitingMessage:
    """Read what a detector found (interfaces.HeardCallerId). Raises CallerIdError."""
    if kind == "dtmf":
        return read_string(data.decode("latin-1"), is_whole)
    return read_message(data)


def _read_single(body: bytes) -> CallMessage:
    if len(body) <= 8:
        raise CallerIdError("a caller-ID message holds no number")
    return CallMessage(identify(_text(body[8:]), ""), _sent_at(body[:8]))


def _read_lamp(body: bytes) -> WaitingMessage:
    if body not in (_LAMP_ON, _LAMP_OFF):
        raise CallerIdError("a message-waiting message says neither on nor off")
    return WaitingMessage(body == _LAMP_ON)


def _read_multiple(kind: int, body: bytes) -> CallMessage | WaitingMessage:
    found = _parameters(body)
    call_type = _CALL_TYPES.get(found.get(_CALL_TYPE, b"\0")[0], "")
    if kind == MULTIPLE_WAITING or call_type == "message_waiting":
        return _read_waiting(found)
    number = found.get(_NUMBER) or found.get(_NUMBER_ABSENT) or found.get(_DIALLED)
    if number is None:
        raise CallerIdError("a caller-ID message holds neither a number nor why there is none")
    return CallMessage(
        identify(_text(number), _text(found.get(_NAME, b""))),
        _sent_at(found.get(_DATE, b"")),
        call_type,
        clean_number(_text(found.get(_REDIRECTING, b""))),
        clean_number(_text(found.get(_DIALLED, b""))),
    )


def _read_waiting(found: dict[int, bytes]) -> WaitingMessage:
    lamp, count = found.get(_WAITING), found.get(_MESSAGES)
    if lamp is None and count is None:
        raise CallerIdError("a message-waiting message says neither on nor off")
    messages = count[0] if count is not None else None
    return WaitingMessage(lamp[0] != 0 if lamp is not None else bool(messages), messages)


def _parameters(body: bytes) -> dict[int, bytes]:
    """The first of each type; an empty one counts as absent. Raises CallerIdError."""
    found: dict[int, bytes] = {}
    while body:
        if len(body) < 2 or len(body) < 2 + body[1]:
            raise CallerIdError("a parameter of a caller-ID message is cut short")
        value = body[2 : 2 + body[1]]
        if value:
            found.setdefault(body[0], value)
        body = body[2 + len(value) :]
    return found


def _text(value: bytes) -> str:
    return value.decode("latin-1")  # ISO 8859-1; IA5 (T.50) is its lower half


def _sent_at(value: bytes) -> str:
    return value.decode("ascii") if re.fullmatch(rb"[0-9]{8}", value) else ""
