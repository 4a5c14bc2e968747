"""The emulated modem and exchange when the host dials: tones, digits, results, far ends, faults."""

from collections.abc import Callable

import pytest

from appliance.simulator.codec import mean_power, power_of_dbm0
from appliance.simulator.dtmf_ear import DtmfEar
from appliance.simulator.exchange import LineState
from appliance.simulator.far_end import Directory, FarEndConfig, Progress
from appliance.simulator.line_habits import LineHabits
from appliance.simulator.modem_state import Faults, State
from appliance.simulator.speech import hello
from appliance.simulator.tones import DTMF_KEYS, dtmf
from tests.modem_bench import Bench, decode, make_bench

__all__ = ["make_bench"]
MakeBench = Callable[..., Bench]


def voice(bench: Bench, *more: str) -> Bench:
    for command in ("ATE0", "AT+FCLASS=8", "AT+VSM=131,8000", *more):
        assert b"OK" in bench.ask(command)
    return bench


def frames(sound: bytes) -> list[bytes]:
    return [sound[n : n + 80] for n in range(0, len(sound) - 79, 80)]


@pytest.mark.parametrize("on_ms", [50, 70, 95])
def test_the_exchange_hears_every_key(on_ms: int) -> None:
    ear = DtmfEar()
    sound = b"".join(dtmf(key, on_ms, 60) for key in DTMF_KEYS)
    assert "".join(ear.feed(frame) or "" for frame in frames(sound)) == DTMF_KEYS


def test_a_voice_is_no_key() -> None:
    ear = DtmfEar()
    assert not any(ear.feed(frame) for frame in frames(hello() * 3))


def test_dial_tone_goes_with_the_first_digit_and_the_far_end_is_heard(
    make_bench: MakeBench,
) -> None:
    bench = voice(make_bench(splits=False))
    bench.line._directory = Directory(bench.loop, (FarEndConfig("5551234", rings=1),))
    assert bench.ask("ATDT5551234;", 1.2) == b""
    assert bench.line.state is LineState.COLLECTING
    assert b"VCON" in bench.run(4.0), "this family's word for it"
    assert bench.line.dialled_numbers == ["5551234"]
    _, connect, stream = bench.ask("AT+VTR").partition(b"\r\nCONNECT\r\n")
    assert connect
    far = bench.line.far
    assert far is not None
    sound, _, _ = decode(stream + bench.run(6.0))
    assert mean_power(sound[:16_000]) > power_of_dbm0(-25.0), "ringback"
    assert far.progress is Progress.ANSWERED
    assert hello()[800:8000] in sound
    bench.host.write(b"\x10\x03")
    bench.run(0.2)
    bench.ask("ATH")
    assert far.ended_by == "other"


def test_keys_played_on_an_open_line_dial_as_well(make_bench: MakeBench) -> None:
    bench = voice(make_bench(profile="conexant"), "AT+VLS=1")
    bench.run(1.0)
    assert b"OK" in bench.ask("AT+VTD=10;+VTS=5,5,5", 1.0)
    bench.run(4.5)
    assert bench.line.dialled_numbers == ["555"]
    assert bench.line.far is not None
    assert bench.line.far.cause in ("", "unobtainable")


def test_pulses_and_pauses(make_bench: MakeBench) -> None:
    bench = voice(make_bench(profile="conexant"))
    bench.ask("ATDP105,7;", 13.0)
    assert bench.line.dialled_numbers == ["1057"]


@pytest.mark.parametrize(
    ("habits", "modes", "said"),
    [
        (LineHabits("US", dial_tone_after_s=None), "ATX4", b"NO DIALTONE"),
        (LineHabits("US", dial_tone_after_s=None), "ATX3", b"OK"),
        (LineHabits("US", dial_tone_after_s=2.5), "ATX4", b"OK"),
    ],
)
def test_dial_tone_is_waited_for_or_not(
    make_bench: MakeBench, habits: LineHabits, modes: str, said: bytes
) -> None:
    bench = voice(make_bench(profile="conexant", habits=habits), modes)
    assert said in bench.ask("ATDT555;", 9.0)
    assert (bench.modem.state is State.OFF_HOOK) == (said == b"OK")


def test_any_character_ends_a_dial_command_but_not_at_once(make_bench: MakeBench) -> None:
    bench = voice(make_bench())
    bench.host.write(b"ATDT5551234;\r")
    bench.run(0.2)
    bench.host.write(b"\r")  # within 125 ms of the command's begin, or not much later
    bench.run(0.5)
    bench.host.write(b"\r")
    assert b"NO CARRIER" in bench.run(0.5) or bench.modem.state is State.IDLE
    assert bench.modem.state is State.IDLE
    assert bench.ask("AT").endswith(b"OK\r\n")


@pytest.mark.parametrize(
    ("profile", "setting", "said"),
    [
        ("conexant", "AT-STE=3", b"LINE-IN-USE"),
        ("si24xx", "AT%V2", b"LINE IN USE"),
        ("usr5637", "AT", b"NO DIALTONE"),
    ],
)
def test_another_telephone_has_the_line(
    make_bench: MakeBench, profile: str, setting: str, said: bytes
) -> None:
    bench = make_bench(profile=profile, splits=False)
    assert b"OK" in bench.ask(setting)
    voice_coding = "4" if profile == "si24xx" else "131"
    for command in ("ATE0", "AT+FCLASS=8", f"AT+VSM={voice_coding},8000"):
        bench.ask(command)
    bench.line.extension(True)
    reported = bench.run(0.1)
    assert reported == {"conexant": b"\x10P", "usr5637": b"\x10H"}.get(profile, b"")
    assert said in bench.ask("ATDT555;", 8.0)
    bench.line.extension(False)
    bench.line.extension(False)
    assert bench.run(0.1) == {"conexant": b"\x10p", "usr5637": b"\x10h"}.get(profile, b"")


def test_faults_of_dialling(make_bench: MakeBench) -> None:
    refusing = voice(make_bench(faults=Faults(dial_result="BLACKLISTED")))
    assert b"BLACKLISTED" in refusing.ask("ATDT555;")
    deaf = voice(make_bench(profile="conexant", faults=Faults(ignores_duplex_after_dial=True)))
    assert b"OK" in deaf.ask("ATDT555;", 4.0)
    assert deaf.ask("AT+VTR", 5.0) == b""
    ending = voice(make_bench(profile="conexant", faults=Faults(no_carrier_after_s=2.0)))
    assert b"OK" in ending.ask("ATDT555;", 3.0)
    assert ending.ask("AT+VTR", 4.0).endswith(b"\x10\x03\r\nNO CARRIER\r\n")
    chatty = voice(make_bench(faults=Faults(spurious_codes="db")), "AT+VLS=1")
    codes = decode(chatty.ask("AT+VTR", 8.0).partition(b"CONNECT\r\n")[2])[1]
    assert {ord("d"), ord("b")} <= set(codes)


def test_a_hook_flash_out_of_a_call(make_bench: MakeBench) -> None:
    bench = make_bench(profile="conexant")
    voice(bench, "AT+VLS=1")
    assert b"OK" in bench.ask("ATD!;", 2.0)
    assert bench.line.flashes == 1
    assert b"OK" in bench.ask("AT+VTS=!", 1.0)
    assert bench.line.flashes == 2
