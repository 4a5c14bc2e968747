"""A way out: the table of a line, from the first ring to on-hook again.

A call begins with the first ring. Caller ID is waited for, but no longer than to the second ring.
When the rings stop, the caller gave up. Caller ID may also come before the first ring (UK, DTMF);
it is kept a while.
"""

from collections.abc import Callable, Mapping
from enum import Enum

from appliance.core.call import Call, CallerId
from appliance.core.commands import AnswerLine, Figure, ReleaseLine
from appliance.core.desk import Desk
from appliance.core.hang_up import NEEDED, Count, HangUpVote
from appliance.core.machine import Machine
from appliance.core.party import CallOfStation
from appliance.core.words import spoken_caller, spoken_evidence

CALLER_ID_KEPT_S = 10.0  # one that came before the first ring (ETSI EN 300 659-1)
ANSWER_LIMIT_S = 30.0  # a modem's longest way to audio, with its retries
RELEASE_LIMIT_S = 15.0  # a modem's longest way to on-hook, with both endings tried


class LineState(Enum):
    DOWN = "down"
    READY = "ready"
    RINGING = "ringing"
    ANSWERING = "answering"
    IN_CALL = "in_call"
    RELEASING = "releasing"
    STUCK = "stuck"


class LineInput(Enum):
    BECAME_READY = "LineBecameReady"
    FAILED = "LineFailed"
    RING = "RingDetected"
    CALLER_ID = "CallerIdReceived"
    CALL_WAITING = "CallWaitingReceived"
    ANSWER = "the decision to answer"
    ANSWERED = "LineAnswered"
    DIGIT = "DigitReceived"
    HANG_UP_SIGN = "HangUpSignHeard or SilenceHeard"
    CALLER_HUNG_UP = "CallerHungUp"
    RELEASE = "the decision to release"
    RELEASED = "LineReleased"
    TIME_UP = "time up"


_S, _I = LineState, LineInput

LINE_TABLE: dict[tuple[LineState, LineInput], LineState] = {
    **{(state, _I.FAILED): _S.DOWN for state in LineState},
    **{(state, _I.BECAME_READY): _S.READY for state in LineState},
    **{(state, _I.RELEASED): _S.READY for state in LineState if state is not _S.DOWN},
    **{(state, _I.HANG_UP_SIGN): state for state in LineState if state is not _S.DOWN},
    (_S.READY, _I.RING): _S.RINGING,
    (_S.READY, _I.CALLER_ID): _S.READY,
    (_S.READY, _I.CALLER_HUNG_UP): _S.READY,  # told twice
    (_S.RINGING, _I.RING): _S.RINGING,
    (_S.RINGING, _I.CALLER_ID): _S.RINGING,
    (_S.RINGING, _I.ANSWER): _S.ANSWERING,
    (_S.RINGING, _I.CALLER_HUNG_UP): _S.READY,
    (_S.RINGING, _I.TIME_UP): _S.READY,
    (_S.ANSWERING, _I.RING): _S.ANSWERING,  # rings that were under way
    (_S.ANSWERING, _I.CALLER_ID): _S.ANSWERING,
    (_S.ANSWERING, _I.CALL_WAITING): _S.ANSWERING,
    (_S.ANSWERING, _I.ANSWERED): _S.IN_CALL,
    (_S.ANSWERING, _I.DIGIT): _S.ANSWERING,
    (_S.ANSWERING, _I.CALLER_HUNG_UP): _S.RELEASING,
    (_S.ANSWERING, _I.TIME_UP): _S.RELEASING,
    (_S.IN_CALL, _I.RING): _S.IN_CALL,
    (_S.IN_CALL, _I.CALLER_ID): _S.IN_CALL,  # call waiting: not this caller's
    (_S.IN_CALL, _I.CALL_WAITING): _S.IN_CALL,
    (_S.IN_CALL, _I.DIGIT): _S.IN_CALL,
    (_S.IN_CALL, _I.CALLER_HUNG_UP): _S.RELEASING,
    (_S.IN_CALL, _I.RELEASE): _S.RELEASING,
    (_S.RELEASING, _I.RING): _S.RELEASING,  # the next caller rings on
    (_S.RELEASING, _I.CALLER_ID): _S.RELEASING,
    (_S.RELEASING, _I.CALL_WAITING): _S.RELEASING,
    (_S.RELEASING, _I.ANSWERED): _S.RELEASING,
    (_S.RELEASING, _I.DIGIT): _S.RELEASING,
    (_S.RELEASING, _I.CALLER_HUNG_UP): _S.RELEASING,
    (_S.RELEASING, _I.TIME_UP): _S.STUCK,
    (_S.STUCK, _I.RING): _S.RINGING,  # a line that rings is on-hook, whatever its driver said
    (_S.STUCK, _I.CALLER_ID): _S.STUCK,
    (_S.STUCK, _I.CALL_WAITING): _S.STUCK,
    (_S.STUCK, _I.DIGIT): _S.STUCK,
    (_S.STUCK, _I.CALLER_HUNG_UP): _S.STUCK,
}


