"""A clock without a battery: what is done when it jumps, and when it is right at last.

Durations come from the monotonic clock and need nothing. What was noted by a clock that nobody had
set is moved by what the network then added to it: the times of this run's calls are right again.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Protocol

from appliance.interfaces import Clock

STEP_S = 1.0  # less is a clock that is being steered, or the jitter of reading two clocks
CALM_S = 86400.0  # after a jump nothing is deleted for its age for so long


class Remembers(Protocol):
    """storage.history.History, as far as it is needed here."""

    def remember_fact(self, kind: str, data: Mapping[str, object]) -> "Future[None]": ...


class ClockDesk:
    """Show it the time every second. Main thread only.

    ``is_right``: whether UTC was set since the start, None: nobody can tell. ``on_jump``: the time
    of day is another one. ``tell``: a sentence for the log and the box's story.
    """

    def __init__(
        self,
        clock: Clock,
        is_right: Callable[[], bool | None],
        history: Remembers,
        *,
        on_jump: Callable[[], None],
        tell: Callable[[str], None],
    ) -> None:
        self._clock = clock
        self._ask = is_right
        self._history = history
        self._on_jump = on_jump
        self._tell = tell
        self._offset = self._now()
        self._jumped_at: float | None = None
        self._was_right = is_right() is not False
        self._jumps: list[tuple[float, float]] = []  # while it was not right: when, seconds

    @property
    def may_judge_age(self) -> bool:
        """Whether something may be deleted for its age: the clock is right, and has not jumped."""
        if self._ask() is not True:
            return False
        now = self._clock.monotonic()
        return self._jumped_at is None or now - self._jumped_at >= CALM_S

    def beat(self) -> None:
        """Look whether the clock was set."""
        offset = self._now()
        by_s = offset - self._offset
        if abs(by_s) >= STEP_S:
            self._offset = offset
            self._jumped_at = self._clock.monotonic()
            if not self._was_right:
                self._jumps.append((self._jumped_at, by_s))
            self._tell(f"The clock was set {_duration(abs(by_s))} {'on' if by_s > 0 else 'back'}")
            self._on_jump()
        if not self._was_right and self._ask() is not False:
            self._was_right = True
            self._correct()

    def _correct(self) -> None:
        jumps, self._jumps = self._jumps, []
        for before, by_s in jumps:
            fact = {"before_monotonic": before, "by_s": by_s}
            self._history.remember_fact("clock_corrected", fact)
        if jumps:
            self._tell("The clock is right now: the times of the calls since the start follow it")

    def _now(self) -> float:
        return self._clock.utc() - self._clock.monotonic()


def _duration(seconds: float) -> str:
    for unit, name in ((86400.0, "days"), (3600.0, "hours"), (60.0, "minutes")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds:.0f} seconds"
