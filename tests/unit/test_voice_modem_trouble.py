"""The voice modem line against a scripted modem: all that goes wrong, and the way back."""

from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.core.events import (
    LineBecameReady,
    LineFailed,
)
from appliance.lines.voice_modem.states import TRANSITIONS, State
from tests.voice_modem_rig import ANSWERED, READY, RELEASED, Rig, hung_up, ready, talking


@pytest.fixture
def rig() -> Iterator[Rig]:
    rig = Rig()
    yield rig
    rig.close()


def test_a_modem_that_never_ends_its_stream_is_taken_back(rig):
    talking(rig)
    rig.modem.ends = {}

    def relent() -> None:
        rig.modem.ends = {b"\x10\x03": b""}

    rig.loop.call_later(2.0, relent)  # after both tails were sent in vain
    rig.line.release()
    rig.run_until(lambda: RELEASED in rig.events, 15.0)
    assert rig.line.health["counters"]["stuck_calls_freed"] == 1
    assert rig.audio.open_ports == 0


def test_a_modem_without_duplex_says_so_and_the_line_recovers(rig):
    ready(rig)
    rig.modem.replies["AT+VTR"] = b"ERROR\r\n"
    rig.line.answer()
    rig.run_until(lambda: READY in rig.events, 10.0)
    failed, back = rig.take()
    assert isinstance(failed, LineFailed)
    assert "can't send and receive sound at once" in failed.reason
    assert back == READY
    assert "ATH" in rig.modem.asked[-5:]
    assert "sound at once" in rig.line.health["last_problem"]


def test_a_busy_answer_to_a_release_is_told_as_a_fault(rig):
    talking(rig)
    rig.modem.replies |= {"ATH": b"BUSY\r\n", "ATH0": b"BUSY\r\n"}
    rig.line.release()
    rig.run_until(lambda: rig.state == "retrying", 10.0)
    assert [type(e) for e in rig.take()] == [LineFailed]


def test_no_free_audio_port_is_told(rig):
    ready(rig)
    rig.audio.refuse = True
    rig.line.answer()
    rig.run_until(lambda: rig.state == "ready", 10.0)
    assert [type(e) for e in rig.take()] == [LineFailed, LineBecameReady]


def test_a_modem_still_streaming_at_start_is_brought_back(rig):
    rig.modem.streaming = True

    def chatter() -> None:
        if rig.modem.streaming:
            rig.modem.say(bytes(range(256)) * 4)
        rig.loop.call_later(0.128, chatter)

    rig.line.start()
    rig.modem.say(b"\x55" * 100_000)
    chatter()
    rig.run_until(lambda: rig.state == "ready", 5.0)
    assert rig.take() == [READY]


def test_a_shield_out_of_step_is_brought_back_in_the_second_round(rig):
    rig.modem.streaming = True
    rig.modem.ends = {}

    def chatter() -> None:
        if rig.modem.streaming:
            rig.modem.say(b"\xff" * 800)
        rig.loop.call_later(0.1, chatter)

    def align() -> None:
        rig.modem.ends = {b"\x10\x03": b"\r\nOK\r\n"}

    rig.line.start()
    chatter()
    rig.loop.call_later(1.0, align)
    rig.run_until(lambda: rig.state == "ready", 10.0)


def test_error_to_everything_is_a_fault_retried_slowly(rig):
    rig.modem.replies = {}
    rig.modem.default = b"ERROR\r\n"
    rig.line.start()
    rig.run(10.0)
    since = rig.line.health["since"]
    rig.run(50.0)
    assert rig.take() == [LineFailed("front", "the modem answers ERROR to AT")]
    assert rig.line.health["state"] == "fault"
    assert rig.line.health["since"] == since
    assert rig.opened <= 6
    rig.modem.replies["AT+VSM=?"] = b"ERROR\r\n"
    rig.modem.default = b"OK\r\n"
    rig.run_until(lambda: rig.state == "ready", 15.0)
    assert rig.line.health["reason"] == ""


@pytest.mark.parametrize(
    ("command", "reply", "reason"),
    [
        ("AT+FCLASS=8", b"ERROR\r\n", "no voice modem"),
        ("AT+VSM=?", b'1,"UNSIGNED PCM",8\r\n\r\nOK\r\n', "no µ-law sound"),
        ("ATS0=0", b"", "does not answer ATS0=0"),
    ],
)
def test_reasons_are_for_the_owner(rig, command, reply, reason):
    rig.modem.replies[command] = reply
    rig.line.start()
    rig.run_until(lambda: bool(rig.events), 10.0)
    (failed,) = rig.take()
    assert reason in failed.reason
    assert failed.reason == rig.line.health["reason"]


def test_a_modem_that_says_nothing_as_the_hook_is_tapped_is_what_failed(rig):
    talking(rig)
    rig.modem.replies |= {text: b"" for text in ("AT+FLASH", "AT+VLS=1", "ATH1", "ATX3")}
    rig.modem.default = b""
    rig.line.flash()
    rig.run_until(lambda: bool(rig.events), 20.0)
    (failed,) = rig.take()
    assert isinstance(failed, LineFailed)
    assert "does not answer" in failed.reason
    rig.modem.replies.clear()
    rig.modem.default = b"OK\r\n"
    rig.run_until(lambda: LineBecameReady("front") in rig.events, 30.0)


