"""A way out: what a line does, from the first ring or the number dialled to on-hook again.

A call begins with the first ring, or at a handset. Caller ID is waited for, but no longer than to
the second ring. When the rings stop, the caller gave up. Caller ID may also come before the first
ring (UK, DTMF); it is kept a while.
"""

from collections.abc import Callable, Mapping

from appliance.core.caller import CallerId
from appliance.core.commands import (
    AnswerLine,
    DialLine,
    Figure,
    FlashLine,
    ReleaseLine,
    SendDigit,
)
from appliance.core.desk import Desk
from appliance.core.dialling import Dialler, Dialling
from appliance.core.hang_up import NEEDED, Count, HangUpVote
from appliance.core.line_states import LINE_TABLE, PRE_EMPTABLE, LineInput, LineState
from appliance.core.machine import Machine
from appliance.core.party import CallOfLine, CallOfStation
from appliance.core.words import spoken_caller, spoken_evidence

CALLER_ID_KEPT_S = 10.0  # one that came before the first ring (ETSI EN 300 659-1)
ANSWER_LIMIT_S = 30.0  # a modem's longest way to audio, with its retries
RELEASE_LIMIT_S = 15.0  # a modem's longest way to on-hook, with both endings tried
CALLER_ID_AFTER_S = 5.0  # it comes between two rings, the first just over
DIAL_LIMIT_S = 75.0  # dial tone waited for, twenty slow digits, and a mobile network's patience


