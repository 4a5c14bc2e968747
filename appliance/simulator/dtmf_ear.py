"""How the emulated exchange hears dialled keys: in the sound on the line, as a real one does."""

import math

from appliance.simulator.codec import FRAME_SAMPLES, RATE_HZ, ulaw_decode
from appliance.simulator.tones import DTMF_KEYS, key_frequencies

_WINDOW = 2 * FRAME_SAMPLES  # 20 ms; a key lasts at least 40 (ITU-T Q.24)
_LEAST_SHARE = 0.7  # of the window's energy in the two tones
_LEAST_ENERGY = 200.0**2 * _WINDOW
_KEYS = {key_frequencies(key): key for key in DTMF_KEYS}
_ROWS = tuple(sorted({row for row, _ in _KEYS}))
_COLUMNS = tuple(sorted({column for _, column in _KEYS}))


class DtmfEar:
    """Feed it 10 ms frames of µ-law; it names each key once, when it has sounded for 40 ms."""

    def __init__(self) -> None:
        self._samples: list[int] = []
        self._last = ""
        self._told = ""

    def feed(self, frame: bytes) -> str | None:
        self._samples += ulaw_decode(frame)
        if len(self._samples) < _WINDOW:
            return None
        window, self._samples = self._samples[:_WINDOW], self._samples[_WINDOW:]
        key = _key(window)
        begun, self._last = key == self._last, key
        if not key:
            self._told = ""
        elif begun and key != self._told:
            self._told = key
            return key
        return None


def _key(window: list[int]) -> str:
    energy = float(sum(sample * sample for sample in window))
    if energy < _LEAST_ENERGY:
        return ""
    row = max(_ROWS, key=lambda hz: _power(window, hz))
    column = max(_COLUMNS, key=lambda hz: _power(window, hz))
    share = (_power(window, row) + _power(window, column)) * 2 / len(window) / energy
    return _KEYS[row, column] if share >= _LEAST_SHARE else ""


def _power(window: list[int], hz: int) -> float:
    """Goertzel's: |X|² at ``hz``."""
    factor = 2 * math.cos(2 * math.pi * hz / RATE_HZ)
    one = two = 0.0
    for sample in window:
        one, two = sample + factor * one - two, one
    return one * one + two * two - factor * one * two
