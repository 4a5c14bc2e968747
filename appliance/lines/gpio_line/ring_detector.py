"""Ringing current by the edges of an optocoupler, told from noise and dial pulses; pure.

The detector conducts for part of one half-wave: one low pulse a cycle, with chatter at both ends.
Ringing is 15 to 68 Hz wherever telephones are sold (ETSI ES 203 021-2 4.4 tests 25 and 50 Hz; FCC
part 68 type B rings 15.3 to 68 Hz); dial pulses of another telephone are 10 a second, hum that an
opto sees on both half-waves is 100 or 120.
"""

from collections import deque
from dataclasses import dataclass

LOWEST_HZ, HIGHEST_HZ = 14.5, 70.0  # of 15 to 68, with what a busy computer misreads
CYCLES = 3  # whole ones before it counts as ringing
WINDOW_S = 0.3  # three cycles at 15 Hz are 0.2 s
CHATTER_S = 0.002  # a level that lasts less is none
SILENCE_S = 0.2  # three missed cycles at 15 Hz end a burst


@dataclass(frozen=True, slots=True)
class Burst:
    """A burst of ringing that began: ``hz`` over its first cycles."""

    hz: float


class RingDetector:
    """Feed it each edge; `ends_at` says when `tick` must be called."""

    def __init__(self) -> None:
        self._candidate: tuple[bool, float] | None = None  # an edge that may be chatter
        self._cycles: deque[float] = deque()
        self._last_s: float | None = None
        self.is_ringing = False

    @property
    def ends_at(self) -> float | None:
        """When the burst is over unless another edge comes; None while nothing rings."""
        if not self.is_ringing or self._last_s is None:
            return None
        return self._last_s + SILENCE_S

    def stirs(self, now: float) -> bool:
        """Something that may become ringing is on the line now."""
        return self._last_s is not None and now - self._last_s < SILENCE_S

    def edge(self, is_high: bool, at_s: float) -> Burst | None:
        """One edge of the pin, at its time. A burst that begins is told once."""
        before, self._candidate = self._candidate, (is_high, at_s)
        if before is None:
            return None
        was_high, was_at_s = before
        if at_s - was_at_s < CHATTER_S:
            self._candidate = None  # both were one chatter
            return None
        return None if was_high else self._cycle(was_at_s, at_s)

    def tick(self, now: float) -> bool:
        """Whether the burst has just ended. Call it at `ends_at`."""
        ends_at = self.ends_at
        if ends_at is None or now < ends_at:
            return False
        self.is_ringing = False
        self._cycles.clear()
        self._candidate = None
        return True

    def _cycle(self, begun_s: float, seen_s: float) -> Burst | None:
        self._last_s = seen_s
        self._cycles.append(begun_s)
        while begun_s - self._cycles[0] > WINDOW_S:
            self._cycles.popleft()
        if self.is_ringing or len(self._cycles) <= CYCLES:
            return None
        hz = (len(self._cycles) - 1) / (begun_s - self._cycles[0])
        if not LOWEST_HZ <= hz <= HIGHEST_HZ:
            return None
        self.is_ringing = True
        return Burst(round(hz, 1))
