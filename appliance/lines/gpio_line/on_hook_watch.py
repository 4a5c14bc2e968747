"""An on-hook line on a GPIO board: when it rings, by its detector's edges, and who calls."""

import asyncio
from collections.abc import Callable

from appliance.core.events import CallerIdReceived
from appliance.interfaces import HeardCallerId
from appliance.lines.gpio_line.ring_detector import RingDetector
from appliance.lines.on_hook_ears import OnHookEars
from appliance.lines.timers import NamedTimers


class OnHookWatch:
    """As OnHookEars, which it tells of bursts. ``hz``: of the last ring."""

    def __init__(
        self,
        line: str,
        loop: asyncio.AbstractEventLoop,
        *,
        listen: Callable[[bool], None],
        on_ring: Callable[[], None],
        on_burst_over: Callable[[], None],
    ) -> None:
        self._loop = loop
        self._timers = NamedTimers(loop)
        self._ring = RingDetector()
        self._ears = OnHookEars(
            line, loop, listen=listen, on_ring=on_ring, on_burst_over=on_burst_over
        )
        self.hz = 0.0

    @property
    def is_ringing(self) -> bool:
        """A burst goes on now."""
        return self._ring.is_ringing

    @property
    def stirs(self) -> bool:
        """It rings, or something that may become ringing is on the line."""
        return self._ring.stirs(self._loop.time())

    @property
    def unread(self) -> int:
        return self._ears.unread

    def begin(self) -> None:
        """The line is on-hook, and the next caller is another."""
        self._ears.begin()

    def end(self) -> None:
        """The line is taken, or out of service: what is heard is no caller ID."""
        self._ears.end()

    def stop(self) -> None:
        """The pins are given back."""
        self.end()
        self._timers.cancel_all()

    def edge(self, is_high: bool, at_s: float) -> None:
        """An edge of the ring detector's pin."""
        burst = self._ring.edge(is_high, at_s)
        self._plan_end()
        if burst is not None:
            self.hz = burst.hz
            self._ears.burst_began()

    def heard(self, heard: HeardCallerId, *, current_flows: bool) -> CallerIdReceived | None:
        """Who calls, the first time it is known in a call. See OnHookEars."""
        return self._ears.heard(heard, current_flows=current_flows)

    def _plan_end(self) -> None:
        ends_at = self._ring.ends_at
        if ends_at is not None:
            self._timers.start("burst", ends_at - self._loop.time(), self._burst_due)

    def _burst_due(self) -> None:
        if self._ring.tick(self._loop.time()):
            self._ears.burst_ended()
        else:
            self._plan_end()
