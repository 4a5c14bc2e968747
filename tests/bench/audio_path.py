"""A line and a handset joined by the audio loop alone: markers go in at one, come out at the other.

Theory of operation. In real time the line is a pty, the loop its own thread, the HAT the firmware's
host build on a pty. In virtual time all are stepped by one loop. The line's sender notes when each
piece became readable; the HAT says which of its samples it clocked out, and its epoch is the
earliest that any report allows. So a marker's way is measured in samples.
"""

import asyncio
import base64
import os
import random
import socket
import tempfile
import tty
from pathlib import Path
from types import TracebackType
from typing import Self

from appliance.audio.clips import Clip
from appliance.audio.engine import AudioEngine
from appliance.audio.stats import LoopStats, PortStats
from appliance.deaf_listener import DeafListener
from appliance.loop import VirtualLoop
from appliance.serial_port import open_linecard
from appliance.simulator.hat import Hat, HatConfig
from appliance.simulator.timers import Beat

RATE = 8000
PIECE = 80
SILENCE, LOUD = 0xFF, 0x80  # µ-law: nothing, and the loudest sample there is
HEARD_LOUD = 0x2F  # of the magnitude: what two resamplers leave of LOUD is louder than that
RT_PRIORITY = 20
MARK_EVERY = 25  # pieces: no way is as long as 250 ms
HELLO = bytes([0x01, 0x01, 0x01, 0x5A, 0x5A, 0x5A, 0x5A])  # versions 1 to 1, µ-law, a nonce


class Ears(DeafListener):
    """Hears of a port or a link, and remembers only what the benchmarks ask for."""

    def __init__(self) -> None:
        self.messages: list[int] = []
        self.digits: list[str] = []

    def digit_heard(self, digit: str, after_onset_ms: int) -> None:
        self.digits.append(digit)

    def stream_ended(self, leftover: bytes) -> None:
        raise AssertionError("the stream ended")

    def port_lost(self, reason: str) -> None:
        raise AssertionError(f"the line was lost: {reason}")

    def link_message(self, kind: int, payload: bytes) -> None:
        self.messages.append(kind)

    def link_lost(self, reason: str) -> None:
        raise AssertionError(f"the link was lost: {reason}")

    def link_detached(self) -> None:
        """No matter."""


