"""The sounds of the self-test: each is heard, through gaps and noise, and no other."""

import random
import struct
import wave
from pathlib import Path

import pytest

from appliance.demo.marked_sound import CHORDS_HZ, heard_at_s, write_sound


def samples_of(path: Path) -> list[int]:
    with wave.open(str(path)) as file:
        data = file.readframes(file.getnframes())
    return list(struct.unpack(f"<{len(data) // 2}h", data))


def recording(path: Path, samples: list[int]) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(struct.pack(f"<{len(samples)}h", *samples))
    return path


@pytest.mark.parametrize("name", CHORDS_HZ)
def test_each_is_heard_and_no_other(name: str, tmp_path: Path) -> None:
    write_sound(tmp_path / "sound.wav", name)
    chance = random.Random(1)
    quieter = [round(0.3 * one) for one in samples_of(tmp_path / "sound.wav")]
    gapped = quieter[:5000] + [0] * 777 + quieter[5000:12000] + [0] * 333 + quieter[13000:]
    line = [0] * 8000 + gapped + [0] * 4000
    noisy = [one + round(chance.gauss(0, 30)) for one in line]
    heard = recording(tmp_path / "heard.wav", noisy)
    for other in CHORDS_HZ:
        at_s = heard_at_s(heard, other)
        assert (at_s == pytest.approx(1.0, abs=0.1)) if other == name else at_s is None


def test_speech_like_noise_and_silence_are_none_of_them(tmp_path: Path) -> None:
    chance = random.Random(2)
    noise = recording(tmp_path / "n.wav", [round(chance.gauss(0, 3000)) for _ in range(40000)])
    silence = recording(tmp_path / "s.wav", [0] * 40000)
    for name in CHORDS_HZ:
        assert heard_at_s(noise, name) is None
        assert heard_at_s(silence, name) is None
