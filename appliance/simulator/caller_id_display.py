"""The display of a telephone: FSK heard on the hook, as the name and number that it shows.

Theory of operation. What is heard between two silences is one burst. Its tones are told apart by
sliding correlation over one bit; the steady mark before the first byte says which system it is, as
the two differ by 100 Hz. Written from GR-30, EN 300 659-1 and -3, and V.23, apart from the product.
"""

import cmath
import math
from collections.abc import Sequence
from dataclasses import dataclass

from appliance.simulator.caller_id_signal import BAUD, SYSTEMS_HZ
from appliance.simulator.codec import RATE_HZ, SILENT_FRAME, ulaw_decode_table

_BIT = RATE_HZ / BAUD  # samples
_WINDOW = round(_BIT)
_LEAST_MARK_BITS = 40  # of steady mark before the first byte, or it is no caller ID
_MARK_MIDDLE_HZ = 1250.0  # above: V.23
_MDMF, _SDMF = 0x80, 0x04
_QUIET_FRAMES = 2
_LONGEST = 3 * RATE_HZ


@dataclass(frozen=True, slots=True)
class ShownCaller:
    """What the display shows. ``presentation``: allowed, private or unavailable.

    ``system``: bell202 or v23. ``at``: MMDDHHMM.
    """

    number: str
    name: str
    presentation: str
    system: str
    at: str


class Display:
    """Feed it what comes down the line while the handset lies on its hook."""

    def __init__(self) -> None:
        self._burst = bytearray()
        self._quiet = 0

    def feed(self, frame: bytes) -> ShownCaller | None:
        """One frame of µ-law; the caller when a burst has just ended that was one."""
        if frame != SILENT_FRAME:
            self._quiet = 0
            if len(self._burst) < _LONGEST:
                self._burst += frame
            return None
        self._quiet += 1
        if self._quiet != _QUIET_FRAMES or not self._burst:
            return None
        burst, self._burst = bytes(self._burst), bytearray()
        return read_burst(burst)

    def lifted(self) -> None:
        """What was heard so far is nothing."""
        self._burst.clear()


def read_burst(ulaw: bytes) -> ShownCaller | None:
    """None: no caller ID, or a spoiled one."""
    table = ulaw_decode_table()
    samples = [table[code] for code in ulaw]
    mark = _find_mark(samples)
    if mark is None:
        return None
    begin, end = mark
    system = "v23" if _pitch_hz(samples[begin:end]) > _MARK_MIDDLE_HZ else "bell202"
    message = bytes(_read_bytes(_levels(samples, system), end - 2 * _WINDOW))
    return _read_message(message, system)


def _levels(samples: Sequence[int], system: str) -> list[float]:
    """How much more of mark than of space there is in the bit around each sample."""
    mark, space = (_strength(samples, hz) for hz in SYSTEMS_HZ[system])
    return [m - s for m, s in zip(mark, space, strict=True)]


def _strength(samples: Sequence[int], hz: float) -> list[float]:
    step = cmath.exp(-2j * math.pi * hz / RATE_HZ)
    turn, total = complex(1.0), complex(0.0)
    sums = [total]
    for sample in samples:
        total += sample * turn
        turn *= step
        sums.append(total)
    half, count = _WINDOW // 2, len(samples)
    return [abs(sums[min(n + half + 1, count)] - sums[max(n - half, 0)]) for n in range(count)]


def _find_mark(samples: Sequence[int]) -> tuple[int, int] | None:
    """Where the first long run of mark begins and ends, in samples."""
    start = None
    for n, level in enumerate(_levels(samples, "bell202")):
        if level > 0:
            start = n if start is None else start
        elif start is not None:
            if n - start >= _LEAST_MARK_BITS * _BIT:
                return start, n
            start = None
    return None


def _pitch_hz(samples: Sequence[int]) -> float:
    """Of a pure tone: from its first upward crossing of zero to its last."""
    ups = []
    for n in range(1, len(samples)):
        before, after = samples[n - 1], samples[n]
        if before < 0 <= after:
            ups.append(n - after / (after - before))
    return (len(ups) - 1) * RATE_HZ / (ups[-1] - ups[0]) if len(ups) > 1 else 0.0


def _read_bytes(levels: Sequence[float], at: int) -> list[int]:
    """Asynchronous characters, 8N1, until the carrier ends."""
    found: list[int] = []
    while True:
        while at < len(levels) and levels[at] > 0:
            at += 1
        if at + 10 * _BIT > len(levels):
            return found
        bits = [levels[round(at + (k + 0.5) * _BIT)] > 0 for k in range(10)]
        if bits[0] or not bits[9]:
            return found  # no start bit, or no stop bit: the carrier is over
        found.append(sum(bit << k for k, bit in enumerate(bits[1:9])))
        at = round(at + 9.5 * _BIT)


def _read_message(message: bytes, system: str) -> ShownCaller | None:
    if len(message) < 3 or len(message) < message[1] + 3:
        return None
    message = message[: message[1] + 3]
    if sum(message) & 0xFF or message[0] not in (_MDMF, _SDMF):
        return None
    body = message[2:-1]
    if message[0] == _SDMF:
        items = {0x01: body[:8], 0x04 if body[8:] in (b"P", b"O") else 0x02: body[8:]}
    else:
        items = _items(body)
    why = items.get(0x04, b"")
    presentation = {b"P": "private", b"O": "unavailable"}.get(why, "allowed")
    number, name, at = (items.get(kind, b"").decode("ascii", "replace") for kind in (2, 7, 1))
    return ShownCaller(number, name, presentation, system, at)


def _items(body: bytes) -> dict[int, bytes]:
    found = {}
    while len(body) >= 2:
        kind, length = body[0], body[1]
        found[kind] = body[2 : 2 + length]
        body = body[2 + length :]
    return found
