"""Any line's health as the status page shows it: its phase, since when, why, and its figures."""

from collections import Counter
from enum import Enum

from appliance.interfaces import Clock


class Phase(Enum):
    """What every line goes through, whatever it is made of; drivers have finer states."""

    DOWN = "down"
    INITIALISING = "initialising"
    READY = "ready"
    RINGING = "ringing"
    IN_CALL = "in_call"
    FAULT = "fault"
    RETRYING = "retrying"


_P = Phase
_AT_WORK = (_P.INITIALISING, _P.READY, _P.RINGING, _P.IN_CALL)

# From each phase to those that may follow it. A line that fails is at fault until it retries.
PHASE_TABLE: dict[Phase, frozenset[Phase]] = {
    _P.DOWN: frozenset({_P.INITIALISING, _P.FAULT, _P.RETRYING}),
    _P.INITIALISING: frozenset({_P.READY, _P.FAULT, _P.RETRYING, _P.DOWN}),
    _P.READY: frozenset({*_AT_WORK, _P.FAULT, _P.RETRYING, _P.DOWN}),
    _P.RINGING: frozenset({*_AT_WORK, _P.FAULT, _P.RETRYING, _P.DOWN}),
    _P.IN_CALL: frozenset({*_AT_WORK, _P.FAULT, _P.RETRYING, _P.DOWN}),
    _P.FAULT: frozenset({_P.INITIALISING, _P.READY, _P.RETRYING, _P.DOWN}),
    _P.RETRYING: frozenset({_P.INITIALISING, _P.READY, _P.FAULT, _P.DOWN}),
}


class LineHealth:
    """``slow``: the last fault needs a person, so retrying is shown as a fault.

    ``counters``: resets, errors, crc_errors, overruns, underruns, stuck_calls_freed and the like.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._detail = ""
        self._since_utc = clock.utc()
        self._shown = Phase.DOWN
        self._reason = self._last_problem = ""
        self.slow = False
        self.counters: Counter[str] = Counter()

    @property
    def reason(self) -> str:
        """Of the fault that lasts, "" for none."""
        return self._reason

    def enter(self, phase: Phase, detail: str) -> None:
        """``detail``: the driver's own state. ``since`` moves only when what is shown changes."""
        self._detail = detail
        if phase in (Phase.READY, Phase.DOWN):
            self._reason, self.slow = "", False
        if self._reason and phase in (Phase.INITIALISING, Phase.RETRYING):
            phase = Phase.FAULT if self.slow else Phase.RETRYING  # a try is no state to the owner
        if phase is not self._shown and phase in PHASE_TABLE[self._shown]:
            self._shown, self._since_utc = phase, self._clock.utc()

    def fault(self, reason: str, slow: bool) -> None:
        """``reason``: one sentence for the owner, kept until the line is ready again."""
        self._reason = self._last_problem = reason
        self.slow = slow
        self.counters["errors"] += 1

    def note(self, problem: str) -> None:
        """``problem``: a sentence on something that failed while the line itself stays well."""
        self._last_problem = problem

    def report(self, model: str, **figures: object) -> dict[str, object]:
        """``state`` and ``since`` as in docs/control-api.md; ``figures``: more of the driver's."""
        return {
            "state": self._shown.value,
            "since": self._since_utc,
            "reason": self._reason,
            "model": model,
            "detail": self._detail,
            "last_problem": self._last_problem,
            "counters": dict(self.counters),
            **figures,
        }
