"""Named timers on an event loop: starting a name again moves it."""

import asyncio
from collections.abc import Callable


class NamedTimers:
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._handles: dict[str, asyncio.TimerHandle] = {}

    def start(self, name: str, seconds: float, callback: Callable[[], object]) -> None:
        """Call ``callback`` once, ``seconds`` from now, in place of what ``name`` was set to."""
        self.cancel(name)
        self._handles[name] = self._loop.call_later(max(0.0, seconds), callback)

    def cancel(self, name: str) -> None:
        handle = self._handles.pop(name, None)
        if handle is not None:
            handle.cancel()

    def __contains__(self, name: str) -> bool:
        """Whether ``name`` was started and neither cancelled nor replaced; fired ones count."""
        return name in self._handles

    def cancel_all(self) -> None:
        for name in list(self._handles):
            self.cancel(name)
