"""Keys over our own prompt that comes back from the line, through the real loop in virtual time."""

from array import array
from collections.abc import Iterator
from contextlib import suppress

import numpy as np
import pytest

from appliance.audio.binding import ulaw_encode
from appliance.audio.clips import Clip
from appliance.audio.wav import ulaw_table
from tests.dsp.signals import KEYS, Press, Samples, frames, key_sound, levelled, to_samples
from tests.dsp.talk import espeak_speech
from tests.unit.audio_rig import Bench, Ear, FarEnd

RETURN_LOSS_DB = 6.0
PROMPT_DBM0 = -16.0
SECONDS = 40


class LeakyEnd(FarEnd):
    """A line that sends back what it is sent, weaker, besides what is said on it."""

    said: Samples
    _at = 0
    _taken = 0

    def _tick(self) -> None:
        if not self.is_open:
            return
        with suppress(BlockingIOError):
            self._wire += self._far.recv(65536)
        back = self.heard[self._taken : self._taken + 80]
        self._taken += len(back)
        table = ulaw_table()
        block = np.array([table[code] for code in back.ljust(80, b"\xff")], float)
        block *= 10 ** (-RETURN_LOSS_DB / 20)
        block += self.said[self._at : self._at + 80]
        self._at += 80
        codes = ulaw_encode(to_samples(block).tobytes())
        self._far.send(codes.replace(b"\x10", b"\x10\x10"))
        self._next_at += 0.01
        self._loop.call_at(self._next_at, self._tick)


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.close()


def hear(bench: Bench, said: Samples) -> str:
    """What a menu hears of `said` while a prompt plays; the prompt comes back."""
    far = LeakyEnd(bench.loop)
    far.said = np.concatenate([said, np.zeros(8000)])
    bench.ends.append(far)
    ear = Ear()
    port = bench.engine.open_port(ear)
    bench.engine.attach_stream(port, far.near.fileno(), b"")
    bench.engine.listen(port, digits=True, busy=False, silence_ms=0, lenient=True)
    prompt = levelled(espeak_speech(SECONDS, np.random.default_rng(5)), PROMPT_DBM0)
    clip = Clip("prompt", array("h", to_samples(prompt).tobytes()))
    bench.play(port, "prompt", [clip])
    bench.run(len(said) / 8000)
    assert bench.finished == []
    return "".join(str(told[1]) for told in ear.told if told[0] == "digit")


def test_a_prompt_that_comes_back_is_no_key(bench: Bench) -> None:
    assert hear(bench, np.zeros((SECONDS - 2) * 8000)) == ""


def test_keys_over_a_prompt_that_comes_back_are_heard_once(bench: Bench) -> None:
    rng = np.random.default_rng(7)
    said = np.zeros((SECONDS - 2) * 8000)
    pressed = "".join(rng.permutation(list(KEYS * 4)))
    for number, key in enumerate(pressed):
        at = 8000 + number * 4400 + int(rng.integers(0, 400))
        said[at : at + frames(100)] = key_sound(key, Press(100, -11), rng)
    heard = hear(bench, said)
    left = iter(pressed)
    assert all(key in left for key in heard), "a key that was not pressed, or one heard twice"
    assert len(heard) >= len(pressed) - 2  # the prompt's voice differs with espeak-ng's version
