"""Serial PCM on a cellular line: the SIM7600's rules, and what is done when its sound degrades."""

import pytest

from appliance.core.events import LineAnswered, LineBecameReady, LineFailed, LineReleased
from tests.cellular_rig import Rig

READY, ANSWERED, RELEASED = (
    LineBecameReady("mobile"),
    LineAnswered("mobile"),
    LineReleased("mobile"),
)
ON = "+CPCMREG: 1\nOK"


def ringing(family: str = "sim7600", **line: object) -> Rig:
    rig = Rig(family, audio="serial_pcm", **line)
    rig.modem.replies["AT+CPCMREG?"] = ON
    rig.line.start()
    rig.run_until(lambda: rig.state == "ready", 10.0)
    rig.modem.ring()
    rig.run(0.1)
    rig.line.answer()
    return rig


def answered(rig: Rig) -> float:
    waited = rig.run_until(lambda: ANSWERED in rig.events, 20.0)
    rig.take()
    return waited


def released(rig: Rig) -> None:
    rig.line.release()
    rig.run_until(lambda: RELEASED in rig.events, 5.0)


def test_a_healthy_one_is_switched_on_once_and_off_at_the_end():
    rig = ringing()
    answered(rig)
    asked = rig.modem.asked
    assert asked.index("ATA") < asked.index("AT+CLCC", asked.index("ATA"))
    assert asked.count("AT+CPCMREG=1") == 1
    assert asked.index("AT+CPCMREG=1") < asked.index("AT+CPCMREG?")
    assert {"AT+CPCMFRM=0", "AT+CPCMBANDWIDTH=1,1"} <= set(asked)
    assert rig.audio.pcm_fd is not None
    released(rig)
    assert "AT+CPCMREG=0" in asked
    rig.run(5.0)
    assert rig.state == "ready"
    assert "AT+CRESET" not in asked
    rig.close()


def test_the_other_way_of_switching_off():
    rig = ringing()
    answered(rig)
    rig.modem.replies["AT+CPCMREG=0"] = "ERROR"
    released(rig)
    assert "AT+CPCMREG=0,1" in rig.modem.asked
    rig.close()


@pytest.mark.parametrize(("policy", "restarts"), [("after_bad_call", True), ("never", False)])
def test_a_refusal_before_it_works_is_cured_by_a_restart_when_idle(policy, restarts):
    rig = ringing(reset=policy)
    rig.modem.replies["AT+CPCMREG=1"] = "ERROR"
    rig.run(1.0)
    assert ANSWERED not in rig.events
    rig.modem.replies["AT+CPCMREG=1"] = "OK"
    answered(rig)
    assert rig.counters["sound_refused"] >= 2
    released(rig)
    rig.run(8.0)
    assert ("AT+CRESET" in rig.modem.asked) is restarts
    rig.run_until(lambda: rig.state == "ready", 40.0)
    assert (READY in rig.take()) is restarts
    rig.close()


def test_a_restart_after_every_call():
    rig = ringing(reset="after_every_call")
    answered(rig)
    released(rig)
    rig.run_until(lambda: READY in rig.events, 40.0)
    assert rig.counters["resets"] == 1
    rig.close()


@pytest.mark.parametrize("policy", ["after_bad_call", "after_every_call"])
def test_an_emergency_call_that_waits_for_the_line_comes_before_the_restart(policy):
    rig = ringing(reset=policy)
    rig.modem.replies["AT+CPCMREG=1"] = "ERROR"
    rig.run(1.0)
    rig.modem.replies["AT+CPCMREG=1"] = "OK"
    answered(rig)
    released(rig)
    rig.run(0.1)  # of the core's
    rig.line.dial("911", insists=False)
    rig.run_until(lambda: rig.state == "calling", 2.0)
    assert "ATD911;" in rig.modem.asked
    assert "AT+CRESET" not in rig.modem.asked
    rig.modem.calls[1][1] = 0
    rig.run(5.0)
    rig.take()
    released(rig)
    rig.run_until(lambda: "AT+CRESET" in rig.modem.asked, 5.0)
    (failed,) = [event for event in rig.events if isinstance(event, LineFailed)]
    assert failed.back_soon, "an emergency call may wait for it"
    rig.run_until(lambda: READY in rig.events, 40.0)
    assert rig.counters["resets"] == 1
    rig.close()


def test_who_rings_before_the_restart_is_no_lost_caller():
    rig = ringing()
    rig.modem.replies["AT+CPCMREG=1"] = "ERROR"
    rig.run(1.0)
    rig.modem.replies["AT+CPCMREG=1"] = "OK"
    answered(rig)
    released(rig)
    rig.run(0.1)
    rig.take()
    rig.modem.ring()
    rig.run(0.5)
    rig.line.answer()
    answered(rig)
    assert "AT+CRESET" not in rig.modem.asked
    released(rig)
    rig.run_until(lambda: "AT+CRESET" in rig.modem.asked, 3.0)
    rig.close()


