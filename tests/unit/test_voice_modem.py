"""The voice modem line against a scripted modem: whole calls and what is heard in them."""

from collections.abc import Iterator

import pytest

from appliance.core.events import (
    CallerIdReceived,
    CallWaitingReceived,
    DigitReceived,
    HangUpSignHeard,
    SilenceHeard,
)
from appliance.interfaces import HeardCallerId, HeardTone
from appliance.lines.voice_modem.line import SETTLE_LEAD_S
from tests.voice_modem_rig import ANSWERED, RELEASED, RING, Rig, hung_up, ready, talking


@pytest.fixture
def rig() -> Iterator[Rig]:
    rig = Rig()
    yield rig
    rig.close()


def test_it_becomes_ready_within_three_seconds_with_caller_id_on(rig):
    ready(rig)
    assert rig.loop.time() < 3.0
    assert rig.modem.asked[0] == "AT"
    for command in ("ATZ", "ATV1", "ATE0", "AT+GCI=B5", "ATS0=0", "AT+VCID=1"):
        assert command in rig.modem.asked
    assert rig.line.health["state"] == "ready"
    assert rig.line.health["model"] == "USRobotics USR5637"
    assert rig.line.port is None


def test_a_call_from_ring_to_release_and_the_next_one(rig):
    ready(rig)
    for _ in range(2):
        rig.modem.asked.clear()
        rig.modem.say(b"\r\nRING\r\n")
        rig.run(0.8)
        rig.modem.say(b"\r\nDATE=0117\r\n\r\nTIME=1805\r\n\r\nNMBR=0917\r\n\r\nNAME=ANA\r\n")
        rig.run(0.1)
        assert rig.take() == [RING, CallerIdReceived("front", "0917", "ANA", "allowed")]
        rig.line.answer()
        rig.run_until(lambda: rig.state == "streaming", 5.0)
        connected = rig.loop.time()
        assert rig.audio.already_read == b"\xff\xff"
        assert "AT+VSM=145,8000" in rig.modem.asked
        assert rig.modem.asked[-2:] == ["AT+VLS=1", "AT+VTR"]
        assert rig.audio.attached_at <= rig.modem.times[-1] + 0.05 + 0.02
        rig.run_until(lambda: ANSWERED in rig.events)
        assert rig.times[-1] - connected == pytest.approx(0.5 - SETTLE_LEAD_S, abs=0.02)
        assert rig.line.port == 7
        assert rig.line.health["state"] == "in_call"
        rig.line.release()
        rig.run_until(lambda: RELEASED in rig.events, 5.0)
        assert rig.take() == [ANSWERED, RELEASED]
        assert rig.modem.asked[-4:] == ["AT+VLS=0", "ATH", "AT+FCLASS=0", "AT+VCID=1"]
        assert rig.audio.open_ports == 0
        assert rig.line.health["state"] == "ready"
        assert rig.line.port is None


def test_the_conexant_is_left_its_own_way():
    rig = Rig()
    rig.modem.replies["ATI0"] = b"56000\r\n\r\nOK\r\n"
    rig.modem.ends = {b"\x10^": b"\x10\x03\r\nOK\r\n"}
    talking(rig)
    rig.line.release()
    rig.run_until(lambda: RELEASED in rig.events, 3.0)
    assert rig.audio.tails == [b"\x10^"]
    assert "AT+VSM=145,8000,0,0" in rig.modem.asked
    assert "AT-SCID=1;+VCID=1;-STE=3" in rig.modem.asked
    rig.close()


def test_the_other_familys_end_is_tried(rig):
    talking(rig)
    rig.modem.ends = {b"\x10^": b"\x10\x03\r\nOK\r\n"}
    rig.line.release()
    rig.run_until(lambda: RELEASED in rig.events, 5.0)
    assert rig.audio.tails == [b"\x10\x03", b"\x10^"]


@pytest.mark.parametrize("ident", [b"Si2457", b"999"])
def test_a_modem_that_only_obeys_dle_esc_is_freed(ident):
    rig = Rig()
    rig.modem.replies["ATI0"] = ident + b"\r\n\r\nOK\r\n"
    rig.modem.ends = {b"\x10\x1b": b"\x10\x1b\r\nOK\r\n"}
    talking(rig)
    rig.line.release()
    rig.run_until(lambda: RELEASED in rig.events, 15.0)
    assert rig.modem.asked[-4] == "AT+VLS=0"
    rig.close()


