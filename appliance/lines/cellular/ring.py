"""A call that rings at a cellular line: its bursts, who it is, and when the caller gives up."""

import asyncio
from collections.abc import Callable

from appliance.core.events import CallerHungUp, CallerIdReceived, RingDetected
from appliance.interfaces import EventSink
from appliance.lines.cellular import scripts
from appliance.lines.cellular.at_desk import AtDesk, Results
from appliance.lines.cellular.calls import incoming
from appliance.lines.timers import NamedTimers
from appliance.modem.caller import CallerId
from appliance.modem.mobile_calls import read_current_calls

LIST_S = 2.0
AGAIN_S = 0.2  # after a list without the call
GAP_S = 8.0  # without a list: RING repeats every 4-6 s
LOST_BURST_S = 5.8  # the list still has the call, but no RING came: it was lost
MISSING = 2


class CellularRing:
    """One call until it is answered or gone (``on_gone``); made at its first burst.

    A modem that does not answer says nothing of the caller. ``on_restarted``: it lost its settings.
    """

    def __init__(
        self,
        line: str,
        sink: EventSink,
        desk: AtDesk,
        loop: asyncio.AbstractEventLoop,
        *,
        on_gone: Callable[[], object],
        on_restarted: Callable[[], object],
    ) -> None:
        self._line, self._sink, self._desk, self._loop = line, sink, desk, loop
        self._on_gone, self._on_restarted = on_gone, on_restarted
        self._timers = NamedTimers(loop)
        self._rang_at = loop.time()
        self._told_caller = False
        self._asking = False
        self._missing = 0
        self._silences = desk.silences
        self._open = True

    def close(self) -> None:
        """It is answered, or rejected; nothing more is told."""
        self._open = False
        self._timers.cancel_all()

    def ring(self) -> None:
        """One burst."""
        self._rang_at = self._loop.time()
        self._sink(RingDetected(self._line))
        if "list" not in self._timers:
            self._timers.start("list", LIST_S, self.look)

    def caller(self, who: CallerId) -> None:
        """Who it is; the first word on it counts."""
        if not self._told_caller:
            self._told_caller = True
            told = CallerIdReceived(self._line, who.number, who.name, who.presentation)
            self._sink(told)

    def look(self) -> None:
        """Ask whether it still rings, now."""
        if self._open and not self._asking:
            self._asking = True
            in_doubt = self._missing > 0 and self._desk.silences > self._silences
            self._desk.run(scripts.look(in_doubt), self._listed, urgent=True)

    def _listed(self, results: Results) -> None:
        self._asking = False
        if not self._open:
            return
        answer, now = results[0], self._loop.time()
        call = incoming(read_current_calls(answer.lines)) if answer.ok else None
        wait_s = LIST_S
        if call is not None:
            self._missing = 0
            if call.other.number:
                self.caller(call.other)
            if now - self._rang_at >= LOST_BURST_S:
                self.ring()
        elif answer.ok:
            self._missing += 1
            wait_s = AGAIN_S
        elif answer.timed_out:
            wait_s = 0.0
        if any(map(scripts.settings_lost, results)):
            self._on_restarted()
        elif self._missing >= MISSING or (answer.final == "ERROR" and now - self._rang_at >= GAP_S):
            self.close()
            self._sink(CallerHungUp(self._line, "modem_ended"))
            self._on_gone()
        else:
            self._timers.start("list", wait_s, self.look)
