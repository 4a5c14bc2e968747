"""Makes prompts equally loud: speech measured where somebody speaks, peaks bent rather than cut."""

import math
from array import array
from operator import mul

RATE_HZ = 8000
FRAME = 160  # 20 ms
ZERO_DBM0_RMS = 32767 / math.sqrt(2) * 10 ** (-3.14 / 20)  # ITU-T G.711: full scale is +3.14 dBm0
SPEECH_DBM0 = -16.0
FLOOR_DBM0 = -50.0
MARGIN_DB = 15.9  # ITU-T P.56: speech is what comes within 15.9 dB of the active level
MAX_GAIN_DB = 30.0
KNEE, CEILING = 20000.0, 31000.0


def level_dbm0(samples: "array[int]") -> float:
    """The level of all of it, in dBm0; -99 for silence."""
    if not samples:
        return -99.0
    return _dbm0(sum(map(mul, samples, samples)) / len(samples))


def active_level_dbm0(samples: "array[int]") -> float:
    """The level while somebody speaks, in dBm0; -99 when nobody does."""
    powers = []
    for at in range(0, len(samples), FRAME):
        frame = samples[at : at + FRAME]
        powers.append(sum(map(mul, frame, frame)) / len(frame))
    gate = FLOOR_DBM0
    level = -99.0
    for _ in range(3):  # the level decides what counts as speech, and that decides the level
        speaking = [power for power in powers if _dbm0(power) > gate]
        if not speaking:
            return level
        level = _dbm0(sum(speaking) / len(speaking))
        gate = max(FLOOR_DBM0, level - MARGIN_DB)
    return level


def match_loudness(samples: "array[int]", target_dbm0: float = SPEECH_DBM0) -> "array[int]":
    """The same sound with its active level at ``target_dbm0``; at most 30 dB louder."""
    level = active_level_dbm0(samples)
    if level <= -99.0:
        return samples
    gain = 10 ** (min(target_dbm0 - level, MAX_GAIN_DB) / 20)
    return array("h", (_bend(sample * gain) for sample in samples))


def _bend(value: float) -> int:
    """Above the knee a peak approaches the ceiling instead of clipping."""
    size = abs(value)
    if size > KNEE:
        room = CEILING - KNEE
        value = math.copysign(KNEE + room * math.tanh((size - KNEE) / room), value)
    return round(value)


def _dbm0(power: float) -> float:
    if power <= 0:
        return -99.0
    return 10 * math.log10(power / ZERO_DBM0_RMS**2)
