"""Named one-shot timers on an asyncio loop, and a 10 ms beat that keeps an absolute schedule."""

import asyncio
from collections.abc import Callable


class Timers:
    """Timers by name: setting one again replaces it."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._handles: dict[str, asyncio.TimerHandle] = {}

    def set(self, name: str, delay_s: float, action: Callable[[], None]) -> None:
        self.cancel(name)
        self._handles[name] = self._loop.call_later(delay_s, self._fire, name, action)

    def cancel(self, name: str) -> None:
        handle = self._handles.pop(name, None)
        if handle is not None:
            handle.cancel()

    def is_set(self, name: str) -> bool:
        return name in self._handles

    def cancel_all(self) -> None:
        for name in list(self._handles):
            self.cancel(name)

    def _fire(self, name: str, action: Callable[[], None]) -> None:
        del self._handles[name]
        action()


class Beat:
    """Calls ``action`` every 10 ms of a clock that runs ``ppm`` fast; late beats are caught up."""

    PERIOD_S = 0.01

    def __init__(
        self, loop: asyncio.AbstractEventLoop, action: Callable[[], None], ppm: float = 0.0
    ) -> None:
        self._loop = loop
        self._action = action
        self._period_s = self.PERIOD_S / (1 + ppm * 1e-6)
        self._start = 0.0
        self._count = 0
        self._handle: asyncio.TimerHandle | None = None

    @property
    def running(self) -> bool:
        return self._handle is not None

    def start(self) -> None:
        if self._handle is None:
            self._start = self._loop.time()
            self._count = 0
            self._plan()

    def stop(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _plan(self) -> None:
        self._count += 1
        self._handle = self._loop.call_at(self._start + self._count * self._period_s, self._beat)

    def _beat(self) -> None:
        self._plan()
        self._action()