class AudioPath:
    """Use as a context manager, then `run`. ``modem_ppm``, ``hat_ppm``: how fast they run."""

    def __init__(self, *, virtual: bool, modem_ppm: float = 0.0, hat_ppm: float = 0.0) -> None:
        self.loop = VirtualLoop() if virtual else asyncio.new_event_loop()
        self._virtual = virtual
        self._rng = random.Random(2)
        self._folder = tempfile.TemporaryDirectory(prefix="bench-")
        self.hat_rate = RATE * (1 + hat_ppm * 1e-6)
        path = Path(self._folder.name) / "hat0"
        self.is_real_time = not virtual and _ask_real_time()
        self._hat = Hat(self.loop, HatConfig("hat0", path, clock_ppm=hat_ppm), lockstep=virtual)
        self.engine = AudioEngine(self.loop)
        self.ears = Ears()
        self._beat = Beat(self.loop, self._send, modem_ppm)
        self._pieces = 0
        self.marks: list[float] = []  # when each marker became readable
        self.heard: list[int] = []  # the HAT's sample number of each loud moment
        self._quiet_until = 0
        self.epoch = float("inf")  # when the HAT's sample 0 was clocked out
        self.waiting = b""  # what the line sends instead of silence
        self.marking = True
        self.last_loud_written = 0.0  # when the line was last sent anything but silence
        self.first_loud_sent = 0.0  # set to 0 before: when the first of it became readable

    def __enter__(self) -> Self:
        asyncio.set_event_loop(self.loop)
        self._hat.start()
        if self._virtual:
            here, there = socket.socketpair()
            here.setblocking(False)
            there.setblocking(False)
            self._far, self._near = here.detach(), there.detach()
            self.engine.start_virtual()
            self._link = self._hat.connect()
        else:
            self._far, self._near = os.openpty()
            for end in (self._far, self._near):
                tty.setraw(end)
                os.set_blocking(end, False)
            self.engine.start(RT_PRIORITY if self.is_real_time else 0)
            self._link = open_linecard(str(self._hat.config.path))
        self._join()
        return self

    def _join(self) -> None:
        link = self.engine.attach_link(self._link.fileno(), self.ears)
        self.engine.send_link_message(link, 0x01, HELLO)
        self.line = self.engine.open_port(self.ears)
        self.handset = self.engine.link_port(link, 1, self.ears)
        self.engine.attach_stream(self.line, self._near, b"")
        self.engine.bridge(self.line, self.handset)
        self._hat.listen(1, self)
        self._hat.command("lift 1")
        self._hat.command("hear 1 on")
        self.loop.add_reader(self._far, self._take)
        self._beat.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._beat.stop()
        self.loop.remove_reader(self._far)
        self.engine.close()
        self._hat.stop()
        self._link.close()
        os.close(self._far)
        os.close(self._near)
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()
        self._folder.cleanup()
        if self.is_real_time:
            os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))

    def run(self, seconds: float) -> None:
        """Let time go by."""
        self.loop.call_later(seconds, self.loop.stop)
        self.loop.run_forever()

    # --- the line ----------------------------------------------------------------------------

    def _send(self) -> None:
        piece = bytearray(self.waiting[:PIECE].ljust(PIECE, bytes([SILENCE])))
        self.waiting = self.waiting[PIECE:]
        self._pieces += 1
        marked = self.marking and self._pieces % MARK_EVERY == 0
        if marked:
            place = self._rng.randrange(PIECE)
            piece[place] = LOUD
        os.write(self._far, piece.replace(b"\x10", b"\x10\x10"))
        if marked:
            self.marks.append(self.loop.time())
        if not self.first_loud_sent and piece.strip(bytes([SILENCE])):
            self.first_loud_sent = self.loop.time()

    def _take(self) -> None:
        data = os.read(self._far, 4096)
        if data.strip(bytes([SILENCE])):
            self.last_loud_written = self.loop.time()

    def play(self, clip: Clip) -> None:
        """Play to the line until a digit."""
        self.engine.player.play(self.line, "prompt", [clip], True, lambda _playback, _reason: None)

    # --- the handset -------------------------------------------------------------------------

    def card_event(self, what: str, words: list[str]) -> None:
        """What the HAT's socket says; see simulator.hat.CardListener."""
        if what != "heard":
            return
        first, samples = int(words[0]), base64.b64decode(words[1])
        ended = self.loop.time() - (first + len(samples)) / self.hat_rate
        self.epoch = min(self.epoch, ended)
        for place, code in enumerate(samples):
            if code & 0x7F <= HEARD_LOUD and first + place >= self._quiet_until:
                self.heard.append(first + place)
                self._quiet_until = first + place + 400

    def ways(self, from_s: float = 0.0, to_s: float = float("inf")) -> list[float]:
        """Samples from readable on the line to clocked out, of markers sent in a span of time."""
        out = [self.epoch + (sample + 1) / self.hat_rate for sample in self.heard]
        found = []
        for sent in self.marks:
            after = [at - sent for at in out if 0 < at - sent < MARK_EVERY * PIECE / RATE]
            if from_s <= sent < to_s and after:
                found.append(after[0] * RATE)
        return found

    def figures(self) -> tuple[PortStats, PortStats, LoopStats]:
        """Of the line, the handset and the loop."""
        line, handset = self.engine.port_stats(self.line), self.engine.port_stats(self.handset)
        return line, handset, self.engine.stats()


def _ask_real_time() -> bool:
    """Let this process and its HAT go before others, as on the box; False: not allowed."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(RT_PRIORITY - 10))
    except PermissionError:
        return False
    return True


def percentile(values: list[float], share: float) -> float:
    """The value that ``share`` of all do not exceed."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]
