"""Sounds of the telephone network as arrays of floats: 8,000 samples a second, 0 dBm0 per G.711.

Every function that needs chance takes a `numpy.random.Generator`, so a figure can be had again.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float64]

RATE_HZ = 8000
PEAK_0DBM0 = 32767 * 10 ** (-3.14 / 20)  # a sine 3.14 dB below full scale, ITU-T G.711 table 5
KEYS = "123A456B789C*0#D"
LOW_HZ = (697.0, 770.0, 852.0, 941.0)  # ITU-T Q.23
HIGH_HZ = (1209.0, 1336.0, 1477.0, 1633.0)


def frames(ms: float) -> int:
    """Samples in so many milliseconds, to the nearest."""
    return round(ms * RATE_HZ / 1000)


def peak(dbm0: float) -> float:
    """Amplitude of a sine of that level."""
    return PEAK_0DBM0 * math.pow(10, dbm0 / 20)


def rms(dbm0: float) -> float:
    """Root mean square of any signal of that level."""
    return peak(dbm0) / math.sqrt(2)


def sine(count: int, hz: float, dbm0: float, phase: float = 0.0) -> Samples:
    return peak(dbm0) * np.sin(2 * np.pi * hz / RATE_HZ * np.arange(count) + phase)


def levelled(signal: Samples, dbm0: float) -> Samples:
    """The signal with the mean power of what is not silence in it set to that level."""
    loud = np.abs(signal) > 1e-9
    power = float(np.mean(signal[loud] ** 2)) if loud.any() else 1.0
    return signal * (rms(dbm0) / math.sqrt(power))


@dataclass(frozen=True, slots=True)
class Press:
    """One key pressed. A frequency error is a ratio and hertz besides; twist is high minus low."""

    on_ms: float = 60.0
    level_dbm0: float = -12.0  # of the stronger tone
    twist_db: float = 0.0
    low_error: float = 0.0
    high_error: float = 0.0
    error_hz: float = 0.0  # added away from the nominal frequency
    hole_ms: float = 0.0  # an interruption, anywhere that leaves `hole_edge_ms` on each side
    hole_edge_ms: float = 5.0

    @property
    def power_dbm0(self) -> float:
        """Of both tones together."""
        return self.level_dbm0 + 10 * math.log10(1 + 10 ** (-abs(self.twist_db) / 10))


def key_sound(key: str, press: Press, rng: np.random.Generator) -> Samples:
    """The two tones of `key`, with the phases and the hole's place drawn by chance."""
    index = KEYS.index(key)
    count = frames(press.on_ms)
    sound = np.zeros(count)
    tones = (
        (LOW_HZ[index // 4], press.low_error, -max(press.twist_db, 0.0)),
        (HIGH_HZ[index % 4], press.high_error, min(press.twist_db, 0.0)),
    )
    for nominal, error, below in tones:
        hz = nominal * (1 + error) + math.copysign(press.error_hz, error)
        sound += sine(count, hz, press.level_dbm0 + below, rng.uniform(0, 2 * np.pi))
    if press.hole_ms > 0:
        edge = press.hole_edge_ms
        at = frames(rng.uniform(edge, press.on_ms - press.hole_ms - edge))
        sound[at : at + frames(press.hole_ms)] = 0
    return sound


def white_noise(count: int, dbm0: float, rng: np.random.Generator) -> Samples:
    return rng.normal(0, rms(dbm0), count)


def band(signal: Samples, low_hz: float, high_hz: float) -> Samples:
    """What a telephone line leaves of it; brick walls in the frequency domain, over the whole."""
    spectrum = np.fft.rfft(signal)
    hz = np.fft.rfftfreq(len(signal), 1 / RATE_HZ)
    spectrum[(hz < low_hz) | (hz > high_hz)] = 0
    return np.fft.irfft(spectrum, len(signal))


def to_samples(signal: Samples) -> NDArray[np.int16]:
    """Clipped and rounded to 16 bits."""
    return np.clip(np.rint(signal), -32768, 32767).astype("<i2")


def mu_law(signal: Samples) -> Samples:
    """Through ITU-T G.711 µ-law and back: clipped where the code ends, at 3.17 dBm0."""
    magnitude = np.minimum(np.abs(np.rint(signal)), 32635) + 132
    segment = np.floor(np.log2(magnitude)).astype(int) - 7
    step = np.exp2(segment + 3)
    quantised = (np.floor(magnitude / step) + 0.5) * step - 132
    return np.where(signal < 0, -quantised, quantised)
