"""A voice for people of the emulated network who were given nothing to say: syllables, no words."""

import math
from functools import cache

from appliance.simulator.codec import RATE_HZ, ulaw_encode

# Formants in Hz of five vowels (a e i o u of a man's voice), one a syllable.
_VOWELS = ((730, 1090), (530, 1840), (270, 2290), (570, 840), (300, 870))
_SYLLABLES = (0, 3, 1, 2, 0, 4, 1, 3)
_SYLLABLE_S, _PAUSE_AFTER, _PAUSE_S = 0.22, 3, 0.25
_PITCH_HZ, _PITCH_SWING_HZ = 125.0, 22.0
_GLIDE_FROM, _GLIDE_STEP = 0.5, 80  # of a syllable; samples
_BETWEEN = 0.4  # of the peak
_PEAK = 9000.0  # of 32124; about -17 dBm0 while it speaks


@cache
def hello() -> bytes:
    """Two seconds of speech-like µ-law: gliding pitch and formants, syllables and one pause."""
    samples: list[int] = []
    phase = 0.0
    for index, vowel in enumerate(_SYLLABLES):
        count = round(_SYLLABLE_S * RATE_HZ)
        gains: list[float] = []
        for n in range(count):
            at = n / count
            if n % _GLIDE_STEP == 0:
                gains = _gains(_formants(index, vowel, at))
            pitch = _PITCH_HZ + _PITCH_SWING_HZ * math.sin(2.1 * index + 3 * at)
            phase += 2 * math.pi * pitch / RATE_HZ
            wave = sum(gain * math.sin((k + 1) * phase) for k, gain in enumerate(gains))
            samples.append(round(_PEAK * _loudness(index, at) * wave))
        if index == _PAUSE_AFTER:
            samples += [0] * round(_PAUSE_S * RATE_HZ)
    return ulaw_encode(samples)


def _ends(index: int) -> bool:
    """Whether a silence follows this syllable."""
    return index in (_PAUSE_AFTER, len(_SYLLABLES) - 1)


def _formants(index: int, vowel: int, at: float) -> tuple[float, float]:
    """A mouth is on its way to the next vowel for half of each: no vowel of speech stands still."""
    first, second = _VOWELS[vowel]
    if _ends(index) or at < _GLIDE_FROM:
        return first, second
    share = (at - _GLIDE_FROM) / (1 - _GLIDE_FROM)
    to_first, to_second = _VOWELS[_SYLLABLES[index + 1]]
    return first + share * (to_first - first), second + share * (to_second - second)


def _loudness(index: int, at: float) -> float:
    """0 to 1: the voice goes on between two syllables of a phrase."""
    begins, ends = index in (0, _PAUSE_AFTER + 1), _ends(index)
    is_rim = (begins and at < 0.5) or (ends and at >= 0.5)
    least = 0.0 if is_rim else _BETWEEN
    return float(least + (1 - least) * math.sin(math.pi * at) ** 0.6)


def _gains(formants: tuple[float, float]) -> list[float]:
    """How strong each harmonic of the pitch is, with their sum 1."""
    gains = []
    for k in range(1, 26):
        hz = k * _PITCH_HZ
        near = sum(1 / (1 + ((hz - f) / 90.0) ** 2) for f in formants)
        gains.append((near + 0.05) / (1 + hz / 1500))
    total = sum(gains)
    return [gain / total for gain in gains]
