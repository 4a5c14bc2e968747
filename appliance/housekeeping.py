"""What the daemon does every so often, and what it counts for the status page meanwhile."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from pathlib import Path
from types import MappingProxyType
from typing import Any

from appliance.core.commands import Command, HistoryFact, StoryNote
from appliance.errors import StorageError
from appliance.interfaces import Clock, Worker
from appliance.storage.history_queries import HistoryReader

LOG = logging.getLogger(__name__)
NO_TOTALS = MappingProxyType(
    {"calls": 0, "answered": 0, "missed": 0, "messages_new": 0, "texts_new": 0}
)
FREE_STEP = 1_000_000  # bytes
CLOCK_STEP_S = 0.5  # less is the jitter of reading two clocks one after the other


class Repeats:
    """Calls things every so many seconds. An error in one call does not end its series."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._timers: list[asyncio.TimerHandle] = []

    def every(self, seconds: float, work: Callable[[], object]) -> None:
        place = len(self._timers)

        def again() -> None:
            self._timers[place] = self._loop.call_later(seconds, again)
            work()

        self._timers.append(self._loop.call_later(seconds, again))

    def close(self) -> None:
        for timer in self._timers:
            timer.cancel()


class UtcOffset:
    """UTC minus monotonic time: the same number until the clock is really set anew.

    Read afresh for each snapshot, it would differ by microseconds and make each a new one.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seconds = clock.utc() - clock.monotonic()

    @property
    def seconds(self) -> float:
        now = self._clock.utc() - self._clock.monotonic()
        if abs(now - self._seconds) > CLOCK_STEP_S:
            self._seconds = now
        return self._seconds


class Figures:
    """The day's totals and the card's free space. Main thread only; ``on_changed`` is called there.

    ``free``: bytes left on the card of a folder; raises OSError.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        clock: Clock,
        reader: HistoryReader,
        worker: Worker,
        *,
        folder: Path,
        free: Callable[[Path], int],
        on_changed: Callable[[], None],
    ) -> None:
        self.totals: dict[str, int] = dict(NO_TOTALS)
        self.free_bytes = 0
        self._loop = loop
        self._clock = clock
        self._reader = reader
        self._worker = worker
        self._folder = folder
        self._free = free
        self._on_changed = on_changed
        self._problems: dict[str, str] = {}
        self._is_closed = False

    @property
    def problems(self) -> tuple[str, ...]:
        """What can't be counted now, and why."""
        return tuple(self._problems.values())

    def look(self) -> None:
        """See how much room there is, and count the day's calls."""
        try:
            free = self._free(self._folder)
            self.free_bytes = free - free % FREE_STEP  # a log line is no news for every page
            self._problems.pop("card", None)
        except OSError as error:
            self._problems["card"] = f"the card can't be looked at: {error.strerror or error}"
        self.count()

    def count(self) -> None:
        """Count the day's calls on the reader thread; the totals follow later."""
        if self._is_closed:
            return
        today = time.strftime("%Y-%m-%d", time.localtime(self._clock.utc()))
        reading = self._worker.submit(lambda: self._reader.day_totals(today))
        reading.add_done_callback(self._read)

    def count_after(self, written: "Future[None]") -> None:
        """Count once ``written`` is done, well or not."""
        written.add_done_callback(lambda _: self._loop.call_soon_threadsafe(self.count))

    def close(self) -> None:
        """Count no more. Close the worker afterwards."""
        self._is_closed = True

    def _read(self, done: "Future[dict[str, Any]]") -> None:
        """On the reader thread."""
        try:
            totals = done.result()
        except StorageError as error:  # the totals shown stay as they were
            self._loop.call_soon_threadsafe(self._failed, str(error))
        else:
            self._loop.call_soon_threadsafe(self._counted, totals)

    def _counted(self, totals: dict[str, int]) -> None:
        self._problems.pop("totals", None)
        self.totals = totals
        self._on_changed()

    def _failed(self, reason: str) -> None:
        self._problems["totals"] = reason
        self._on_changed()


def log_story(told: Iterable[Command]) -> None:
    """Each story note among them, as a line of the log."""
    for note in told:
        if isinstance(note, StoryNote):
            LOG.info("%s%s", f"call {note.call_id}: " if note.call_id else "", note.text)


def changes_totals(told: Iterable[Command]) -> bool:
    """Whether the day's totals have to be counted anew after these."""
    kinds = {"call_began", "call_ended", "call_connected", "message_left"}
    return any(isinstance(fact, HistoryFact) and fact.kind in kinds for fact in told)
