"""An on-hook line's own ears: when it is listened to for caller ID, which bursts are one ring."""

import asyncio
from collections.abc import Callable

from appliance.core.events import CallerIdReceived
from appliance.interfaces import HeardCallerId
from appliance.lines.caller_id_capture import SAME_RING_S, CallerIdCapture, CaptureState
from appliance.lines.timers import NamedTimers


class OnHookEars:
    """``listen``: let the line's sound through and listen for caller ID, or stop that.

    ``on_ring``: a ring begins; bursts less than a second apart are one. ``on_burst_over``: a burst
    ended. ``unread``: messages that were wrong.
    """

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
        self._listen = listen
        self._on_ring = on_ring
        self._on_burst_over = on_burst_over
        self._timers = NamedTimers(loop)
        self._capture = CallerIdCapture(line)
        self._burst_ended_s: float | None = None
        self._is_on = False
        self.is_ringing = False

    @property
    def unread(self) -> int:
        return self._capture.unread

    def begin(self) -> None:
        """The line is on-hook, and the next caller is another."""
        self._is_on = True
        self._capture.over(self._loop.time())
        self._follow()

    def end(self) -> None:
        """The line is taken, or out of service: what is heard is no caller ID."""
        if self._is_on:
            self._is_on = False
            self._timers.cancel("capture")
            self._listen(False)

    def burst_began(self) -> None:
        """Ringing current."""
        now = self._loop.time()
        self.is_ringing = True
        self._capture.ring_began(now)
        self._follow()
        ended_s, self._burst_ended_s = self._burst_ended_s, None
        if ended_s is None or now - ended_s >= SAME_RING_S:
            self._on_ring()

    def burst_ended(self) -> None:
        """Long enough without any."""
        now = self._loop.time()
        self.is_ringing = False
        self._burst_ended_s = now
        self._capture.ring_ended(now)
        self._follow()
        self._on_burst_over()

    def heard(self, heard: HeardCallerId, *, current_flows: bool) -> CallerIdReceived | None:
        """Who calls, the first time it is known in a call.

        ``current_flows``: another telephone has the line, and what is heard may be its keys.
        """
        if not self._is_on:
            return None
        if self._capture.state is CaptureState.IDLE:
            if current_flows or (heard.kind == "dtmf" and not heard.is_whole):
                return None
            self._capture.reversal(self._loop.time())  # nobody saw it; this was sent after it
        caller = self._capture.heard(heard, self._loop.time())
        self._follow()
        return caller

    def _follow(self) -> None:
        """Listen all the time but while it rings: it may be sent before the first ring."""
        if not self._is_on:
            return  # the call decides what is listened for
        now = self._loop.time()
        self._capture.tick(now)
        is_wanted = self._capture.listening or self._capture.state is CaptureState.IDLE
        self._listen(is_wanted and not self.is_ringing)
        deadline = self._capture.deadline
        if deadline is not None:
            self._timers.start("capture", deadline - now, self._follow)
