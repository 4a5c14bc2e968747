"""What of the keys was heard: right ones, extra ones, and how long after the key began."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tests.dsp.impairments import Cell, Strip, make_strip
from tests.dsp.listeners import Heard, Listener
from tests.dsp.signals import RATE_HZ


@dataclass(frozen=True, slots=True)
class Score:
    """``extra``: wrong, split or invented keys. ``late_ms``: of every right one, where known."""

    pressed: int
    right: int
    extra: int
    late_ms: tuple[float, ...] = ()

    @property
    def late_p95_ms(self) -> float | None:
        return float(np.percentile(self.late_ms, 95)) if self.late_ms else None


def score(strip: Strip, heard: Sequence[Heard]) -> Score:
    """A key that is heard belongs to the last one pressed before; without times, order decides."""
    if any(one.frame is None for one in heard):
        right = _longest_common(strip.keys, "".join(one.key for one in heard))
        return Score(len(strip.keys), right, len(heard) - right)
    late: dict[int, float] = {}
    extra = 0
    for one in heard:
        assert one.frame is not None
        which = int(np.searchsorted(strip.starts, one.frame, side="right")) - 1
        if which < 0 or strip.keys[which] != one.key or which in late:
            extra += 1
        else:
            late[which] = (one.frame - strip.starts[which]) * 1000 / RATE_HZ
    return Score(len(strip.keys), len(late), extra, tuple(late.values()))


def _longest_common(wanted: str, got: str) -> int:
    """Length of the longest common subsequence."""
    row = [0] * (len(got) + 1)
    for key in wanted:
        before = 0
        for at, other in enumerate(got, 1):
            before, row[at] = row[at], before + 1 if key == other else max(row[at], row[at - 1])
    return row[-1]


def score_cell(cell: Cell, listener: Listener, presses: int, seed: Sequence[int]) -> Score:
    """One row of the table for one program."""
    strip = make_strip(cell, presses, np.random.default_rng(seed))
    return score(strip, listener.listen(strip.samples))


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures the bars are about, over all scored rows."""

    accepted: float  # 0..1 of what must be heard
    extra: int
    rejected_wrongly: int
    must_reject: int
    under_dial_tone: float
    split_by_holes: int
    late_p95_ms: float | None


def summarise(rows: Sequence[tuple[Cell, Score]]) -> Summary:
    accept = [(cell, found) for cell, found in rows if cell.wanted == "accept"]
    reject = [found for cell, found in rows if cell.wanted == "reject"]
    dial = [found for cell, found in accept if cell.name.startswith("dial tone")]
    late = [ms for cell, found in accept if not cell.delayed for ms in found.late_ms]
    return Summary(
        accepted=_part([found for _, found in accept]),
        extra=sum(found.extra for _, found in accept),
        rejected_wrongly=sum(found.right + found.extra for found in reject),
        must_reject=sum(found.pressed for found in reject),
        under_dial_tone=_part(dial),
        split_by_holes=sum(f.extra for cell, f in accept if cell.name.startswith("hole")),
        late_p95_ms=float(np.percentile(late, 95)) if late else None,
    )


def _part(found: Sequence[Score]) -> float:
    pressed = sum(one.pressed for one in found)
    return sum(one.right for one in found) / pressed if pressed else 1.0
