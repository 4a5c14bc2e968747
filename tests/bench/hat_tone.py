"""A tone from handset to handset of an emulated HAT, over a wire that may lose or spoil frames.

Theory of operation. Both handsets are on the HAT's clock, so what comes out is what went in, later:
a sine of the known pitch is fitted to each tenth of a second that was heard; the rest is noise.
"""

import asyncio
import base64
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from appliance.audio.engine import AudioEngine
from appliance.linecard import messages
from appliance.linecard.messages import Kind
from appliance.loop import VirtualLoop
from appliance.simulator.codec import ulaw_decode_table, ulaw_encode
from appliance.simulator.hat import Hat, HatConfig
from tests.bench.audio_path import RATE, Ears
from tests.bench.link_wire import Fault, Wire, whole

TALKER, LISTENER = 4, 3
SETTLED_S = 5.0  # the playout has been trimmed by then
PEAK = 12_000  # -8.6 dBFS
EVERY = 1000
WINDOW = 800  # samples: 100 ms

Samples = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Carried:
    """What came of it. ``hit``: audio frames that suffered; ``lost``: what the HAT and the host
    counted as such. ``tail_snr_db``: of the last 5 s alone.
    """

    snr_db: float
    tail_snr_db: float
    hit: int
    lost: int
    underruns: int


class _CountingEars(Ears):
    """Keeps what HEALTH says."""

    def __init__(self) -> None:
        super().__init__()
        self.health: dict[str, int] = {}

    def link_message(self, kind: int, payload: bytes) -> None:
        super().link_message(kind, payload)
        if kind == Kind.HEALTH:
            self.health = messages.parse_health(payload)


@dataclass(slots=True)
class TonePath:
    """``codecs``: offered to the HAT, as in HELLO."""

    hz: float
    seconds: float
    down: Fault = whole
    up: Fault = whole
    every: int = EVERY
    codecs: int = messages.CODEC_ULAW | messages.CODEC_LINEAR
    _heard: list[tuple[int, bytes]] = field(default_factory=list)

    def run(self) -> Carried:
        """In virtual time. Raises AssertionError when the link is lost."""
        loop = VirtualLoop()
        asyncio.set_event_loop(loop)
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            config = HatConfig("hat0", Path(folder) / "hat0", echo_db=None)
            hat = Hat(loop, config, lockstep=True)
            hat.start()
            engine = AudioEngine(loop)
            engine.start_virtual()
            pipe = hat.connect()
            wire = Wire(loop, pipe, self.every, down=self.down, up=self.up)
            ears = _CountingEars()
            link = engine.attach_link(wire.engine_end.fileno(), ears)
            hello = messages.hello(b"tone", messages.NEWEST_PROTOCOL, self.codecs)
            engine.send_link_message(link, Kind.HELLO, hello)
            listener = engine.link_port(link, LISTENER, ears)
            engine.bridge(listener, engine.link_port(link, TALKER, ears))
            self._talk(hat)
            loop.call_later(self.seconds - 0.5, engine.send_link_message, link, 0x16, b"")
            loop.call_later(self.seconds, loop.stop)
            loop.run_forever()
            lost = ears.health["lost_audio_frames"] + engine.port_stats(listener).lost_frames
            engine.close()
            wire.close()
            hat.stop()
            pipe.close()
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()
        hit = wire.hit[True] + wire.hit[False]
        samples = self._samples()
        tail = samples[-5 * RATE :]
        underruns = ears.health["playout_underruns"]
        return Carried(self._snr_db(samples), self._snr_db(tail), hit, lost, underruns)

    def _talk(self, hat: Hat) -> None:
        hat.listen(LISTENER, self)
        for socket in (LISTENER, TALKER):
            hat.command(f"lift {socket}")
        hat.command(f"hear {LISTENER} on")
        count = np.arange(round(self.seconds * RATE))
        wave = np.round(PEAK * np.sin(2 * np.pi * self.hz * count / RATE)).astype(int)
        said = ulaw_encode(wave.tolist())
        for start in range(0, len(said), RATE):
            text = base64.b64encode(said[start : start + RATE]).decode("ascii")
            hat.command(f"say {TALKER} {text}")

    def card_event(self, what: str, words: list[str]) -> None:
        if what == "heard":
            self._heard.append((int(words[0]), base64.b64decode(words[1])))

    def _samples(self) -> Samples:
        for (first, piece), (second, _) in zip(self._heard, self._heard[1:], strict=False):
            assert first + len(piece) == second, "the card's own clock has a gap"
        table = np.array(ulaw_decode_table(), np.float64)
        raw = b"".join(piece for at, piece in self._heard if at >= SETTLED_S * RATE)
        heard: Samples = table[np.frombuffer(raw, np.uint8)]
        return heard

    def _snr_db(self, samples: Samples) -> float:
        """Window by window, so that a glide of the host's clock is no noise, but every step is."""
        count = len(samples) // WINDOW
        windows = samples[: count * WINDOW].reshape(count, WINDOW)
        turn = 2 * np.pi * self.hz * np.arange(WINDOW) / RATE
        basis = np.stack([np.sin(turn), np.cos(turn)], axis=1)
        parts = np.linalg.lstsq(basis, windows.T, rcond=None)[0]
        rest = windows - (basis @ parts).T
        return float(10 * np.log10(np.mean((basis @ parts) ** 2) / np.mean(rest**2)))
