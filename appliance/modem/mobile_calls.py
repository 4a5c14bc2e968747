"""What a cellular modem says of its calls: AT+CLCC, notices of 3GPP TS 27.007 and of the vendors.

Every function takes any line and returns None for what is not its own; none raises on a line.
"""

import re
from dataclasses import dataclass, replace
from enum import IntEnum

from appliance.modem.call_causes import BUSY, ENDED, NO_ANSWER, NO_SERVICE
from appliance.modem.caller import CallerId, identify
from appliance.modem.fields import after_prefix, at, fields_of, whole
from appliance.modem.replies import final_of, is_ring

MAX_DIALLED = 20  # digits and signs that a line may be given
INTERNATIONAL = 1  # type of number in bits 5-7 of the type octet, 3GPP TS 24.008 10.5.4.7


class CallState(IntEnum):
    """3GPP TS 27.007 7.18; RELEASED only in notices (SIMCom +CLCC, Quectel ^DSCI and +QIND)."""

    ACTIVE = 0
    HELD = 1
    DIALLING = 2
    ALERTING = 3
    INCOMING = 4
    WAITING = 5
    RELEASED = 6


@dataclass(frozen=True, slots=True)
class CurrentCall:
    """One call the modem knows. ``index``: for AT+CHLD=1<index>. ``outgoing``: we dialled.

    ``other``: who is at the far end, with its presentation.
    """

    index: int
    outgoing: bool
    state: CallState
    is_voice: bool
    other: CallerId
    in_conference: bool = False


@dataclass(frozen=True, slots=True)
class Ringing:
    """One burst of RING or +CRING. ``is_voice``: False for a data or fax call."""

    is_voice: bool = True


@dataclass(frozen=True, slots=True)
class CallerNotice:
    """+CLIP: who rings."""

    caller: CallerId


@dataclass(frozen=True, slots=True)
class WaitingNotice:
    """+CCWA: a second caller waits."""

    caller: CallerId


@dataclass(frozen=True, slots=True)
class CallChanged:
    """A +CLCC, ^DSCI or +QIND "ccinfo" notice. ``call``: its state now, perhaps RELEASED."""

    call: CurrentCall


@dataclass(frozen=True, slots=True)
class CallBegan:
    """VOICE CALL: BEGIN (SIMCom): sound may be switched; of a dialled call not yet an answer."""


@dataclass(frozen=True, slots=True)
class CallEnded:
    """Some call is over. ``cause``: as of DialFailed, "ended" where none was told.

    ``seconds``: the modem's own count, None where it gave none.
    """

    cause: str = ENDED
    seconds: int | None = None


@dataclass(frozen=True, slots=True)
class CallMissed:
    """MISSED_CALL (SIMCom): the caller gave up before an answer."""

    caller: CallerId


@dataclass(frozen=True, slots=True)
class DigitNotice:
    """A key of the far end. ``ms``: how long it was held, None where not told."""

    digit: str
    ms: int | None = None


CallNotice = (
    Ringing
    | CallerNotice
    | WaitingNotice
    | CallChanged
    | CallBegan
    | CallEnded
    | CallMissed
    | DigitNotice
)

_ENDINGS = {"NO CARRIER": ENDED, "BUSY": BUSY, "NO ANSWER": NO_ANSWER, "NO DIALTONE": NO_SERVICE}
_VOICE_CALL = re.compile(r"VOICE CALL\s*:\s*(BEGIN|END)\s*:?\s*([0-9]{1,8})?", re.IGNORECASE)
_MISSED = re.compile(r"MISSED_CALL\s*:\s*[0-9]{1,2}:[0-9]{2}\s*(?:[AP]M)?\s*(.*)", re.IGNORECASE)
_DIGITS = "0123456789*#ABCD"
_PRESENTATIONS = {1: "private", 2: "unavailable", 3: "unavailable", 4: "unavailable"}


def is_international(type_text: str) -> bool:
    """Whether a type octet in decimal (145, 0x91) says that the number begins with a +."""
    kind = whole(type_text)
    return kind is not None and kind >> 4 & 7 == INTERNATIONAL


def read_caller(number: str, kind: str, name: str = "", validity: str = "") -> CallerId:
    """Who calls, from the fields of +CLIP, +CCWA or +CLCC (27.007 7.11, 7.12, 7.18).

    ``validity``: 0 valid, 1 withheld by the caller, 2 and more: the network can't tell.
    """
    number = number.strip()
    if is_international(kind) and number[:1].isdigit():
        number = "+" + number
    caller = identify(number, name)
    presentation = _PRESENTATIONS.get(whole(validity) or 0)
    if presentation is None or caller.number:
        return caller
    return replace(caller, presentation=presentation)


