"""Brings a prompt to 8 kHz with a windowed-sinc polyphase filter. Not for live audio."""

import math
from array import array
from functools import lru_cache
from operator import mul

from appliance.errors import PromptError

RATE_HZ = 8000
RATES_HZ = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
PASS_HZ, STOP_HZ = 3400.0, 4000.0  # the telephone band (ITU-T G.712) up to half our rate
ATTENUATION_DB = 70.0


def to_telephone_rate(samples: "array[int]", rate_hz: int) -> "array[int]":
    """The same sound at 8 kHz, nothing folded back. Raises PromptError for an odd rate."""
    if rate_hz == RATE_HZ:
        return samples
    if rate_hz not in RATES_HZ:
        allowed = ", ".join(str(rate) for rate in RATES_HZ)
        raise PromptError(f"{rate_hz} samples a second; use 8000, or one of {allowed}")
    common = math.gcd(RATE_HZ, rate_hz)
    up, down = RATE_HZ // common, rate_hz // common
    phases = _phases(rate_hz, up)
    taps = len(phases[0])
    before = taps // 2
    padded = array("h", bytes(2 * before)) + samples + array("h", bytes(2 * taps))
    out = array("h", bytes(2 * (len(samples) * up // down)))
    for index in range(len(out)):
        whole, phase = divmod(index * down, up)
        value = round(sum(map(mul, phases[phase], padded[whole : whole + taps])))
        out[index] = max(-32768, min(32767, value))
    return out


@lru_cache(maxsize=4)
def _phases(rate_hz: int, up: int) -> tuple[tuple[float, ...], ...]:
    """One filter per output phase, unity gain each; the Kaiser window's own design formulas."""
    cutoff = (PASS_HZ + STOP_HZ) / 2 / rate_hz
    width = (STOP_HZ - PASS_HZ) / rate_hz
    half = math.ceil((ATTENUATION_DB - 7.95) / (14.36 * width) / 2)
    beta = 0.1102 * (ATTENUATION_DB - 8.7)
    filters = []
    for phase in range(up):
        taps = [
            _sinc(2 * cutoff * x) * _kaiser(x / (half + 1), beta)
            for x in (tap - half - phase / up for tap in range(2 * half + 1))
        ]
        total = sum(taps)
        filters.append(tuple(tap / total for tap in taps))
    return tuple(filters)


def _sinc(x: float) -> float:
    return 1.0 if x == 0 else math.sin(math.pi * x) / (math.pi * x)


def _kaiser(x: float, beta: float) -> float:
    return _bessel_i0(beta * math.sqrt(max(0.0, 1 - x * x)))


def _bessel_i0(x: float) -> float:
    term = total = 1.0
    order = 0
    while term > 1e-9 * total:
        order += 1
        term *= (x / 2 / order) ** 2
        total += term
    return total
