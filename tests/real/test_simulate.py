"""`counterbell simulate`: a caller and a handset against the real daemon on ptys."""

import json
import wave
from array import array
from pathlib import Path
from typing import Any

from tests.real.rig import Box, at_rest, counterbell, left_off_hook, refused
from tests.whole.sound import linear, power_at, tone, wav_channels


def write_tone(path: Path, hz: float, seconds: float) -> Path:
    """A 16-bit WAV file with a steady tone."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        samples = linear(tone(hz, seconds))
        file.writeframes(b"".join(sample.to_bytes(2, "little", signed=True) for sample in samples))
    return path


def read_wave(path: Path) -> list[int]:
    """The samples of a 16-bit WAV file with one channel."""
    with wave.open(str(path), "rb") as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 8000)
        return list(array("h", file.readframes(file.getnframes())))


def loudest(samples: list[int], hz: float) -> float:
    """The purest 40 ms of ``hz`` among the samples: a busy machine may lose some between."""
    pieces = (samples[at : at + 320] for at in range(0, len(samples) - 320, 160))
    return max((power_at(piece, hz) for piece in pieces), default=0.0)


def test_a_call_is_told_as_json_and_heard(box: Box, tmp_path: Path) -> None:
    voice = write_tone(tmp_path / "caller.wav", 900, 2.0)
    shop = write_tone(tmp_path / "shop.wav", 700, 1.5)
    answering = {"extensions": ["11"], "answer_after": 0.5, "say": str(shop), "hang_up_after": 30.0}
    box.ask({"do": "phones", **answering})
    done = counterbell(
        "simulate", "call", "--line", "landline", "--from", "09181112222", "--press", "1",
        "--say", voice, "--say-after", 2.5, "--hang-up-after", 11, "--json",
        "--save", tmp_path / "heard.wav", state=box.state,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["outcome"] == "answered"
    assert result["ended_by"] == "caller"
    assert result["heard"] == str(tmp_path / "heard.wav")
    moments = [moment["what"] for moment in result["timeline"]]
    wanted = ["dialled", "ringing", "answered", "sound", "pressed", "says", "said", "hung_up"]
    places = [moments.index(what) for what in wanted]
    assert places == sorted(places), moments
    heard = read_wave(tmp_path / "heard.wav")
    assert abs(len(heard) / 8 - result["heard_ms"]) < 50
    assert loudest(heard, 700) > 0.7  # what the shop said

    box.until(at_rest)
    call = json.loads(counterbell("calls", "--limit", 1, "--json", state=box.state).stdout)[0]
    assert call["disposition"] == "answered"
    assert call["digits"] == "1"
    assert call["caller"]["number"] == "09181112222"
    recording = next((box.state / "recordings").rglob(f"{call['recording']['id']}.wav"))
    left, right = (linear(channel) for channel in wav_channels(recording))
    assert loudest(left, 900) > 0.7
    assert loudest(right, 700) > 0.7


def is_rung_back(status: dict[str, Any]) -> bool:
    """Handset 12 rings for 11, which it had put on hold."""
    return bool(status["stations"][1]["state"] == "ringing")


def test_a_handset_dials_another_and_talks(box: Box, tmp_path: Path) -> None:
    voice = write_tone(tmp_path / "kitchen.wav", 900, 1.0)
    done = counterbell(
        "simulate", "phone", "--extension", 12, "--lift", "--wait", 1.5, "--press", "11#",
        "--wait", 2.5, "--say", voice, "--wait", 1.3, "--flash", "--wait", 0.5, "--hang-up",
        "--save", tmp_path / "heard.wav", "--json", state=box.state,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["off_hook"] is False
    moments = [moment["what"] for moment in result["timeline"]]
    for what in ("lifted", "pressed", "says", "flashed", "hung_up"):
        assert what in moments
    heard = read_wave(tmp_path / "heard.wav")
    assert loudest(heard[: 2 * 8000], 350) > 0.3  # dial tone: 350 and 440 Hz
    # handset 11 was put on hold: 12 rings for it when it is put down
    box.until(lambda status: is_rung_back(status) or at_rest(status) or left_off_hook(status))
    box.ask({"do": "phone", "extension": "11", "actions": [["hang_up"]]})
    box.until(at_rest)


def test_what_the_caller_heard_is_kept_in_the_state_folder(box: Box) -> None:
    done = counterbell("simulate", "call", "--hang-up-after", 0.5, "--json", state=box.state)
    heard = Path(json.loads(done.stdout)["heard"])
    assert heard.parent == box.state / "heard"
    assert heard.stat().st_size > 1000


def test_what_the_network_lacks_is_named(box: Box, tmp_path: Path) -> None:
    line = refused(counterbell("simulate", "call", "--line", "fax", state=box.state), 1)
    assert line == "counterbell: no line 'fax'; there are: landline"
    line = refused(
        counterbell("simulate", "phone", "--extension", 99, "--lift", state=box.state), 1
    )
    assert "no phone '99'" in line
    (tmp_path / "text.wav").write_text("no sound")
    call = ("simulate", "call", "--say", tmp_path / "text.wav")
    assert "text.wav" in refused(counterbell(*call, state=box.state), 1)
    refused(counterbell("simulate", "serve", state=box.state), 1)
