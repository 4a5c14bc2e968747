"""The ring detector's pin of a GPIO board: its edges become the bursts of ringing."""

import asyncio

from appliance.lines.gpio_line.ring_detector import RingDetector
from appliance.lines.on_hook_ears import OnHookEars
from appliance.lines.timers import NamedTimers


class RingWatch:
    """Tells ``ears`` of each burst. ``hz``: of the last one."""

    def __init__(self, ears: OnHookEars, loop: asyncio.AbstractEventLoop) -> None:
        self._ears = ears
        self._loop = loop
        self._timers = NamedTimers(loop)
        self._detector = RingDetector()
        self.hz = 0.0

    @property
    def stirs(self) -> bool:
        """It rings, or something that may become ringing is on the line."""
        return self._detector.stirs(self._loop.time())

    def stop(self) -> None:
        """The pin is given back: a burst that goes on is seen no more."""
        self._timers.cancel_all()
        self._detector = RingDetector()
        if self._ears.is_ringing:
            self._ears.burst_ended()

    def edge(self, is_high: bool, at_s: float) -> None:
        """An edge of the pin, at its time."""
        burst = self._detector.edge(is_high, at_s)
        self._plan_end()
        if burst is not None:
            self.hz = burst.hz
            self._ears.burst_began()

    def _plan_end(self) -> None:
        ends_at = self._detector.ends_at
        if ends_at is not None:
            self._timers.start("burst", ends_at - self._loop.time(), self._burst_due)

    def _burst_due(self) -> None:
        if self._detector.tick(self._loop.time()):
            self._ears.burst_ended()
        else:
            self._plan_end()
