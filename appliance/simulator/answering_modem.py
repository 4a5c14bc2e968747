"""An emulated V.253 voice modem that answers: hook, streams, reports, and its own sample clock.

The exchange tells it what the line does (rings, caller ID, keys, the far end gone); it asks the
exchange for the far end's audio, 10 ms at a time of its own clock, while it is off the hook.
"""

import asyncio
import random
from collections.abc import Callable
from functools import partial

from appliance.simulator.at_dialect import ERROR, Dialect, Reply
from appliance.simulator.at_line import RESULT_NUMBERS, AtLine, split_commands
from appliance.simulator.caller_id import CallerId, caller_id_lines
from appliance.simulator.codec import (
    FRAME_SAMPLES,
    SILENT_FRAME,
    DleDecoder,
    LineCodec,
    dle_encode,
    mix,
)
from appliance.simulator.hybrid import Hybrid
from appliance.simulator.key_reports import KeyReports
from appliance.simulator.modem_notices import Notices
from appliance.simulator.modem_state import (
    HEARING,
    STREAMS,
    TRANSITIONS,
    Faults,
    LineSide,
    ModemStats,
    State,
)
from appliance.simulator.pipes import DevicePort, Outlet
from appliance.simulator.profiles import ModemProfile
from appliance.simulator.timers import Beat, Timers

ETX, CAN, ESC = 0x03, 0x18, 0x1B
_UNDERRUN, _OVERRUN = ord("u"), ord("o")


