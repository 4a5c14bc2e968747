"""What a voice modem line makes of its settings and of what the modem says of itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.lines.hook_flash import flash_time_ms
from appliance.lines.voice_modem.extension_watch import BELIEVED_S, ExtensionWatch
from appliance.lines.voice_modem.profiles import PROFILES, SI24XX, USR5637, GainSpan
from appliance.lines.voice_modem.ring_pattern import RingPattern
from appliance.simulator.caller import CallScript
from appliance.simulator.line_habits import LineHabits
from appliance.simulator.modem_state import Faults
from tests.dial_rig import DialRig
from tests.voice_modem_rig import Rig

TWO_BURSTS = LineHabits("US", ring=((0.8, 0.4), (0.8, 4.0)))


def ready(rig: Rig) -> Rig:
    rig.line.start()
    rig.run_until(lambda: rig.state == "ready", 5.0)
    return rig


def test_levels_stay_in_the_useful_span() -> None:
    assert USR5637.receive_gain.value(0.0) == 128
    assert [USR5637.receive_gain.value(db) for db in (-100, 100)] == [121, 134]
    assert SI24XX.transmit_gain.value(6.0) == 130, "3 dB a step (AN93)"


@given(st.floats(-12, 12), st.sampled_from(PROFILES))
def test_every_allowed_level_is_a_value_of_the_modem(gain_db: float, profile) -> None:
    for span in (profile.receive_gain, profile.transmit_gain):
        assert isinstance(span, GainSpan)
        assert 0 <= span.low <= span.value(gain_db) <= span.high <= 255


def test_levels_are_sent_in_each_call() -> None:
    with DialRig({"profile": "si24xx"}, receive_gain_db=6.0, transmit_gain_db=-3.0) as rig:
        rig.line.dial("5550001")
        rig.until(lambda: rig.state == "streaming")
        assert {"AT+VGR=130", "AT+VGT=127"} <= set(rig.asked)
        rig.release()


def test_the_hooks_time() -> None:
    assert flash_time_ms("GB") == 100
    assert flash_time_ms("us") == 600
    assert flash_time_ms("GB", 250) == 250


@pytest.mark.parametrize("always", [False, True])
def test_distinctive_ring_is_told_and_breaks_nothing(always: bool) -> None:
    line = {"habits": TWO_BURSTS, "faults": Faults(rhythm_always=always)}
    with DialRig(line, distinctive_ring=not always) as rig:
        rig.network.call("landline", CallScript("0917", "ANA", give_up_after_s=10.0))
        rig.until(lambda: rig.kinds().count("RingDetected") == 2)
        assert rig.kinds().count("CallerIdReceived") == 1
        assert rig.line.health["ring_pattern_ms"] == [800, 400, 800, 4000]
        assert ("AT+VDR=1,1" in rig.asked) is not always
        assert ("AT+VDR=0,0" in rig.asked) is always


def test_rhythms_of_every_order() -> None:
    pattern = RingPattern()
    for text in ("DROF=99", "DRON=8", "drof = 4", "DRON=8", "DROF=40"):
        assert pattern.line(text)
    assert pattern.ms == (800, 400, 800, 4000)
    assert not pattern.line("NMBR=1")
    pattern.line("DRON=20")
    assert pattern.ms == (2000,)
    pattern.forget()
    assert pattern.ms == (800, 400, 800, 4000)
    assert not RingPattern().ms


@given(st.lists(st.sampled_from(["DRON=8", "DROF=4", "DROF=40", "DRON=20", "RING"]), max_size=40))
def test_no_order_of_reports_grows_without_end(texts: list[str]) -> None:
    pattern = RingPattern()
    for text in texts:
        pattern.line(text)
        assert len(pattern.ms) <= 8


def test_another_telephone_is_believed_for_an_hour() -> None:
    now = [0.0]
    watch = ExtensionWatch(lambda: now[0], frozenset(b"PH"), frozenset(b"ph"))
    assert watch.code(ord("P"))
    assert watch.in_use
    watch.code(ord("p"))
    assert not watch.in_use
    watch.code(ord("H"))
    watch.ring()
    assert not watch.in_use
    watch.code(ord("P"))
    now[0] = BELIEVED_S
    assert not watch.in_use


def test_an_unknown_modem_says_what_it_is() -> None:
    rig = Rig()
    rig.modem.replies |= {
        "ATI0": b"999\r\n\r\nOK\r\n",
        "AT+GMI": b"Acme\r\n\r\nOK\r\n",
        "AT+FCLASS=?": b"ERROR\r\n",
        "AT+VLS=?": b'0,""\r\n1,"T"\r\n\r\nOK\r\n',
    }
    probe = ready(rig).line.health["probe"]
    assert isinstance(probe, list)
    assert "AT+GMI (its maker): Acme" in probe
    assert "AT+FCLASS=? (its classes (8 is voice)): ERROR" in probe
    assert 'AT+VLS=? (its routes): 0,"" | 1,"T"' in probe
    assert "It is of no known family: V.253's own commands are used." in probe
    assert "µ-law is its format 145 (it lists it so)." in probe
    rig.close()


def test_errors_to_every_question_are_no_obstacle() -> None:
    rig = Rig()
    rig.modem.replies |= {
        text: b"ERROR\r\n"
        for text in (
            "ATI0", "ATI3", "AT+GMI", "AT+GMM", "AT+GMR", "AT+FCLASS=?", "AT+VSM=?", "AT+VLS=?",
        )
    }  # fmt: skip
    ready(rig)
    assert rig.line.health["model"] == "V.253 voice modem"
    rig.line.answer()
    rig.run_until(lambda: rig.state == "streaming", 5.0)
    assert "AT+VSM=131,8000" in rig.modem.asked
    rig.close()


def test_a_modem_without_voice_is_described_too() -> None:
    rig = Rig()
    rig.modem.replies |= {"ATI0": b"X\r\n\r\nOK\r\n", "AT+FCLASS=8": b"ERROR\r\n"}
    rig.line.start()
    rig.run_until(lambda: bool(rig.events), 5.0)
    probe = rig.line.health["probe"]
    assert isinstance(probe, list)
    assert "ATI0 (its product code): X" in probe
    assert "no voice modem" in probe[-1]
    rig.close()


def test_a_modem_on_a_uart_is_asked_for_flow_control_and_the_port_follows() -> None:
    rig = Rig("si24xx")
    ready(rig)
    assert "AT+IFC=2,2" in rig.modem.asked
    assert rig.flow_control is True
    rig.close()
    usb = ready(Rig("usr"))
    assert usb.flow_control is False
    usb.close()
