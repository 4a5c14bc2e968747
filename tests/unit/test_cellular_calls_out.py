"""The cellular line against a scripted modem: numbers dialled, answers not believed, failures."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.core.events import (
    AnswerSignHeard,
    AudioBegan,
    CallerHungUp,
    DialFailed,
    LineDialled,
    LineFailed,
)
from tests.cellular_rig import RELEASED, Rig, ready

HEARD, UNHEARD = LineDialled("mobile", audible=True), LineDialled("mobile", audible=False)
RINGBACK = AnswerSignHeard("mobile", "ringback", {"source": "network"})
CONNECTED = AnswerSignHeard("mobile", "modem_connected", {"source": "network"})


def failed(cause: str) -> DialFailed:
    return DialFailed("mobile", cause)


@pytest.fixture
def rig() -> Iterator[Rig]:
    rig = Rig()
    yield rig
    rig.close()


def dialled(rig: Rig) -> Rig:
    ready(rig)
    rig.line.dial("+639171234567")
    rig.run(0.5)
    return rig


def released(rig: Rig) -> None:
    rig.line.release()
    rig.run_until(lambda: rig.state == "ready", 5.0)
    assert rig.take()[-1:] == [RELEASED]
    assert rig.audio.open_ports == 0
    assert rig.modem.calls == {}


def test_a_call_from_the_number_to_its_release(rig):
    dialled(rig)
    assert "ATD+639171234567;" in rig.modem.asked
    assert rig.take() == [HEARD]
    assert rig.line.port == 7
    rig.modem.calls[1][1] = 3
    rig.run(1.5)
    assert rig.take() == [RINGBACK]
    rig.modem.calls[1][1] = 0
    rig.run(1.5)
    assert rig.take() == [CONNECTED]
    rig.audio.listener.voice_heard(900)
    rig.audio.listener.ringback_over(5000)
    assert [event.sign for event in rig.take()] == ["voice", "ringback_over"]
    rig.line.send_digit("1")
    rig.run(0.3)
    assert "AT+VTS=1" in rig.modem.asked
    rig.modem.calls.clear()
    rig.run(2.0)
    assert rig.take() == [CallerHungUp("mobile", "modem_ended")]
    released(rig)


def test_sound_that_comes_only_with_the_connection_is_told():
    rig = dialled(Rig("sim7600", audio="serial_pcm"))
    assert rig.take() == [UNHEARD]
    assert rig.line.port is None
    rig.modem.replies["AT+CPCMREG?"] = "+CPCMREG: 1\nOK"
    rig.modem.say("VOICE CALL: BEGIN")
    rig.modem.calls[1][1] = 0
    rig.run(0.5)
    assert rig.take() == [CONNECTED, AudioBegan("mobile")]
    assert rig.audio.pcm_fd is not None
    released(rig)
    assert rig.audio.pcm_fd is None
    rig.close()


@pytest.mark.parametrize(
    ("said", "cause"),
    [("BUSY", "busy"), ("NO ANSWER", "no_answer"), ("NO CARRIER", "ended")],
)
def test_a_call_that_comes_to_nothing_says_why(rig, said, cause):
    dialled(rig)
    rig.modem.calls.clear()
    rig.modem.say(said)
    rig.run(1.0)
    assert rig.take() == [HEARD, failed(cause)]
    released(rig)


@pytest.mark.parametrize(
    ("ceer", "cause"),
    [
        ("+CEER: 1,17", "busy"),
        ("+CEER: User alerting, no answer", "no_answer"),
        ("+CEER: 5,21", "rejected"),
        ("+CEER: Unassigned number", "unobtainable"),
        ("+CEER: 16", "ended"),
    ],
)
def test_the_cause_is_asked_for(rig, ceer, cause):
    dialled(rig)
    rig.modem.replies["AT+CEER"] = f"{ceer}\nOK"
    rig.modem.calls.clear()
    rig.run(3.0)
    assert rig.take() == [HEARD, failed(cause)]
    released(rig)


@pytest.mark.parametrize(
    ("final", "cause"),
    [("NO CARRIER", "ended"), ("BUSY", "busy"), ("NO DIALTONE", "no_service"),
     ("+CME ERROR: 3", "rejected")],
)  # fmt: skip
def test_dialling_itself_is_refused(rig, final, cause):
    rig.modem.replies["ATD123;"] = final
    ready(rig)
    rig.line.dial("123")
    rig.run(1.0)
    assert rig.take() == [failed(cause)]
    released(rig)


def test_busy_after_a_connection_that_was_none(rig):
    """A7672 on a network with fallback: connected is said at ringback."""
    dialled(rig)
    rig.modem.say("VOICE CALL: BEGIN", '+COLP: "+63",145')
    rig.modem.calls[1][1] = 0
    rig.run(1.5)
    assert rig.take() == [HEARD, CONNECTED]
    rig.modem.calls.clear()
    rig.modem.say("BUSY")
    rig.run(1.0)
    assert rig.take() == [failed("busy"), CallerHungUp("mobile", "modem_no_carrier")]
    released(rig)


@given(st.text(max_size=30))
@settings(max_examples=200, deadline=None)
def test_nothing_but_a_number_reaches_the_modem(text):
    rig = Rig()
    rig.line.start()
    rig.run_until(lambda: rig.state == "ready", 10.0)
    begun = len(rig.modem.asked)
    rig.line.dial(text)
    rig.run(0.2)
    sent = [x for x in rig.modem.asked[begun:] if x.startswith("ATD")]
    plain = text[1:] if text.startswith("+") else text
    is_number = 1 <= len(text) <= 20 and plain and set(plain) <= set("0123456789*#")
    assert sent == ([f"ATD{text};"] if is_number else [])
    assert all(x.startswith("AT") for x in rig.modem.asked)
    rig.close()


def test_a_caller_comes_first(rig):
    ready(rig)
    rig.modem.ring()
    rig.run(0.1)
    rig.take()
    rig.line.dial("123")
    assert rig.take() == [failed("incoming_call")]


def test_a_line_without_network_dials_nothing(rig):
    rig.modem.creg = rig.modem.cereg = 2
    rig.line.start()
    rig.run(2.0)
    rig.take()
    rig.line.dial("123")
    assert rig.take() == [failed("no_service")]


@pytest.mark.parametrize("after_s", [0.0, 0.005, 0.02, 0.035, 0.05, 0.5, 2.0])
@pytest.mark.parametrize("slow_ok", [False, True])
def test_it_can_be_released_at_any_moment_of_dialling(rig, after_s, slow_ok):
    ready(rig)
    if slow_ok:  # 27.007 6.2: OK only when the call is connected
        rig.modem.replies["ATD123;"] = None
    rig.line.dial("123")
    rig.run(after_s)
    rig.line.release()
    rig.run_until(lambda: RELEASED in rig.events, 8.0)
    assert rig.state == "ready"
    assert rig.modem.calls == {}
    assert rig.audio.open_ports == 0


def test_a_core_that_forgets_the_line_does_not_keep_it(rig):
    dialled(rig)
    rig.modem.calls.clear()
    rig.modem.say("BUSY")
    rig.run_until(lambda: rig.state == "ready", 25.0)
    assert rig.counters["stuck_calls_freed"] == 1


def test_three_silences_in_a_call_free_the_line(rig):
    dialled(rig)
    rig.take()
    rig.modem.silent = True
    rig.run_until(lambda: bool(rig.events), 20.0)
    assert rig.take() == [LineFailed("mobile", "the modem does not answer")]
    assert rig.audio.open_ports == 0
    assert rig.counters["at_timeouts"] == 3
