"""A dialled call on one line until it is answered or comes to nothing: what its signs mean."""

from collections.abc import Callable, Mapping
from typing import Protocol

from appliance.core.answer import QUIET_S, SPEECH_GOES_ON_S, Answer, AnswerVote
from appliance.core.commands import Figure
from appliance.core.desk import Desk
from appliance.core.hang_up import Count, HangUpVote
from appliance.core.words import spoken_answer

# What a sign that would end a talk says of a number that has not answered.
_CAUSES = {"silence": "ended", "dial_tone": "ended"}


class Dialler(Protocol):
    """Who wanted the number."""

    call_id: str

    def far_end_rings(self) -> None:
        """Ringback is told or heard; again each time."""

    def line_audible(self) -> None:
        """What the far end makes can be heard from here on."""

    def far_end_answered(self, since: float) -> None:
        """The line is in the call from here on; ``since``: when who was dialled lifted."""

    def dial_failed(self, cause: str) -> None:
        """It came to nothing; the line is being released. Causes: events.DialFailed, or failed."""


class Dialling:
    """``decided``: told once since when the far end has been there. The timer is the line's own."""

    def __init__(
        self, desk: Desk, line: str, dialler: Dialler, decided: Callable[[float], None]
    ) -> None:
        self._desk = desk
        self._decided = decided
        self._timer = desk.timer(f"line:{line}")
        self._answer = AnswerVote()
        self._gone = HangUpVote(desk.now)
        self.dialler = dialler
        self.is_audible = False

    def audible(self) -> None:
        self.is_audible = True
        self._gone = HangUpVote(self._desk.now)
        self.dialler.line_audible()
        self._wait_for_more()

    def sign(self, sign: str, figures: Mapping[str, Figure]) -> None:
        """One sign that the far end answered, or that it rings."""
        before = self._answer.has_rung
        count = self._answer.sign(sign, self._desk.now, figures)
        if not count.signs:
            if not before:
                self._note(f"The far end rings ({spoken_answer(sign)})", **figures)
            self._timer.cancel()
            self.dialler.far_end_rings()
            return
        self._weigh(count)

    def hang_up_sign(self, sign: str, figures: Mapping[str, Figure]) -> str:
        """One sign that it came to nothing; the cause once that is certain, else ""."""
        if sign == "polarity":  # before an answer it is one
            self.sign(sign, figures)
            return ""
        if sign == "unobtainable_tone":  # a network's own, and speech follows it
            return "unobtainable"
        return self._cause(self._gone.sign(sign, self._desk.now, figures))

    def silent(self, seconds: float, limit_s: float) -> str:
        """As hang_up_sign, of silence."""
        return self._cause(self._gone.silence(seconds, limit_s, self._desk.now))

    def end(self) -> None:
        self._timer.cancel()

    def _cause(self, count: Count | None) -> str:
        if count is None or not count.is_enough:
            return ""
        return _CAUSES.get(count.strongest.sign, "busy")

    def _weigh(self, count: Answer) -> None:
        if count.is_enough:
            how = ", ".join(spoken_answer(sign) for sign in count.signs)
            self._note(f"The far end answered: {how}", **count.figures())
            self._timer.cancel()
            self._decided(count.since)
        else:
            self._wait_for_more()

    def _wait_for_more(self) -> None:
        """Time turns two things into signs: ringback that stays away, speech that lasts."""
        if self._answer.rings_no_more and self.is_audible:
            self._timer.start(QUIET_S, lambda: self.sign("quiet", {}))
        elif self._answer.has_voice:
            lasting = "speech_goes_on"
            self._timer.start(SPEECH_GOES_ON_S, lambda: self.sign(lasting, {}))

    def _note(self, text: str, **figures: Figure) -> None:
        self._desk.note(self.dialler.call_id, text, **figures)
