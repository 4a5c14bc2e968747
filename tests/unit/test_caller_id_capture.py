"""When an idle line is listened to for caller ID, and that one call has one caller."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.core.events import CallerIdReceived
from appliance.interfaces import HeardCallerId
from appliance.lines.caller_id_capture import CAPTURE_S, CallerIdCapture, CaptureState


def frame(number: str, kind: str = "bell202") -> HeardCallerId:
    body = b"09301224" + number.encode()
    raw = bytes((4, len(body))) + body
    return HeardCallerId(kind, raw + bytes((-sum(raw) % 256,)), True, -20.0)


def keys(text: str, is_whole: bool = True) -> HeardCallerId:
    return HeardCallerId("dtmf", text.encode(), is_whole, -20.0)


def told(number: str, presentation: str = "allowed") -> CallerIdReceived:
    return CallerIdReceived("front", number, "", presentation)


@pytest.fixture
def capture() -> CallerIdCapture:
    return CallerIdCapture("front")


def test_between_the_first_and_the_second_ring(capture):
    capture.ring_began(0.0)
    assert not capture.listening
    capture.ring_ended(2.0)
    assert capture.listening
    assert capture.heard(frame("0917"), 3.5) == told("0917")
    capture.ring_began(6.0)
    assert not capture.listening
    capture.ring_ended(8.0)
    assert not capture.listening


@pytest.mark.parametrize("heard", [frame("0917", "v23"), keys("A0917C"), keys("0917", False)])
def test_after_a_reversal_and_once_a_call(capture, heard):
    capture.reversal(0.0)
    assert capture.listening
    assert capture.heard(heard, 1.5) == told("0917")
    capture.ring_began(2.0)
    capture.ring_ended(3.0)
    assert capture.heard(frame("0999"), 4.0) is None


def test_the_first_good_one_counts(capture):
    capture.ring_began(0.0)
    capture.ring_ended(1.0)
    broken = HeardCallerId("v23", frame("0917").data[:-1] + b"?", False, -20.0)
    lamp = HeardCallerId("bell202", bytes.fromhex("82030b01ff70"), True, -20.0)
    assert [capture.heard(each, 1.5) for each in (broken, keys("12", False), lamp)] == [None] * 3
    assert capture.unread == 2
    assert capture.waiting is not None
    assert capture.waiting.is_on
    assert capture.heard(keys("D1#"), 2.0) == told("", "private")


def test_nothing_is_heard_in_a_call_nor_while_idle(capture):
    assert capture.heard(frame("1"), 0.0) is None
    capture.ring_began(1.0)
    assert capture.heard(frame("1"), 1.5) is None
    capture.ring_ended(3.0)
    capture.answered(3.5)
    assert capture.heard(frame("1"), 4.0) is None
    capture.ring_began(4.5)
    capture.ring_ended(5.0)
    capture.reversal(5.5)
    assert not capture.listening
    capture.over(9.0)
    capture.ring_began(10.0)
    capture.ring_ended(11.0)
    assert capture.heard(frame("2"), 12.0) == told("2")


def test_a_double_ring_is_one_ring(capture):
    for at in (0.0, 0.6):
        capture.ring_began(at)
        capture.ring_ended(at + 0.4)
    assert capture.listening
    capture.ring_began(3.0)
    assert capture.state is CaptureState.CLOSED


def test_it_ends_by_itself(capture):
    capture.ring_began(0.0)
    capture.ring_ended(1.0)
    assert capture.deadline == 1.0 + CAPTURE_S
    capture.tick(2.0)
    assert capture.listening
    capture.tick(1.0 + CAPTURE_S)
    assert capture.deadline is None


def test_a_caller_who_never_rang_is_forgotten(capture):
    capture.reversal(0.0)
    assert capture.heard(frame("1"), 1.0) == told("1")
    capture.tick(CAPTURE_S)
    capture.reversal(8.0)  # the exchange turning back
    assert capture.heard(frame("1"), 9.0) is None
    capture.tick(8.0 + CAPTURE_S)
    capture.reversal(30.0)
    assert capture.heard(frame("2"), 31.0) == told("2")


def test_the_next_caller_may_come_before_the_first_has_rung(capture):
    """The one before gave up between caller ID and ring; seen in the soak of a British line."""
    capture.reversal(0.0)
    assert capture.heard(frame("1"), 1.0) == told("1")
    assert capture.heard(frame("2"), 2.5) == told("2")
    capture.ring_began(3.0)
    capture.ring_ended(4.0)
    assert capture.heard(frame("3"), 5.0) is None


steps = st.sampled_from(
    ["reversal", "ring_began", "ring_ended", "answered", "over", "tick", "hear", "hear_junk"]
)


@given(st.lists(st.tuples(steps, st.floats(0.0, 5.0)), max_size=40))
def test_no_order_of_things_tells_two_callers_in_one_call(script):
    capture, now, told_in_call = CallerIdCapture("front"), 0.0, 0
    for step, wait in script:
        now += wait
        if step == "over":
            told_in_call = 0
        if step == "hear":
            was_idle = capture.state is CaptureState.IDLE
            heard = capture.heard(frame("1"), now)
            assert not (was_idle and heard)
            told_in_call += heard is not None
        elif step == "hear_junk":
            assert capture.heard(keys("*"), now) is None
        else:
            before = capture.state
            getattr(capture, step)(now)
            if before is CaptureState.IDLE and capture.state is not CaptureState.IDLE:
                told_in_call = 0
        assert told_in_call <= 1
        assert capture.listening == (capture.deadline is not None)
