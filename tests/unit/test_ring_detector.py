"""Ringing told from chatter, dial pulses, hum and noise."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.lines.gpio_line.ring_detector import SILENCE_S, RingDetector


def ringing(hz: float, seconds: float, duty: float = 0.4, chatter_s: float = 0.0003):
    """(is_high, at_s) of an opto on ringing current, with chatter at each edge."""
    edges = []
    for cycle in range(int(seconds * hz)):
        for is_high, begin in ((False, cycle / hz), (True, (cycle + duty) / hz)):
            times = (begin, begin + chatter_s, begin + 2 * chatter_s) if chatter_s else (begin,)
            edges += [(is_high is not bool(n % 2), at) for n, at in enumerate(times)]
    return edges


def bursts(edges) -> list[tuple[str, float]]:
    detector, told = RingDetector(), []
    for is_high, at_s in edges:
        if detector.ends_at is not None and detector.tick(at_s):
            told.append(("over", at_s))
        if detector.edge(is_high, at_s) is not None:
            told.append(("began", at_s))
    if detector.ends_at is not None:
        assert detector.tick(detector.ends_at)
        told.append(("over", detector.ends_at or at_s))
    return told


@given(
    hz=st.floats(15.5, 67.5), duty=st.floats(0.2, 0.7), chatter_ms=st.floats(0.0, 0.45),
    seconds=st.floats(0.4, 2.0),
)  # fmt: skip
def test_every_ringing_current_is_seen_once_and_soon(hz, duty, chatter_ms, seconds):
    told = bursts(ringing(hz, seconds, duty, chatter_ms / 1000))
    assert [what for what, _ in told] == ["began", "over"]
    assert told[0][1] < 0.35


@pytest.mark.parametrize("hz", [5.0, 10.0, 12.0, 13.5, 75.0, 100.0, 120.0, 400.0])
def test_what_is_no_ringing_current_is_none(hz):
    assert bursts(ringing(hz, 2.0, 0.5)) == []


@pytest.mark.parametrize("cycles", [1, 2])
def test_a_line_that_was_tapped_does_not_ring(cycles):
    assert bursts(ringing(25.0, cycles / 25.0 + 0.001)) == []


def test_two_bursts_are_two():
    second = [(is_high, at + 0.6) for is_high, at in ringing(25.0, 0.4)]
    told = bursts([*ringing(25.0, 0.4), *second])
    assert [what for what, _ in told] == ["began", "over", "began", "over"]


def test_it_stirs_before_it_is_certain():
    detector = RingDetector()
    for is_high, at_s in ringing(20.0, 0.1):
        assert detector.edge(is_high, at_s) is None
    assert detector.stirs(0.15)
    assert not detector.stirs(0.15 + SILENCE_S)


@settings(max_examples=50)
@given(seed=st.integers(0, 10_000), jitter_ms=st.floats(0, 6.0))
def test_a_busy_computer_that_sees_edges_late_still_hears_it_ring(seed, jitter_ms):
    chance = random.Random(seed)
    late = sorted(
        (at + chance.uniform(0, jitter_ms / 1000), h) for h, at in ringing(20.0, 2.0, 0.5, 0.0)
    )
    told = bursts([(is_high, at) for at, is_high in late])
    assert told[0][0] == "began"
    assert told[0][1] < 1.0


@given(st.lists(st.tuples(st.booleans(), st.floats(0.0, 0.05)), max_size=200))
def test_no_edges_confuse_it(steps):
    detector, now = RingDetector(), 0.0
    for is_high, later in steps:
        now += later
        detector.tick(now)
        detector.edge(is_high, now)
    detector.tick(now + SILENCE_S + 0.001)
    assert not detector.is_ringing
