"""What a poor line does to sound: level, noise, clipping and gaps, frame by frame.

Frames are 10 ms, 80 µ-law samples, as everywhere in the simulator.
"""

import random
from dataclasses import dataclass
from functools import cache

from appliance.simulator.codec import (
    FRAME_SAMPLES,
    SILENT_FRAME,
    gain_table,
    mix,
    peak_of_dbm0,
    ulaw_decode_table,
    ulaw_encode,
)

_NOISE_FRAMES = 97  # a prime: it never beats with a cadence


@dataclass(frozen=True, slots=True)
class SoundFaults:
    """``gain_db``: added to the level. ``noise_dbm0``: white noise that is always there; None: no.

    ``clip_dbm0``: what is louder than such a sine's peak is cut off there. ``gaps_a_minute``: so
    often, on average, ``gap_ms`` of sound are lost.
    """

    gain_db: float = 0.0
    noise_dbm0: float | None = None
    clip_dbm0: float | None = None
    gaps_a_minute: float = 0.0
    gap_ms: int = 50


class LineSound:
    """The way of one direction's sound over a line with faults. ``rng``: when gaps come."""

    def __init__(self, faults: SoundFaults, rng: random.Random) -> None:
        self._rng = rng
        self._level = _level_table(faults.gain_db, faults.clip_dbm0)
        self._noise = () if faults.noise_dbm0 is None else _noise(faults.noise_dbm0)
        self._at = 0
        self._gap_chance = faults.gaps_a_minute / 6000
        self._gap_frames = max(1, faults.gap_ms // 10)
        self._lost = 0

    def frame(self, sent: bytes) -> bytes:
        """What arrives of ``sent``."""
        if self._lost == 0 and self._gap_chance and self._rng.random() < self._gap_chance:
            self._lost = self._gap_frames
        if self._lost:
            self._lost -= 1
            return SILENT_FRAME
        if sent != SILENT_FRAME:
            sent = sent.translate(self._level)
        if not self._noise:
            return sent
        self._at = (self._at + 1) % len(self._noise)
        return mix(sent, self._noise[self._at]) if sent != SILENT_FRAME else self._noise[self._at]


@cache
def _level_table(gain_db: float, clip_dbm0: float | None) -> bytes:
    if clip_dbm0 is None:
        return gain_table(gain_db)
    limit = int(peak_of_dbm0(clip_dbm0))
    louder = 10 ** (gain_db / 20)
    return ulaw_encode(
        max(-limit, min(limit, int(sample * louder))) for sample in ulaw_decode_table()
    )


@cache
def _noise(dbm0: float) -> tuple[bytes, ...]:
    rng = random.Random("line noise")
    deviation = peak_of_dbm0(dbm0) / 2**0.5
    return tuple(
        ulaw_encode(round(rng.gauss(0.0, deviation)) for _ in range(FRAME_SAMPLES))
        for _ in range(_NOISE_FRAMES)
    )