def read_current_call(text: str) -> CurrentCall | None:
    """A +CLCC line, of an answer or a notice."""
    fields = fields_of(text, "+CLCC:")
    return None if fields is None else _current_call(fields)


def read_current_calls(lines: tuple[str, ...]) -> tuple[CurrentCall, ...]:
    """The calls of an AT+CLCC answer; () when there are none."""
    return tuple(call for call in map(read_current_call, lines) if call is not None)


def read_call_notice(text: str) -> CallNotice | None:
    """What an unsolicited line says of calls, or None: it is about something else."""
    final = final_of(text, False)
    if final in _ENDINGS:
        return CallEnded(_ENDINGS[final])
    if is_ring(text, False):
        said = (after_prefix(text, "+CRING:") or "VOICE").upper()
        return Ringing("VOICE" in said)
    for read in (_caller_notice, _waiting_notice, _change, _voice_call, _missed, read_digit):
        notice: CallNotice | None = read(text)
        if notice is not None:
            return notice
    return None


def read_digit(text: str) -> DigitNotice | None:
    """A key: ``+DTMF: 5``, ``+DTMF:1,160``, ``+RXDTMF: 5``, ``+QTONEDET: 53`` (ASCII)."""
    fields = fields_of(text, "+QTONEDET:")
    if fields is not None:
        code = whole(at(fields, 0)) or 0
        digit = chr(code) if 0 < code < 128 else ""
    else:
        fields = fields_of(text, "+DTMF:") or fields_of(text, "+RXDTMF:")
        digit = at(fields or (), 0).upper()
    if fields is None or len(digit) != 1 or digit not in _DIGITS:
        return None
    ms = whole(at(fields, 1))
    return DigitNotice(digit, ms if ms is not None and ms >= 0 else None)


def _caller_notice(text: str) -> CallerNotice | None:
    fields = fields_of(text, "+CLIP:")
    if fields is None or len(fields) < 2 or '"' not in text.split(",", 1)[0]:
        return None  # +CLIP: <n>,<m> answers AT+CLIP?
    return CallerNotice(read_caller(fields[0], fields[1], at(fields, 4), at(fields, 5)))


def _waiting_notice(text: str) -> WaitingNotice | None:
    fields = fields_of(text, "+CCWA:")
    if fields is None or len(fields) < 2 or '"' not in text.split(",", 1)[0]:
        return None  # +CCWA: <status>,<class> answers AT+CCWA=1,2
    return WaitingNotice(read_caller(fields[0], fields[1], at(fields, 3), at(fields, 4)))


def _change(text: str) -> CallChanged | None:
    call = read_current_call(text) or _dsci(text) or _ccinfo(text)
    return None if call is None else CallChanged(call)


def _current_call(fields: tuple[str, ...]) -> CurrentCall | None:
    index, direction, state, mode, conference = (whole(at(fields, i)) for i in range(5))
    if index is None or direction not in (0, 1) or state not in list(CallState):
        return None
    other = read_caller(at(fields, 5), at(fields, 6), at(fields, 7), at(fields, 9))
    return CurrentCall(index, direction == 0, CallState(state), mode == 0, other, conference == 1)


def _dsci(text: str) -> CurrentCall | None:
    """Quectel AT^DSCI=1: ``^DSCI: <id>,<dir>,<stat>,<type>,<number>,<number type>``."""
    fields = fields_of(text, "^DSCI:")
    if fields is None:
        return None
    return _current_call((*(at(fields, i) for i in range(4)), "0", at(fields, 4), at(fields, 5)))


def _ccinfo(text: str) -> CurrentCall | None:
    """Quectel ``+QIND: "ccinfo",...``: as +CLCC, with state -1 for a call that is over."""
    fields = fields_of(text, "+QIND:")
    if fields is None or fields[0] != "ccinfo":
        return None
    state = "6" if at(fields, 3) == "-1" else at(fields, 3)
    return _current_call((*fields[1:3], state, *fields[4:]))


def _voice_call(text: str) -> CallBegan | CallEnded | None:
    match = _VOICE_CALL.fullmatch(text.strip())
    if match is None:
        return None
    if match[1].upper() == "BEGIN":
        return CallBegan()
    return CallEnded(ENDED, int(match[2]) if match[2] else None)


def _missed(text: str) -> CallMissed | None:
    match = _MISSED.fullmatch(text.strip())
    return None if match is None else CallMissed(identify(match[1], ""))
