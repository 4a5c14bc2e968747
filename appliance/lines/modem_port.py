"""A modem's descriptor while Python owns it: carries the AT queue; resync; hand-over to C."""

import asyncio
import errno
from collections.abc import Callable, Iterable
from functools import partial
from typing import Protocol, runtime_checkable

from appliance.interfaces import BytePipe
from appliance.lines.timers import NamedTimers
from appliance.modem.at import AtOutput, Command, CommandQueue, Send
from appliance.modem.dle import ABORT_RECEIVE, END_DUPLEX, END_TRANSMIT, STOP_RECEIVE

RESYNC_STEP_S = 0.2  # between the ways of leaving a stream, so that each is seen alone
QUIET_S = 0.2  # no byte for so long: the modem has nothing left to say (OK latency is <= 150 ms)
RESYNC_ROUND_S = 1.5  # still talking so long after a round: the shield was out of step, once more
RESYNC_ROUNDS = 3
_EMPTY_READS = 50  # readable but empty so often in a row: the descriptor is dead


@runtime_checkable
class FlowControlled(Protocol):
    """A BytePipe with RTS and CTS."""

    def use_rts_cts(self) -> None: ...


def lost_reason(error: OSError) -> str:
    """One sentence for the owner."""
    if error.errno in (errno.EIO, errno.ENXIO, errno.ENODEV, errno.EPIPE, errno.ECONNRESET):
        return "the modem was unplugged"
    return str(error)


class ModemPort:
    """Owns ``pipe``. All times are the loop's. After close() nothing is called back."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        pipe: BytePipe,
        on_output: Callable[[AtOutput], None],
        on_lost: Callable[[str], None],
    ) -> None:
        """``on_output``: everything but Send. ``on_lost``: once, with a reason."""
        self._loop = loop
        self._pipe = pipe
        self._on_output = on_output
        self._on_lost = on_lost
        self._queue = CommandQueue()
        self._timers = NamedTimers(loop)
        self._unsent = b""
        self._writing = False
        self._empty_reads = 0
        self._open = True
        self._attached = False
        self._resync: Callable[[bool], None] | None = None
        self._start_reading()

    @property
    def idle(self) -> bool:
        """No command is outstanding or waiting."""
        return self._queue.idle

    @property
    def silences(self) -> int:
        """How often no answer came in time."""
        return self._queue.silences

    @property
    def numeric(self) -> bool:
        return self._queue.numeric

    def run(self, commands: Iterable[Command]) -> None:
        """Queue commands; each ends as a Finished output."""
        self._carry_out(self._queue.submit(commands, self._loop.time()))

    def use_flow_control(self) -> None:
        """RTS and CTS, once the modem has agreed; nothing where the pipe has no such wires."""
        if isinstance(self._pipe, FlowControlled):
            self._pipe.use_rts_cts()

    def drop_waiting(self) -> None:
        """Only the outstanding command goes on."""
        self._queue.drop_waiting()
        self._rearm()

    def forget(self) -> None:
        """Also the outstanding command: what still answers it is Unsolicited."""
        self._queue.reset()
        self._rearm()

    def resync(self, on_end: Callable[[bool], None]) -> None:
        """Leave whatever stream the modem is in and drain it. ``on_end``: did it fall silent?"""
        self._queue.reset()
        self._timers.cancel_all()
        self._resync = on_end
        self._resync_round(1)

    def _resync_round(self, number: int) -> None:
        self._timers.cancel("quiet")
        steps = [END_TRANSMIT, END_DUPLEX, ABORT_RECEIVE + b"\r"]
        if number > 1:
            steps[1:1] = [STOP_RECEIVE]
        for index, step in enumerate(steps):
            self._timers.start(f"step{index}", index * RESYNC_STEP_S, partial(self.send, step))
        asked_s = (len(steps) - 1) * RESYNC_STEP_S
        self._timers.start("asked", asked_s, self._await_quiet)
        self._timers.start("round", asked_s + RESYNC_ROUND_S, partial(self._round_over, number))

    def _round_over(self, number: int) -> None:
        if number < RESYNC_ROUNDS:
            self._resync_round(number + 1)
        else:
            self._end_resync(False)

    def _await_quiet(self) -> None:
        self._timers.start("quiet", QUIET_S, partial(self._end_resync, True))
        self._timers.cancel("asked")

    def _end_resync(self, quiet: bool) -> None:
        self._timers.cancel_all()
        on_end, self._resync = self._resync, None
        if on_end is not None:
            on_end(quiet)

    def send(self, data: bytes) -> None:
        """Write raw bytes, now or as the port takes them."""
        if not self._open or self._attached:
            return
        self._unsent += data
        self._write()

    def hand_over(self) -> int:
        """Stop reading and writing: the descriptor is C's until take_back()."""
        self._stop_reading()
        self._stop_writing()
        self._timers.cancel_all()
        self._unsent = b""
        self._attached = True
        return self._pipe.fileno()

    def take_back(self) -> None:
        """The descriptor is Python's again; no harm if it was never given away."""
        if self._attached and self._open:
            self._attached = False
            self._queue.reset()
            self._start_reading()

    def feed(self, data: bytes) -> None:
        """Bytes that somebody else read from the descriptor."""
        self._carry_out(self._queue.feed(data, self._loop.time()))

    def close(self) -> None:
        """Hang up and close. Idempotent. C must have let go."""
        if not self._open:
            return
        self._open = False
        self._timers.cancel_all()
        self._queue.reset()
        self._stop_reading()
        self._stop_writing()
        self._pipe.close()

    def _start_reading(self) -> None:
        self._empty_reads = 0
        self._loop.add_reader(self._pipe.fileno(), self._readable)

    def _stop_reading(self) -> None:
        self._loop.remove_reader(self._pipe.fileno())

    def _readable(self) -> None:
        try:
            data = self._pipe.read()
        except OSError as error:
            self._lose(lost_reason(error))
            return
        self._empty_reads = 0 if data else self._empty_reads + 1
        if self._empty_reads > _EMPTY_READS:
            self._lose("the modem was unplugged")
        elif self._resync is not None:
            if "quiet" in self._timers:
                self._await_quiet()
        elif data:
            self.feed(data)

    def _write(self) -> None:
        try:
            written = self._pipe.write(self._unsent)
        except OSError as error:
            self._lose(lost_reason(error))
            return
        self._unsent = self._unsent[written:]
        if self._unsent and not self._writing:
            self._loop.add_writer(self._pipe.fileno(), self._write)
            self._writing = True
        elif not self._unsent:
            self._stop_writing()

    def _stop_writing(self) -> None:
        if self._writing:
            self._loop.remove_writer(self._pipe.fileno())
            self._writing = False

    def _lose(self, reason: str) -> None:
        if self._open:
            self._stop_reading()
            self._stop_writing()
            self._timers.cancel_all()
            self._loop.call_soon(self._report_lost, reason)

    def _report_lost(self, reason: str) -> None:
        if self._open:
            self._on_lost(reason)

    def _carry_out(self, outputs: Iterable[AtOutput]) -> None:
        for output in outputs:
            if not self._open:
                return
            if isinstance(output, Send):
                self.send(output.data)
            else:
                self._on_output(output)
        self._rearm()

    def _rearm(self) -> None:
        deadline = self._queue.deadline
        if not self._open or self._attached or self._resync is not None or deadline is None:
            self._timers.cancel("queue")
        else:
            self._timers.start("queue", deadline - self._loop.time(), self._tick)

    def _tick(self) -> None:
        self._carry_out(self._queue.tick(self._loop.time()))
