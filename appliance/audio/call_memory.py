"""Remembers the last half minute of each call's sound, in memory alone, and looks at it afterwards.

The main thread opens and closes; the worker reads the taps and does the looking. What was heard is
dropped as soon as it was looked at; nothing here writes to the card.
"""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TypeVar

from appliance.audio.taps import RecorderTap, TapSource
from appliance.errors import AudioError
from appliance.interfaces import Worker

KEEP_S = 30.0
_BYTES_A_SECOND = 4 * 8000  # both directions, 16 bits
_KEEP_BYTES = round(KEEP_S * _BYTES_A_SECOND)

T = TypeVar("T")
Post = Callable[[Callable[[], None]], object]


@dataclass(slots=True)
class _Memory:
    """One call. ``chunks`` and ``size`` are the worker's alone."""

    tap: RecorderTap
    chunks: deque[bytes] = field(default_factory=deque)
    size: int = 0
    is_ending: bool = False

    def drain(self) -> None:
        while data := self.tap.read():
            self.chunks.append(data)
            self.size += len(data)
            while self.size - len(self.chunks[0]) >= _KEEP_BYTES:
                self.size -= len(self.chunks.popleft())

    def take(self) -> bytes:
        """The newest half minute, oldest first; forgets it."""
        whole = b"".join(self.chunks)[-_KEEP_BYTES:]
        self.chunks.clear()
        self.size = 0
        return whole


class CallMemory:
    """Every public method on the main thread, and so is every callback, through ``post``.

    Call `poll` every 0.25 s.
    """

    def __init__(self, taps: TapSource, worker: Worker, post: Post) -> None:
        self._taps = taps
        self._worker = worker
        self._post = post
        self._memories: dict[str, _Memory] = {}
        self._round: Future[None] | None = None

    def begin(self, name: str, port: int) -> None:
        """Remember ``port`` as ``name`` from now on. Raises AudioError: no tap is free."""
        if name in self._memories:
            raise AudioError(f"{name} is remembered already")
        self._memories[name] = _Memory(self._taps.open_tap(port))

    def end(self, name: str, look: Callable[[bytes], T], on_looked: Callable[[T], None]) -> None:
        """Stop now; ``look`` at the sound on the worker, then ``on_looked`` on the main thread.

        The sound is of 16-bit frames, heard and sent in turn. Nothing happens for a name unknown.
        """
        memory = self._memories.get(name)
        if memory is None or memory.is_ending:
            return
        memory.is_ending = True

        def work() -> None:
            memory.drain()
            seen = look(memory.take())
            self._post(lambda: on_looked(seen))

        def closed() -> None:
            self._worker.submit(work).add_done_callback(released)

        def released(done: "Future[None]") -> None:
            self._post(lambda: self._forget(name, done))

        memory.tap.close(closed)

    def poll(self) -> None:
        """Move what was heard out of the taps; a round under way is not doubled."""
        if self._round is not None and not self._round.done():
            return
        memories = list(self._memories.values())
        self._round = self._worker.submit(lambda: _drain_all(memories)) if memories else None

    def close(self) -> None:
        """At the end of the daemon: forget everything; waits for the worker."""
        self._worker.submit(lambda: None).result()
        for memory in self._memories.values():
            memory.tap.release()
        self._memories.clear()

    def _forget(self, name: str, done: "Future[None]") -> None:
        memory = self._memories.pop(name, None)
        if memory is not None:
            memory.tap.release()
        done.result()  # an error that nobody expected must be seen


def _drain_all(memories: list[_Memory]) -> None:
    for memory in memories:
        memory.drain()
