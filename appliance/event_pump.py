"""Gives the core one fact at a time, and has what it decides remembered and carried out."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from appliance.core.commands import HistoryFact, StoryNote
from appliance.core.events import Event
from appliance.core.exchange import Exchange
from appliance.dispatch import Dispatcher
from appliance.doctor_desk import DoctorDesk
from appliance.fleet import Fleet
from appliance.housekeeping import Figures, changes_totals, log_story
from appliance.interfaces import Clock
from appliance.storage.history import History

AT_REST = {"ready", "idle", "down", "fault", "off_hook"}  # states as a snapshot has them


@dataclass(frozen=True, slots=True)
class PumpParts:
    """Who hears of an event, and of what the core makes of it."""

    dispatcher: Dispatcher
    doctor: DoctorDesk
    history: History
    figures: Figures
    fleet: Fleet


class EventPump:
    """Main thread only. ``join`` it with its parts before the first event."""

    def __init__(self, clock: Clock, exchange: Exchange, on_changed: Callable[[], None]) -> None:
        self._clock = clock
        self._exchange = exchange
        self._on_changed = on_changed
        self._queue: deque[Event] = deque()
        self._is_handling = False
        self._is_stopped = False
        self._parts: PumpParts | None = None

    def join(self, parts: PumpParts) -> None:
        self._parts = parts

    def stop(self) -> None:
        """From here on nothing is decided any more: that our own hand ends the calls is no news."""
        self._is_stopped = True

    def post(self, event: Event) -> None:
        """Give the core one fact; its commands are carried out before the next."""
        if self._is_stopped:
            return
        self._queue.append(event)
        if self._is_handling:
            return  # reported while a command is carried out: it waits its turn
        self._is_handling = True
        try:
            while self._queue:
                self._handle(self._queue.popleft())
        finally:
            self._is_handling = False
        self._on_changed()

    def _handle(self, event: Event) -> None:
        parts = self._parts
        assert parts is not None, "joined before the first event"
        parts.dispatcher.observe(event)
        parts.doctor.observe(event)
        now = self._clock.monotonic()
        commands = self._exchange.handle(event, now)
        told = [command for command in commands if isinstance(command, StoryNote | HistoryFact)]
        log_story(told)
        if told:
            written = parts.history.remember(told, self._clock.utc(), now)
            if changes_totals(told):
                parts.figures.count_after(written)
        parts.doctor.before(commands)
        parts.dispatcher.carry_out(commands)
        parts.fleet.settle(self.is_idle)

    def is_idle(self, endpoint: str) -> bool:
        """Whether nothing goes on at a line or a station, so that it may be made anew."""
        kind, _, name = endpoint.partition(":")
        snapshot = self._exchange.snapshot()
        if kind == "line":
            states = {line.name: line.state for line in snapshot.lines}
        else:
            states = {station.extension: station.state for station in snapshot.stations}
        return states.get(name, "down") in AT_REST
