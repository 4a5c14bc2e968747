"""One call's ears: the audio port's reports turned into digits and signs that the caller is gone.

Far-end hang-up on an analog line is never certain: what is seen and heard is reported as signs, and
the core weighs them (core.hang_up). Only the modem ending the stream by itself is certain.
"""

from collections import Counter
from collections.abc import Callable

from appliance.core.commands import Figure
from appliance.core.events import (
    AnswerSignHeard,
    CallerHungUp,
    CallWaitingReceived,
    DigitReceived,
    HangUpSignHeard,
    SilenceHeard,
)
from appliance.errors import CallerIdError
from appliance.interfaces import EventSink, HeardCallerId, HeardTone
from appliance.lines.digits import IN_BAND, MODEM, DigitMerger, ModemDigits, is_digit_code
from appliance.modem.caller import CallerId
from appliance.modem.caller_id_frame import CallMessage, read_caller_id

# V.253 table 17: busy, fast busy; loop break, polarity reversal; dial tone, internal dial tone.
_CODE_SIGNS = {
    0x62: "modem_busy",
    0x4B: "modem_busy",
    0x6C: "loop_break",
    0x64: "modem_dial",
    0x69: "modem_dial",
}
_TONE_SIGNS = {
    "busy": "busy_tone",
    "reorder": "busy_tone",
    "hang_up": "hang_up_tone",
    "number_unobtainable": "unobtainable_tone",
    "howler": "off_hook_tone",
    "dial": "dial_tone",
}  # ringback, special information and the like end no call
_REVERSAL, _RINGBACK = 0x4C, 0x72  # L, r
_CALL_WAITING = 0x77  # w: heard its tone; whose number it is, a stream can't tell
_NOBODY_KNOWN = CallerId("", "", "unavailable")
_COUNTED = {0x75: "underruns", 0x6F: "overruns", 0x59: "overruns"}  # u, o, Y (lost data)


class CallListener:
    """An interfaces.PortListener for one call, from the stream's begin to hear_no_more()."""

    def __init__(
        self,
        line: str,
        sink: EventSink,
        now: Callable[[], float],
        counters: Counter[str],
        *,
        extension_lifted: frozenset[int],
        silence_limit_s: float,
        on_ended: Callable[[bytes], None],
        on_lost: Callable[[str], None],
        on_detached: Callable[[], object],
        on_code: Callable[[int], object] = lambda _code: None,
        outgoing: bool = False,
    ) -> None:
        """``now``: monotonic seconds. ``extension_lifted``: codes counted as a lifted telephone.

        ``silence_limit_s``: so long a silence alone means that nobody is there. ``on_code``: hears
        every code. ``outgoing``: we dialled, so that an answer is listened for.
        """
        self._line = line
        self._sink = sink
        self._now = now
        self._counters = counters
        self._extension_lifted = extension_lifted
        self._silence_limit_s = silence_limit_s
        self._on_ended = on_ended
        self._on_lost = on_lost
        self._on_detached = on_detached
        self._on_code = on_code
        self._outgoing = outgoing
        self._reversals = 0
        self._merger = DigitMerger()
        self._modem_digits = ModemDigits()
        self._listening = True

    @property
    def listening(self) -> bool:
        """False once the caller is known to be gone, or hear_no_more() was called."""
        return self._listening

    @property
    def silence_limit_s(self) -> float:
        """So long a silence alone means that nobody is there."""
        return self._silence_limit_s

    def hear_no_more(self) -> None:
        """The call is being released: what is heard from now on means nothing."""
        self._listening = False

    def tell_hung_up(self, evidence: str) -> None:
        """The far end is gone for certain, as ``evidence`` shows; only the first counts."""
        if self._listening:
            self._listening = False
            self._sink(CallerHungUp(self._line, evidence))

    def _tell_sign(self, sign: str | None, **figures: Figure) -> None:
        if sign is not None and self._listening:
            self._sink(HangUpSignHeard(self._line, sign, figures))

    def _tell_answer(self, sign: str, **figures: Figure) -> None:
        if self._outgoing and self._listening:
            self._sink(AnswerSignHeard(self._line, sign, figures))

    def _press(self, digit: str | None, source: str) -> None:
        if digit is None or not self._listening:
            return
        if self._merger.press(digit, source, self._now()):
            self._sink(DigitReceived(f"line:{self._line}", digit, source))

    def digit_heard(self, digit: str, after_onset_ms: int) -> None:
        self._press(digit, IN_BAND)

    def tone_heard(self, heard: HeardTone) -> None:
        sign = _TONE_SIGNS.get(heard.kind)
        if heard.kind == "ringback":
            self._tell_answer("ringback", on_ms=heard.on_ms, off_ms=heard.off_ms)
        elif heard.kind == "special_information" and self._outgoing:
            sign = "unobtainable_tone"
        if sign == "busy_tone" and not heard.matched:
            sign = "unknown_tone"  # regular, in no table; it is told again after four more cycles
        self._tell_sign(sign, on_ms=heard.on_ms, off_ms=heard.off_ms, cycles=heard.cycles)

    def silence_heard(self, silence_ms: int) -> None:
        if self._listening:
            self._sink(SilenceHeard(self._line, silence_ms / 1000, self._silence_limit_s))

    def voice_heard(self, voice_ms: int) -> None:
        self._tell_answer("voice", voice_ms=voice_ms)

    def ringback_over(self, silent_ms: int) -> None:
        self._tell_answer("ringback_over", silent_ms=silent_ms)

    def caller_id_heard(self, heard: HeardCallerId) -> None:
        """In a call it is of another one, who waits; keys are this caller's own."""
        if heard.kind == "dtmf" or not self._listening:
            return
        try:
            message = read_caller_id(heard.kind, heard.data, heard.is_whole)
        except CallerIdError:
            self._counters["caller_id_unread"] += 1
            return
        if isinstance(message, CallMessage):
            self._tell_waiting(message.caller)

    def _tell_waiting(self, who: CallerId) -> None:
        if self._listening:
            self._sink(CallWaitingReceived(self._line, who.number, who.name, who.presentation))

    def polarity_reversed(self) -> None:
        """The exchange turned the line's polarity: an answer, or the end."""
        self._reversals += 1
        if self._outgoing and self._reversals % 2:  # the called party answers; the next is the end
            self._tell_answer("polarity")
        else:
            self._tell_sign("polarity")

    def loop_opened(self, **figures: Figure) -> None:
        """The exchange took the loop current away for long enough to mean the end."""
        self._tell_sign("loop_break", **figures)

    def modem_code(self, code: int) -> None:
        self._on_code(code)
        if code == _REVERSAL:
            self.polarity_reversed()
            return
        if code == _RINGBACK:
            self._tell_answer("modem_ringback")
        if is_digit_code(code):
            self._press(self._modem_digits.code(code, self._now()), MODEM)
        elif code in _COUNTED:
            self._counters[_COUNTED[code]] += 1
        elif code in self._extension_lifted:
            self._counters["extension_lifted"] += 1
        elif code == _CALL_WAITING:
            self._tell_waiting(_NOBODY_KNOWN)
        self._tell_sign(_CODE_SIGNS.get(code))

    def stream_ended(self, leftover: bytes) -> None:
        self._on_ended(leftover)

    def stalled(self, ms: int, over: bool) -> None:
        """Of serial PCM alone; a stream that stalls for long is lost."""

    def port_lost(self, reason: str) -> None:
        self._on_lost(reason)

    def port_detached(self) -> None:
        self._on_detached()