def test_keys_are_counted_once_from_both_watchers(rig):
    talking(rig)
    rig.audio.listener.digit_heard("1", 60)
    rig.modem.say(b"\xff\x10/\x101\x101\x10~\x10\x10")
    rig.run(1.0)
    rig.modem.say(b"\x102")
    rig.run(0.2)
    rig.audio.listener.digit_heard("2", 50)
    rig.audio.listener.digit_heard("2", 50)
    assert rig.take() == [
        DigitReceived("line:front", "1", "in_band"),
        DigitReceived("line:front", "2", "modem"),
        DigitReceived("line:front", "2", "in_band"),
    ]


@pytest.mark.parametrize(
    ("said", "sign"),
    [
        (b"\x10b", "modem_busy"),
        (b"\x10K", "modem_busy"),
        (b"\x10l", "loop_break"),
        (b"\x10L", "polarity"),
        (b"\x10d", "modem_dial"),
        (b"\x10i", "modem_dial"),
    ],
)
def test_modem_codes_that_may_mean_the_caller_is_gone(rig, said, sign):
    talking(rig)
    rig.modem.say(b"\x10q\x10s\x10R\x10u" + said)
    rig.run(0.1)
    assert rig.take() == [HangUpSignHeard("front", sign)]
    assert rig.line.health["counters"]["underruns"] == 1
    rig.line.release()
    rig.run_until(lambda: RELEASED in rig.events, 5.0)


def test_tones_and_silence_may_mean_the_caller_is_gone(rig):
    talking(rig)
    rig.audio.listener.tone_heard(HeardTone("ringback", (425,), 1000, 4000, 1))
    assert rig.take() == []
    assert rig.line.silence_ms == 4_000
    rig.audio.listener.silence_heard(8_000)
    rig.audio.listener.tone_heard(HeardTone("busy", (425,), 500, 480, 4, "ID busy"))
    rig.audio.listener.tone_heard(HeardTone("busy", (540,), 300, 200, 4))
    rig.audio.listener.tone_heard(HeardTone("dial", (425,), 8000, 0, 1))
    assert rig.take() == [
        SilenceHeard("front", 8.0, 120.0),
        HangUpSignHeard("front", "busy_tone", {"on_ms": 500, "off_ms": 480, "cycles": 4}),
        HangUpSignHeard("front", "unknown_tone", {"on_ms": 300, "off_ms": 200, "cycles": 4}),
        HangUpSignHeard("front", "dial_tone", {"on_ms": 8000, "off_ms": 0, "cycles": 1}),
    ]
    rig.line.release()
    rig.audio.listener.silence_heard(12_000)
    rig.audio.listener.tone_heard(HeardTone("busy", (425,), 500, 480, 8))
    assert not any(isinstance(e, (SilenceHeard, HangUpSignHeard)) for e in rig.take())


def test_a_stream_that_the_modem_ends_is_a_hang_up_and_is_released_even_unasked(rig):
    talking(rig)
    rig.modem.streaming = False
    rig.modem.say(b"\xff\x10\x03\r\nNO CARRIER\r\n")
    rig.run(0.1)
    assert rig.take() == [hung_up("modem_ended")]
    rig.run_until(lambda: rig.state == "ready", 25.0)
    assert rig.take() == [RELEASED]
    assert rig.line.health["counters"]["stuck_calls_freed"] == 1


def test_a_second_caller_heard_in_a_call_is_told_as_waiting_and_as_nothing_else(rig):
    talking(rig)
    listener = rig.audio.listener
    frame = bytes.fromhex("04 0d 30 39 33 30 31 32 32 34 30 39 39 39 39")
    frame += bytes((-sum(frame) % 256,))
    listener.modem_code(ord("w"))
    listener.modem_code(ord("R"))
    listener.caller_id_heard(HeardCallerId("bell202", frame, True, -20.0))
    listener.caller_id_heard(HeardCallerId("dtmf", b"A0281C", True, -20.0))
    listener.caller_id_heard(HeardCallerId("v23", frame[:-1] + b"?", False, -20.0))
    listener.caller_id_heard(HeardCallerId("v23", bytes.fromhex("82030b01ff70"), True, -20.0))
    assert rig.take() == [
        CallWaitingReceived("front", "", "", "unavailable"),
        CallWaitingReceived("front", "09999", "", "allowed"),
    ]
    assert rig.state == "streaming"
    assert rig.line.health["counters"]["caller_id_unread"] == 1
    rig.line.release()
    listener.caller_id_heard(HeardCallerId("bell202", frame, True, -20.0))
    assert not [e for e in rig.take() if isinstance(e, CallWaitingReceived)]


