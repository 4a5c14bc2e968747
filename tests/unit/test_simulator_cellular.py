"""The emulated cellular modem over a socket pair in virtual time: who it is, SIM, answers."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.simulator.cellular import calls, power
from appliance.simulator.cellular.attachment import NetworkHabits
from appliance.simulator.cellular.faults import CellularFaults
from appliance.simulator.cellular.profiles import PROFILES
from appliance.simulator.cellular.sim_card import SimConfig
from tests.unit.mobile_bench import Bench, Maker, benches


@pytest.fixture
def make() -> Iterator[Maker]:
    with benches() as maker:
        yield maker


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
