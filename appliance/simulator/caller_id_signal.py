"""Caller ID as an exchange sends it down an idle line: FSK of both systems, alerting tones, DTMF.

Written from the standards alone (Bell 202 and GR-30, ITU-T V.23, ETSI EN 300 659-1), so that an
error in the product's own demodulator can't cancel itself out. Samples are 8 kHz, 16-bit integers;
levels are dBm0 of the stronger tone.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from appliance.simulator.caller_id import CallerId
from appliance.simulator.codec import RATE_HZ, peak_of_dbm0
from appliance.simulator.tones import key_frequencies

BAUD = 1200.0
SYSTEMS_HZ = {"bell202": (1200.0, 2200.0), "v23": (1300.0, 2100.0)}  # mark, space
ALERT_HZ = (2130.0, 2750.0)  # DT-AS and CAS, EN 300 659-1 and GR-30
_NOISE_TAPS = 121
_NOISE_SAMPLES = 32768
_BAND_HZ = (300.0, 3400.0)


@dataclass(frozen=True, slots=True)
class FskShape:
    """How a message is sent. ``twist_db``: space over mark; ``clock_error``: 0.01 = 1 % too fast.

    ``seizure_bits`` alternate and end in mark, ``mark_bits`` follow; a byte has ``stop_bits``.
    """

    system: str = "bell202"
    level_dbm0: float = -13.5
    twist_db: float = 0.0
    clock_error: float = 0.0
    seizure_bits: int = 300
    mark_bits: int = 180
    stop_bits: int = 1


def fsk(message: bytes, shape: FskShape | None = None) -> list[int]:
    """One message with its preamble, phase-continuous. Raises KeyError for an unknown system."""
    shape = shape or FskShape()
    factor = 1 + shape.clock_error
    mark_hz, space_hz = (hz * factor for hz in SYSTEMS_HZ[shape.system])
    mark_peak = peak_of_dbm0(shape.level_dbm0 - max(shape.twist_db, 0.0))
    space_peak = peak_of_dbm0(shape.level_dbm0 + min(shape.twist_db, 0.0))
    tones = ((space_peak, space_hz), (mark_peak, mark_hz))
    bits = _bits(message, shape)
    samples_a_bit = RATE_HZ / (BAUD * factor)
    samples: list[int] = []
    phase = 0.0
    for index, bit in enumerate(bits):
        peak, hz = tones[bit]
        begin, end = index * samples_a_bit, (index + 1) * samples_a_bit
        step = 2 * math.pi * hz / RATE_HZ
        for n in range(math.ceil(begin), math.ceil(end)):
            samples.append(round(peak * math.sin(phase + step * (n - begin))))
        phase = (phase + step * samples_a_bit) % (2 * math.pi)
    return samples


def dtmf_keys(keys: str, on_ms: int = 70, off_ms: int = 70, level_dbm0: float = -8.0) -> list[int]:
    """A DTMF caller-ID string such as A0281234567C. Raises KeyError for what is no key."""
    samples: list[int] = []
    for key in keys:
        samples += sines(key_frequencies(key), on_ms, level_dbm0)
        samples += silence(off_ms)
    return samples


def alert(ms: int = 100, level_dbm0: float = -16.0) -> list[int]:
    """The dual-tone alerting signal (DT-AS before the ring, CAS in a call)."""
    return sines(ALERT_HZ, ms, level_dbm0)


def sines(hz: Sequence[float], ms: int, level_dbm0: float) -> list[int]:
    """Tones together, each at ``level_dbm0``."""
    peak = peak_of_dbm0(level_dbm0)
    steps = [2 * math.pi * f / RATE_HZ for f in hz]
    count = ms * RATE_HZ // 1000
    return [round(peak * sum(math.sin(step * n) for step in steps)) for n in range(count)]


def silence(ms: int) -> list[int]:
    return [0] * (ms * RATE_HZ // 1000)


def with_noise(samples: Sequence[int], level_dbm0: float, seed: int) -> list[int]:
    """White Gaussian noise of the telephone band (300-3,400 Hz) added; clipped to 16 bits."""
    band = _band_noise(seed % 8)
    rms = peak_of_dbm0(level_dbm0) / math.sqrt(2)
    start = random.Random(seed).randrange(len(band))
    return [
        max(-32768, min(32767, round(sample + rms * band[(start + n) % len(band)])))
        for n, sample in enumerate(samples)
    ]


def single_message(who: CallerId) -> bytes:
    """The single-data message (GR-30): type 04, length, MMDDHHMM, number or P or O, sum."""
    body = (who.date + who.time + who.shown_number).encode("ascii", "replace")
    message = bytes([0x04, len(body)]) + body
    return message + bytes([-sum(message) & 0xFF])


def lamp_message(is_on: bool) -> bytes:
    """Message waiting (type 82, visual indicator)."""
    message = bytes([0x82, 3, 0x0B, 1, 0xFF if is_on else 0x00])
    return message + bytes([-sum(message) & 0xFF])


def _bits(message: bytes, shape: FskShape) -> list[int]:
    bits = [n & 1 for n in range(shape.seizure_bits)] + [1] * shape.mark_bits
    for byte in message:
        bits.append(0)
        bits += [byte >> n & 1 for n in range(8)]
        bits += [1] * shape.stop_bits
    return [*bits, 1]  # the carrier outlives the last stop bit


@cache
def _band_noise(seed: int) -> tuple[float, ...]:
    """Noise of power 1 through a windowed band-pass; circular."""
    chance = random.Random(seed)
    white = [chance.gauss(0.0, 1.0) for _ in range(_NOISE_SAMPLES)]
    middle = (_NOISE_TAPS - 1) // 2
    taps = [_tap(k - middle) for k in range(_NOISE_TAPS)]
    doubled = white + white[:_NOISE_TAPS]
    noise = [
        sum(map(float.__mul__, taps, doubled[n : n + _NOISE_TAPS])) for n in range(_NOISE_SAMPLES)
    ]
    rms = math.sqrt(sum(x * x for x in noise) / len(noise))
    return tuple(x / rms for x in noise)


def _tap(k: int) -> float:
    low, high = (2 * hz / RATE_HZ for hz in _BAND_HZ)
    window = 0.54 + 0.46 * math.cos(2 * math.pi * k / (_NOISE_TAPS - 1))
    if k == 0:
        return (high - low) * window
    return (math.sin(math.pi * high * k) - math.sin(math.pi * low * k)) / (math.pi * k) * window
