"""Handset to handset through the flashable image on the emulated chip, on chip time.

Theory of operation. The audio loop and the chip step together, millisecond by millisecond; the UART
carries 8 ports of 16 bits at its 2 Mbaud. Markers go into one handset's microphone; when the frame
that holds one has wholly arrived at the box is noted, when it is sent on (from the marker's own
place in its frame, so that packetising counts), and when it leaves the other's earpiece.
"""

import asyncio
import random
import socket
import struct

import numpy as np

from appliance.audio.engine import AudioEngine
from appliance.linecard import messages
from appliance.linecard.frames import from_wire
from appliance.linecard.messages import Kind
from appliance.loop import VirtualLoop
from tests.bench.audio_path import Ears
from tests.rp2040.conftest import build_image
from tests.rp2040.emulated_card import IMAGE_4_LINES, EmulatedCard

TALKER, LISTENER = 4, 3
_STEP_S = 0.001
_START_S = 8.0  # the playout has been trimmed, and what the start left in the box's queue is gone
_EVERY_S = 0.25  # longer than any way
_LOUD = 20_000
_HEARD = 5_000
_SAMPLE_MS = 0.125
_FRAME = 80  # samples
_HEAD = 12  # bytes of an AUDIO frame before its samples
_LINEAR = 0x03


class ChipPath:
    """Build it, then `run` it."""

    def __init__(self, seconds: float) -> None:
        build_image()
        self._seconds = seconds
        self._card = EmulatedCard(IMAGE_4_LINES, lines=4)
        self._chance = random.Random(7)
        self._held = {True: b"", False: b""}  # by whether it goes down
        self._said_ms: list[float] = []
        self._at_box_ms: list[float] = []
        self._sent_on_ms: list[float] = []
        self._heard_ms: list[float] = []
        self._next_s = _START_S
        self._listens_ms = 0.0

    def run(self) -> None:
        """In virtual time, which the chip's own follows."""
        loop = self._loop = VirtualLoop()
        asyncio.set_event_loop(loop)
        ours, theirs = socket.socketpair()
        for end in (ours, theirs):
            end.setblocking(False)
        self._end = ours
        engine = AudioEngine(loop)
        engine.start_virtual()
        link = engine.attach_link(theirs.fileno(), Ears())
        hello = messages.hello(b"chip", messages.NEWEST_PROTOCOL, messages.CODEC_LINEAR)
        loop.call_later(0.2, engine.send_link_message, link, Kind.HELLO, hello)
        ears = Ears()
        engine.bridge(engine.link_port(link, TALKER, ears), engine.link_port(link, LISTENER, ears))
        for handset in (TALKER, LISTENER):
            loop.call_later(1.0, self._card.lift, handset)
        loop.call_later(0.0, self._step, 0)
        loop.call_later(self._seconds, loop.stop)
        loop.run_forever()
        heard = self._card.heard(LISTENER)
        loud = np.flatnonzero(np.abs(heard.astype(int)) > _HEARD)
        self._heard_ms = [self._listens_ms + float(place) * _SAMPLE_MS for place in loud]
        engine.close()
        for end in (ours, theirs):
            end.close()
        self._card.close()
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()

    def _step(self, count: int) -> None:
        now_s = count * _STEP_S
        if now_s >= self._next_s:
            self._mark()
            self._next_s += _EVERY_S
        try:
            down = self._end.recv(1 << 16)
        except BlockingIOError:
            down = b""
        for place in self._markers(down, LISTENER, is_down=True):
            self._sent_on_ms.append(self._card.us / 1000 - (_FRAME - place) * _SAMPLE_MS)
        up = self._card.run(1, down)
        if up:
            self._end.send(up)
            self._at_box_ms += [
                self._card.us / 1000 for _ in self._markers(up, TALKER, is_down=False)
            ]
        self._loop.call_at((count + 1) * _STEP_S, self._step, count + 1)

    def _mark(self) -> None:
        if not self._said_ms:
            self._card.listen(LISTENER)
            self._listens_ms = self._card.us / 1000
        place = self._chance.randrange(80)
        piece = np.zeros(place + 1, np.int16)
        piece[place] = _LOUD
        self._card.say(TALKER, piece)
        self._said_ms.append(self._card.us / 1000 + place * _SAMPLE_MS)

    def _markers(self, wire: bytes, handset: int, *, is_down: bool) -> list[int]:
        """Where in their frames markers of a handset are, of the frames that end here."""
        *frames, self._held[is_down] = (self._held[is_down] + wire).split(b"\0")
        found = []
        for frame in frames:
            body = from_wire(frame)
            if body is None or body[0] != _LINEAR:
                continue
            before = (body[11] & ((1 << (handset - 1)) - 1)).bit_count()
            samples = struct.unpack_from(f">{_FRAME}h", body, _HEAD + 2 * _FRAME * before)
            found += [place for place, sample in enumerate(samples) if abs(sample) > _HEARD][:1]
        return found

    def ways_ms(self) -> tuple[list[float], list[float], list[float]]:
        """Of each marker: handset to box, box to handset, handset to handset."""
        up: list[float] = []
        down: list[float] = []
        whole: list[float] = []
        for said in self._said_ms:
            box = _first(self._at_box_ms, said)
            on = _first(self._sent_on_ms, said)
            out = _first(self._heard_ms, said)
            if box is not None and on is not None and out is not None:
                up.append(box - said)
                down.append(out - on)
                whole.append(out - said)
        return up, down, whole

    @property
    def marks(self) -> int:
        """Said so far."""
        return len(self._said_ms)


def _first(moments_ms: list[float], after_ms: float) -> float | None:
    limit_ms = after_ms + _EVERY_S * 1000
    return next((at for at in moments_ms if after_ms < at < limit_ms), None)
