"""A cellular modem that restarts or dies in mid-call: the equipment failed, nobody hung up."""

from collections.abc import Iterator

import pytest

from appliance.core.events import (
    CallerHungUp,
    CallerIdReceived,
    DialFailed,
    LineAnswered,
    LineDialled,
    LineFailed,
    RingDetected,
)
from appliance.core.plan import TelephonyPlan
from appliance.lines.cellular.texts import CellularTexts
from tests.cellular_rig import READY, Rig, ready

IN_CALL = LineFailed("mobile", "the modem restarted by itself during a call")
RINGING = LineFailed("mobile", "the modem restarted by itself while it rang")


@pytest.fixture
def rig() -> Iterator[Rig]:
    rig = Rig("sim800")
    yield rig
    rig.close()


def ringing(rig: Rig) -> Rig:
    ready(rig)
    rig.modem.ring()
    rig.run(0.1)
    assert [type(event) for event in rig.take()] == [RingDetected, CallerIdReceived]
    return rig


def talking(rig: Rig) -> Rig:
    ringing(rig)
    rig.line.answer()
    rig.run_until(lambda: LineAnswered("mobile") in rig.events, 5.0)
    rig.take()
    return rig


def restart(rig: Rig, seconds: float = 3.0) -> None:
    """As on a serial port: no word of it, the echo and every setting as they come from the maker.

    Soon after a start of the line's own its RDY may be that start's, and means nothing.
    """
    rig.modem.calls.clear()
    rig.modem.silent = True
    rig.run(seconds)
    rig.modem.silent = False
    rig.modem.replies |= {"AT+CRC?": "AT+CRC?\n+CRC: 0\nOK", "AT+CLCC": "AT+CLCC\nOK"}
    rig.modem.say("RDY")


@pytest.mark.parametrize("notice", ["", "before", "after"])
def test_in_a_call_it_is_not_the_caller_who_left(rig, notice):
    talking(rig)
    if notice == "before":
        rig.modem.say("NO CARRIER")
        rig.modem.silent = True
    restart(rig)
    if notice == "after":
        rig.modem.say("NO CARRIER")
    rig.run_until(lambda: rig.events != [], 10.0)
    rig.modem.replies.clear()
    rig.run_until(lambda: READY in rig.events, 10.0)
    assert rig.take() == [IN_CALL, READY]
    assert rig.counters["restarts"] == 1


def test_an_answer_lost_before_the_caller_left_is_no_restart(rig):
    talking(rig)
    rig.modem.silent = True
    rig.run(3.0)
    rig.modem.silent = False
    rig.modem.calls.clear()
    rig.modem.replies["AT+CRC?"] = "+CRC: 1\nOK"
    rig.run_until(lambda: rig.events != [], 10.0)
    assert rig.take() == [CallerHungUp("mobile", "modem_ended")]


def test_a_modem_that_always_answered_is_not_asked(rig):
    talking(rig)
    rig.modem.calls.clear()
    rig.run_until(lambda: rig.events != [], 3.0)
    assert rig.take() == [CallerHungUp("mobile", "modem_ended")]
    assert "AT+CRC?" not in rig.modem.asked


def test_in_a_call_out_it_is_no_cause_of_the_far_end(rig):
    ready(rig)
    rig.line.dial("09171234567")
    rig.run_until(lambda: LineDialled("mobile", audible=True) in rig.events, 5.0)
    rig.take()
    restart(rig)
    rig.run_until(lambda: rig.events != [], 10.0)
    assert rig.take() == [IN_CALL]
    assert not any(isinstance(event, DialFailed) for event in rig.events)


@pytest.mark.parametrize("is_told", [False, True])
def test_while_it_rings_the_caller_did_not_give_up(rig, is_told):
    ringing(rig)
    if is_told:  # long after the line's own start the notice alone is enough
        while rig.loop.time() < 20.0:
            rig.modem.ring()
            rig.run(4.0)
        rig.take()
    restart(rig)
    rig.run_until(lambda: RINGING in rig.events, 10.0)
    rig.modem.replies.clear()
    rig.run_until(lambda: READY in rig.events, 10.0)
    assert rig.take() == [RINGING, READY]


def test_a_ringing_modem_that_falls_silent_is_what_failed(rig):
    ringing(rig)
    rig.modem.silent = True
    took_s = rig.run_until(lambda: rig.events != [], 20.0)
    assert rig.take() == [LineFailed("mobile", "the modem does not answer")]
    assert took_s < TelephonyPlan().ring_gap_s, "the call core would take it for the caller"


def test_texts_are_told_when_the_network_is_back(rig, monkeypatch):
    ready(rig)
    told: list[float] = []
    monkeypatch.setattr(CellularTexts, "network_back", lambda _: told.append(rig.loop.time()))
    rig.run(40.0)
    assert told == []
    rig.modem.creg = rig.modem.cereg = 2
    rig.modem.say("+CREG: 2", "+CEREG: 2")
    rig.run(5.0)
    rig.modem.creg = rig.modem.cereg = 1
    rig.modem.say("+CREG: 1")
    rig.run(0.1)
    assert len(told) == 1
    rig.run(40.0)
    assert len(told) == 1
