"""The stage that calls an outside number for who is served: which line, how it rings, what came."""

from collections.abc import Callable, Sequence
from enum import Enum

from appliance.core.bridge import Bridge, Member
from appliance.core.leg import LegInput
from appliance.core.line import Line
from appliance.core.machine import Machine
from appliance.core.outgoing import Permission
from appliance.core.stage import ServedCall
from appliance.core.words import spoken_cause

EMERGENCY_ROUNDS = 3  # over all lines, before an emergency call is given up
FREE_LIMIT_S = 20.0  # for a line to be released; longer than core.line.RELEASE_LIMIT_S
# Not the number's fault: another line may do better.
_LINES_FAULT = (
    "no_dial_tone",
    "no_service",
    "line_in_use",
    "incoming_call",
    "congestion",
    "failed",
)


class OutsideState(Enum):
    NEW = "new"
    WAITING = "waiting"  # for a line that is being freed
    DIALLING = "dialling"
    CALLING = "calling"
    DONE = "done"


class OutsideInput(Enum):
    BEGIN = "begin"
    WAIT = "no line is free"
    DIAL = "a line to dial on"
    AUDIBLE = "the far end can be heard"
    RINGS = "the far end rings"
    ANSWERED = "the far end answered"
    REFUSED = "it came to nothing"
    DIGIT = "DigitReceived"
    NOBODY = "no line is left"
    LEAVE = "leave"


_S, _I = OutsideState, OutsideInput
_UNDER_WAY = (_S.WAITING, _S.DIALLING, _S.CALLING)

OUTSIDE_TABLE: dict[tuple[OutsideState, OutsideInput], OutsideState] = {
    (_S.NEW, _I.BEGIN): _S.WAITING,
    (_S.WAITING, _I.WAIT): _S.WAITING,
    (_S.WAITING, _I.DIAL): _S.DIALLING,
    **{(state, _I.RINGS): _S.CALLING for state in (_S.DIALLING, _S.CALLING)},
    **{(state, _I.AUDIBLE): _S.CALLING for state in (_S.DIALLING, _S.CALLING)},
    **{(state, _I.REFUSED): _S.WAITING for state in (_S.DIALLING, _S.CALLING)},
    **{(state, _I.ANSWERED): _S.DONE for state in (_S.DIALLING, _S.CALLING)},
    **{(state, _I.DIGIT): state for state in OutsideState},
    (_S.WAITING, _I.NOBODY): _S.DONE,
    **{(state, _I.LEAVE): _S.DONE for state in (*_UNDER_WAY, _S.DONE)},
}


