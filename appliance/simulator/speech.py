"""A voice for people of the emulated network who were given nothing to say: syllables, no words."""

import math
from functools import cache

from appliance.simulator.codec import RATE_HZ, ulaw_encode

# Formants in Hz of five vowels (a e i o u of a man's voice), one a syllable.
_VOWELS = ((730, 1090), (530, 1840), (270, 2290), (570, 840), (300, 870))
_SYLLABLES = (0, 3, 1, 2, 0, 4, 1, 3)
_SYLLABLE_S, _PAUSE_AFTER, _PAUSE_S = 0.22, 3, 0.25
_PITCH_HZ, _PITCH_SWING_HZ = 125.0, 22.0
_PEAK = 9000.0  # of 32124; about -17 dBm0 while it speaks


@cache
def hello() -> bytes:
    """Two seconds of speech-like µ-law: a gliding pitch, formants, syllables and one pause."""
    samples: list[int] = []
    phase = 0.0
    for index, vowel in enumerate(_SYLLABLES):
        count = round(_SYLLABLE_S * RATE_HZ)
        gains = _gains(_VOWELS[vowel])
        for n in range(count):
            at = n / count
            pitch = _PITCH_HZ + _PITCH_SWING_HZ * math.sin(2.1 * index + 3 * at)
            phase += 2 * math.pi * pitch / RATE_HZ
            envelope = math.sin(math.pi * at) ** 0.6
            wave = sum(gain * math.sin((k + 1) * phase) for k, gain in enumerate(gains))
            samples.append(round(_PEAK * envelope * wave))
        if index == _PAUSE_AFTER:
            samples += [0] * round(_PAUSE_S * RATE_HZ)
    return ulaw_encode(samples)


def _gains(formants: tuple[int, int]) -> list[float]:
    """How strong each harmonic of the pitch is, with their sum 1."""
    gains = []
    for k in range(1, 26):
        hz = k * _PITCH_HZ
        near = sum(1 / (1 + ((hz - f) / 90.0) ** 2) for f in formants)
        gains.append((near + 0.05) / (1 + hz / 1500))
    total = sum(gains)
    return [gain / total for gain in gains]