def test_sound_that_never_comes_ends_the_call_and_restarts_the_modem():
    rig = ringing()
    rig.modem.replies["AT+CPCMREG=1"] = "ERROR"
    rig.run_until(lambda: any(isinstance(e, LineFailed) for e in rig.events), 20.0)
    rig.run_until(lambda: "AT+CRESET" in rig.modem.asked, 5.0)
    assert rig.modem.calls == {}
    rig.run_until(lambda: READY in rig.events[1:], 40.0)
    rig.close()


def test_a_readback_that_says_no_is_a_retry():
    rig = ringing()
    rig.modem.replies["AT+CPCMREG?"] = "+CPCMREG: 0\nOK"
    rig.run(1.0)
    rig.modem.replies["AT+CPCMREG?"] = ON
    answered(rig)
    assert rig.modem.asked.count("AT+CPCMREG=1") > 1
    rig.close()


def test_a_sound_port_that_is_not_there_yet_is_waited_for():
    rig = ringing()
    rig.pcm_present = False
    rig.run(2.0)
    rig.pcm_present = True
    assert answered(rig) < 1.5
    rig.close()


def test_a_stream_that_stays_away_frees_the_line_as_silence_does():
    rig = ringing(silence_hang_up_s=40.0)
    answered(rig)
    begun = rig.loop.time()
    rig.audio.listener.stalled(400, False)
    rig.run(30.0)
    rig.modem.say("+RXDTMF: 5")  # who presses a key is there
    rig.run(30.0)
    assert not any(isinstance(event, LineFailed) for event in rig.events)
    rig.run_until(lambda: rig.events and isinstance(rig.events[-1], LineFailed), 30.0)
    assert rig.events[-1] == LineFailed("mobile", "the modem has sent no sound for 40 s")
    assert 69.0 < rig.loop.time() - begun < 71.0
    rig.run_until(lambda: "AT+CRESET" in rig.modem.asked, 5.0)
    rig.close()


def test_a_stream_that_comes_back_keeps_the_call():
    rig = ringing(silence_hang_up_s=40.0)
    answered(rig)
    rig.audio.listener.stalled(400, False)
    rig.run(30.0)
    rig.audio.listener.stalled(30_000, True)
    rig.run(60.0)
    assert rig.take() == []
    rig.close()


def test_a_stall_is_counted_and_cured_after_the_call():
    rig = ringing()
    answered(rig)
    rig.audio.listener.stalled(400, False)
    rig.audio.listener.stalled(900, True)
    assert rig.counters["pcm_stalls"] == 1
    released(rig)
    rig.run_until(lambda: READY in rig.events, 40.0)
    assert "AT+CRESET" in rig.modem.asked
    rig.close()


def test_the_second_port_lost_alone_ends_the_call_and_no_more():
    rig = ringing(reset="never")
    answered(rig)
    rig.audio.listener.port_lost("Input/output error")
    rig.run_until(lambda: READY in rig.events, 10.0)
    assert rig.take()[0] == LineFailed(
        "mobile", "the modem's sound was lost during a call: Input/output error"
    )
    assert rig.modem.calls == {}
    assert rig.audio.open_ports == 0
    rig.close()


def test_both_ports_lost_is_an_unplugged_modem():
    rig = ringing()
    answered(rig)
    rig.unplug()
    rig.audio.listener.port_lost("Input/output error")
    rig.run(1.0)
    assert len(rig.take()) == 1
    assert rig.line.health["reason"].startswith("the modem was unplugged")
    rig.replug()
    assert rig.run_until(lambda: READY in rig.events, 5.0) < 2.0
    rig.close()


def test_a_sound_engine_that_never_lets_go_is_not_waited_for():
    rig = ringing()
    answered(rig)
    rig.audio.answers_detach = False
    rig.line.release()
    assert rig.run_until(lambda: RELEASED in rig.events, 5.0) < 2.5
    rig.close()


def test_quectels_serial_sound_is_heard_from_the_beginning():
    rig = ringing("ec25")
    answered(rig)
    assert rig.modem.asked.index("AT+QPCMV=1,0") < rig.modem.asked.index("ATA")
    assert 'AT+QGPSCFG="outport","none"' in rig.modem.asked
    rig.close()


def test_a_wired_modems_levels_are_set():
    rig = Rig("sim800", audio="sound_card")
    rig.line.start()
    rig.run_until(lambda: rig.state == "ready", 10.0)
    assert {"AT+CHFA=0", "AT+CLVL=60", "AT+CMIC=0,6"} <= set(rig.modem.asked)
    rig.close()
