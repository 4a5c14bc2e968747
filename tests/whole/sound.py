"""Sounds for whole calls, and what was heard compared with what was meant; own arithmetic."""

import random
import struct
from collections.abc import Sequence
from math import cos, pi, sin, sqrt
from pathlib import Path


def tone(hz: float, seconds: float, amplitude: float = 0.3) -> bytes:
    """A steady tone as µ-law, made with this test's own arithmetic (ITU-T G.711)."""
    return bytes(
        _ulaw(round(32767 * amplitude * sin(2 * pi * hz * n / 8000)))
        for n in range(round(seconds * 8000))
    )


def _ulaw(sample: int) -> int:
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), 32635) + 132
    exponent = magnitude.bit_length() - 8
    mantissa = (magnitude >> (exponent + 3)) & 0x0F
    return ~(sign | exponent << 4 | mantissa) & 0xFF


def linear(ulaw: bytes) -> list[int]:
    """µ-law to 16-bit samples."""
    return [_linear(code) for code in ulaw]


def _linear(code: int) -> int:
    code = ~code & 0xFF
    magnitude = (((code & 0x0F) << 3) + 132 << (code >> 4 & 7)) - 132
    return -magnitude if code & 0x80 else magnitude


def wav_channels(path: Path) -> list[bytes]:
    """The channels of a µ-law WAV file."""
    data = path.read_bytes()
    assert data[:4] == b"RIFF"
    assert data[8:12] == b"WAVE"
    place, channels = 12, 0
    while place < len(data):
        kind, size = data[place : place + 4], struct.unpack_from("<I", data, place + 4)[0]
        if kind == b"fmt ":
            form, channels = struct.unpack_from("<HH", data, place + 8)
            assert form == 7
        if kind == b"data":
            body = data[place + 8 : place + 8 + size]
            return [body[n::channels] for n in range(channels)]
        place += 8 + size + size % 2
    raise AssertionError("no data chunk")


def power_at(samples: list[int], hz: float) -> float:
    """Goertzel power at ``hz``, relative to the samples' whole power (0 to about 1)."""
    factor = 2 * cos(2 * pi * hz / 8000)
    last = before = 0.0
    for sample in samples:
        last, before = sample + factor * last - before, last
    whole = sum(sample * sample for sample in samples) or 1
    return 2 * (last * last + before * before - factor * last * before) / (len(samples) * whole)


def loudest_at(ulaw: bytes, hz: float, window: int = 800) -> float:
    """The purest tenth of a second of a tone in what was heard (see `power_at`)."""
    samples = linear(ulaw)
    windows = (samples[n : n + window] for n in range(0, max(1, len(samples) - window), window))
    return max((power_at(piece, hz) for piece in windows if is_loud(piece)), default=0.0)


def is_loud(samples: Sequence[int]) -> bool:
    """Above -44 dB of full scale, taken together."""
    return sum(sample * sample for sample in samples) > 200 * 200 * len(samples)


def find_clip(heard: Sequence[int], clip: Sequence[int], start: int = 0) -> int | None:
    """Where ``clip`` begins in ``heard`` at or after ``start``, by its loudest 200 ms, or None."""
    size = min(1600, len(clip))
    at = max(range(0, len(clip) - size + 1, 80), key=lambda n: sum(map(abs, clip[n : n + size])))
    key = clip[at : at + size]
    rough = range(start + at, len(heard) - size, 4)
    likely = [n for n in rough if _likeness(heard[n : n + size : 16], key[::16]) > 0.7]
    if not likely:
        return None
    near = {n for offset in likely for n in range(offset - 4, offset + 5)}
    near = {n for n in near if n < likely[0] + len(clip)}  # the first time it was said
    best = max(near, key=lambda n: _likeness(heard[n : n + size], key))
    return best - at if _likeness(heard[best : best + size], key) > 0.9 else None


def share_heard(heard: Sequence[int], clip: Sequence[int], at: int) -> float:
    """How much of ``clip`` is in ``heard`` from ``at`` on: its loud 50 ms pieces, each compared."""
    size, found, count = 400, 0, 0
    for start in range(0, len(clip) - size, size):
        piece = clip[start : start + size]
        if not is_loud(piece):
            continue
        count += 1
        places = range(at + start - 6, at + start + 7)
        found += max(_likeness(heard[n : n + size], piece) for n in places) > 0.8
    return found / count


def _likeness(first: Sequence[int], second: Sequence[int]) -> float:
    """Normalised correlation, -1 to 1."""
    across = sum(a * b for a, b in zip(first, second, strict=False))
    power = sum(a * a for a in first) * sum(b * b for b in second)
    return across / sqrt(power) if power else 0.0


def ulaw(samples: Sequence[int], noise: int = 0, seed: int = 1) -> bytes:
    """Samples as µ-law, with evenly spread noise of up to ±``noise`` in the sound and after it."""
    rng = random.Random(seed)
    return bytes(_ulaw(sample + rng.randint(-noise, noise)) for sample in samples)
