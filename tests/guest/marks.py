"""Sounds that are known again: marks that a caller speaks, and how much of a sound was heard where.

Lines change level, lose samples and add echo; so a sound is looked for piece by piece.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from appliance.simulator.codec import ulaw_decode_table, ulaw_encode

RATE_HZ = 8000
_ALIKE = 0.7  # correlation of a piece; of unrelated sounds it stays below 0.4
_FAINT = 100.0  # root mean square, of 32768: nothing to compare
Samples = NDArray[np.float64]
_TABLE = np.array(ulaw_decode_table(), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Found:
    """``share`` of a sound's pieces, 0 to 1; where the first and the last lie, in seconds."""

    share: float
    first_s: float
    last_s: float
    offset_s: float  # the last piece's end, in the sound that was looked for


def mark(seconds: float, seed: int) -> bytes:
    """µ-law noise in the speech band, unlike any other of another seed; no tone, never silent."""
    rng = np.random.default_rng(seed)
    count = int(seconds * RATE_HZ)
    spectrum = np.fft.rfft(rng.standard_normal(count))
    hz = np.fft.rfftfreq(count, 1 / RATE_HZ)
    spectrum[(hz < 400) | (hz > 3000)] = 0
    sound = np.fft.irfft(spectrum, count)
    sound *= 3000 / np.sqrt(np.mean(sound**2))
    return ulaw_encode([int(value) for value in np.clip(sound, -30000, 30000)])


def decode(ulaw: bytes) -> Samples:
    return _TABLE[np.frombuffer(ulaw, dtype=np.uint8)]


def find(sound: bytes, heard: bytes, piece_ms: int = 300) -> Found:
    """Look for each piece of ``sound`` in ``heard``, both µ-law.

    Short pieces also fit what was stretched, as between two clocks that differ.
    """
    piece_length = RATE_HZ * piece_ms // 1000
    wanted, there = decode(sound), decode(heard)
    pieces, places = 0, []
    for at in range(0, len(wanted) - piece_length + 1, piece_length):
        piece = wanted[at : at + piece_length]
        piece = piece - piece.mean()
        if np.sqrt(np.mean(piece**2)) < _FAINT:
            continue
        pieces += 1
        alike = _correlate(piece, there)
        if (
            alike.size
            and (best := int(np.argmax(np.abs(alike)))) >= 0
            and abs(alike[best]) > _ALIKE
        ):
            places.append((best / RATE_HZ, (at + piece_length) / RATE_HZ))
    assert pieces, "there is no sound to look for"
    if not places:
        return Found(0.0, 0.0, 0.0, 0.0)
    return Found(len(places) / pieces, min(places)[0], max(places)[0], max(places)[1])


def _correlate(piece: Samples, there: Samples) -> Samples:
    """Normalised, at each place where the piece fits."""
    if len(there) < len(piece):
        return np.zeros(0)
    size = 1 << (len(there) + len(piece)).bit_length()
    product = np.fft.rfft(there, size) * np.conj(np.fft.rfft(piece, size))
    dot = np.fft.irfft(product, size)[: len(there) - len(piece) + 1]
    sums = np.concatenate(([0.0], np.cumsum(there)))
    squares = np.concatenate(([0.0], np.cumsum(there**2)))
    count = len(piece)
    mean = (sums[count:] - sums[:-count]) / count
    power = np.maximum(squares[count:] - squares[:-count] - count * mean**2, 1.0)
    result: Samples = dot / np.sqrt(power * float(np.sum(piece**2)))
    return result
