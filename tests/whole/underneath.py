"""What a test may do to the machine under the daemon: stall its card, kill it, count what it holds.

Theory of operation. A killed process does nothing more and loses its descriptors. Here the daemon's
callbacks all go through a `MortalLoop`, which lets none run after its death; the test closes the
descriptors, which `Openers` remember.
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Any, TypeVar
from weakref import WeakSet

from appliance.interfaces import BytePipe, PipeOpener
from appliance.loop import ThreadWorker, VirtualLoop

T = TypeVar("T")


class GateWorker(ThreadWorker):
    """A worker of virtual time, waited for; but while stalled, its work waits and nobody else."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._gate: threading.Event | None = None
        self._waiting: list[Future[Any]] = []

    def stall(self) -> None:
        self._gate = threading.Event()
        super().submit(self._gate.wait)

    def release(self) -> None:
        """Let the work that waits be done, all of it. Idempotent."""
        gate, self._gate = self._gate, None
        if gate is not None:
            gate.set()
        wait(self._waiting)
        self._waiting.clear()

    def submit(self, work: Callable[[], T]) -> "Future[T]":
        future = super().submit(work)
        if self._gate is None:
            wait([future])
        else:
            self._waiting.append(future)
        return future


class MortalLoop:
    """A daemon's view of the event loop: after `die` nothing of that daemon is called any more."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop
        self._is_alive = True
        self._readers: set[int] = set()
        self._handles: WeakSet[asyncio.TimerHandle] = WeakSet()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loop, name)

    def die(self) -> None:
        self._is_alive = False
        for fd in list(self._readers):
            self._loop.remove_reader(fd)
            self._loop.remove_writer(fd)

    def timers(self) -> list[str]:
        """What runs in how many seconds, soonest first."""
        now = self._loop.time()
        running = [h for h in self._handles if not h.cancelled() and h.when() > now]
        return [str(handle) for handle in sorted(running, key=lambda handle: handle.when())]

    def call_at(self, when: float, work: Callable[..., object], *args: Any) -> asyncio.TimerHandle:
        handle = self._loop.call_at(when, self._run, work, *args)
        self._handles.add(handle)
        return handle

    def call_later(
        self, delay: float, work: Callable[..., object], *args: Any
    ) -> asyncio.TimerHandle:
        return self.call_at(self._loop.time() + delay, work, *args)

    def call_soon(self, work: Callable[..., object], *args: Any) -> asyncio.Handle:
        return self._loop.call_soon(self._run, work, *args)

    def call_soon_threadsafe(self, work: Callable[..., object], *args: Any) -> asyncio.Handle:
        return self._loop.call_soon_threadsafe(self._run, work, *args)

    def add_reader(self, fd: int, work: Callable[..., object], *args: Any) -> None:
        self._readers.add(fd)
        self._loop.add_reader(fd, self._run, work, *args)

    def remove_reader(self, fd: int) -> bool:
        self._readers.discard(fd)
        return self._loop.remove_reader(fd)

    def _run(self, work: Callable[..., object], *args: Any) -> None:
        if self._is_alive:
            work(*args)


class Openers:
    """Opens pipes and remembers them."""

    def __init__(self, open_pipe: PipeOpener) -> None:
        self._open_pipe = open_pipe
        self._pipes: list[BytePipe] = []

    def open(self, path: str) -> BytePipe:
        pipe = self._open_pipe(path)
        self._pipes.append(pipe)
        return pipe

    def still_open(self) -> int:
        return sum(pipe.fileno() >= 0 for pipe in self._pipes)

    def close_all(self) -> None:
        for pipe in self._pipes:
            pipe.close()
