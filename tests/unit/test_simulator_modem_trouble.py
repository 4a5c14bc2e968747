"""The emulated voice modem: the far end gone, floods and gaps, faults, unplugging."""

from collections.abc import Callable

import pytest

from appliance.loop import VirtualLoop
from appliance.simulator.caller import CallScript, make_deeds
from appliance.simulator.codec import mean_power, power_of_dbm0
from appliance.simulator.exchange import LineState
from appliance.simulator.line_habits import LineHabits
from appliance.simulator.modem_state import Faults, State
from appliance.simulator.profiles import PROFILES
from tests.modem_bench import Bench, decode, make_bench, passing_s

__all__ = ["make_bench"]


def test_a_gap_is_reported_once_and_a_flood_holds_the_host_back(
    make_bench: Callable[..., Bench],
) -> None:
    bench = make_bench(profile="conexant")
    bench.connect()
    bench.host.write(b"\xff" * 400)
    assert decode(bench.run(0.5))[1].count(ord("u")) == 1
    written = 0
    for _ in range(1000):
        written += bench.host.write(b"\x7f" * 4000)
        bench.run(0.002)
    assert len(bench.modem._fifo) <= bench.modem.profile.fifo_samples + 4096
    assert written > bench.modem.profile.fifo_samples


def test_host_that_does_not_read_loses_samples_and_hears_of_it(
    make_bench: Callable[..., Bench],
) -> None:
    bench = make_bench(profile="conexant")
    bench.connect()
    bench.loop.run_until_complete(passing_s(bench.loop, 80.0))
    assert bench.modem.stats.overruns > 0
    assert ord("o") in decode(bench.run(1.0))[1]


@pytest.mark.parametrize("mode", ["code", "tone", "nothing", "loop_break"])
def test_far_end_gone(make_bench: Callable[..., Bench], mode: str) -> None:
    bench = make_bench(profile="conexant", habits=LineHabits("US", far_end_gone=mode))
    bench.call(CallScript("1", hang_up_after_s=2.0))
    bench.run(2.5)
    bench.connect()
    data, codes, _ = decode(bench.run(8.0))
    wanted = {"code": [ord("b")], "loop_break": [ord("l")]}.get(mode, [])
    assert codes == wanted
    tone_heard = mean_power(data[-8000:]) > power_of_dbm0(-25.0)
    assert tone_heard == (mode != "nothing")
    bench.host.write(b"\x10\x5e")
    bench.run(0.2)
    bench.ask("ATH")
    assert bench.line.state is LineState.IDLE


def test_near_end_hangs_up(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench()
    caller = bench.call(CallScript("1"))
    bench.run(2.5)
    bench.connect()
    bench.host.write(b"\x10\x03")
    bench.run(0.2)
    bench.ask("AT+VLS=0")
    assert (caller.outcome, caller.ended_by) == ("answered", "other")
    assert caller.timeline[-1]["what"] == "hung_up"


def test_off_hook_without_a_call_gives_dial_tone(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench()
    bench.connect()
    data, _, _ = decode(bench.run(1.0))
    assert mean_power(data[-4000:]) > power_of_dbm0(-20.0)
    busy = bench.call(CallScript("1"))
    assert busy.outcome == "busy"


def test_stuck_modem_is_freed_by_the_resync_sequence(make_bench: Callable[..., Bench]) -> None:
    for profile in PROFILES:
        bench = make_bench(profile=profile, faults=Faults(stuck_streaming=True))
        bench.host.write(b"AT\r")
        assert b"OK" not in bench.run(0.5)
        bench.host.write(b"\x10\x03")
        bench.run(0.2)
        bench.host.write(b"\x10\x5e")
        bench.run(0.2)
        bench.ask("")
        assert bench.ask("ATZ").endswith(b"OK\r\n")
        assert bench.modem.state is State.IDLE


def test_faults(make_bench: Callable[..., Bench]) -> None:
    assert make_bench(faults=Faults(errors_only=True)).ask("ATE0").endswith(b"\r\nERROR\r\n")
    assert make_bench(faults=Faults(never_answers=True)).ask("ATE0", 5.0) == b""
    late = make_bench(faults=Faults(late_connect_s=3.0))
    for command in ("ATE0", "AT+FCLASS=8", "AT+VLS=1"):
        late.ask(command)
    assert late.ask("AT+VTR", 2.9) == b""
    assert late.run(0.3).startswith(b"\r\nCONNECT\r\n")
    silent = make_bench(faults=Faults(silent_end=True))
    silent.connect()
    silent.host.write(b"\x10\x03")
    assert 3 not in decode(silent.run(0.5))[1]
    assert silent.ask("AT") == b"\r\nOK\r\n"
    bare = make_bench(faults=Faults(bare_end=True))
    bare.connect()
    bare.host.write(b"\x10\x03")
    assert bare.run(0.5).endswith(b"\r\nOK\r\n")


def test_samples_after_hang_up(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench(faults=Faults(samples_after_hang_up_ms=300), profile="conexant")
    bench.connect()
    bench.host.write(b"\x10\x5e")
    bench.run(0.3)
    assert bench.ask("ATH", 1.0).count(b"\xff") == 2400


def test_call_waiting_is_a_code_in_a_stream(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench(profile="conexant")
    bench.ask("ATE0+VCID=1")
    bench.call(CallScript("1"))
    bench.run(2.5)
    bench.connect()
    bench.line.wait_call("0918", "WAIT")
    _, codes, _ = decode(bench.run(0.5))
    assert codes == [ord("w")]
    bench.host.write(b"\x10\x5e")
    bench.run(0.3)
    bench.line.wait_call("0918", "WAIT")
    assert b"NMBR=0918" in bench.run(0.1)


def test_unplugged_modem_frees_the_line(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench()
    caller = bench.call(CallScript("1"))
    bench.run(2.5)
    bench.connect()
    bench.modem.unplug()
    with pytest.raises(OSError, match="gone"):
        bench.run(0.5)
    assert caller.ended_by == "other"
    bench.modem.plug_in()
    bench.host.close()
    bench.host = bench.port.connect()
    assert bench.ask("AT").endswith(b"\r\nOK\r\n")


def test_the_same_seed_is_the_same_day() -> None:
    days = []
    for _ in range(2):
        loop = VirtualLoop()
        bench = Bench(loop, seed=7)
        bench.call(CallScript("1", deeds=make_deeds(("1", "2#")), hang_up_after_s=30))
        bench.run(2.5)
        bench.connect()
        bench.run(3.0)
        days.append((b"".join(bench.pieces), bench.times))
        bench.modem.unplug()
        bench.line.stop()
        bench.host.close()
        loop.close()
    assert days[0] == days[1]
