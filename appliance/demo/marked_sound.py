"""Sounds that a test call plays, and an ear that tells them apart in what was heard.

Each is a chord of its own, in syllables: whatever a line does to level and delay, and whatever gaps
a busy machine makes, the pitches stay. None resembles a tone of a telephone exchange or a keypad.
"""

import math
import random
import struct
import wave
from collections.abc import Sequence
from pathlib import Path
from types import MappingProxyType

from appliance.simulator.codec import RATE_HZ, ulaw_decode
from appliance.simulator.wav import read_wav

CHORDS_HZ = MappingProxyType(
    {
        "greeting": (310.0, 650.0, 1130.0),
        "four": (370.0, 560.0, 1050.0),
        "five": (460.0, 800.0, 990.0),
    }
)
SOUND_MS = 2600
_FRAME = 160  # samples: 20 ms, in which pitches 50 Hz apart are told apart
_FRAME_MS = 20
_PEAK = 2800.0  # of each voice of the chord, on the 16-bit scale
_PURE = 0.6  # of a frame's power must be in the chord
_QUIETEST = 100.0**2  # mean square below which a frame holds no sound
_ENOUGH = 0.5  # of the sound's frames must be heard


def rhythm(name: str) -> list[bool]:
    """Whether each 20 ms of the sound ``name`` is loud."""
    chance = random.Random(name)
    frames: list[bool] = []
    is_loud = True
    while len(frames) < SOUND_MS // _FRAME_MS:
        frames += [is_loud] * (chance.randint(4, 15) if is_loud else chance.randint(3, 9))
        is_loud = not is_loud
    return frames[: SOUND_MS // _FRAME_MS]


def write_sound(path: Path, name: str) -> None:
    """The sound ``name`` as a WAV file, 16 bits at 8 kHz."""
    samples: list[int] = []
    for is_loud in rhythm(name):
        for _ in range(_FRAME):
            at_s = len(samples) / RATE_HZ
            voices = (math.sin(2 * math.pi * hz * at_s) for hz in CHORDS_HZ[name])
            samples.append(round(_PEAK * sum(voices)) if is_loud else 0)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(struct.pack(f"<{len(samples)}h", *samples))


def heard_at_s(recording: Path, name: str) -> float | None:
    """When the sound ``name`` first began in a recording, in seconds; None: it was not heard.

    Raises SimulatorError when the recording can't be read.
    """
    samples = ulaw_decode(read_wav(recording))
    places = [
        at
        for at in range(0, len(samples) - _FRAME + 1, _FRAME)
        if _is_chord(samples[at : at + _FRAME], CHORDS_HZ[name])
    ]
    is_heard = len(places) >= _ENOUGH * sum(rhythm(name))
    return places[0] / RATE_HZ if is_heard else None


def _is_chord(frame: Sequence[int], chord_hz: Sequence[float]) -> bool:
    power = sum(sample * sample for sample in frame) / len(frame)
    if power < _QUIETEST:
        return False
    return sum(_power_at(frame, hz) for hz in chord_hz) >= _PURE * power


def _power_at(frame: Sequence[int], hz: float) -> float:
    """Mean square of a sine of that pitch within the frame (Goertzel)."""
    turn = 2 * math.cos(2 * math.pi * hz / RATE_HZ)
    before = last = 0.0
    for sample in frame:
        before, last = last, sample + turn * last - before
    square = before * before + last * last - turn * before * last
    return 2 * square / len(frame) ** 2
