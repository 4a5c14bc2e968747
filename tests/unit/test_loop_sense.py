"""Loop current: a break that ends a call, dips that do not, and another telephone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.lines.gpio_line.loop_sense import LoopSense


def in_call() -> LoopSense:
    """Taken at 0, current from 0.01 s."""
    sense = LoopSense()
    sense.hook(True, 0.0)
    sense.edge(True, 0.01)
    return sense


def opened(sense: LoopSense, at_s: float, seconds: float) -> list[int]:
    sense.edge(False, at_s)
    told = []
    while sense.deadline is not None and sense.deadline <= at_s + seconds:
        lasted_ms = sense.tick(sense.deadline)
        told += [lasted_ms] if lasted_ms is not None else []
    sense.edge(True, at_s + seconds)
    return told


@given(st.floats(0.251, 3.0))
def test_a_break_of_a_quarter_second_is_told_once(seconds):
    assert opened(in_call(), 2.0, seconds) == [250]


@given(st.floats(0.001, 0.249))
def test_a_shorter_one_is_none(seconds):
    sense = in_call()
    assert opened(sense, 2.0, seconds) == []
    if not 0.0999 < seconds < 0.1001:
        assert sense.dips == (seconds >= 0.1)


def test_what_happens_while_the_relay_settles_does_not_count():
    sense = in_call()
    assert opened(sense, 0.02, 0.5) == []  # only 0.22 s of it are after the first 0.3 s


def test_a_sensor_that_never_saw_current_ends_no_call():
    sense = LoopSense()
    sense.hook(True, 0.0)
    assert sense.deadline is None


def test_a_flash_is_no_break():
    sense = in_call()
    sense.hook(False, 5.0)
    sense.edge(False, 5.0)
    assert sense.deadline is None
    sense.hook(True, 5.6)
    sense.edge(True, 5.61)
    assert sense.deadline is None


@pytest.mark.parametrize(
    ("off_hook", "after_s", "lifted"), [(False, 0.5, True), (False, 0.1, False), (True, 0.5, False)]
)
def test_current_while_we_are_on_hook_is_another_telephone(off_hook, after_s, lifted):
    sense = LoopSense()
    sense.hook(off_hook, -10.0)
    sense.edge(True, 0.0)
    assert sense.is_lifted(after_s) is lifted
