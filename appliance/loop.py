"""The main loop and where its time comes from: real for the appliance, virtual for tests.

In virtual time nothing waits: when no descriptor is readable and no callback is due, the clock
jumps to the next timer. Drivers, simulator and audio ticks all run on this one loop, so a whole day
of calls is the same each time it is run.
"""

import asyncio
import selectors
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TypeVar

T = TypeVar("T")


class RealClock:
    """The machine's own clocks."""

    def monotonic(self) -> float:
        return time.monotonic()

    def utc(self) -> float:
        return time.time()


class VirtualClock:
    """A clock that moves only when told to. ``start_utc``: UTC seconds at virtual time 0."""

    def __init__(self, start_utc: float = 1_800_000_000.0) -> None:
        self._now = 0.0
        self._start_utc = start_utc

    def monotonic(self) -> float:
        return self._now

    def utc(self) -> float:
        return self._start_utc + self._now

    def set_utc(self, utc: float) -> None:
        """The wall clock is set; the monotonic one does not notice."""
        self._start_utc = utc - self._now

    def advance(self, seconds: float) -> None:
        self._now += seconds


class _JumpingSelector(selectors.DefaultSelector):
    """A selector that never blocks: with nothing ready, it moves the clock instead."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if timeout is None:  # nothing is scheduled: only another process or thread can wake us
            return super().select(None)
        self._clock.advance(timeout)
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """An asyncio loop in virtual time."""

    def __init__(self, clock: VirtualClock | None = None) -> None:
        self.clock = clock or VirtualClock()
        super().__init__(_JumpingSelector(self.clock))

    def time(self) -> float:
        return self.clock.monotonic()


class ThreadWorker:
    """One named thread that does the work in order."""

    def __init__(self, name: str) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    def submit(self, work: Callable[[], T]) -> "Future[T]":
        return self._pool.submit(work)

    def close(self) -> None:
        """Finish what is queued, then end the thread."""
        self._pool.shutdown(wait=True)


class InlineWorker(ThreadWorker):
    """Waits for each piece of work before going on: the worker of virtual time."""

    def __init__(self) -> None:
        super().__init__("inline")

    def submit(self, work: Callable[[], T]) -> "Future[T]":
        future = super().submit(work)
        wait([future])
        return future
