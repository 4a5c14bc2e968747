"""Who is calling, told to the core once a call, between the rings or before the first one."""

import asyncio

from appliance.core.events import CallerIdReceived
from appliance.interfaces import EventSink
from appliance.lines.timers import NamedTimers
from appliance.modem.caller import CallerId
from appliance.modem.caller_id import CallerIdAssembler

FORGET_S = 10.0  # caller ID that comes before the first ring waits so long for it


class CallerWatch:
    """Assembles the text of one call's caller ID."""

    def __init__(self, line: str, sink: EventSink, loop: asyncio.AbstractEventLoop) -> None:
        self._line = line
        self._sink = sink
        self._loop = loop
        self._timers = NamedTimers(loop)
        self._assembler = CallerIdAssembler()
        self._told: CallerId | None = None
        self._has_rung = False

    def text(self, line: str) -> None:
        """An unsolicited line while the line is idle or rings."""
        self._tell(self._assembler.line(line, self._loop.time()))
        self._rearm()

    def ring(self) -> None:
        """A ring begins: a caller ID still incomplete is told as it is."""
        self._tell(self._assembler.ring())
        self._has_rung = True
        self._timers.cancel_all()

    def forget(self) -> None:
        """The call is over, or gave up: the next caller is another."""
        self._assembler.clear()
        self._told = None
        self._has_rung = False
        self._timers.cancel_all()

    def _tell(self, caller: CallerId | None) -> None:
        if caller is None or caller == self._told or (self._told and self._has_rung):
            return  # before the first ring, another one means that the first gave up
        self._told = caller
        self._timers.start("forget", FORGET_S, self.forget)
        self._sink(CallerIdReceived(self._line, caller.number, caller.name, caller.presentation))

    def _rearm(self) -> None:
        deadline = self._assembler.deadline
        if deadline is None:
            self._timers.cancel("idle")
        else:
            self._timers.start("idle", deadline - self._loop.time(), self._idle)

    def _idle(self) -> None:
        self._tell(self._assembler.tick(self._loop.time()))
        self._rearm()
