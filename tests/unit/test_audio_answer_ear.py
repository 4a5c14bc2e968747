"""Has the called party answered? The real C loop hears every country's tones, noise and speech."""

from array import array
from collections.abc import Iterator
from functools import cache

import numpy as np
import pytest

from appliance.audio.binding import ulaw_encode
from appliance.audio.tones import TonePattern, countries, country_tones
from tests.dsp import score_answer, talk
from tests.dsp.signals import Samples, levelled
from tests.dsp.talk import espeak_speech
from tests.unit.audio_rig import Bench, Ear, FarEnd

RATE = 8000


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.close()


def ringback(country: str) -> TonePattern:
    return next(p for p in country_tones(country).patterns if p.kind == "ringback")


def rung(pattern: TonePattern, times: int, noise_dbm0: float = -60.0) -> Samples:
    parts = []
    for on_s, off_s in pattern.phases * times:
        at = np.arange(round(on_s * RATE)) / RATE
        weights = [0.5 if len(pattern.hz) == 3 and k != 1 else 1.0 for k in range(len(pattern.hz))]
        tones = [w * np.cos(2 * np.pi * hz * at) for hz, w in zip(pattern.hz, weights, strict=True)]
        parts += [3000 * np.sum(tones, axis=0), np.zeros(round(off_s * RATE))]
    sound = np.concatenate(parts)
    noise = np.random.default_rng(2).normal(0, 1, len(sound))
    return sound + levelled(noise, noise_dbm0)


def codes(sound: Samples) -> bytes:
    return ulaw_encode(array("h", np.round(sound).astype(np.int16).tolist()).tobytes())


def listening(bench: Bench, country: str) -> tuple[int, Ear, FarEnd]:
    bench.engine.configure(country, None)
    port, ear, far = bench.line()
    listen(bench, port, True)
    bench.run(0.2)
    return port, ear, far


def listen(bench: Bench, port: int, answer: bool) -> None:
    bench.engine.listen(port, digits=True, busy=True, silence_ms=0, lenient=False, answer=answer)


@cache
def speech(seconds: float) -> Samples:
    return espeak_speech(seconds, np.random.default_rng(8))


@pytest.mark.parametrize("country", ["US", "GB", "PH", "IN", "VN", "AU", "JP", "DE"])
def test_ringback_is_no_voice_and_its_end_is_told_once(bench: Bench, country: str) -> None:
    _, ear, far = listening(bench, country)
    pattern = ringback(country)
    longest_s = max(off for _, off in pattern.phases)
    cycle_s = sum(on + off for on, off in pattern.phases)
    far.say(codes(rung(pattern, 4)))
    bench.run(4 * cycle_s)
    assert "voice" not in {told[0] for told in ear.told}
    assert "ringback" in {told[0] for told in ear.told}
    assert "ringback over" not in {told[0] for told in ear.told}
    bench.run(2 * longest_s + 3)
    over = [told for told in ear.told if told[0] == "ringback over"]
    assert len(over) == 1
    assert longest_s * 1000 < over[0][1] < longest_s * 1100 + 1200


def test_no_tone_of_any_country_is_a_voice(bench: Bench) -> None:
    """All the patterns of all the countries, once, in noise 15 dB below them and in none."""
    for country in countries():
        bench.engine.configure(country, None)
        for noise in (-70.0, -31.0):
            sounds = []
            for pattern in country_tones(country).patterns:
                if pattern.phases and not pattern.is_sequence:
                    sounds.append(rung(pattern, 1, noise)[: 3 * RATE])
            port, ear, far = bench.line()
            listen(bench, port, True)
            whole = np.concatenate(sounds)
            far.say(codes(whole))
            bench.run(len(whole) / RATE + 0.5)
            assert "voice" not in {told[0] for told in ear.told}, country
            bench.engine.close_port(port)
            bench.run(0.05)
            far.close()


def test_noise_is_no_voice(bench: Bench) -> None:
    _, ear, far = listening(bench, "PH")
    for level in (-15.0, -30.0, -45.0):
        far.say(codes(levelled(np.random.default_rng(4).normal(0, 1, 20 * RATE), level)))
    bench.run(60)
    assert ear.told == []


def test_speech_is_told_once_each_time_it_is_listened_for(bench: Bench) -> None:
    port, ear, far = listening(bench, "PH")
    far.say(codes(rung(ringback("PH"), 2)))
    bench.run(sum(on + off for on, off in ringback("PH").phases) * 2)
    before = len(ear.told)
    far.say(codes(speech(20.0)))
    bench.run(2.0)
    voices = [told for told in ear.told[before:] if told[0] == "voice"]
    assert len(voices) == 1
    assert 10 <= voices[0][1] <= 2000
    bench.run(4.0)
    assert len([told for told in ear.told if told[0] == "voice"]) == 1
    listen(bench, port, True)  # it was on already
    bench.run(2.0)
    assert len([told for told in ear.told if told[0] == "voice"]) == 1
    listen(bench, port, False)
    bench.run(0.1)
    listen(bench, port, True)
    bench.run(3.0)
    assert len([told for told in ear.told if told[0] == "voice"]) == 2


def test_first_words_after_ringback_are_told_in_time() -> None:
    """Of 40 words all but one, nine of ten within 0.6 s: the same words each time."""
    times = score_answer.answers(40, np.random.default_rng(5), rung=True)
    heard = [time for time in times if time is not None]
    assert len(heard) >= 39
    assert sum(time <= 0.6 for time in heard) >= 36


def test_first_words_without_ringback_are_told_when_they_pause() -> None:
    times = score_answer.answers(40, np.random.default_rng(5), rung=False)
    heard = [time for time in times if time is not None]
    assert len(heard) >= 39
    assert sum(time <= 1.0 for time in heard) >= 36


@pytest.mark.parametrize(
    "name", ["plucked chords", "bowed strings", "whistling", "chiptune", "bells", "organ"]
)
def test_a_tune_before_the_answer_is_no_voice(name: str) -> None:
    tune = talk.ORDINARY[name](30.0, np.random.default_rng(11))
    assert score_answer.voices(tune) == []
