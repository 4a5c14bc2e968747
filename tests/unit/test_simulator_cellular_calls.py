"""Calls of the emulated cellular modem, in and out, and the notices it gives of them."""

from collections.abc import Iterator

import pytest

from appliance.simulator.cellular.attachment import NetworkHabits
from appliance.simulator.cellular.faults import CellularFaults
from appliance.simulator.cellular.profiles import PROFILES
from tests.unit.mobile_bench import Maker, benches


@pytest.fixture
def make() -> Iterator[Maker]:
    with benches() as maker:
        yield maker


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