def test_so_is_one_that_does_not_leave_its_sound_for_it(rig):
    talking(rig)
    ends, rig.modem.ends = rig.modem.ends, {}
    rig.line.flash()
    rig.run_until(lambda: bool(rig.events), 20.0)
    assert rig.take() == [
        LineFailed("front", "the modem does not leave its sound, so the hook can't be tapped")
    ]
    rig.modem.ends = ends
    rig.run_until(lambda: LineBecameReady("front") in rig.events, 30.0)


def test_a_far_end_gone_as_the_hook_is_tapped_is_no_fault(rig):
    talking(rig)
    rig.modem.default = b"NO CARRIER\r\n"
    rig.line.flash()
    rig.run_until(lambda: bool(rig.events), 20.0)
    assert rig.take() == [hung_up("modem_no_carrier")]


def test_a_silent_modem_never_wedges_the_line(rig):
    talking(rig)
    rig.modem.replies = {}
    rig.modem.default = b""
    rig.modem.ends = {}
    rig.line.release()
    rig.run_until(lambda: rig.state == "retrying", 20.0)
    assert [type(e) for e in rig.take()] == [LineFailed]
    rig.modem.__init__(rig.loop)
    rig.run_until(lambda: rig.state == "ready", 20.0)
    assert rig.take() == [READY]


def test_an_idle_modem_that_died_is_noticed(rig):
    ready(rig)
    rig.modem.replies, rig.modem.default = {}, b""
    rig.run(70.0)
    assert [type(e) for e in rig.take()] == [LineFailed]


def test_unplugged_in_a_call_and_plugged_in_again(rig):
    talking(rig)
    rig.modem.unplug()
    rig.present = False
    rig.run(30.0)
    (failed,) = rig.take()
    assert isinstance(failed, LineFailed)
    assert rig.audio.open_ports == 0
    assert "does not exist" in rig.line.health["reason"]
    rig.present, rig.identity = True, 2
    rig.run(5.0)
    assert rig.take() == [READY]


def test_unplugged_while_idle_or_re_pointed(rig):
    ready(rig)
    rig.modem.unplug()
    rig.run(5.0)
    assert rig.take() == [LineFailed("front", "the modem was unplugged"), READY]
    rig.identity = 3
    rig.run(5.0)
    assert [type(e) for e in rig.take()] == [LineFailed, LineBecameReady]


def test_c_that_never_lets_go_does_not_wedge_the_line(rig):
    talking(rig)
    rig.audio.answers_detach = False
    rig.modem.unplug()
    rig.run(10.0)
    assert [type(e) for e in rig.take()] == [LineFailed, LineBecameReady]


def test_stop_ends_the_call_first():
    rig = Rig()
    talking(rig)
    rig.close()
    assert rig.state == "down"
    assert rig.audio.open_ports == 0
    assert "ATH" in rig.modem.asked[-4:]


def test_a_numeric_modem_is_taught_words(rig):
    rig.modem.replies |= {"AT": b"0\r", "ATZ": b"0\r"}
    ready(rig)


def test_every_state_has_a_way_in_and_a_way_out():
    for state in State:
        assert any(old is state for old, _ in TRANSITIONS)
        assert state in TRANSITIONS.values()


NOISE = st.one_of(
    st.binary(max_size=40),
    st.sampled_from([
        b"OK\r\n", b"ERROR\r\n", b"\r\nCONNECT\r\n", b"RING\r\n", b"NMBR=1\r\n", b"\x10\x03",
        b"\x10b", b"\x10/", b"\x105", b"NO CARRIER\r\n", b"\x10",
    ]),
)  # fmt: skip
DEEDS = ["answer", "dial", "flash", "release", "unplug", "mute", "speak"]
STEPS = st.lists(
    st.tuples(
        st.one_of(
            NOISE,
            st.sampled_from(["answer", "dial", "flash", "release", "unplug", "mute", "speak"]),
        ),
        st.sampled_from([0.0, 0.05, 0.3, 1.0, 7.0]),
    ),
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["boot", "ready", "talking"]), STEPS)
def test_whatever_the_modem_says_the_line_comes_back(start, steps):
    rig = Rig()
    {"boot": lambda r: r.line.start(), "ready": ready, "talking": talking}[start](rig)
    healthy = dict(rig.modem.replies), rig.modem.default
    for step, wait_s in steps:
        if step == "answer":
            rig.line.answer()
        elif step == "dial":
            rig.line.dial("5551234")
        elif step == "flash":
            rig.line.flash()
        elif step == "release":
            rig.line.release()
        elif step == "unplug":
            rig.modem.unplug()
        elif step == "mute":
            rig.modem.replies, rig.modem.default = {}, b""
        elif step == "speak":
            rig.modem.replies, rig.modem.default = dict(healthy[0]), healthy[1]
        else:
            rig.modem.say(step)
        rig.run(wait_s)
    rig.modem.replies, rig.modem.default = healthy
    rig.line.release()
    rig.run_until(lambda: rig.state == "ready", 90.0)
    rig.run(11.0)  # what was heard of a caller is forgotten
    rig.take()
    rig.run_until(lambda: rig.state == "ready", 90.0)
    rig.modem.say(b"\r\n\r\nRING\r\n")
    rig.run(0.1)
    rig.line.answer()
    rig.run_until(lambda: ANSWERED in rig.events, 15.0)
    rig.line.release()
    rig.run_until(lambda: RELEASED in rig.events, 15.0)
    assert rig.audio.open_ports == 0
    service = [type(e) for e in rig.history if isinstance(e, LineBecameReady | LineFailed)]
    assert all(a is not b for a, b in pairwise(service))  # in and out of service by turns
    rig.close()
