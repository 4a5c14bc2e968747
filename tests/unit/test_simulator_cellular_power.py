"""The emulated cellular modem's power: resets, its key, its supply, its lead; what revives it."""

from collections.abc import Iterator

import pytest

from appliance.simulator.cellular import power
from appliance.simulator.cellular.faults import CellularFaults
from tests.unit.mobile_bench import Maker, benches, until_there


@pytest.fixture
def make() -> Iterator[Maker]:
    with benches() as maker:
        yield maker


def test_reset_makes_the_port_vanish_and_forgets_settings(make: Maker) -> None:
    bench = make("sim7600")
    bench.ask("AT+CLIP=1")
    assert "OK" in bench.ask("AT+CRESET")
    assert bench.host is None
    assert 5.0 <= until_there(bench) <= 20.0
    bench.open()
    assert b"PB DONE" in bench.run(5)
    assert b"PB DONE" not in bench.run(5)
    assert "+CLIP: 0,1" in bench.ask("AT+CLIP?")


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
    until_there(bench)
    bench.open()
    assert bench.ask("AT").startswith("\r\nOK\r\n")


def test_reset_line_restarts_what_runs(make: Maker) -> None:
    bench = make()
    bench.line.misbehave(CellularFaults(wedged="power_key"))
    bench.line.reset_line.pull(0.05)  # too short
    assert bench.line.modem.power is power.Power.ON
    bench.line.reset_line.pull(0.3)
    until_there(bench)
    bench.open()
    assert bench.ask("AT").startswith("\r\nOK\r\n")
    bench.line.modem.switch_off()
    bench.line.reset_line.pull(0.3)
    assert bench.line.modem.power is power.Power.OFF


def test_modem_that_wants_a_reset(make: Maker) -> None:
    bench = make()
    bench.line.misbehave(CellularFaults(wedged="reset"))
    assert bench.ask("AT+CSQ") == "\r\nERROR\r\n"
    assert "OK" in bench.ask("AT+CFUN=1,1")
    until_there(bench)
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
    until_there(bench)


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
