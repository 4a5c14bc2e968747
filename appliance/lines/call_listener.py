"""One call's ears: the audio port's reports turned into digits and signs that the caller is gone.

Far-end hang-up on an analog line is never certain. A busy report, a break of the loop, a busy or
dial tone that our own detector heard, the modem ending the stream, or very long silence each
count; the modem's dial-tone report does not, because modems give it for speech and prompts: the
tone itself must be heard.
"""

from collections import Counter
from collections.abc import Callable

from appliance.core.events import CallerHungUp, DigitReceived
from appliance.interfaces import EventSink
from appliance.lines.digits import IN_BAND, MODEM, DigitMerger, ModemDigits, is_digit_code

# V.253 table 17: busy, fast busy, loop current break; the dial tone codes d and i are none.
_CODE_EVIDENCE = {0x62: "modem_busy", 0x4B: "modem_busy", 0x6C: "loop_break"}
_TONE_EVIDENCE = {"busy": "busy_tone", "dial": "dial_tone"}
_COUNTED = {0x75: "underruns", 0x6F: "overruns", 0x59: "overruns"}  # u, o, Y (lost data)


class CallListener:
    """An interfaces.PortListener for one call; the evidence of its end is told once."""

    def __init__(
        self,
        line: str,
        sink: EventSink,
        now: Callable[[], float],
        counters: Counter[str],
        *,
        extension_lifted: frozenset[int],
        on_ended: Callable[[bytes], None],
        on_lost: Callable[[str], None],
        on_detached: Callable[[], object],
    ) -> None:
        """``now``: monotonic seconds. ``extension_lifted``: codes counted as a lifted telephone."""
        self._line = line
        self._sink = sink
        self._now = now
        self._counters = counters
        self._extension_lifted = extension_lifted
        self._on_ended = on_ended
        self._on_lost = on_lost
        self._on_detached = on_detached
        self._merger = DigitMerger()
        self._modem_digits = ModemDigits()
        self._listening = True

    @property
    def listening(self) -> bool:
        """False once the caller is known to be gone, or hear_no_more() was called."""
        return self._listening

    def hear_no_more(self) -> None:
        """The call is being released: what is heard from now on means nothing."""
        self._listening = False

    def tell_hung_up(self, evidence: str | None) -> None:
        """The far end is gone, as ``evidence`` shows; only the first counts."""
        if evidence is not None and self._listening:
            self._listening = False
            self._sink(CallerHungUp(self._line, evidence))

    def _press(self, digit: str | None, source: str) -> None:
        if digit is None or not self._listening:
            return
        if self._merger.press(digit, source, self._now()):
            self._sink(DigitReceived(f"line:{self._line}", digit, source))

    def digit_heard(self, digit: str, after_onset_ms: int) -> None:
        self._press(digit, IN_BAND)

    def tone_heard(self, tone: str, on_ms: int, off_ms: int, cycles: int) -> None:
        self.tell_hung_up(_TONE_EVIDENCE.get(tone))

    def silence_heard(self, silence_ms: int) -> None:
        self.tell_hung_up("silence")  # the port tells only what lasted as long as the line says

    def modem_code(self, code: int) -> None:
        if is_digit_code(code):
            self._press(self._modem_digits.code(code, self._now()), MODEM)
        elif code in _COUNTED:
            self._counters[_COUNTED[code]] += 1
        elif code in self._extension_lifted:
            self._counters["extension_lifted"] += 1
        self.tell_hung_up(_CODE_EVIDENCE.get(code))

    def stream_ended(self, leftover: bytes) -> None:
        self._on_ended(leftover)

    def port_lost(self, reason: str) -> None:
        self._on_lost(reason)

    def port_detached(self) -> None:
        self._on_detached()
