"""A voice modem line's health as the status page shows it: state, since when, why, and counters."""

from collections import Counter

from appliance.interfaces import Clock
from appliance.lines.voice_modem_states import State

_PUBLISHED = {
    State.DOWN: "down",
    State.OPENING: "initialising",
    State.RESYNCING: "initialising",
    State.INITIALISING: "initialising",
    State.READY: "ready",
    State.RINGING: "ringing",
    State.DETACHING: "fault",
    State.RETRYING: "retrying",
}  # every other state is "in_call"


class LineHealth:
    """``slow``: the last fault needs a person, so retrying is shown as a fault."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._state = State.DOWN
        self._since_utc = clock.utc()
        self._shown = "down"
        self._reason = self._last_problem = ""
        self.slow = False
        self.counters: Counter[str] = Counter()

    def enter(self, state: State) -> None:
        """The line is in ``state`` now; ``since`` moves only when what is shown changes."""
        self._state = state
        if state in (State.READY, State.DOWN):
            self._reason, self.slow = "", False
        shown = _PUBLISHED.get(state, "in_call")
        if self._reason and shown in ("initialising", "retrying"):  # a try is no state to the owner
            shown = "fault" if self.slow else "retrying"
        if shown != self._shown:
            self._shown, self._since_utc = shown, self._clock.utc()

    def fault(self, reason: str, slow: bool) -> None:
        """``reason``: one sentence for the owner, kept until the line is ready again."""
        self._reason = self._last_problem = reason
        self.slow = slow
        self.counters["errors"] += 1

    def report(self, model: str) -> dict[str, object]:
        """``state`` and ``since`` as in docs/control-api.md; ``detail``: the driver's own state."""
        return {
            "state": self._shown,
            "since": self._since_utc,
            "reason": self._reason,
            "model": model,
            "detail": self._state.value,
            "last_problem": self._last_problem,
            "counters": dict(self.counters),
        }
