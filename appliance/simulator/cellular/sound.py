"""The speech of a modem's calls: over a second serial port on its own clock, or a sound card.

Serial PCM is 16-bit little-endian mono, in chunks of any size: half samples are split over writes.
"""

import asyncio
import random
from dataclasses import dataclass
from functools import cache

from appliance.simulator.cellular.calls import Calls
from appliance.simulator.cellular.faults import CellularFaults
from appliance.simulator.codec import FRAME_SAMPLES, SILENT_FRAME, LineCodec, ulaw_decode_table
from appliance.simulator.pipes import DevicePort
from appliance.simulator.timers import Beat

_FIFO_LIMIT = 16000  # bytes: 1 s
_CARD_PATIENCE_S = 0.05


@dataclass(slots=True)
class SoundStats:
    """Counted since the modem's start; bytes are those of serial PCM."""

    bytes_in: int = 0
    bytes_out: int = 0
    bytes_lost: int = 0  # the host did not take them
    underruns: int = 0  # 10 ms for which the host sent nothing or too little
    streams: int = 0
    frames_to_card: int = 0


@cache
def _comfort_noise() -> tuple[bytes, ...]:
    """Frames of the noise that a decoder puts where nobody speaks (3GPP TS 26.092): -69 dBm0."""
    rng = random.Random("comfort noise")
    faint = bytes((0xFF, 0xFE, 0x7F, 0x7E))  # µ-law for 0 and 8, either sign
    return tuple(bytes(rng.choices(faint, k=FRAME_SAMPLES)) for _ in range(64))


@cache
def _linear_words() -> tuple[bytes, ...]:
    return tuple(s.to_bytes(2, "little", signed=True) for s in ulaw_decode_table())


class CallSound:
    """Also a ``sound_card.Wire``. ``chunk_bytes``: of serial PCM; 0: any.

    ``ppm``: how fast the modem's clock runs. A card that runs keeps time instead.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        calls: Calls,
        rng: random.Random,
        port: DevicePort | None,
        *,
        ppm: float = 0.0,
        chunk_bytes: int = 640,
    ) -> None:
        self.stats = SoundStats()
        self.faults = CellularFaults()
        self.is_on = False  # serial PCM was switched on by the host
        self.to_card = False
        self.is_wide = False
        self.trouble = ""  # choppy or dead: a degraded modem
        self._loop = loop
        self._calls = calls
        self._rng = rng
        self._port = port
        self._chunk_bytes = chunk_bytes
        self._chunk = self._next_chunk()
        self._codec = LineCodec("linear16")
        self._fifo, self._out = bytearray(), bytearray()
        self._on_since_s = 0.0
        self._card_at_s = -1.0
        self._from_card = SILENT_FRAME
        self._noise_at = 0
        self._beat = Beat(loop, self._tick, ppm)
        self._port_is_open = False

    # The port

    def plug_in(self) -> None:
        """Appear. Raises SimulatorError when the port cannot be made."""
        if self._port is not None and not self._port_is_open:
            self._port.open(self._receive)
            self._port_is_open = True

    def unplug(self) -> None:
        if self._port is not None and self._port_is_open:
            self._port_is_open = False
            self._port.close()
        self.switch(False)

    # The modem

    def follow_calls(self) -> None:
        """A call began, moved or ended."""
        if self._calls.has_sound:
            self._beat.start()
        else:
            self._beat.stop()
            self.switch(False)

    def switch(self, on: bool) -> None:
        """Begin or end a stream of serial PCM."""
        if on and not self.is_on:
            self.stats.streams += 1
            self._on_since_s = self._loop.time()
            self._codec = LineCodec("linear16")
            self._fifo.clear()
            self._out.clear()
        self.is_on = on
        if self._port is not None and self._port_is_open:
            self._port.pause_reading(False)

    def stop(self) -> None:
        self._beat.stop()

    # The sound card (sound_card.Wire), at the card's pace

    def next_frame(self) -> bytes:
        """10 ms for the card: the far end's speech, 80 µ-law samples."""
        self._card_at_s = self._loop.time()
        near, self._from_card = self._from_card, SILENT_FRAME
        if not (self.to_card and self._calls.has_sound):
            return SILENT_FRAME
        self.stats.frames_to_card += 1
        return self._exchange(near)

    def hear(self, frame: bytes) -> None:
        """10 ms that the card played."""
        self._from_card = frame

    # One tick of the modem's clock

    def _exchange(self, near: bytes) -> bytes:
        far = self._calls.far_frame()
        if far == SILENT_FRAME and self._calls.is_talk:
            self._noise_at = (self._noise_at + 1) % len(_comfort_noise())
            far = _comfort_noise()[self._noise_at]
        if self.trouble and (self.trouble == "dead" or self._rng.random() < 0.5):
            far = near = SILENT_FRAME
        self._calls.near_frame(near)
        return far

    def _tick(self) -> None:
        if self.to_card and self._loop.time() - self._card_at_s < _CARD_PATIENCE_S:
            return
        if not self.is_on:
            self._exchange(SILENT_FRAME)
            return
        stalled = self._is_stalled()
        near = SILENT_FRAME if stalled else self._next_near()
        far = self._exchange(near)
        if stalled:
            return
        words = _linear_words()
        copies = 2 if self.is_wide else 1
        self._out += b"".join([words[code] * copies for code in far])
        while len(self._out) >= self._chunk:
            self._send(bytes(self._out[: self._chunk]))
            del self._out[: self._chunk]
            self._chunk = self._next_chunk()

    def _next_chunk(self) -> int:
        return self._chunk_bytes or self._rng.randrange(1, 700)

    def _is_stalled(self) -> bool:
        faults = self.faults
        since_s = self._loop.time() - self._on_since_s
        stalls = faults.pcm_stalls_after_s and since_s >= faults.pcm_stalls_after_s
        if faults.pcm_never_starts or stalls or self.trouble == "dead":
            if self._port is not None:
                self._port.pause_reading(True)  # nothing is taken any more either
            return True
        return False

    def _next_near(self) -> bytes:
        count = FRAME_SAMPLES * (4 if self.is_wide else 2)
        wire = bytes(self._fifo[:count])
        del self._fifo[:count]
        if len(wire) < count:
            self.stats.underruns += 1
        samples = self._codec.from_wire(wire)
        if self.is_wide:
            samples = samples[::2]
        if self._port is not None and len(self._fifo) < _FIFO_LIMIT:
            self._port.pause_reading(False)
        return samples[:FRAME_SAMPLES].ljust(FRAME_SAMPLES, b"\xff")

    def _send(self, data: bytes) -> None:
        written = self._port.write(data) if self._port is not None else 0
        self.stats.bytes_out += written
        self.stats.bytes_lost += len(data) - written

    def _receive(self, data: bytes) -> None:
        if not self.is_on:
            return  # a modem that is not asked to listen throws it away
        self.stats.bytes_in += len(data)
        self._fifo += data
        if len(self._fifo) >= _FIFO_LIMIT and self._port is not None:
            self._port.pause_reading(True)
