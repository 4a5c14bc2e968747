"""The end of a spoken message: silence after speech, patience before it, clicks are neither."""

import math
import random
from array import array

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.audio.endpointer import Endpointer

RATE = 8000


def speech(seconds: float) -> bytes:
    """Something that webrtcvad takes for a voice: a buzz of 120 Hz with formants, in syllables."""
    out = array("h")
    for n in range(round(seconds * RATE)):
        at = n / RATE
        buzz = sum(
            math.sin(2 * math.pi * 120 * k * at) / (1 + abs(120 * k - 600) / 200)
            for k in range(1, 20)
        )
        out.append(round(2500 * buzz * (0.6 + 0.4 * math.sin(2 * math.pi * 4 * at))))
    return out.tobytes()


def quiet(seconds: float, peak: int = 20) -> bytes:
    noise = random.Random(7)
    return array("h", (noise.randint(-peak, peak) for _ in range(round(seconds * RATE)))).tobytes()


VOICE = speech(1.0)


def ends_after(ear: Endpointer, sound: bytes, block: int = 4000) -> float | None:
    """Seconds into ``sound`` at which the end was reported, or None."""
    for at in range(0, len(sound), block):
        if ear.feed(sound[at : at + block]):
            return min(at + block, len(sound)) / 2 / RATE
    return None


def test_silence_after_speech_ends_the_message() -> None:
    ended = ends_after(Endpointer(2.0), VOICE + quiet(5))
    assert ended == pytest.approx(3.1, abs=0.3)


def test_a_pause_shorter_than_the_limit_does_not() -> None:
    assert ends_after(Endpointer(2.0), (VOICE + quiet(1.6)) * 3) is None


def test_who_says_nothing_has_three_seconds_more() -> None:
    assert ends_after(Endpointer(2.0), quiet(8)) == pytest.approx(5, abs=0.3)


def test_clicks_do_not_keep_a_message_open() -> None:
    click = array("h", [20000, -20000] * 80).tobytes()  # 20 ms
    assert ends_after(Endpointer(2.0), VOICE + (quiet(0.5) + click) * 8) is not None


def test_the_end_is_reported_once() -> None:
    ear = Endpointer(1.0)
    reports = sum(ear.feed(quiet(0.25)) for _ in range(80))
    assert reports == 1


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(1, 9000), min_size=1, max_size=20))
def test_any_split_hears_the_same(splits: list[int]) -> None:
    sound = VOICE + quiet(3)
    whole = Endpointer(1.5)
    expected = whole.feed(sound)
    pieces, at = Endpointer(1.5), 0
    heard = False
    for split in splits:
        heard |= pieces.feed(sound[at : at + split])
        at += split
    assert (heard | pieces.feed(sound[at:])) == expected
