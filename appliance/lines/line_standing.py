"""A line's standing with the call core: what it was told last, and who waits for the stop."""

import asyncio
from collections.abc import Callable

from appliance.core.events import LineBecameReady, LineFailed, LineReleased
from appliance.interfaces import EventSink
from appliance.lines.timers import NamedTimers

STOP_S = 7.0  # for a call's end, when the line is stopped during one


class LineStanding:
    """Tells LineBecameReady, LineReleased and LineFailed once each. Main thread only."""

    def __init__(self, line: str, sink: EventSink) -> None:
        self._line = line
        self._sink = sink
        self._in_service: bool | None = None  # None: nothing was told yet
        self._release_asked = False
        self._stopped: asyncio.Future[None] | None = None

    @property
    def is_stopping(self) -> bool:
        """Somebody waits for the line's stop."""
        return self._stopped is not None

    @property
    def in_service(self) -> bool:
        """The core counts on the line."""
        return bool(self._in_service)

    def ask_release(self) -> None:
        """The core wants the line on-hook: released(), ready() or failed() follows."""
        self._release_asked = True

    def ready(self) -> None:
        """The line waits for calls: in service from now on, or released as it was asked."""
        if self._in_service:
            self.released()
        else:
            self._in_service, self._release_asked = True, False
            self._sink(LineBecameReady(self._line))

    def released(self) -> None:
        """The call is over. Nobody is told who did not ask."""
        asked, self._release_asked = self._release_asked, False
        if asked and self._in_service:
            self._sink(LineReleased(self._line))

    def failed(self, reason: str, back_soon: bool = False) -> None:
        """Out of service, as LineFailed. Only the first reason is told."""
        if self._in_service is not False:
            self._in_service = self._release_asked = False
            self._sink(LineFailed(self._line, reason, back_soon))

    async def stop(
        self, timers: NamedTimers, begin: Callable[[], object], end: Callable[[], object]
    ) -> None:
        """Wait for down(). ``begin``: what leads to it; ``end``: what makes it so in 7 s anyhow."""
        stopped = self._stopped
        if stopped is None:
            stopped = self._stopped = asyncio.get_running_loop().create_future()
            timers.start("stop", STOP_S, end)
            begin()
        await asyncio.shield(stopped)

    def down(self) -> None:
        """The line is stopped; as if nothing had ever been told of it."""
        self._in_service, self._release_asked = None, False
        stopped, self._stopped = self._stopped, None
        if stopped is not None and not stopped.done():
            stopped.set_result(None)