class Line:
    """One line. ``open_call`` begins a call on it; ``use`` counts (name, calls, seconds) out."""

    def __init__(
        self,
        desk: Desk,
        name: str,
        open_call: "Callable[[Line], CallOfLine]",
        use: Callable[[str, int, float], None],
    ) -> None:
        self._desk = desk
        self._open_call = open_call
        self._use = use
        self._machine = Machine(f"line {name}", LINE_TABLE, LineState.DOWN)
        self._timer = desk.timer(f"line:{name}")
        self._rings = 0
        self._rang_at = 0.0
        self._kept: tuple[float, CallerId] | None = None
        self._waiting: set[CallerId] = set()  # second callers that the story told of
        self._vote = HangUpVote(desk.now)
        self._dialling: Dialling | None = None
        self._paid_since: float | None = None  # the number dialled has answered
        self._when_ready: Callable[[], None] | None = None
        self.name = name
        self.endpoint = f"line:{name}"
        self.since = desk.now
        self.reason = ""
        self.is_back_soon = False  # out of service for the time of a restart
        self.is_emergency = False  # the call on it; or, on-hook, the one before
        self.call: CallOfLine | None = None

    @property
    def state(self) -> LineState:
        return self._machine.state

    @property
    def is_free(self) -> bool:
        """It can be dialled on now."""
        return self.state is LineState.READY and self._when_ready is None

    @property
    def will_be_free(self) -> bool:
        """It is being released or restarted, or nobody is on it."""
        at_rest = self.state in (LineState.RELEASING, LineState.READY)
        return (at_rest or self.is_back_soon) and self._when_ready is None

    @property
    def can_be_pre_empted(self) -> bool:
        """There is something on it that is no emergency call."""
        taken = self.is_emergency or self._when_ready is not None
        return not taken and self.state in PRE_EMPTABLE

    @property
    def is_audible(self) -> bool:
        """What the dialled far end makes can be heard."""
        return self._dialling is None or self._dialling.is_audible

    # --- facts from the driver ------------------------------------------------------------------

    def became_ready(self) -> None:
        self._move(LineInput.BECAME_READY)
        self._ended_by_equipment("the line's equipment started again")
        self._give_to_who_waits()

    def failed(self, reason: str, back_soon: bool = False) -> None:
        self._move(LineInput.FAILED)
        self.reason, self.is_back_soon = reason, back_soon
        self._ended_by_equipment(reason)

    def rang(self) -> None:
        if self._move(LineInput.RING) is not LineState.RINGING:
            return
        if self.call is None:
            self._begin_call()
        self._rings += 1
        self._rang_at = self._desk.now
        self._timer.start(self._desk.plan.telephony.ring_gap_s, self.rings_stopped)
        self._answer_if_due()

    def rings_stopped(self) -> None:
        """The caller gave up: the driver says so, or no ring has come for too long."""
        was_ringing = self.state is LineState.RINGING
        self._move(LineInput.RINGS_STOPPED)
        if was_ringing and self.call is not None:
            self._timer.cancel()
            self.call.rings_stopped(self._rings)

    def identified(self, caller: CallerId) -> None:
        state = self._move(LineInput.CALLER_ID)
        if state is LineState.RINGING and self._is_another(caller):
            self._another_rings(caller)
        elif state in (LineState.RINGING, LineState.ANSWERING) and self.call is not None:
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
        state = self._move(LineInput.HANG_UP_SIGN)
        if state is LineState.IN_CALL:
            self._weigh(self._vote.sign(sign, self._desk.now, figures))
        elif state is LineState.CALLING and self._dialling is not None:
            self._come_to_nothing(self._dialling.hang_up_sign(sign, figures))

    def silent(self, seconds: float, limit_s: float) -> None:
        state = self._move(LineInput.HANG_UP_SIGN)
        if state is LineState.IN_CALL:
            self._weigh(self._vote.silence(seconds, limit_s, self._desk.now))
        elif state is LineState.CALLING and self._dialling is not None:
            self._come_to_nothing(self._dialling.silent(seconds, limit_s))

    def caller_hung_up(self, evidence: str, tone_s: float = 0.0) -> None:
        """Whoever is at the far end is gone: the caller, or who was called.

        ``tone_s``: so long nothing but the exchange's tone has been heard.
        """
        self._move(LineInput.CALLER_HUNG_UP)
        if self._dialling is not None:
            self._over("ended")
        elif self.call is not None:
            self._timer.cancel()
            self.call.far_end_hung_up(self, evidence, tone_s)

    def released(self) -> None:
        self._move(LineInput.RELEASED)
        self._ended_by_equipment("the line went on-hook by itself")
        self._give_to_who_waits()

    # --- facts of a dialled call ----------------------------------------------------------------

    def dialled(self, audible: bool) -> None:
        if self._move(LineInput.DIALLED) is LineState.CALLING and self._dialling is not None:
            self._timer.cancel()
            if audible:
                self._dialling.audible()

    def audio_began(self) -> None:
        if self._move(LineInput.AUDIO_BEGAN) is LineState.CALLING and self._dialling is not None:
            self._dialling.audible()

    def answer_sign(self, sign: str, figures: Mapping[str, Figure]) -> None:
        if self._move(LineInput.ANSWER_SIGN) is LineState.CALLING and self._dialling is not None:
            self._dialling.sign(sign, figures)

    def dial_failed(self, cause: str) -> None:
        """The equipment says that it comes to nothing; later than our own ear it says nothing."""
        self._move(LineInput.DIAL_FAILED)
        if self._dialling is not None:
            self._over(cause)

    def _tell_waiting(self, caller: CallerId) -> None:
        if self.call is None or caller in self._waiting:
            return
        self._waiting.add(caller)
        text = f"Another caller waits: {spoken_caller(caller.number, caller.presentation)}"
        self._desk.note(self.call.call_id, text, number=caller.number, name=caller.name)

    # --- intents from the call ------------------------------------------------------------------

    def call_connected(self) -> None:
        """Nothing changes for a line when a person takes over from the box."""

    def wait_for_another(self, call: CallOfStation) -> None:
        """It is off-hook and stays so."""

    def dial(
        self, number: str, dialler: Dialler, is_emergency: bool, insists: bool = False
    ) -> None:
        """Go off-hook and dial. Raises IllegalEvent when the line is not ready."""
        self._move(LineInput.DIAL)
        self.reason = ""
        self.is_emergency = is_emergency
        self._dialling = Dialling(self._desk, self.name, dialler, self._far_end_answered)
        self._timer.start(DIAL_LIMIT_S, self._dial_overdue)
        self._use(self.name, 1, 0.0)
        self._desk.emit(DialLine(self.name, number, insists))

    def send_digit(self, digit: str) -> None:
        """A key of ours, for the far end."""
        self._desk.emit(SendDigit(self.name, digit))

    def flash(self) -> None:
        """Tap the hook: the exchange's R."""
        self._desk.emit(FlashLine(self.name))

    def give_up_dialling(self) -> None:
        """Who wanted the number wants it no more."""
        dialling, self._dialling = self._dialling, None
        if dialling is not None:
            dialling.end()
            self._move(LineInput.RELEASE)
            self._go_on_hook()

    def join(self, call: CallOfStation) -> None:
        """Take part in a call, as the one that was dialled."""
        self.call = call

    def keep_for(self, then: Callable[[], None] | None) -> None:
        """Nobody else gets the line; ``then``, once, as soon as it is ready. None: no longer."""
        self._when_ready = then
        self._give_to_who_waits()

    def pre_empt(self, reason: str) -> None:
        """End what is on the line, for something that matters more."""
        if self.state is LineState.RINGING:  # only who answers a ringing line can get rid of it
            self._move(LineInput.ANSWER)
            self._desk.emit(AnswerLine(self.name))
        if self._dialling is not None:
            self._move(LineInput.RELEASE)
            self._over("congestion")
        elif self.call is not None:
            self.call.hang_up(reason)

    def call_over(self, call: CallOfStation, tone: str) -> None:
        """Go on-hook, unless the line is there already."""
        self.call = None
        if self._machine.accepts(LineInput.RELEASE):
            self._move(LineInput.RELEASE)
        if self.state is LineState.RELEASING:
            self._go_on_hook()

    def _go_on_hook(self) -> None:
        self._desk.emit(ReleaseLine(self.name))
        self._timer.start(RELEASE_LIMIT_S, self._release_overdue)

    # --- ringing --------------------------------------------------------------------------------

    def _begin_call(self) -> None:
        self._rings = 0
        self._waiting.clear()
        self.reason = ""
        self.is_emergency = False
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

    def _is_another(self, caller: CallerId) -> bool:
        """Not who rang until now: the pause between them was shorter than a lost ring's."""
        known = self.call.caller_id if self.call is not None else None
        return bool(known and known.number and caller.number not in ("", known.number))

    def _another_rings(self, caller: CallerId) -> None:
        """Who rang before has given up; a burst just before the caller ID was the other's."""
        is_theirs = self._desk.now - self._rang_at <= CALLER_ID_AFTER_S
        self._rings -= is_theirs
        self.rings_stopped()
        self._kept = (self._desk.now, caller)
        if is_theirs:
            self.rang()

    # --- dialling -------------------------------------------------------------------------------

    def _far_end_answered(self, since: float) -> None:
        dialling, self._dialling = self._dialling, None
        if dialling is not None:
            self._move(LineInput.FAR_END_ANSWERED)
            self._paid_since = since
            self._vote = HangUpVote(self._desk.now)
            dialling.dialler.far_end_answered(since)

    def _come_to_nothing(self, cause: str) -> None:
        if cause:
            self._move(LineInput.DIAL_FAILED)
            self._over(cause)

    def _over(self, cause: str) -> None:
        """The dialled call is over before it was answered; the line is releasing or gone."""
        dialling, self._dialling = self._dialling, None
        if dialling is None:
            return
        dialling.end()
        dialling.dialler.dial_failed(cause)
        if self.state is LineState.RELEASING:
            self._go_on_hook()

    def _dial_overdue(self) -> None:
        self._move(LineInput.TIME_UP)
        self._over("failed")

    def _give_to_who_waits(self) -> None:
        if self.state is LineState.READY and self._when_ready is not None:
            then, self._when_ready = self._when_ready, None
            then()

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
        who = "caller" if self._paid_since is None else "other side"
        text = f"The {who} is gone: {spoken_evidence(evidence)}"
        self._desk.note(self.call.call_id, text, **count.figures())
        self.caller_hung_up(evidence, count.tone_s(self._desk.now))

    # --- equipment that does not do as told -----------------------------------------------------

    def _answer_overdue(self) -> None:
        self._move(LineInput.TIME_UP)
        if self.call is not None:
            self.call.line_failed(self, f"the line did not answer within {ANSWER_LIMIT_S:.0f} s")

    def _release_overdue(self) -> None:
        self._move(LineInput.TIME_UP)
        self.reason = f"the line was not released within {RELEASE_LIMIT_S:.0f} s"
        self._desk.note("", f"Line {self.name}: {self.reason}", limit_s=RELEASE_LIMIT_S)

    def _ended_by_equipment(self, reason: str) -> None:
        self._timer.cancel()
        if self.state is LineState.READY:
            self.reason, self.is_back_soon = "", False
        self._over("failed")
        if self.call is not None:
            self.call.line_failed(self, reason)

    def _move(self, what: LineInput) -> LineState:
        old, new = self.state, self._machine.move(what)
        if new is not old:
            self.since = self._desk.now
            self._count_seconds()
        return new

    def _count_seconds(self) -> None:
        """Nothing is paid for once the call's end is decided."""
        if self._paid_since is not None and self.state is not LineState.IN_CALL:
            self._use(self.name, 0, self._desk.now - self._paid_since)
            self._paid_since = None