class OutsideStage:
    """Calls ``number`` as ``permission`` says; ``otherwise`` is told the cause when it fails.

    Who called from a handset hears the line from the first moment, and is heard: a far end that
    answers is not kept waiting for our decision that it did. A caller from outside hears our
    ringback until then. An emergency call takes a busy line when none is free.
    """

    leg_input = LegInput.OFFER

    def __init__(
        self,
        call: ServedCall,
        number: str,
        permission: Permission,
        otherwise: Callable[[str], None],
    ) -> None:
        self._call = call
        self._number = number
        self._permission = permission
        self._otherwise = otherwise
        self._machine = Machine(f"outside number {number}", OUTSIDE_TABLE, OutsideState.NEW)
        self._timer = call.desk.timer(f"call:{call.call_id}")
        self._bridge = Bridge(call.desk)
        self._rounds = EMERGENCY_ROUNDS if permission.is_emergency else 1
        self._untried = list(permission.lines)
        self._line: Line | None = None
        self._dial_id = ""
        self._cause = "no_line"
        self.call_id = call.call_id

    def begin(self) -> None:
        self._machine.move(OutsideInput.BEGIN)
        self._call.progress.prompt_heard = False
        if not self._is_handset:
            self._call.desk.tone(self._call.endpoint, "ringback")
            limit_s = self._call.plan.outgoing.answer_within_s
            self._timer.start(limit_s, self._nobody_answered)
        self._try_next()

    def digit(self, digit: str) -> None:
        state = self._machine.move(OutsideInput.DIGIT)
        if state is _S.CALLING and self._line is not None and self._is_handset:
            self._line.send_digit(digit)

    def leave(self) -> None:
        self._machine.move(OutsideInput.LEAVE)
        self._timer.cancel()
        line, self._line = self._line, None
        if line is not None:
            self._bridge.set(())
            line.keep_for(None)
            self._tell_outcome("cancelled")
            line.give_up_dialling()

    @property
    def is_listened_to(self) -> bool:
        """A person at a handset wanted it, and hears the line."""
        return self._is_handset and not self._permission.is_automatic

    # --- what the line hears --------------------------------------------------------------------

    def far_end_rings(self) -> None:
        self._machine.move(OutsideInput.RINGS)
        if self._line is not None and self._is_handset and not self._line.is_audible:
            self._call.desk.tone(self._call.endpoint, "ringback")

    def line_audible(self) -> None:
        self._machine.move(OutsideInput.AUDIBLE)
        if self._line is not None and self._is_handset:
            self._call.desk.silence(self._call.endpoint)
            self._bridge.set((Member(self._line.endpoint), Member(self._call.endpoint)))

    def far_end_answered(self, since: float) -> None:
        self._machine.move(OutsideInput.ANSWERED)
        self._timer.cancel()
        line, self._line = self._line, None
        self._tell_outcome("answered")
        if line is not None:
            self._call.connect(line, self._bridge, since)

    def dial_failed(self, cause: str) -> None:
        self._machine.move(OutsideInput.REFUSED)
        self._bridge.set(())
        if self._is_handset:
            self._call.desk.silence(self._call.endpoint)
        line, self._line = self._line, None
        self._cause = cause
        name = line.name if line is not None else ""
        self._note(f"Line {name}: {spoken_cause(cause)}", line=name, cause=cause)
        self._tell_outcome(cause)
        if cause in _LINES_FAULT:
            self._try_next()
        else:
            self._give_up()

    # --- which line -----------------------------------------------------------------------------

    @property
    def _is_handset(self) -> bool:
        return self._call.endpoint.startswith("station:")

    def _try_next(self) -> None:
        lines = self._known(self._untried)
        free = next((line for line in lines if line.is_free), None)
        if free is None and self._permission.is_emergency:
            self._free_one(lines)
        elif free is None:
            self._give_up()
        else:
            self._dial(free)

    def _known(self, names: Sequence[str]) -> list[Line]:
        found = (self._call.line_of(name) for name in names)
        return [line for line in found if line is not None]

    def _free_one(self, lines: list[Line]) -> None:
        """Who rings, or talks, has to go: whichever line is first in order."""
        busy = next((line for line in lines if line.can_be_pre_empted), None)
        if busy is None:
            self._next_round()
            return
        self._note(f"Line {busy.name} is taken for an emergency call", line=busy.name)
        self._wait_for(busy)
        busy.pre_empt("an emergency call takes the line")

    def _next_round(self) -> None:
        """A call that came in at the wrong moment is over soon; the line is asked again then."""
        self._rounds -= 1
        self._untried = list(self._permission.lines)
        again = [line for line in self._known(self._untried) if line.will_be_free]
        if self._rounds > 0 and again:
            self._wait_for(min(again, key=lambda line: line.is_back_soon))
        else:
            self._give_up()

    def _wait_for(self, line: Line) -> None:
        self._machine.move(OutsideInput.WAIT)
        self._line = line
        self._timer.start(FREE_LIMIT_S, self._not_freed)
        line.keep_for(lambda: self._dial(line))

    def _not_freed(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            line.keep_for(None)
            self._untried = [name for name in self._untried if name != line.name]
        self._try_next()

    def _dial(self, line: Line) -> None:
        self._machine.move(OutsideInput.DIAL)
        if self._permission.is_emergency:
            self._timer.cancel()
        self._line = line
        self._untried = [name for name in self._untried if name != line.name]
        self._dial_id = self._call.desk.new_id("dial")
        self._call.way_out.line = line.name
        self._call.desk.fact(
            self.call_id, "dial_began", dial_id=self._dial_id, line=line.name, number=self._number
        )
        self._note(f"Calling {self._number} on line {line.name}", line=line.name)
        is_emergency = self._permission.is_emergency
        insists = is_emergency and self._rounds < EMERGENCY_ROUNDS
        line.dial(self._number, self, is_emergency, insists)

    def _nobody_answered(self) -> None:
        line, self._line = self._line, None
        self._cause = "no_answer"
        if line is not None:
            line.keep_for(None)
            self._tell_outcome("no_answer")
            line.give_up_dialling()
        self._give_up()

    def _give_up(self) -> None:
        self._machine.move(OutsideInput.LEAVE)
        self._timer.cancel()
        self._call.progress.all_busy = self._cause in ("busy", "congestion", "no_line")
        self._otherwise(self._cause)

    def _tell_outcome(self, outcome: str) -> None:
        dial_id, self._dial_id = self._dial_id, ""
        if dial_id:
            self._call.desk.fact(self.call_id, "dial_ended", dial_id=dial_id, outcome=outcome)

    def _note(self, text: str, **figures: str) -> None:
        self._call.desk.note(self.call_id, text, **figures)
