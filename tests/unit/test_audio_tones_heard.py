"""The shipped tones.toml in the real C loop: every country's tones are heard, others are not."""

import math
from array import array
from collections.abc import Iterator
from functools import cache
from itertools import cycle, islice

import pytest

from appliance.audio.binding import ulaw_encode
from appliance.audio.resample import to_telephone_rate
from appliance.audio.speech import speak
from appliance.audio.tones import TonePattern, country_tones
from appliance.audio.wav import read_wav
from appliance.interfaces import HangUpTone
from tests.unit.audio_rig import SILENCE, Bench, FarEnd

NAMED = (
    "US",
    "CA",
    "GB",
    "PH",
    "VN",
    "IN",
    "ID",
    "TH",
    "MY",
    "AU",
    "DE",
    "FR",
    "BR",
    "MX",
    "JP",
    "SG",
)
LONGEST_S = 9.0  # of what is played to one port; ringback of 6 s once and a bit


@cache
def sound(hz: tuple[int, ...], seconds: float, peak: float) -> bytes:
    turns = [2 * math.pi * f / 8000 for f in hz]
    count = round(seconds * 8000)
    # a carrier between two side bands: they are modulation, 6 dB below it
    parts = [0.5 if len(hz) == 3 and k != 1 else 1.0 for k in range(len(hz))]
    tones = list(zip(turns, parts, strict=True))
    samples = (round(peak * sum(p * math.cos(t * n) for t, p in tones)) for n in range(count))
    return ulaw_encode(array("h", samples).tobytes())


def played(pattern: TonePattern) -> bytes:
    """Whole cycles of it, and the beginning of another."""
    codes = bytes([SILENCE]) * 4000
    if not pattern.phases:
        return codes + sound(pattern.hz, pattern.least_s + 0.8, 4000)
    cycles = pattern.cycles + 1 if pattern.phases[-1][1] else 1
    for burst in range(len(pattern.phases) * cycles):
        on_s, off_s = pattern.phases[burst % len(pattern.phases)]
        hz = (pattern.hz[burst % len(pattern.hz)],) if pattern.is_sequence else pattern.hz
        weaker = 10 ** (-pattern.weaker_db / 20) if burst % 2 else 1.0
        codes += sound(hz, on_s, 4000 * weaker) + bytes([SILENCE]) * round(off_s * 8000)
    return codes


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.close()


def listening(bench: Bench, tones: tuple[HangUpTone, ...] = ()) -> tuple[list[object], FarEnd]:
    port, ear, far = bench.line()
    bench.engine.set_hang_up_tones(port, tones)
    bench.engine.listen(port, digits=True, busy=True, silence_ms=0, lenient=True)
    return ear.told, far


@pytest.mark.parametrize("country", NAMED)
def test_every_tone_of_a_country_is_heard(bench: Bench, country: str) -> None:
    patterns = [
        pattern
        for pattern in country_tones(country).patterns
        if country == "US" or pattern.matched.startswith(country)
    ]
    patterns = [p for p in patterns if len(played(p)) < LONGEST_S * 8000 and p.least_s < 6]
    assert {p.kind for p in patterns} >= {"busy", "reorder"}
    bench.engine.configure(country, None)
    heard = []
    for pattern in patterns:
        told, far = listening(bench)
        far.say(played(pattern))
        heard.append(told)
    bench.run(LONGEST_S)
    for pattern, told in zip(patterns, heard, strict=True):
        alike = {
            other.kind  # some countries have one tone for two meanings
            for other in patterns
            if (other.hz, other.phases) == (pattern.hz, pattern.phases)
            and other.weaker_db == pattern.weaker_db
        }
        assert len(told) == 1, (pattern.matched, told)
        kind, on_ms, off_ms, _ = told[0]
        assert kind in alike, pattern.matched
        if pattern.phases and not pattern.is_sequence:
            assert any(
                on_ms == pytest.approx(on * 1000, rel=0.1, abs=10)
                and off_ms == pytest.approx(off * 1000, rel=0.1, abs=10)
                for on, off in pattern.phases
            )


def test_a_line_s_own_hang_up_tone_is_heard_at_that_line_alone(bench: Bench) -> None:
    own = HangUpTone((600, 700), ((0.3, 0.15),))
    beat = sound((600, 700), 0.3, 4000) + bytes([SILENCE]) * 1200
    first, first_far = listening(bench, (own,))
    second, second_far = listening(bench, (HangUpTone((950,), ((0.3, 0.15),)),))
    for far in (first_far, second_far):
        far.say(beat * 8)
    bench.run(4)
    assert [told[0] for told in first] == ["hang_up"]
    assert first[0][1:3] == pytest.approx((300, 150), abs=10)
    assert second == []


def test_a_busy_rhythm_in_no_table_is_busy(bench: Bench) -> None:
    told, far = listening(bench)
    far.say((sound((540,), 0.3, 4000) + bytes([SILENCE]) * 1600) * 10)
    bench.run(5.5)
    assert [(tone[0], tone[3]) for tone in told] == [("busy", 4), ("busy", 8)]


def test_keys_in_strict_time_are_keys_alone(bench: Bench) -> None:
    told, far = listening(bench)
    far.say((sound((697, 1209), 0.25, 6000) + bytes([SILENCE]) * 2000) * 12)
    bench.run(6.5)
    assert told == [("digit", "1")] * 12


@cache
def spoken(word: str) -> bytes:
    wav = read_wav(speak("en-us", word))
    return ulaw_encode(to_telephone_rate(wav.samples, wav.rate_hz).tobytes())


@pytest.mark.parametrize("country", ["US", "PH", "GB", "BR"])
def test_a_caller_who_counts_in_strict_time_is_no_tone(bench: Bench, country: str) -> None:
    bench.engine.configure(country, None)
    heard = []
    for every_s in (0.5, 0.75, 1.0, 1.3):
        for words in (("one", "two", "three", "four"), ("two",), ("you", "ooh", "moo"), ("one",)):
            told, far = listening(bench, (HangUpTone((450,), ((0.3, 0.3),)),))
            grid = round(every_s * 8000)
            for word in islice(cycle(words), round(12 / every_s)):
                far.say(spoken(word)[: grid - 800].ljust(grid, bytes([SILENCE])))
            heard.append(told)
    bench.run(12.5)
    assert heard == [[]] * 16
