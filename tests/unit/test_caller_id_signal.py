"""The simulator's caller-ID signals, heard in captures, at a port, and by `counterbell hear`."""

import json
from array import array
from pathlib import Path

import pytest

from appliance.audio.binding import ulaw_encode
from appliance.audio.caller_id import scan_caller_ids
from appliance.audio.wav import pcm_wav
from appliance.cli import main
from appliance.interfaces import HeardCallerId
from appliance.modem.caller import CallerId as Caller
from appliance.modem.caller_id_frame import CallMessage, WaitingMessage, read_caller_id
from appliance.simulator.caller_id import CallerId, raw_message
from appliance.simulator.caller_id_signal import (
    FskShape,
    alert,
    dtmf_keys,
    fsk,
    lamp_message,
    silence,
    single_message,
    with_noise,
)
from tests.unit.audio_rig import Bench

ANA = CallerId("09171234567", "ANA", utc=1_800_000_000.0)


def capture(*parts: list[int]) -> "array[int]":
    return array("h", [sample for part in parts for sample in part])


def read(heard: HeardCallerId) -> CallMessage | WaitingMessage:
    return read_caller_id(heard.kind, heard.data, heard.is_whole)


@pytest.mark.parametrize("system", ["bell202", "v23"])
@pytest.mark.parametrize("clock_error", [-0.01, 0.0, 0.01])
@pytest.mark.parametrize("level", [-12.0, -36.0])
def test_every_system_level_and_clock(system, clock_error, level):
    shape = FskShape(system, level, 3.0, clock_error, seizure_bits=96, mark_bits=55, stop_bits=2)
    sound = with_noise(
        capture(silence(300), fsk(raw_message(ANA), shape), silence(200)), level - 15, 3
    )
    [found] = scan_caller_ids(array("h", sound))
    assert found.heard.kind == system
    assert abs(found.heard.level_dbm0 - level) < 2
    message = read(found.heard)
    assert isinstance(message, CallMessage)
    assert message.caller == Caller("09171234567", "ANA", "allowed")


def test_one_capture_may_hold_everything():
    sound = capture(
        silence(500), alert(), silence(100), fsk(lamp_message(True), FskShape("v23")), silence(300),
        dtmf_keys("A0281234567C", 50, 50, -12.0), silence(600),
        fsk(single_message(CallerId("", presentation="private")), FskShape()), silence(100),
    )  # fmt: skip
    found = scan_caller_ids(sound)
    assert [each.heard.kind for each in found] == ["v23", "dtmf", "bell202"]
    lamp, keys, private = (read(each.heard) for each in found)
    assert lamp == WaitingMessage(True)
    assert isinstance(keys, CallMessage)
    assert keys.caller.number == "0281234567"
    assert isinstance(private, CallMessage)
    assert private.caller.presentation == "private"
    assert found[0].end_s < found[1].end_s < found[2].end_s <= len(sound) / 8000


def test_nothing_is_found_in_nothing():
    assert scan_caller_ids(array("h")) == []
    assert scan_caller_ids(capture(silence(1000))) == []


def test_a_port_tells_its_listener_and_keys_in_a_call_are_keys():
    bench = Bench()
    port, ear, far = bench.line()
    sound = capture(fsk(raw_message(ANA)), dtmf_keys("A0281C"), silence(100))
    for digits in (False, True):
        ear.told.clear()
        bench.engine.listen(
            port, digits=digits, busy=False, silence_ms=0, lenient=True, caller_id=False
        )
        bench.run(0.1)
        bench.engine.listen(
            port, digits=digits, busy=False, silence_ms=0, lenient=True, caller_id=True
        )
        far.say(ulaw_encode(sound.tobytes()))
        bench.run(len(sound) / 8000 + 0.3)
        kinds = [heard.kind for told, heard in ear.told if told == "caller id"]
        assert kinds == (["bell202"] if digits else ["bell202", "dtmf"])
        assert [heard for told, heard in ear.told if told == "digit"] == list("A0281C" * digits)
    bench.close()


def hear(path: Path, *options: str) -> int:
    return main(["hear", str(path), *options])


def test_hear_prints_what_a_recording_holds(tmp_path, capsys):
    path = tmp_path / "call.wav"
    sound = capture(
        silence(500), fsk(raw_message(ANA)), silence(3000), dtmf_keys("12#", 80, 80), silence(2500)
    )
    path.write_bytes(pcm_wav(sound, 8000))
    assert hear(path, "--json", "--caller-id", "--country", "ph", "--mode", "conversation") == 0
    told = json.loads(capsys.readouterr().out)
    heard = [(item["what"], item.get("digit")) for item in told["heard"]]
    assert heard[:1] == [("caller_id", None)]
    assert [digit for what, digit in heard if what == "digit"] == ["1", "2", "#"]
    assert told["seconds"] == pytest.approx(len(sound) / 8000, abs=0.001)
    assert told["heard"][0]["number"] == "09171234567"
    keys_at = [item["at_s"] for item in told["heard"] if item["what"] == "digit"]
    first = (len(sound) - len(capture(dtmf_keys("12#", 80, 80), silence(2500)))) / 8000
    assert keys_at == pytest.approx([first, first + 0.16, first + 0.32], abs=0.015)
    assert hear(path) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[2:] for line in lines if "digit" in line] == [
        ["digit", key] for key in "12#"
    ]
    assert any("silence" in line for line in lines)
    assert not any("caller" in line for line in lines)


def test_hear_says_what_it_can_not_use(tmp_path, capsys):
    path = tmp_path / "wide.wav"
    path.write_bytes(pcm_wav(capture(silence(100)), 16000))
    assert hear(path) == 1
    error = capsys.readouterr().err
    assert "16000 Hz" in error
    assert "sox" in error
    path.write_bytes(b"noise")
    assert hear(path) == 1
    assert "sox" in capsys.readouterr().err
    assert hear(tmp_path / "absent.wav") == 1
    assert "absent.wav can't be read" in capsys.readouterr().err
    path.write_bytes(pcm_wav(capture(silence(100)), 8000))
    assert hear(path) == 0
    assert "nothing but sound" in capsys.readouterr().out
    with pytest.raises(SystemExit) as used_wrongly:
        hear(path, "--country", "Philippines")
    assert used_wrongly.value.code == 2
