"""Timers of the core: each belongs to one owner and has, each time it runs, an id of its own."""

from collections.abc import Callable

from appliance.core.commands import CancelTimer, Command, StartTimer

Then = Callable[[], None]


class Timers:
    """Which timers run. A TimerExpired of an id that is not here was cancelled: nothing happens."""

    __slots__ = ("_emit", "_new_id", "_running")

    def __init__(self, new_id: Callable[[str], str], emit: Callable[[Command], None]) -> None:
        self._new_id = new_id
        self._emit = emit
        self._running: dict[str, Timer] = {}

    def owners(self) -> dict[str, str]:
        """The owner of each running timer, by timer id."""
        return {timer_id: timer.owner for timer_id, timer in self._running.items()}

    def begin(self, timer: "Timer", seconds: float) -> str:
        timer_id = self._new_id("timer")
        self._running[timer_id] = timer
        self._emit(StartTimer(timer_id, seconds))
        return timer_id

    def cancel(self, timer_id: str) -> None:
        if self._running.pop(timer_id, None) is not None:
            self._emit(CancelTimer(timer_id))

    def expire(self, timer_id: str) -> None:
        timer = self._running.pop(timer_id, None)
        if timer is not None:
            timer.fire()


class Timer:
    """One owner's timer; starting it again cancels what ran before."""

    __slots__ = ("_id", "_then", "_timers", "owner")

    def __init__(self, timers: Timers, owner: str) -> None:
        self._timers = timers
        self._id = ""
        self._then: Then | None = None
        self.owner = owner

    def start(self, seconds: float, then: Then) -> None:
        self.cancel()
        self._then = then
        self._id = self._timers.begin(self, seconds)

    def cancel(self) -> None:
        if self._id:
            self._timers.cancel(self._id)
            self._id = ""

    def fire(self) -> None:
        self._id = ""
        if self._then is not None:
            self._then()
