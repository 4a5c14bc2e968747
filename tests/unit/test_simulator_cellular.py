"""The emulated cellular modem over a socket pair in virtual time: power, SIM, calls, notices."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.simulator.cellular import calls, power
from appliance.simulator.cellular.attachment import NetworkHabits
from appliance.simulator.cellular.faults import CellularFaults
from appliance.simulator.cellular.profiles import PROFILES
from appliance.simulator.cellular.sim_card import SimConfig
from appliance.simulator.far_end import FarEndConfig
from tests.unit.mobile_bench import Bench

FAR_ENDS = (
    FarEndConfig("0917.", "answer", rings=1),
    FarEndConfig("0918.", "busy"),
    FarEndConfig("0919.", "no_answer"),
    FarEndConfig("0920.", "answer", rings=1, hang_up_after_s=4.0),
)
Maker = Callable[..., Bench]


@pytest.fixture
def make() -> Iterator[Maker]:
    made: list[Bench] = []

    def maker(profile: str = "ec25", **options: Any) -> Bench:
        made.append(Bench(profile, far_ends=FAR_ENDS, **options))
        return made[-1]

    yield maker
    for bench in made:
        bench.close()


# Identity, network, SIM


@pytest.mark.parametrize("name", list(PROFILES))
def test_every_model_tells_who_it_is(make: Maker, name: str) -> None:
    bench = make(name)
    profile = PROFILES[name]
    for command, text in (
        ("AT+CGMI", profile.manufacturer),
        ("AT+CGMM", profile.model),
        ("AT+CGMR", profile.revision),
        ("AT+CGSN", profile.imei),
        ("AT" + profile.card_number[0], "8963021234567890123"),
        ("AT+CPIN?", "+CPIN: READY"),
        ("AT+CREG?", "+CREG: 0,1"),
        ("AT+COPS?", '"SMART"'),
        ("AT+CSQ", "+CSQ: "),
    ):
        answer = bench.ask(command)
        assert text in answer
        assert answer.endswith("\r\nOK\r\n")


def test_errors_are_as_verbose_as_asked_for(make: Maker) -> None:
    bench = make(sim=SimConfig(present=False))
    assert bench.ask("AT+CPIN?") == "\r\nERROR\r\n"
    bench.ask("AT+CMEE=1")
    assert bench.ask("AT+CPIN?") == "\r\n+CME ERROR: 10\r\n"
    bench.ask("AT+CMEE=2")
    assert bench.ask("AT+CPIN?") == "\r\n+CME ERROR: SIM not inserted\r\n"
    assert bench.ask("AT+CMGL=4") == "\r\n+CMS ERROR: 310\r\n"
    assert bench.ask("AT+CMEE=3").endswith("ERROR: incorrect parameters\r\n")


def test_echo_and_numbers(make: Maker) -> None:
    bench = make()
    assert bench.ask("ATE1") == "\r\nOK\r\n"
    assert bench.ask("AT") == "AT\r\r\nOK\r\n"
    assert bench.ask("ATE0V0").endswith("0\r")
    assert bench.ask("AT+NONE") == "4\r"


def test_unknown_in_this_model(make: Maker) -> None:
    assert make("sim7600").ask("AT+CMUT?") == "\r\nCOMMAND NOT SUPPORT\r\n"


def test_wrong_pin_thrice_needs_the_puk(make: Maker) -> None:
    bench = make(sim=SimConfig(pin="1234", puk="87654321"))
    bench.ask("AT+CMEE=1;+CREG=1")
    assert "SIM PIN" in bench.ask("AT+CPIN?")
    assert "+CREG: 1,0" in bench.ask("AT+CREG?")
    assert "ERROR: 16" in bench.ask('AT+CPIN="1111"')
    assert '+QPINC: "SC",2,10' in bench.ask("AT+QPINC")
    bench.ask('AT+CPIN="1112"')
    bench.ask('AT+CPIN="1113"')
    assert "SIM PUK" in bench.ask("AT+CPIN?")
    assert "ERROR" in bench.ask('AT+CPIN="1234"')
    assert "ERROR: 16" in bench.ask('AT+CPIN="11111111","1234"')
    assert "OK" in bench.ask('AT+CPIN="87654321","4321"')
    bench.until(b"+CREG: 1\r\n")
    assert "READY" in bench.ask("AT+CPIN?")


def test_right_pin_unlocks_until_the_next_start(make: Maker) -> None:
    bench = make(sim=SimConfig(pin="1234"))
    assert "OK" in bench.ask('AT+CPIN="1234"', 1.0)
    bench.ask("AT+CFUN=1,1", 1.0)
    bench.run(20)
    bench.open()
    assert "SIM PIN" in bench.ask("AT+CPIN?")


def test_sim_is_busy_for_a_while(make: Maker) -> None:
    bench = make(cold_start=True, faults=CellularFaults(sim_busy=2))
    bench.run(15)
    bench.open()
    bench.ask("AT+CMEE=1")
    assert [("14" in bench.ask("AT+CPIN?")) for _ in range(3)] == [True, True, False]


def test_registration_is_told(make: Maker) -> None:
    bench = make(network=NetworkHabits(technology=2))
    bench.ask("AT+CREG=2")
    bench.line.attachment.lose_service()
    assert b"+CREG: 2\r\n" in bench.run(0.2)
    assert "+CSQ: 99,99" in bench.ask("AT+CSQ")
    bench.line.attachment.regain_service(roaming=True)
    bench.until(b'+CREG: 5,"2AF8"')


def test_lte_only_network_shows_in_cereg(make: Maker) -> None:
    bench = make(network=NetworkHabits(lte_only=True))
    assert "+CREG: 0,0" in bench.ask("AT+CREG?")
    assert "+CEREG: 0,1" in bench.ask("AT+CEREG?")


# Power


def test_reset_makes_the_port_vanish_and_forgets_settings(make: Maker) -> None:
    bench = make("sim7600")
    bench.ask("AT+CLIP=1")
    assert "OK" in bench.ask("AT+CRESET")
    assert bench.host is None
    assert 5.0 <= _until_there(bench) <= 20.0
    bench.open()
    assert b"PB DONE" in bench.run(5)
    assert b"PB DONE" not in bench.run(5)
    assert "+CLIP: 0,1" in bench.ask("AT+CLIP?")


def _until_there(bench: Bench) -> float:
    began = bench.loop.time()
    while not bench.line.plugged_in:
        assert bench.loop.time() - began < 60
        bench.run(0.1)
    return bench.loop.time() - began


def test_uart_modem_keeps_its_port_and_announces_itself(make: Maker) -> None:
    bench = make("sim800")
    assert "OK" in bench.ask("AT+CFUN=1,1")
    assert bench.host is not None
    for words in (b"RDY", b"+CFUN: 1", b"+CPIN: READY", b"Call Ready", b"SMS Ready"):
        bench.until(words)


def test_power_down_by_command_and_up_by_key(make: Maker) -> None:
    bench = make("sim800")
    assert "NORMAL POWER DOWN" in bench.ask("AT+CPOWD=1", 2.0)
    assert bench.ask("AT") == ""
    bench.line.power_key.press(0.2)  # too short
    assert b"RDY" not in bench.run(5)
    bench.line.power_key.press(1.2)
    bench.until(b"RDY")


@pytest.mark.parametrize("wedge", ["power_key", "supply"])
def test_silent_modem_is_revived_by_what_it_needs(make: Maker, wedge: str) -> None:
    bench = make()
    bench.line.misbehave(CellularFaults(wedged=wedge))
    assert bench.ask("AT") == ""
    bench.line.power_key.press(1.0)
    assert (bench.line.modem.power is power.Power.OFF) == (wedge == "power_key")
    bench.line.set_supply(False)
    bench.line.set_supply(True)
    _until_there(bench)
    bench.open()
    assert bench.ask("AT").startswith("\r\nOK\r\n")


def test_modem_that_wants_a_reset(make: Maker) -> None:
    bench = make()
    bench.line.misbehave(CellularFaults(wedged="reset"))
    assert bench.ask("AT+CSQ") == "\r\nERROR\r\n"
    assert "OK" in bench.ask("AT+CFUN=1,1")
    _until_there(bench)
    bench.open()
    assert "OK" in bench.ask("AT+CSQ")


def test_modem_that_wants_to_be_reopened(make: Maker) -> None:
    bench = make()
    bench.line.misbehave(CellularFaults(wedged="reopen"))
    assert bench.ask("AT") == ""
    bench.open()
    assert "OK" in bench.ask("AT")


def test_brown_out_when_a_call_begins(make: Maker) -> None:
    bench = make(faults=CellularFaults(brown_out=True))
    caller = bench.ring()
    bench.run(1)
    assert bench.host is None
    assert caller.outcome == "rejected"
    _until_there(bench)


def test_unplugged_lead_keeps_or_ends_the_call(make: Maker) -> None:
    bench = make()
    caller = bench.ring()
    bench.run(1)
    bench.ask("ATA")
    bench.line.unplug(keeps_power=True)
    bench.run(1)
    assert bench.host is None
    bench.line.plug_in()
    bench.open()
    assert "+CLCC: 1,1,0" in bench.ask("AT+CLCC")
    bench.line.unplug()
    assert caller.ended_by == "other"


# Calls in


def test_call_in(make: Maker) -> None:
    bench = make()
    bench.ask("AT+CLIP=1;+CRC=1;+CVHU=0")
    caller = bench.ring()
    heard = bench.run(8)
    rings = heard.split(b"+CRING: VOICE")
    assert b"+CLIP" not in rings[1]  # not with the first ring
    assert b'+CLIP: "+639171234567",145' in rings[2]
    assert '+CLCC: 1,1,4,0,0,"+639171234567",145' in bench.ask("AT+CLCC")
    assert bench.ask("ATA", 1.0).endswith("\r\nOK\r\n")
    assert caller.result()["answered_at_s"] is not None
    assert "+CLCC: 1,1,0" in bench.ask("AT+CLCC")
    caller.hang_up()
    assert b"\r\nNO CARRIER\r\n" in bench.run(0.1)
    assert bench.ask("AT+CLCC") == "\r\nOK\r\n"


def test_nothing_to_answer(make: Maker) -> None:
    assert make().ask("ATA") == "\r\nNO CARRIER\r\n"


def test_withheld_number(make: Maker) -> None:
    bench = make(network=NetworkHabits(clip_on_first_ring=True))
    bench.ask("AT+CLIP=1")
    bench.ring(presentation="private")
    assert b'+CLIP: "",128,,,,1' in bench.run(1)


def test_caller_gives_up(make: Maker) -> None:
    bench = make("sim7600")
    caller = bench.ring(give_up_after_s=3.0)
    heard = bench.run(4)
    assert b"MISSED_CALL: " in heard
    assert b"NO CARRIER" in heard
    assert caller.outcome == "unanswered"


def test_simcom_says_begin_and_end_before_ok(make: Maker) -> None:
    bench = make("sim7600")
    bench.ring()
    bench.run(1)
    assert bench.ask("ATA", 1.0) == "\r\nVOICE CALL: BEGIN\r\n\r\nOK\r\n"
    bench.run(10)
    answer = bench.ask("AT+CHUP")
    assert answer.startswith("\r\nVOICE CALL: END: 0000")
    assert answer.endswith("\r\nOK\r\n")


def test_lost_and_late_notices(make: Maker) -> None:
    bench = make("sim7600", faults=CellularFaults(lost_end=1.0, late_notice_s=2.0))
    caller = bench.ring()
    bench.run(1)
    assert bench.ask("ATA", 1.0) == "\r\nOK\r\n"
    bench.until(b"VOICE CALL: BEGIN")
    caller.hang_up()
    assert bench.run(10) == b""
    assert bench.ask("AT+CLCC") == "\r\nOK\r\n"


@pytest.mark.parametrize("stuck", ["hang_up", "reset"])
def test_stuck_call(make: Maker, stuck: str) -> None:
    bench = make(faults=CellularFaults(stuck_call=stuck))
    caller = bench.ring()
    bench.run(1)
    bench.ask("ATA")
    caller.hang_up()
    assert b"NO CARRIER" not in bench.run(5)
    assert "+CLCC: 1,1,0" in bench.ask("AT+CLCC")
    bench.ask("AT+CHUP")
    assert ("+CLCC: 1" in bench.ask("AT+CLCC")) == (stuck == "reset")


def test_waiting_call(make: Maker) -> None:
    bench = make()
    bench.ask("AT+CCWA=1,1,1;+CLIP=1")
    first = bench.ring()
    bench.run(1)
    bench.ask("ATA")
    second = bench.ring("+639181111111")
    assert b'+CCWA: "+639181111111",145,1' in bench.run(0.2)
    assert "+CLCC: 2,1,5" in bench.ask("AT+CLCC")
    bench.ask("AT+CHLD=0")
    assert second.outcome == "rejected"
    third = bench.ring("+639182222222")
    bench.run(0.2)
    bench.ask("AT+CHLD=2", 1.0)
    both = bench.ask("AT+CLCC")
    assert "+CLCC: 1,1,1" in both
    assert "+CLCC: 2,1,0" in both
    bench.ask("AT+CHLD=1", 1.0)
    assert third.ended_by == "other"
    assert "+CLCC: 1,1,0" in bench.ask("AT+CLCC")
    first.hang_up()
    assert bench.line.calls.there == []


def test_waiting_call_rings_when_it_is_alone(make: Maker) -> None:
    bench = make()
    first = bench.ring()
    bench.run(1)
    bench.ask("ATA")
    bench.ring("+639181111111")
    bench.run(0.5)
    first.hang_up()
    bench.until(b"RING")
    assert "+CLCC: 2,1,4" in bench.ask("AT+CLCC")


def test_without_network_callers_hear_busy(make: Maker) -> None:
    bench = make()
    bench.line.attachment.lose_service()
    assert bench.ring().outcome == "busy"


def test_keys_are_reported(make: Maker) -> None:
    forms = {"ec25": b"+QTONEDET: 53", "sim7600": b"+RXDTMF: 5", "sim800": b"+DTMF: 5"}
    for name, report in forms.items():
        bench = make(name)
        bench.ask(f"AT{PROFILES[name].digit_switch}=1")
        caller = bench.ring()
        bench.run(1)
        bench.ask("ATA")
        caller.press("5")
        assert report in bench.run(1)


# Calls out


def test_answered_call(make: Maker) -> None:
    bench = make("sim7600")
    assert bench.ask("ATD09171234567;") == "\r\nOK\r\n"
    assert "+CLCC: 1,0,2" in bench.ask("AT+CLCC")
    bench.run(1)
    assert "+CLCC: 1,0,3" in bench.ask("AT+CLCC")
    bench.until(b"VOICE CALL: BEGIN")
    assert "+CLCC: 1,0,0" in bench.ask("AT+CLCC")
    assert bench.ask("AT+VTS=5") == "\r\nOK\r\n"
    bench.ask("AT+CHUP")
    far = bench.network.directory.calls[0]
    assert [moment["what"] for moment in far.timeline][-2:] == ["key", "hung_up"]


@pytest.mark.parametrize(
    ("number", "words", "cause"),
    [
        ("09181234567", b"BUSY", "User busy"),
        ("09191234567", b"NO ANSWER", "User alerting, no answer"),
        ("123", b"NO CARRIER", "Unassigned"),
        ("09201234567", b"NO CARRIER", "Normal call clearing"),
    ],
)
def test_how_calls_out_end(make: Maker, number: str, words: bytes, cause: str) -> None:
    bench = make()
    bench.ask(f"ATD{number};")
    bench.until(b"\r\n" + words + b"\r\n", 120)
    assert cause in bench.ask("AT+CEER")


def test_connected_at_ringback_and_never_busy(make: Maker) -> None:
    bench = make("a7672")
    bench.ask("AT+COLP=1;+CLCC=1")
    bench.ask("ATD09191234567;")
    heard = bench.run(3)
    assert b"+CLCC: 1,0,0" in heard
    assert b"VOICE CALL: BEGIN" in heard
    assert b"+COLP: " in heard
    later = bench.run(120)
    assert b"BUSY" not in later
    assert b"NO ANSWER" not in later
    bench.ask("ATD09181234567;")
    assert b"BUSY" not in bench.run(30)
    assert "+CLCC: 1,0,2" in bench.ask("AT+CLCC")


def test_dialling_needs_a_semicolon_a_network_and_digits(make: Maker) -> None:
    bench = make()
    bench.ask("AT+CMEE=1")
    assert "NO CARRIER" in bench.ask("ATD09171234567", 3.0)
    assert "ERROR" in bench.ask("ATDTHANKS;")
    bench.line.attachment.lose_service()
    assert bench.ask("ATD09171234567;") == "\r\n+CME ERROR: 30\r\n"
    assert bench.ask("ATD112;") == "\r\nOK\r\n"
    assert bench.line.calls.dialled == ["112"]


def test_chained_answer_and_dial(make: Maker) -> None:
    bench = make()
    bench.ring()
    bench.run(1)
    assert bench.ask("AT+QPCMV=0;+QPCMV=1,2;A", 1.0) == "\r\nOK\r\n"
    bench.ask("ATH")
    assert bench.ask("AT+QPCMV=1,2;D09171234567;") == "\r\nOK\r\n"
    assert bench.line.calls.dialled == ["09171234567"]


# Every answer, whatever the splits


def test_notices_come_amid_answers_only_when_asked_for(make: Maker) -> None:
    amid = 0
    for seed in range(30):
        bench = make(seed=seed, faults=CellularFaults(interleaved=True))
        bench.type(b"AT+CGMI\r")
        bench.run(0.03)
        bench.line.modem.notify("+TEST: 1")
        heard = bench.run(0.5)
        amid += b"Quectel\r\n\r\n+TEST: 1\r\n\r\nOK" in bench.said[-len(heard) - 60 :]
    assert amid > 0


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_commands_may_come_in_any_pieces(data: st.DataObject) -> None:
    bench = Bench()
    try:
        text = b"AT+CMEE=1\rAT+CREG?;+CSQ\rAT+CGMI\rAT+CPIN?\r"
        while text:
            size = data.draw(st.integers(1, len(text)))
            bench.type(text[:size])
            bench.run(data.draw(st.sampled_from((0.0, 0.005, 0.1))))
            text = text[size:]
        bench.run(1.0)
        assert list(bench.line.modem.transcript)[1:] == [
            "AT+CMEE=1",
            "AT+CREG?;+CSQ",
            "AT+CGMI",
            "AT+CPIN?",
        ]
        assert bench.said.count(b"\r\nOK\r\n") == 5
    finally:
        bench.close()


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=40),
            st.sampled_from(
                (
                    b"AT+CMGS=20\r",
                    b"\x1a",
                    b"\x1b",
                    b"ATD",
                    b"AT+CLCC=",
                    b"AT+CUSD=1,",
                    b"AT+CPIN=",
                    b"\r",
                )
            ),
        ),
        max_size=8,
    ),
    st.sampled_from(list(PROFILES)),
)
def test_whatever_is_typed_it_answers_afterwards(pieces: list[bytes], profile: str) -> None:
    bench = Bench(profile)
    try:
        for piece in pieces:
            bench.type(piece)
            bench.run(0.02)
        bench.run(40, 1.0)
        if bench.host is None:  # it was told to switch itself off, or to restart
            return
        bench.type(b"\x1b\r")
        bench.run(40, 1.0)
        bench.type(b"ATE0V1Q0\r")
        bench.run(1)
        assert bench.ask("AT+CGSN").endswith(f"{PROFILES[profile].imei}\r\n\r\nOK\r\n")
    finally:
        bench.close()


def test_tables_name_states_only() -> None:
    for (before, event), after in calls.TRANSITIONS.items():
        assert before is not after, event
    for (before, event), after in power.TRANSITIONS.items():
        assert before is not after, event


def test_same_seed_same_day(make: Maker) -> None:
    def day() -> bytes:
        bench = make("sim7600", seed=7, random_faults=True)
        bench.ask("AT+CLIP=1")
        for _ in range(5):
            caller = bench.ring(hang_up_after_s=3.0)
            bench.run(6)
            bench.ask("ATA", 5.0)
            bench.ask("AT+CHUP")
            caller.hang_up()
        return bench.said

    assert day() == day()
