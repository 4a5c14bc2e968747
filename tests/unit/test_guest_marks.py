"""The ear of the booted guest's tests: it knows a sound again over a poor line, and no other."""

import random

import pytest

from appliance.simulator.codec import ulaw_encode
from tests.guest.marks import decode, find, mark

FIRST, SECOND = mark(6.0, seed=1), mark(6.0, seed=2)


def poor_line(ulaw: bytes, seed: int) -> bytes:
    """Half as loud, noisy, and six times it loses 20 ms."""
    rng = random.Random(seed)
    samples = [round(0.5 * value + rng.gauss(0, 30)) for value in decode(ulaw)]
    for _ in range(6):
        at = rng.randrange(len(samples) - 160)
        del samples[at : at + 160]
    return b"\xff" * 4000 + ulaw_encode(samples) + b"\xff" * 4000


@pytest.mark.parametrize("seed", range(5))
def test_a_sound_is_known_again_and_placed(seed: int) -> None:
    heard = poor_line(FIRST, seed)
    found = find(FIRST, heard)
    assert found.share >= 0.7
    assert found.first_s == pytest.approx(0.5, abs=0.7)
    assert found.offset_s >= 5.0
    assert find(SECOND, heard).share == 0.0


def test_what_was_cut_off_is_not_found() -> None:
    found = find(FIRST, poor_line(FIRST, 9)[: 8000 * 3])
    assert 0.2 < found.share < 0.6
    assert found.offset_s < 3.2


def test_silence_is_no_sound_to_look_for() -> None:
    with pytest.raises(AssertionError):
        find(b"\xff" * 8000, FIRST)