class Line:
    """One line. ``open_call`` begins a call on it."""

    def __init__(self, desk: Desk, name: str, open_call: "Callable[[Line], Call]") -> None:
        self._desk = desk
        self._open_call = open_call
        self._machine = Machine(f"line {name}", LINE_TABLE, LineState.DOWN)
        self._timer = desk.timer(f"line:{name}")
        self._rings = 0
        self._kept: tuple[float, CallerId] | None = None
        self._waiting: set[CallerId] = set()  # second callers that the story told of
        self._vote = HangUpVote(desk.now)
        self.name = name
        self.endpoint = f"line:{name}"
        self.since = desk.now
        self.reason = ""
        self.call: Call | None = None

    @property
    def state(self) -> LineState:
        return self._machine.state

    # --- facts from the driver ------------------------------------------------------------------

    def became_ready(self) -> None:
        self._move(LineInput.BECAME_READY)
        self._ended_by_equipment("the line's equipment started again")

    def failed(self, reason: str) -> None:
        self._move(LineInput.FAILED)
        self.reason = reason
        self._ended_by_equipment(reason)

    def rang(self) -> None:
        if self._move(LineInput.RING) is not LineState.RINGING:
            return
        if self.call is None:
            self._begin_call()
        self._rings += 1
        self._timer.start(self._desk.plan.telephony.ring_gap_s, self._rings_stopped)
        self._answer_if_due()

    def identified(self, caller: CallerId) -> None:
        state = self._move(LineInput.CALLER_ID)
        if state in (LineState.RINGING, LineState.ANSWERING) and self.call is not None:
            self.call.identified(caller)
            if state is LineState.RINGING:
                self._answer_if_due()
        elif state is LineState.IN_CALL:
            self._tell_waiting(caller)
        else:
            self._kept = (self._desk.now, caller)

    def another_waits(self, caller: CallerId) -> None:
        """Call waiting: the present call keeps its caller, and nothing is begun for the other."""
        self._move(LineInput.CALL_WAITING)
        self._tell_waiting(caller)

    def answered(self) -> None:
        if self._move(LineInput.ANSWERED) is LineState.IN_CALL and self.call is not None:
            self._timer.cancel()
            self._vote = HangUpVote(self._desk.now)
            self.call.line_answered()

    def digit(self, digit: str, source: str) -> None:
        if self._move(LineInput.DIGIT) is LineState.IN_CALL and self.call is not None:
            self._vote.alive()
            self.call.digit(digit, source)

    def hang_up_sign(self, sign: str, figures: Mapping[str, Figure]) -> None:
        if self._move(LineInput.HANG_UP_SIGN) is LineState.IN_CALL:
            self._weigh(self._vote.sign(sign, self._desk.now, figures))

    def silent(self, seconds: float, limit_s: float) -> None:
        if self._move(LineInput.HANG_UP_SIGN) is LineState.IN_CALL:
            self._weigh(self._vote.silence(seconds, limit_s, self._desk.now))

    def caller_hung_up(self, evidence: str) -> None:
        self._move(LineInput.CALLER_HUNG_UP)
        if self.call is not None:
            self._timer.cancel()
            self.call.caller_hung_up(evidence)

    def released(self) -> None:
        self._move(LineInput.RELEASED)
        self._ended_by_equipment("the line went on-hook by itself")

    def _tell_waiting(self, caller: CallerId) -> None:
        if self.call is None or caller in self._waiting:
            return
        self._waiting.add(caller)
        text = f"Another caller waits: {spoken_caller(caller.number, caller.presentation)}"
        self._desk.note(self.call.call_id, text, number=caller.number, name=caller.name)

    # --- intents from the call ------------------------------------------------------------------

    def call_connected(self) -> None:
        """Nothing changes for a line when a person takes over from the box."""

    def call_over(self, call: CallOfStation, tone: str) -> None:
        """Go on-hook, unless the line is there already."""
        self.call = None
        if self._machine.accepts(LineInput.RELEASE):
            self._move(LineInput.RELEASE)
        if self.state is LineState.RELEASING:
            self._desk.emit(ReleaseLine(self.name))
            self._timer.start(RELEASE_LIMIT_S, self._release_overdue)

    # --- ringing --------------------------------------------------------------------------------

    def _begin_call(self) -> None:
        self._rings = 0
        self._waiting.clear()
        self.reason = ""
        self.call = self._open_call(self)
        kept, self._kept = self._kept, None
        if kept is not None and self._desk.now - kept[0] <= CALLER_ID_KEPT_S:
            self.call.identified(kept[1])

    def _answer_if_due(self) -> None:
        call = self.call
        if call is None or self._rings < call.plan.lines[self.name].answer_after_rings:
            return
        if call.caller_id is None and self._rings < 2:
            return
        self._move(LineInput.ANSWER)
        self._timer.start(ANSWER_LIMIT_S, self._answer_overdue)
        known = "caller ID is known" if call.caller_id is not None else "no caller ID came"
        self._desk.note(call.call_id, f"Answered at ring {self._rings}; {known}", rings=self._rings)
        self._desk.emit(AnswerLine(self.name))
        call.answering()

    def _rings_stopped(self) -> None:
        self._move(LineInput.TIME_UP)
        if self.call is not None:
            self.call.rings_stopped(self._rings)

    # --- is the caller still there? ---------------------------------------------------------------

    def _weigh(self, count: Count | None) -> None:
        if count is None or self.call is None:
            return
        evidence = count.strongest.sign
        if not count.is_enough:
            if count.votes[-1].sign != "silence":  # silence is told when it decides
                text = f"A sign of hang-up: {spoken_evidence(evidence)}"
                text += f" ({count.total} of the {NEEDED} that end a call)"
                self._desk.note(self.call.call_id, text, **count.figures())
            return
        text = f"The caller is gone: {spoken_evidence(evidence)}"
        self._desk.note(self.call.call_id, text, **count.figures())
        self.caller_hung_up(evidence)

    # --- equipment that does not do as told -----------------------------------------------------

    def _answer_overdue(self) -> None:
        self._move(LineInput.TIME_UP)
        if self.call is not None:
            self.call.line_failed(f"the line did not answer within {ANSWER_LIMIT_S:.0f} s")

    def _release_overdue(self) -> None:
        self._move(LineInput.TIME_UP)
        self.reason = f"the line was not released within {RELEASE_LIMIT_S:.0f} s"
        self._desk.note("", f"Line {self.name}: {self.reason}", limit_s=RELEASE_LIMIT_S)

    def _ended_by_equipment(self, reason: str) -> None:
        self._timer.cancel()
        if self.state is LineState.READY:
            self.reason = ""
        if self.call is not None:
            self.call.line_failed(reason)

    def _move(self, what: LineInput) -> LineState:
        old, new = self.state, self._machine.move(what)
        if new is not old:
            self.since = self._desk.now
        return new