class AnsweringModem:
    """One modem. ``ppm``: how fast its clock runs. ``echo_db``: hybrid loss (None = no echo)."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        port: DevicePort,
        profile: ModemProfile,
        line: LineSide,
        rng: random.Random,
        *,
        ppm: float = 0.0,
        faults: Faults | None = None,
        echo_db: float | None = None,
        digit_form: str | None = None,
        caller_id_variant: str = "plain",
        splits: bool = True,
    ) -> None:
        self.profile = profile
        self.faults = faults or Faults()
        self.state = State.IDLE
        self.stats = ModemStats()
        self.transcript: list[str] = []
        self._loop = loop
        self._port = port
        self._line = line
        self._rng = rng
        self._hybrid = None if echo_db is None else Hybrid(echo_db)
        self._caller_id_variant = caller_id_variant
        self._outlet = Outlet(loop, port, rng, splits)
        self._dialect = Dialect(profile, self)
        self._codec = LineCodec(self._dialect.coding.codec or "ulaw")
        self._at_line, self._dle = AtLine(), DleDecoder()
        self._timers, self._beat = Timers(loop), Beat(loop, self._tick, ppm)
        self._keys = KeyReports(digit_form or profile.digit_form, self._timers, self.report)
        self._busy = self._had_data = False
        self._streaming = False  # CONNECT has been said
        self._held = b""
        self._fifo, self._tones = bytearray(), bytearray()
        self._codes: list[int] = []
        self._notices = Notices(self._timers, rng, lambda: self.faults)
        self._caller_id: tuple[str, ...] = ()
        self._drained: Callable[[], None] | None = None

    # Plugging

    def plug_in(self) -> None:
        """Appear on the port. Raises SimulatorError when the port cannot be made."""
        self._port.open(self._receive)
        self._send_garbage()
        if self.faults.stuck_streaming and self.state is State.IDLE:
            self.set_hook(True)
            self._streaming = self.start_stream("VTR")

    def unplug(self) -> None:
        """Vanish, mid-call or not; the line is released."""
        self._port.close()
        self._timers.cancel_all()
        self._outlet.clear()
        self._busy = False
        self._held = b""
        self.set_hook(False)
        self._dialect.reset()

    def misbehave(self, faults: Faults) -> None:
        """From now on; ``stuck_streaming`` shows at the next ``plug_in``."""
        self.faults = faults

    @property
    def is_behind(self) -> bool:
        """Something that has happened on the line is still to be told."""
        return self._notices.is_behind

    # What the line does

    def ring_heard(self) -> None:
        if self._enter("ring"):
            self._notices.tell(self._tell_ring)

    def _tell_ring(self) -> None:
        if self.state in (State.IDLE, State.RINGING):  # it may come late
            self.stats.rings_told += not self.faults.never_answers
            self._say_ring()

    def _say_ring(self) -> None:
        self._say("RING")

    def ring_stopped(self) -> None:
        self._enter("ring_stopped")

    def caller_id_heard(self, who: CallerId) -> None:
        """Printed as ``+VCID`` asks: not at all, formatted, or raw. Never into a stream."""
        form = self._dialect.settings["+VCID"]
        variant = "raw" if form == "2" else self._caller_id_variant
        self._caller_id = caller_id_lines(who, variant)
        if not self.faults.no_caller_id and form != "0" and self.state not in STREAMS:
            self._notices.tell(self._tell_caller_id)

    def _tell_caller_id(self) -> None:
        if self.state not in STREAMS:
            self._inform(self._caller_id)

    def report(self, code: int) -> None:
        """An event the modem's detectors found on the line, as the byte after DLE."""
        self._notices.tell(partial(self._tell_code, code))

    def _tell_code(self, code: int) -> None:
        if self.state is State.OFF_HOOK:
            self._send(bytes([0x10, code]))
        elif self.state in STREAMS:
            self._codes.append(code)

    def key_began(self, key: str) -> None:
        self._keys.began(key)

    def key_ended(self) -> None:
        self._keys.ended()

    # What commands do (at_dialect.ModemActions)

    def set_hook(self, off_hook: bool) -> None:
        if not self._enter("lift" if off_hook else "hang_up"):
            return
        self._fifo.clear()
        self._tones.clear()
        self._codes.clear()
        if off_hook:
            self._line.lifted()
            self._beat.start()
        else:
            self._beat.stop()
            self._line.released()
            if self.faults.samples_after_hang_up_ms:
                count = self.faults.samples_after_hang_up_ms // 10
                silence = self._codec.to_wire(SILENT_FRAME)
                self._timers.set("tail", 0.2, partial(self._linger, silence, count))

    def _linger(self, frame: bytes, count: int) -> None:
        self._send(dle_encode(frame))
        if count > 1:
            self._timers.set("tail", 0.01, lambda: self._linger(frame, count - 1))

    def start_stream(self, kind: str) -> bool:
        if not self._enter(kind):
            return False
        self._codec = LineCodec(self._dialect.coding.codec)
        self._dle = DleDecoder()
        self._fifo.clear()
        self._codes.clear()
        self._had_data = False
        self._streaming = False
        return True

    def send_tone(self, ulaw: bytes) -> bool:
        if self.state is not State.OFF_HOOK:
            return False
        self._tones += ulaw
        return True

    def flash(self) -> None:
        self._line.flashed()

    def dial(self, text: str) -> Reply:
        """A modem that only answers."""
        return ERROR

    def caller_id_again(self) -> tuple[str, ...]:
        return self._caller_id

    # From the host

    def _receive(self, data: bytes) -> None:
        if self.faults.never_answers:
            return
        if self._busy:
            self._held += data
            return
        while data and not self._busy:
            data = self._take_stream(data) if self.state in STREAMS else self._take_text(data)
        self._held += data

    def _take_text(self, data: bytes) -> bytes:
        for index, byte in enumerate(data):
            if self._dialect.echo:
                self._send(bytes([byte]))
            body = self._at_line.feed(byte)
            if body is not None:
                self._after(self._rng.uniform(0.02, 0.15), partial(self._run, body))
                return data[index + 1 :]
        return b""

    def _run(self, body: str) -> None:
        self.stats.commands += 1
        self.transcript.append("AT" + body)
        reply = ERROR if self.faults.errors_only else Reply()
        lines: list[str] = []
        for command in [] if self.faults.errors_only else split_commands(body):
            reply = self._dialect.run(command)
            lines += reply.lines
            if reply.result != "OK":
                break
        if lines:
            self._inform(tuple(lines))
        if reply.goes_on:
            self._busy = True
            return
        if self._swallows(reply):
            self._enter("end")
            self._ready()
            return
        delay_s = reply.delay_s
        if reply.result == "CONNECT":
            delay_s += self.faults.late_connect_s
        delay_s += self.faults.late_results_s
        if delay_s:
            self._after(delay_s, lambda: self._finish(reply.result))
        else:
            self._finish(reply.result)

    def _swallows(self, reply: Reply) -> bool:
        """Whether this reply never comes."""
        return False

    def _finish(self, result: str | None) -> None:
        if result is not None:
            self._say(result)
        self._streaming = result == "CONNECT"
        self._ready()

    def _after(self, delay_s: float, action: Callable[[], None]) -> None:
        """The modem is busy until ``action``; what the host sends meanwhile waits."""
        self._busy = True
        self._timers.set("busy", delay_s, action)

    def _ready(self) -> None:
        self._busy = False
        held, self._held = self._held, b""
        if held:
            self._receive(held)

    def _take_stream(self, data: bytes) -> bytes:
        items, rest = self._dle.feed(data, self._end_codes())
        for item in items:
            if isinstance(item, int):
                self._obey(item)
            elif self.state is not State.VRX:
                self._fifo += (samples := self._codec.from_wire(item))
                self.stats.samples_in += len(samples)
                self._had_data = True
        if len(self._fifo) > self.profile.fifo_samples:
            self._port.pause_reading(True)
        return rest

    def _end_codes(self) -> tuple[int, ...]:
        if self.state is State.VTR:
            return (self.profile.duplex_end,)
        return (ETX,) if self.state is State.VTX else self.profile.receive_ends

    def _obey(self, code: int) -> None:
        if code == CAN:
            self._fifo.clear()
        elif code not in self._end_codes():
            self.stats.unknown_codes += 1
        elif not self.faults.ignores_end:
            self._busy = True
            if self.state is State.VTX and self._fifo:
                self._drained = lambda: self._leave(b"")
                return
            mark = b"\x10\x1b" if code == ESC else b"\x10\x03"
            if self.state is State.VTX or (self.faults.bare_end and self.state is State.VTR):
                mark = b""
            # Samples go on until the modem has seen the end: they precede the mark.
            self._after(self._rng.uniform(0.005, 0.06), lambda: self._leave(mark))

    def _leave(self, mark: bytes) -> None:
        self._enter("end")
        self._port.pause_reading(False)
        self._fifo.clear()
        if not self.faults.silent_end:
            self._send(mark)
            self._say("OK")
        self._send_garbage()
        self._ready()

    def end_stream(self) -> None:
        """End a stream by itself, as a modem does that takes the caller to be gone."""
        if self.state in STREAMS:
            self._leave(b"\x10\x03")

    # To the host

    def _send_garbage(self) -> None:
        self._send(self._rng.randbytes(self.faults.garbage))

    def _send(self, data: bytes) -> None:
        if data and not self.faults.never_answers and not self._outlet.send(data):
            self.stats.overruns += 1
            if self.state in HEARING:
                self._codes.append(_OVERRUN)

    def _say(self, result: str) -> None:
        if self._dialect.quiet:
            return
        if self._dialect.verbose:
            self._send(f"\r\n{result}\r\n".encode("ascii"))
        else:
            self._send(f"{RESULT_NUMBERS.get(result, 0)}\r".encode("ascii"))

    def _inform(self, lines: tuple[str, ...]) -> None:
        head = "\r\n" if self._dialect.verbose else ""
        self._send((head + "".join(f"{line}\r\n" for line in lines)).encode("ascii", "replace"))

    # The sample clock

    def _tick(self) -> None:
        far = self._line.far_frame()
        self._far_heard(far)
        near = self._next_near()
        self._line.near_frame(near)
        if self.state not in STREAMS or not self._streaming:
            return
        wire = b""
        if self.state in HEARING:
            if self._hybrid is not None:
                back = self._hybrid.echo(near)
                far = mix(far, back) if back != SILENT_FRAME else far
            wire = dle_encode(self._codec.to_wire(far))
            self.stats.samples_out += len(far)
        if self.faults.false_dial_codes and self._rng.random() < 0.01:
            self._codes.append(ord("d"))
        for code in self.faults.spurious_codes:
            if self._rng.random() < 0.01:
                self._codes.append(ord(code))
        codes = b"".join(bytes([0x10, code]) for code in self._codes)
        self._codes.clear()
        if wire or codes:
            self._send(codes + wire)

    def _far_heard(self, far: bytes) -> None:
        """What came from the line in the last 10 ms, in any state but on-hook."""

    def _next_near(self) -> bytes:
        source = self._fifo if self.state in (State.VTX, State.VTR) else self._tones
        frame = bytes(source[:FRAME_SAMPLES])
        del source[:FRAME_SAMPLES]
        if source is self._fifo:
            self._mind_fifo(len(frame))
        return frame if len(frame) == FRAME_SAMPLES else frame.ljust(FRAME_SAMPLES, b"\xff")

    def _mind_fifo(self, played: int) -> None:
        if len(self._fifo) <= self.profile.fifo_samples:
            self._port.pause_reading(False)
        if played < FRAME_SAMPLES and self._drained is not None:
            done, self._drained = self._drained, None
            self._after(self._rng.uniform(0.02, 0.06), done)
        elif played < FRAME_SAMPLES and self._had_data and not self._busy:
            self._had_data = False  # one report for one gap
            self.stats.underruns += 1
            self._codes.append(_UNDERRUN)

    def _enter(self, event: str) -> bool:
        after = TRANSITIONS.get((self.state, event))
        if after is None:
            return False
        self.state = after
        return True
