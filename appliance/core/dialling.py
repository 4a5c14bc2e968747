"""A dialled call on one line until it is answered or comes to nothing: what its signs mean."""

from collections.abc import Callable, Mapping
from enum import Enum
from types import MappingProxyType
from typing import Protocol

from appliance.core.answer import (
    NO_TONES_S,
    QUIET_S,
    RINGING,
    SPEECH_GOES_ON_S,
    AnswerVote,
)
from appliance.core.commands import Figure
from appliance.core.desk import Desk
from appliance.core.hang_up import Count, HangUpVote
from appliance.core.machine import Machine
from appliance.core.words import spoken_answer

# What a sign that would end a talk says of a number that has not answered.
_CAUSES = {"silence": "ended", "dial_tone": "ended"}


class DialledState(Enum):
    UNHEARD = "unheard"  # nothing the far end makes can be heard yet
    TONELESS = "no tone yet"
    RINGING = "ringing"
    RINGING_AS_TOLD = "ringing, as the modem alone says"
    HUSHED = "ringing no more"
    SPEAKING = "somebody speaks"
    OVER = "over"


class DialledInput(Enum):
    AUDIBLE = "the far end can be heard"
    RINGS = "ringback"
    RINGS_AS_TOLD = "ringback that only the modem hears"
    RINGS_NO_MORE = "connected, or the ringback stopped"
    VOICE = "a voice"
    TIME_UP = "time up"
    OVER = "answered, or over"


_S, _I = DialledState, DialledInput
_HEARD = (_S.TONELESS, _S.RINGING, _S.RINGING_AS_TOLD, _S.HUSHED, _S.SPEAKING)
_UNDER_WAY = (_S.UNHEARD, *_HEARD)

DIALLED_TABLE: dict[tuple[DialledState, DialledInput], DialledState] = {
    (_S.UNHEARD, _I.AUDIBLE): _S.TONELESS,
    **{(state, _I.AUDIBLE): state for state in _HEARD},
    (_S.UNHEARD, _I.RINGS): _S.UNHEARD,
    (_S.UNHEARD, _I.RINGS_AS_TOLD): _S.UNHEARD,
    **{(state, _I.RINGS): _S.RINGING for state in _HEARD},
    **{(state, _I.RINGS_AS_TOLD): _S.RINGING_AS_TOLD for state in _HEARD},
    **{(state, _I.RINGS_NO_MORE): _S.HUSHED for state in _HEARD},
    **{(state, _I.VOICE): _S.SPEAKING for state in _HEARD},
    **{
        (state, _I.TIME_UP): state
        for state in (_S.TONELESS, _S.RINGING_AS_TOLD, _S.HUSHED, _S.SPEAKING)
    },
    **{(state, _I.OVER): _S.OVER for state in _UNDER_WAY},
}

# What time alone makes of a state: after so many seconds of it, this sign.
TIMES: Mapping[DialledState, tuple[float, str]] = MappingProxyType(
    {
        _S.TONELESS: (NO_TONES_S, "no_tones"),
        _S.RINGING_AS_TOLD: (NO_TONES_S, "no_tones"),
        _S.HUSHED: (QUIET_S, "quiet"),
        _S.SPEAKING: (SPEECH_GOES_ON_S, "speech_goes_on"),
    }
)


class Dialler(Protocol):
    """Who wanted the number."""

    call_id: str

    @property
    def is_listened_to(self) -> bool:
        """Somebody at the shop hears the line, and asked for the call."""

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
        self._machine = Machine(f"call dialled on {line}", DIALLED_TABLE, _S.UNHEARD)
        self._answer = AnswerVote()
        self._gone = HangUpVote(desk.now)
        plan = desk.plan.lines.get(line)
        self._silence_tells = dialler.is_listened_to and not (plan and plan.network_tells)
        self.dialler = dialler

    @property
    def is_audible(self) -> bool:
        return self._machine.state in _HEARD

    def audible(self) -> None:
        self._gone = HangUpVote(self._desk.now)
        self._move(_I.AUDIBLE)
        self.dialler.line_audible()
        self._weigh_what_was_told()

    def sign(self, sign: str, figures: Mapping[str, Figure]) -> None:
        """One sign that the far end answered, or that it rings."""
        has_rung = self._answer.has_rung
        count = self._answer.sign(sign, self._desk.now, figures)
        if sign in RINGING:
            if not has_rung:
                self._note(f"The far end rings ({spoken_answer(sign)})", **figures)
            is_told = sign == "modem_ringback" and self._answer.only_modem_hears_ringback
            self._move(_I.RINGS_AS_TOLD if is_told else _I.RINGS)
            self.dialler.far_end_rings()
        elif count.is_enough:
            how = ", ".join(spoken_answer(one) for one in count.signs)
            self._note(f"The far end answered: {how}", **count.figures())
            self._move(_I.OVER)
            self._decided(count.since)
        else:
            self._weigh_what_was_told()

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
        self._move(_I.OVER)

    def _cause(self, count: Count | None) -> str:
        if count is None or not count.is_enough:
            return ""
        return _CAUSES.get(count.strongest.sign, "busy")

    def _weigh_what_was_told(self) -> None:
        """A modem may have said connected before anything could be heard."""
        if not self.is_audible:
            return
        if self._answer.rings_no_more:
            self._move(_I.RINGS_NO_MORE)
        elif self._answer.has_voice:
            self._move(_I.VOICE)

    def _move(self, what: DialledInput) -> None:
        """Time begins anew with each of them."""
        state = self._machine.move(what)
        self._timer.cancel()
        seconds, sign = TIMES.get(state, (0.0, ""))
        if sign and (sign != "no_tones" or self._silence_tells):
            self._timer.start(seconds, lambda: self._time_up(seconds, sign))

    def _time_up(self, seconds: float, sign: str) -> None:
        self._machine.move(_I.TIME_UP)
        self.sign(sign, {"no_tone_ms": round(seconds * 1000)} if sign == "no_tones" else {})

    def _note(self, text: str, **figures: Figure) -> None:
        self._desk.note(self.dialler.call_id, text, **figures)
