"""Through the HAT: one hop and handset to handset on chip time, the host build, lost frames."""

import asyncio
import base64
import random
import tempfile
from pathlib import Path

from appliance.audio.engine import AudioEngine
from appliance.loop import VirtualLoop
from appliance.simulator.hat import Hat, HatConfig
from tests.bench.audio_path import HEARD_LOUD, HELLO, LOUD, RATE, SILENCE, Ears, percentile
from tests.bench.chip_path import ChipPath
from tests.bench.hat_tone import TonePath
from tests.bench.link_wire import Fault, lose, spoil, whole

RUN_S = 60.0
SETTLED_S = 5.0
EVERY_PIECES = 20  # of 20 ms: a marker each 0.4 s, longer than any way
PIECE = 160
LISTENER = 3
HOP_BAR, WAY_BAR = "p95 <= 45 ms", "p95 <= 75 ms"
CHIP_S = 20.0
TONE_S = 60.0
TONES_HZ = (440.0, 1004.0, 1050.0)
TONE_BAR = ">= 25 dB"


class HatPath:
    """Socket ``talker`` says markers, handset 3 hears them; both on the HAT's clock.

    Handsets 1 and 2 have lifelines: they are the exchange's until the link has been up for a while.
    """

    def __init__(self, talker: int, ppm: float) -> None:
        self.loop = VirtualLoop()
        asyncio.set_event_loop(self.loop)
        self._folder = tempfile.TemporaryDirectory(prefix="bench-")
        path = Path(self._folder.name) / "hat0"
        config = HatConfig("hat0", path, fxo=(5,), clock_ppm=ppm, echo_db=None)
        self._hat = Hat(self.loop, config, lockstep=True)
        self._talker = talker
        self._rng = random.Random(talker)
        self._pieces = 0
        self.said: list[int] = []  # the HAT's sample number of each marker, going in
        self.heard: list[int] = []  # coming out

    def run(self) -> None:
        """One minute; the engine and the HAT step on one loop."""
        self._hat.start()
        engine = AudioEngine(self.loop)
        engine.start_virtual()
        pipe = self._hat.connect()
        ears = Ears()
        link = engine.attach_link(pipe.fileno(), ears)
        engine.send_link_message(link, 0x01, HELLO)
        listener = engine.link_port(link, LISTENER, ears)
        source = engine.link_port(link, self._talker, ears)
        engine.bridge(listener, source)
        self._hat.listen(LISTENER, self)
        self._hat.command(f"lift {LISTENER}")
        if self._talker < 5:
            self._hat.command(f"lift {self._talker}")
        else:
            self.loop.call_later(1.0, engine.send_link_message, link, 0x12, bytes((self._talker,)))
        self._hat.command(f"hear {LISTENER} on")
        self.loop.call_later(RUN_S, self.loop.stop)
        self.loop.run_forever()
        engine.close()
        self._hat.stop()
        pipe.close()
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()
        self._folder.cleanup()

    def card_event(self, what: str, words: list[str]) -> None:
        """Pieces of 20 ms are the clock: what is said now goes in with the next sample."""
        if what != "heard":
            return
        first, samples = int(words[0]), base64.b64decode(words[1])
        for place, code in enumerate(samples):
            if code & 0x7F <= HEARD_LOUD:
                self.heard.append(first + place)
        self._pieces += 1
        piece = bytearray([SILENCE] * PIECE)
        if self._pieces % EVERY_PIECES == 0:
            place = self._rng.randrange(PIECE)
            piece[place] = LOUD
            self.said.append(first + len(samples) + place)
        self._hat.command(f"say {self._talker} {base64.b64encode(piece).decode('ascii')}")

    def ways_ms(self) -> list[float]:
        """From going in to coming out, of each marker after the start."""
        found = []
        for sent in self.said:
            after = [at - sent for at in self.heard if 0 < at - sent < EVERY_PIECES * PIECE]
            if sent >= SETTLED_S * RATE and after:
                found.append(after[0] * 1000 / RATE)
        return found


def _on_chip_time() -> list[tuple[str, str, str]]:
    """The flashable image, 8 ports of 16 bits at 2 Mbaud: packetised, carried, played out."""
    path = ChipPath(CHIP_S)
    path.run()
    told = []
    names = ("a hop, handset to box", "a hop, box to handset", "handset to handset")
    for name, ways, bar in zip(names, path.ways_ms(), (HOP_BAR, HOP_BAR, WAY_BAR), strict=True):
        p95 = percentile(ways, 0.95) if ways else float("nan")
        what = f"{p95:.1f} ms, of {len(ways)} of {path.marks} markers"
        told.append((f"chip time, {name}: p95", what, bar))
    return told


def _in_virtual_time() -> list[tuple[str, str, str]]:
    """The host build; its wire takes no time."""
    found = []
    for name, talker in (("handset to handset", 4), ("line to handset", 5)):
        for ppm in (0.0, 100.0, -100.0):
            path = HatPath(talker, ppm)
            path.run()
            ways = path.ways_ms()
            p95 = percentile(ways, 0.95) if ways else float("nan")
            told = f"{p95:.1f} ms, of {len(ways)} of {len(path.said)} markers"
            found.append((f"host build, {name}, HAT {ppm:+.0f} ppm: p95", told, WAY_BAR))
    return found


def _over_a_bad_wire() -> list[tuple[str, str, str]]:
    """SNR of a tone from handset to handset."""
    cases: list[tuple[str, Fault, Fault]] = [
        ("none", whole, whole),
        ("1 in 1,000 lost down", lose, whole),
        ("1 in 1,000 lost up", whole, lose),
        ("1 in 1,000 spoiled both ways", spoil, spoil),
    ]
    found = []
    for name, down, up in cases:
        carried = [(hz, TonePath(hz, TONE_S, down, up).run()) for hz in TONES_HZ]
        worst_hz, worst = min(carried, key=lambda one: one[1].snr_db)
        told = f"{worst.snr_db:.1f} dB at {worst_hz:.0f} Hz, {worst.lost} frames concealed"
        found.append((f"tone, frames spoiled: {name}", told, TONE_BAR))
    return found


def rows() -> list[tuple[str, str, str]]:
    """(figure, measured, bar)."""
    return [*_on_chip_time(), *_in_virtual_time(), *_over_a_bad_wire()]
