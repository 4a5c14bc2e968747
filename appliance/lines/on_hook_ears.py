"""An on-hook line's own ears: which bursts are one ring, when caller ID comes, and whose it is."""

import asyncio
from collections.abc import Callable

from appliance.core.events import CallerIdReceived
from appliance.interfaces import HeardCallerId
from appliance.lines.caller_id_capture import (
    CAPTURE_S,
    SAME_RING_S,
    CallerIdCapture,
    CaptureState,
)
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
        self._is_taken = False
        self._sends_first = False  # the exchange sent the last one before the first ring
        self.is_ringing = False

    @property
    def unread(self) -> int:
        return self._capture.unread

    def begin(self) -> None:
        """The line is on-hook, and the next caller is another."""
        self._is_on = True
        self._is_taken = False
        self._capture.over(self._loop.time())
        self._follow()

    def taken(self) -> None:
        """The line is off-hook: nothing more comes of who rang until now."""
        self._is_taken = True
        self._burst_ended_s = None
        self.end()

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
        self._burst_ended_s = None if self._is_taken else now
        self._capture.ring_ended(now)
        self._follow()
        self._on_burst_over()

    def reversal(self, *, current_flows: bool) -> None:
        """The idle line's polarity turned: what is sent now is of the next caller."""
        if self._capture.state is CaptureState.IDLE and not current_flows:
            self._burst_ended_s = None
            self._capture.reversal(self._loop.time())
            self._follow()

    def heard(self, heard: HeardCallerId, *, current_flows: bool) -> CallerIdReceived | None:
        """Who calls, the first time it is known in a call.

        ``current_flows``: another telephone has the line, and what is heard may be its keys.
        """
        if not self._is_on:
            return None
        if self._capture.state is CaptureState.IDLE:
            is_part = heard.kind == "dtmf" and not heard.is_whole
            if current_flows or is_part or self._comes_late():
                return None
            self._capture.reversal(self._loop.time())  # nobody saw it; this was sent after it
        caller = self._capture.heard(heard, self._loop.time())
        if caller is not None:
            self._sends_first = self._capture.state is CaptureState.BEFORE_RING
        self._follow()
        return caller

    def _comes_late(self) -> bool:
        """It belongs to a ringing that is over: no number is better than another caller's.

        An exchange that sends it before the ring sends none after it.
        """
        ended_s = self._burst_ended_s
        if self._sends_first or ended_s is None:
            return False
        return self._loop.time() - ended_s < CAPTURE_S

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
