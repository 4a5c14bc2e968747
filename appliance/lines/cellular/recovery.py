"""The ladder by which a silent modem is brought back, each step with growing patience; pure.

Reopen the port, tell the modem to restart, pull its reset line, press its power key, switch its
supply; where nothing helps the line is down and the owner is told. Even then it is tried again,
ever more rarely.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class Step(Enum):
    """The rungs, lowest first. ``value``: what was done, in the owner's words."""

    REOPEN = "its port was opened again"
    RESET = "it was told to restart"
    RESET_LINE = "its reset line was pulled"
    POWER_KEY = "its power key was pressed"
    SUPPLY = "its supply was switched off and on"


BY_WIRE = frozenset({Step.RESET_LINE, Step.POWER_KEY, Step.SUPPLY})  # they need no port


@dataclass(frozen=True, slots=True)
class Rung:
    """``waits_s``: before each try of this step, in turn; as many tries as there are waits."""

    step: Step
    waits_s: tuple[float, ...]


# Seconds. A port that comes back is seen by itself, so waiting costs nothing while it is away.
LADDER: tuple[Rung, ...] = (
    Rung(Step.REOPEN, (0.5, 1.0, 2.0)),
    Rung(Step.RESET, (2.0, 4.0)),
    Rung(Step.RESET_LINE, (4.0,)),
    Rung(Step.POWER_KEY, (4.0, 8.0)),
    Rung(Step.SUPPLY, (8.0, 16.0)),
)
DOWN_WAITS_S = (30.0, 60.0, 120.0, 300.0)  # the line is down; the last one repeats
CALM_S = 60.0  # in service for so long: the trouble is over


@dataclass(frozen=True, slots=True)
class Attempt:
    """What to do next, ``wait_s`` from now. ``down``: nothing has helped; a person must."""

    step: Step
    wait_s: float
    down: bool


class Recovery:
    """``usable``: the steps this line has the means for; REOPEN always is."""

    def __init__(self, usable: Iterable[Step]) -> None:
        can = {Step.REOPEN, *usable}
        self._climb = [
            (rung.step, wait_s) for rung in LADDER if rung.step in can for wait_s in rung.waits_s
        ]
        self._next = 0
        self._well_since: float | None = None
        self._tried: list[Step] = []

    @property
    def tried(self) -> tuple[Step, ...]:
        """The different steps taken since the modem last worked, lowest first."""
        return tuple(self._tried)

    @property
    def is_down(self) -> bool:
        """Every step was taken in vain."""
        return self._next > len(self._climb)

    def well(self, now: float) -> None:
        """The line is in service, at ``now`` monotonic seconds."""
        self._well_since = now

    def start_over(self) -> None:
        """The trouble is another one: the port has come back, say."""
        self._next, self._well_since = 0, None
        self._tried.clear()

    def fail(self, now: float, reachable: bool) -> Attempt:
        """It failed (again). ``reachable``: the port can be opened, so a command may be sent."""
        if self._well_since is not None and now - self._well_since >= CALM_S:
            self.start_over()
        self._well_since = None
        while not reachable and self._peek() is Step.RESET:
            self._next += 1
        attempt = self._attempt()
        self._next += 1
        if attempt.step not in self._tried:
            self._tried.append(attempt.step)
        return attempt

    def _peek(self) -> Step | None:
        return self._climb[self._next][0] if self._next < len(self._climb) else None

    def _attempt(self) -> Attempt:
        if self._next < len(self._climb):
            step, wait_s = self._climb[self._next]
            return Attempt(step, wait_s, down=False)
        rounds = self._next - len(self._climb)
        wait_s = DOWN_WAITS_S[min(rounds, len(DOWN_WAITS_S) - 1)]
        strongest = self._climb[-1][0]
        return Attempt(strongest if rounds % 2 else Step.REOPEN, wait_s, down=True)


def told(tried: Iterable[Step], can_power: bool) -> str:
    """What was tried and what a person should do, for the owner."""
    done = ", ".join(step.value for step in tried)
    so_far = f" ({done})" if done else ""
    if can_power:
        return f"{so_far}: check the modem's cable and supply, or replace it"
    return f"{so_far}: unplug the modem, wait ten seconds and plug it in again"