def test_call_waiting_and_late_rings_are_not_another_call(rig):
    ready(rig)
    rig.modem.say(b"\r\nRING\r\n")
    rig.run(0.1)
    rig.line.answer()
    rig.run(0.3)
    rig.modem.say(b"\r\nRING\r\nNMBR=555\r\n")
    rig.run_until(lambda: rig.state == "streaming", 5.0)
    rig.modem.streaming = False
    rig.modem.say(b"\x10\x03\r\nOK\r\nNMBR=666\r\nDATE=0101\r\nTIME=0101\r\nNAME=X\r\n")
    rig.run(1.0)
    rig.line.release()
    rig.run_until(lambda: RELEASED in rig.events, 5.0)
    assert rig.take() == [RING, hung_up("modem_ended"), RELEASED]


def test_caller_id_before_the_first_ring_and_without_a_name(rig):
    ready(rig)
    rig.modem.say(b"\r\nNMBR = P\r\n")
    rig.run(0.6)
    assert rig.take() == [CallerIdReceived("front", "", "", "private")]
    rig.modem.say(b"\r\nRING\r\n\r\nNMBR=1\r\n")
    rig.run(6.0)
    rig.modem.say(b"\r\nDRON=20\r\n\r\nRING\r\n\r\nDROF=40\r\n")
    rig.run(0.1)
    assert rig.take() == [RING, RING]
    rig.run_until(lambda: rig.state == "ready", 8.0)
    rig.modem.say(b"\r\nRING\r\nNMBR=2\r\n\r\nRING\r\n")
    rig.run(0.1)
    assert rig.take() == [RING, CallerIdReceived("front", "2", "", "allowed"), RING]


def test_release_is_safe_in_every_state_before_the_stream(rig):
    ready(rig)
    rig.line.release()
    assert rig.take() == [RELEASED]
    rig.modem.say(b"\r\nRING\r\n")
    rig.run(0.1)
    rig.line.release()
    assert rig.take() == [RING, RELEASED]
    for delay_s in (0.0, 0.02, 0.2, 0.4, 0.72, 0.76, 0.8):
        rig.modem.say(b"\r\nRING\r\n")
        rig.run(0.1)
        rig.line.answer()
        rig.run(delay_s)
        rig.line.release()
        rig.line.release()
        rig.run_until(lambda: rig.state == "ready", 20.0)
        assert rig.take() == [RING, RELEASED]
        assert rig.audio.open_ports == 0
        assert not rig.modem.streaming


def test_a_ring_that_comes_while_releasing_is_not_lost(rig):
    talking(rig)
    rig.line.release()
    rig.run_until(lambda: rig.state == "releasing")
    rig.modem.say(b"\r\nRING\r\n")
    rig.run_until(lambda: rig.state == "ringing", 3.0)
    assert rig.take() == [RELEASED, RING]


@pytest.mark.parametrize(
    ("hang_ups_answered", "is_ring"), [(False, False), (True, True)], ids=["off-hook", "on-hook"]
)
def test_a_ring_code_counts_only_once_the_line_is_on_hook(rig, hang_ups_answered, is_ring):
    """An off-hook line can't ring: in what is left of a stream any two bytes may be DLE R."""
    talking(rig)
    rig.modem.asked.clear()
    rig.line.release()
    rig.run_until(lambda: rig.state == "releasing")
    if hang_ups_answered:
        rig.run_until(lambda: "ATH" in rig.modem.asked)
    rig.modem.say(b"\x81\x10R\x17")
    rig.run_until(lambda: RELEASED in rig.events, 5.0)
    rig.run(8.0)
    assert rig.take() == ([RELEASED, RING] if is_ring else [RELEASED])
    rig.modem.say(b"\r\nRING\r\n")
    rig.run(0.1)
    assert rig.take() == [RING]


def test_a_caller_who_vanished_before_the_answer_is_no_fault(rig):
    ready(rig)
    rig.modem.replies["AT+VLS=1"] = b"NO CARRIER\r\n"
    rig.line.answer()
    rig.run_until(lambda: rig.state == "ready", 10.0)
    rig.line.release()
    assert rig.take() == [hung_up("modem_no_carrier"), RELEASED]
