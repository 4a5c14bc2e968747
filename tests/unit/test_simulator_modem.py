"""The emulated voice modem over a socket pair in virtual time: dialogue, streams, rings, faults."""

from collections.abc import Callable

import pytest

from appliance.simulator.caller import CallScript, make_deeds
from appliance.simulator.codec import dle_encode, mean_power, power_of_dbm0
from appliance.simulator.exchange import LineState
from appliance.simulator.line_habits import LineHabits
from appliance.simulator.modem_state import State
from appliance.simulator.tones import dtmf
from tests.modem_bench import SPEECH, Bench, decode, make_bench

__all__ = ["make_bench"]


def test_dialogue_is_byte_exact(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench(profile="conexant")
    assert bench.ask("ATE0") == b"ATE0\r\r\nOK\r\n"
    assert bench.ask("ATI0") == b"\r\n56000\r\n\r\nOK\r\n"
    assert bench.ask("AT-SCID=1;+VCID=1;-STE=3") == b"\r\nOK\r\n"
    assert bench.ask("AT+VTR=?") == b"\r\nERROR\r\n"
    assert bench.ask("AT+NOPE") == b"\r\nERROR\r\n"
    assert bench.ask("AT+FCLASS=8;+FCLASS?") == b"\r\n8\r\n\r\nOK\r\n"
    assert bench.ask("ATV0") == b"0\r"
    assert bench.ask("AT+VGT=999") == b"4\r"
    assert bench.ask("ATV1E1") == b"\r\nOK\r\n"
    assert bench.ask("at") == b"at\r\r\nOK\r\n"


def test_codings_are_listed_by_name(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench(profile="conexant")
    bench.ask("ATE0")
    answer = bench.ask("AT+VSM=?").decode().split("\r\n")
    assert '131,"Mu-Law",8,0,8000,0,0' in answer
    assert '129,"IMA ADPCM",4,0,8000,0,0' in answer
    assert bench.ask("AT+VSM=4,8000") == b"\r\nERROR\r\n"
    assert bench.ask("AT+VSM=131,8000,0,0;+VSM?") == b"\r\n131,8000,0,0\r\n\r\nOK\r\n"


def test_replies_take_20_to_150_ms(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench(splits=False)
    bench.ask("ATE0")
    for _ in range(20):
        asked_at = bench.loop.time()
        bench.ask("AT")
        assert 0.019 <= bench.times[-1] - asked_at <= 0.152


def test_ring_then_caller_id_then_ring(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench(splits=False)
    bench.ask("ATE0")
    bench.ask("AT+VCID=1")
    began_at = bench.loop.time()
    bench.pieces.clear()
    bench.times.clear()
    caller = bench.call(CallScript("09171234567", "JUAN CRUZ", give_up_after_s=13))
    bench.run(14.0)
    first, who, second = bench.pieces
    assert first == second == b"\r\nRING\r\n"
    lines = who.decode().split("\r\n")
    assert [line.split("=")[0] for line in lines[1:-1]] == ["DATE", "TIME", "NMBR", "NAME"]
    assert lines[3:5] == ["NMBR=09171234567", "NAME=JUAN CRUZ"]
    at = [moment - began_at for moment in bench.times]
    assert at[0] == pytest.approx(2.0, abs=0.01)
    assert 0.5 <= at[1] - at[0] <= 1.51
    assert at[2] - at[0] == pytest.approx(6.0, abs=0.01)
    assert (caller.outcome, caller.ended_by) == ("unanswered", "caller")
    assert bench.modem.state is State.IDLE
    assert bench.line.state is LineState.IDLE


@pytest.mark.parametrize(
    ("variant", "shown"),
    [
        ("spaced", b"NMBR = 0917\r\nNAME = JO\r\n"),
        ("no_name", b"NMBR=0917\r\n"),
        ("number_only", b"\r\nNMBR=0917\r\n"),
        ("raw", b"MESG=80"),
    ],
)
def test_caller_id_variants(make_bench: Callable[..., Bench], variant: str, shown: bytes) -> None:
    bench = make_bench(caller_id_variant=variant, splits=False)
    bench.ask("ATE0+VCID=1")
    bench.call(CallScript("0917", "JO", give_up_after_s=5))
    got = bench.run(4.0)
    assert shown in got
    assert (b"NAME" in got) == (variant == "spaced")


def test_private_number_and_caller_id_before_the_ring(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench(habits=LineHabits("US", caller_id_first=True))
    bench.ask("ATE0+VCID=1")
    bench.call(CallScript("0917", presentation="private", give_up_after_s=5))
    got = bench.run(4.0)
    assert got.index(b"NMBR=P") < got.index(b"RING")


def test_caller_and_host_hear_each_other_exactly(make_bench: Callable[..., Bench]) -> None:
    rich = bytes([0x10, 0x03, 0x10, 0x10, 0x1A, 0x0D, 0xFF, 0x00]) * 100
    bench = make_bench(profile="conexant", digit_form="none")
    script = CallScript("1", deeds=make_deeds(say=rich, say_after_s=0.5))
    caller = bench.call(script)
    bench.run(2.5)
    bench.connect()
    bench.host.write(dle_encode(rich))
    got = bench.run(1.0)
    data, codes, _ = decode(got)
    assert rich in data
    assert rich in bytes(caller.heard)
    assert codes == [ord("u")]
    assert caller.timeline[1]["what"] == "ringing"


def test_writes_are_split_at_random_places(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench()
    bench.call(CallScript("1", deeds=make_deeds(say=b"\x10" * 8000, say_after_s=0.2)))
    bench.run(2.5)
    wire = bench.connect()
    bench.pieces.clear()
    wire += bench.run(1.0)
    assert sum(len(piece) % 2 for piece in bench.pieces) > 20  # a DLE pair torn apart
    data, codes, _ = decode(wire)
    assert data.count(b"\x10") > 4000
    assert codes == []


@pytest.mark.parametrize(
    ("profile", "end", "mark"),
    [
        ("usr5637", b"\x10\x03", b"\r\nOK\r\n"),
        ("conexant", b"\x10\x5e", b"\r\nOK\r\n"),
        ("si24xx", b"\x10\x5e", b"\r\nOK\r\n"),
    ],
)
def test_duplex_endings(
    make_bench: Callable[..., Bench], profile: str, end: bytes, mark: bytes
) -> None:
    bench = make_bench(profile=profile)
    bench.connect("4" if profile == "si24xx" else "131")
    bench.host.write(b"\x10\x5e" if end == b"\x10\x03" else b"\x10\x03")  # the other family's
    assert 3 not in decode(bench.run(0.2))[1]
    bench.host.write(b"\xff" * 80 + end[:1])
    assert 3 not in decode(bench.run(0.1))[1]
    bench.host.write(end[1:])
    _, codes, rest = decode(bench.run(0.3))
    assert codes[-1] == 3
    assert rest == mark
    assert bench.modem.state is State.OFF_HOOK
    assert bench.ask("ATH") == b"\r\nOK\r\n"
    assert bench.modem.state is State.IDLE


def test_play_ends_when_the_buffer_is_empty(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench(profile="conexant")
    caller = bench.call(CallScript("1"))
    bench.run(2.5)
    for command in ("ATE0", "AT+FCLASS=8", "AT+VSM=131,8000", "AT+VLS=1"):
        bench.ask(command)
    assert bench.ask("AT+VTX") == b"\r\nCONNECT\r\n"
    bench.host.write(dle_encode(SPEECH[:4000]) + b"\x10\x03")
    assert bench.run(0.4) == b""
    assert bench.run(0.4) == b"\r\nOK\r\n"
    assert SPEECH[:4000] in bytes(caller.heard)


@pytest.mark.parametrize(
    ("profile", "end", "mark"),
    [
        ("usr5637", b"\x10!", 0x03),
        ("conexant", b"\x10\x5e", 0x03),
        ("si24xx", b"\x10\x1b", 0x1B),
    ],
)
def test_record_endings(
    make_bench: Callable[..., Bench], profile: str, end: bytes, mark: int
) -> None:
    bench = make_bench(profile=profile)
    for command in ("ATE0", "AT+FCLASS=8", "AT+VLS=1"):
        bench.ask(command)
    assert bench.ask("AT+VRX").startswith(b"\r\nCONNECT\r\n")
    bench.host.write(end)
    _, codes, rest = decode(bench.run(0.3), (mark,))
    assert codes == [mark]
    assert rest == b"\r\nOK\r\n"


@pytest.mark.parametrize("ppm", [-1000.0, 0.0, 1000.0])
def test_samples_follow_the_modems_own_clock(make_bench: Callable[..., Bench], ppm: float) -> None:
    bench = make_bench(ppm=ppm, profile="conexant")
    bench.connect()
    before = bench.modem.stats.samples_out
    bench.run(60.0)
    counted = bench.modem.stats.samples_out - before
    assert counted == pytest.approx(480_000 * (1 + ppm * 1e-6), abs=161)


@pytest.mark.parametrize(
    ("form", "profile", "expected"),
    [("shielded", "conexant", b"/5~"), ("bare", "usr5637", b"5"), ("none", "usr5637", b"")],
)
def test_keys_are_heard_in_band_and_reported(
    make_bench: Callable[..., Bench], form: str, profile: str, expected: bytes
) -> None:
    bench = make_bench(profile=profile, digit_form=form)
    bench.call(CallScript("1", deeds=make_deeds(("5",), press_after_s=1.5)))
    bench.run(2.5)
    bench.connect()
    data, codes, _ = decode(bench.run(2.0))
    assert dtmf("5", 100, 0) in data
    reported = bytes(codes).replace(b"55", b"5")
    assert reported == expected


def test_tones_answer_ok_when_they_have_ended(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench()
    caller = bench.call(CallScript("1"))
    bench.run(2.5)
    for command in ("ATE0", "AT+FCLASS=8", "AT+VLS=1"):
        bench.ask(command)
    assert bench.ask("AT+VTS=[900,900,120]", 1.15) == b""
    assert bench.run(0.3) == b"\r\nOK\r\n"
    assert mean_power(bytes(caller.heard[-9600:])) > power_of_dbm0(-15.0)
    assert bench.ask("AT+VTS=nonsense") == b"\r\nERROR\r\n"


def test_echo_of_what_we_send(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench(profile="conexant", echo_db=12.0)
    bench.call(CallScript("1"))
    bench.run(2.5)
    bench.connect()
    bench.host.write(dle_encode(SPEECH[:4000]))
    data, _, _ = decode(bench.run(0.5))
    loss = mean_power(SPEECH) / mean_power(data[:3200])
    assert 10 < loss < 40  # 12 dB is 15.8 in power; a hybrid returns some frequencies less
