"""Several users of one AT port: scripts wait for each other, urgent ones go first.

A required command that fails drops what is queued behind it in the port, so only one script at a
time is given to it. After a time-out the port rests, so that a late answer is not the next one's;
so it does after a NO CARRIER in place of an answer, which may be a word on another call.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from appliance.lines.modem_port import ModemPort
from appliance.lines.timers import NamedTimers
from appliance.modem.at import Command, Result
from appliance.modem.replies import CALL_FINALS

LATE_S = 1.0  # an answer that missed its time comes within this, or never
Results = list[Result]


@dataclass(slots=True)
class _Script:
    commands: tuple[Command, ...]
    on_done: Callable[[Results], object]
    urgent: bool = False
    results: Results = field(default_factory=list)


class AtDesk:
    """One per open port. ``timers``: for the rest after a time-out."""

    def __init__(self, port: ModemPort, timers: NamedTimers) -> None:
        self._port = port
        self._timers = timers
        self._waiting: deque[_Script] = deque()
        self._current: _Script | None = None
        self._resting = False
        self.silent = 0  # commands in a row without an answer

    @property
    def idle(self) -> bool:
        """No command is outstanding."""
        return self._current is None

    @property
    def silences(self) -> int:
        """How many commands got no answer since the port was opened."""
        return self._port.silences

    def run(
        self,
        commands: Iterable[Command],
        on_done: Callable[[Results], object],
        *,
        urgent: bool = False,
    ) -> None:
        """``on_done``: with the results so far; the last one may have failed (Result.failed).

        ``urgent``: a call's. Its scripts go before all that wait.
        """
        script = _Script(tuple(commands), on_done, urgent)
        if not script.commands:
            on_done([])
        elif urgent:
            place = sum(waiting.urgent for waiting in self._waiting)
            self._waiting.insert(place, script)
        else:
            self._waiting.append(script)
        self._next()

    def finished(self, result: Result) -> None:
        """The port's Finished output."""
        self.silent = self.silent + 1 if result.timed_out else 0
        script = self._current
        if script is None:
            return
        script.results.append(result)
        if not result.failed and len(script.results) < len(script.commands):
            return
        self._current = None
        if result.timed_out:
            self._rest(LATE_S)
        elif result.final in CALL_FINALS:  # of the call before, perhaps: ours is yet to come
            self._rest(LATE_S / 4)
        script.on_done(script.results)
        self._next()

    def drop_urgent(self) -> bool:
        """Forget the call's scripts; whether one of its commands is still out, its end unheard."""
        self._waiting = deque(script for script in self._waiting if not script.urgent)
        current = self._current
        if current is None or not current.urgent:
            return False
        self._port.drop_waiting()
        self._current = None if self._port.idle else _Script((), lambda _: None, urgent=True)
        if self._current is None:
            self._next()
        return self._current is not None and self._current.urgent

    @property
    def is_urgent(self) -> bool:
        """A command of a call's is out."""
        return self._current is not None and self._current.urgent

    def forget(self) -> None:
        """Also the command that is out: its answer, if it comes, is a notice."""
        self.drop_urgent()
        if self.is_urgent:
            self._current = None
            self._port.forget()
            self._rest(LATE_S / 4)

    def close(self) -> None:
        self._timers.cancel("late")
        self._waiting.clear()
        self._current = None

    def _rest(self, seconds: float) -> None:
        """An answer that comes meanwhile is nobody's."""
        self._resting = True
        self._timers.start("late", seconds, self._rested)

    def _rested(self) -> None:
        self._resting = False
        self._next()

    def _next(self) -> None:
        if self._current is None and not self._resting and self._waiting:
            self._current = self._waiting.popleft()
            self._port.run(self._current.commands)
