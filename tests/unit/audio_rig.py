"""For tests of the engine: a virtual loop, listeners, and modems at the far end."""

import math
import random
import socket
from array import array
from contextlib import suppress

from appliance.audio.binding import ulaw_encode
from appliance.audio.clips import Clip
from appliance.audio.engine import AudioEngine
from appliance.audio.wav import ulaw_table
from appliance.interfaces import HeardCallerId, HeardTone
from appliance.loop import VirtualLoop

SILENCE = 0xFF
QUIET = frozenset(code for code in range(256) if code & 0x7F >= 0x74)  # comfort noise, or nothing


class Ear:
    """A listener that writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[object, ...]] = []

    def digit_heard(self, digit: str, after_onset_ms: int) -> None:
        assert 0 < after_onset_ms < 200
        self.told.append(("digit", digit))

    def tone_heard(self, heard: HeardTone) -> None:
        self.told.append((heard.kind, heard.on_ms, heard.off_ms, heard.cycles))

    def silence_heard(self, silence_ms: int) -> None:
        self.told.append(("silence", silence_ms))

    def voice_heard(self, voice_ms: int) -> None:
        self.told.append(("voice", voice_ms))

    def ringback_over(self, silent_ms: int) -> None:
        self.told.append(("ringback over", silent_ms))

    def caller_id_heard(self, heard: HeardCallerId) -> None:
        self.told.append(("caller id", heard))

    def modem_code(self, code: int) -> None:
        self.told.append(("code", chr(code)))

    def stream_ended(self, leftover: bytes) -> None:
        self.told.append(("ended", leftover))

    def stalled(self, ms: int, over: bool) -> None:
        self.told.append(("stalled", ms, over))

    def port_lost(self, reason: str) -> None:
        self.told.append(("lost", reason))

    def port_detached(self) -> None:
        self.told.append(("detached",))

    def link_message(self, kind: int, payload: bytes) -> None:
        self.told.append(("message", kind, payload))

    def link_lost(self, reason: str) -> None:
        self.told.append(("link lost", reason))

    def link_detached(self) -> None:
        self.told.append(("link detached",))


class FarEnd:
    """A modem that streams: says 80 codes each 10 ms, shielded, and keeps what it hears."""

    def __init__(self, loop: VirtualLoop) -> None:
        self.near, self._far = socket.socketpair()
        for end in (self.near, self._far):
            end.setblocking(False)
        self._loop = loop
        self._wire = b""
        self._to_say = b""
        self._next_at = loop.time() + 0.005
        self.is_open = True
        loop.call_at(self._next_at, self._tick)

    def say(self, codes: bytes) -> None:
        self._to_say += codes

    def send_raw(self, data: bytes) -> None:
        self._far.send(data)

    def close(self) -> None:
        self.is_open = False
        self._far.close()

    @property
    def wire(self) -> bytes:
        return self._wire

    @property
    def heard(self) -> bytes:
        """The codes heard, without shielding."""
        return self._wire.replace(b"\x10\x10", b"\x10")

    def _tick(self) -> None:
        if not self.is_open:
            return
        codes, self._to_say = self._to_say[:80], self._to_say[80:]
        self._far.send(codes.ljust(80, bytes([SILENCE])).replace(b"\x10", b"\x10\x10"))
        with suppress(BlockingIOError):
            self._wire += self._far.recv(65536)
        self._next_at += 0.01
        self._loop.call_at(self._next_at, self._tick)


class Bench:
    """A virtual loop, the engine on it, and the lines a test opens."""

    def __init__(self) -> None:
        self.loop = VirtualLoop()
        self.engine = AudioEngine(self.loop, "US")
        self.engine.start_virtual()
        self.ends: list[FarEnd] = []
        self.finished: list[tuple[str, str]] = []

    def run(self, seconds: float) -> None:
        done = self.loop.create_future()
        self.loop.call_later(seconds, done.set_result, None)
        self.loop.run_until_complete(done)

    def line(self) -> tuple[int, Ear, FarEnd]:
        ear, far = Ear(), FarEnd(self.loop)
        self.ends.append(far)
        port = self.engine.open_port(ear)
        self.engine.attach_stream(port, far.near.fileno(), b"")
        return port, ear, far

    def play(self, port: int, name: str, clips: list[Clip], stop_on_digit: bool = False) -> None:
        self.engine.player.play(port, name, clips, stop_on_digit, self.on_finished)

    def on_finished(self, playback_id: str, reason: str) -> None:
        self.finished.append((playback_id, reason))

    def close(self) -> None:
        self.engine.close()
        self.engine.close()
        for far in self.ends:
            far.close()
            far.near.close()
        self.loop.close()


def sound(seconds: float, seed: int) -> Clip:
    """Noise from which any part can be told; rich in every µ-law code, DLE among them."""
    chance = random.Random(seed)
    table = ulaw_table()
    codes = [c for c in range(256) if abs(table[c]) < 8000 and c != 0x7F]
    count = round(seconds * 8000)
    return Clip(f"noise {seed}", array("h", (table[chance.choice(codes)] for _ in range(count))))


def codes_of(clip: Clip) -> bytes:
    return ulaw_encode(clip.samples.tobytes())


def digit_one(seconds: float) -> bytes:
    """The touch tone 1 (ITU-T Q.23: 697 + 1209 Hz) at about -9 dBm0 each."""
    turns = [2 * math.pi * hz / 8000 for hz in (697, 1209)]
    samples = array(
        "h",
        (round(8000 * sum(math.sin(t * n) for t in turns)) for n in range(round(seconds * 8000))),
    )
    return ulaw_encode(samples.tobytes())
