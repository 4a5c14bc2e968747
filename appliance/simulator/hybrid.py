"""A two-to-four-wire hybrid: part of what is sent into a line comes back, spread over 6 ms.

A first return and a decaying oscillation, as where a hybrid meets a loaded line (shaped like the
models of ITU-T G.168 annex D), thinned to every third sample so that a frame stays cheap.
"""

import math
from functools import cache

from appliance.simulator.codec import FRAME_SAMPLES, SILENT_FRAME, ulaw_decode_table, ulaw_encode

SPREAD_SAMPLES = 48  # 6 ms
_STEP = 3


@cache
def _taps(loss_db: float) -> tuple[tuple[int, float], ...]:
    """(delay in samples, gain), whose energy is ``loss_db`` below one."""
    shape = [
        (at, math.exp(-4.0 * at / SPREAD_SAMPLES) * math.cos(0.9 * at) + (at == 1))
        for at in range(1, SPREAD_SAMPLES, _STEP)
    ]
    scale = 10 ** (-loss_db / 20) / math.sqrt(sum(gain * gain for _, gain in shape))
    return tuple((at, gain * scale) for at, gain in shape)


class Hybrid:
    """One line's hybrid. ``loss_db``: its echo return loss, positive."""

    def __init__(self, loss_db: float) -> None:
        self._taps = _taps(abs(loss_db))
        self._past = [0] * SPREAD_SAMPLES
        self._rings = False

    def echo(self, sent: bytes) -> bytes:
        """What comes back of one 10 ms µ-law frame that is sent now."""
        if sent == SILENT_FRAME and not self._rings:
            return SILENT_FRAME
        self._rings = sent != SILENT_FRAME
        table = ulaw_decode_table()
        line = self._past + [table[code] for code in sent]
        self._past = line[-SPREAD_SAMPLES:]
        heard = [0.0] * FRAME_SAMPLES
        for at, gain in self._taps:
            begin = SPREAD_SAMPLES - at
            part = line[begin : begin + FRAME_SAMPLES]
            heard = [sum_ + gain * sample for sum_, sample in zip(heard, part, strict=True)]
        return ulaw_encode(round(value) for value in heard)
