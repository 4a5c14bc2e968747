"""Our touch-tone detector against its bars, in both modes; and the scorer against itself.

A short run of what `python -m tests.dsp` measures; every figure must hold in each mode.
"""

import numpy as np
import pytest

from tests.dsp import talk
from tests.dsp.impairments import CELLS, Cell, make_strip
from tests.dsp.listeners import Heard, Listener, ours
from tests.dsp.score import Score, score, score_cell, summarise
from tests.dsp.signals import Press, mu_law, to_samples

MODES = ours()
BY_NAME = pytest.mark.parametrize("listener", MODES, ids=lambda one: one.name)
PRESSES = 48
SEED = 20


@pytest.fixture(scope="module", params=MODES, ids=lambda one: one.name)
def rows(request: pytest.FixtureRequest) -> list[tuple[Cell, Score]]:
    scored = [cell for cell in CELLS if cell.wanted != "disputed"]
    return [
        (cell, score_cell(cell, request.param, PRESSES, [SEED, at]))
        for at, cell in enumerate(scored)
    ]


def test_the_bars_of_the_impairments(rows: list[tuple[Cell, Score]]) -> None:
    found = summarise(rows)
    spoilt = [
        f"{cell.name}: {one.right} of {one.pressed}"
        for cell, one in rows
        if cell.wanted == "accept" and one.right < one.pressed
    ]
    assert found.accepted >= 0.995, spoilt
    assert found.extra == 0
    assert found.split_by_holes == 0
    assert found.under_dial_tone == 1.0
    assert found.rejected_wrongly * 640 <= 5 * found.must_reject
    assert found.late_p95_ms is not None
    assert found.late_p95_ms <= 60


@pytest.mark.parametrize("kind", talk.ORDINARY)
def test_ordinary_sound_is_no_key(kind: str) -> None:
    rng = np.random.default_rng([SEED, *kind.encode()])
    sound = to_samples(mu_law(talk.ORDINARY[kind](90, rng)))
    assert {mode.name: mode.listen(sound) for mode in MODES} == {mode.name: [] for mode in MODES}


def test_harsh_voices_are_seldom_keys_in_conversation() -> None:
    """Twenty minutes in all, the kinds in equal parts."""
    seconds = 20 * 60 / len(talk.HARSH)
    heard = 0
    for kind, make in talk.HARSH.items():
        rng = np.random.default_rng([SEED, *kind.encode()])
        heard += len(MODES[0].listen(to_samples(mu_law(make(seconds, rng)))))
    assert heard <= 36


@BY_NAME
def test_the_onset_is_dated_right_whatever_the_block(listener: Listener) -> None:
    cell = Cell("clean", "accept", Press(70))
    strip = make_strip(cell, 32, np.random.default_rng(SEED))
    for block in ("1", "39", "80", "161", "4096"):
        program = Listener(listener.name, (*listener.command, block))
        lines = program.lines(strip.samples)
        assert "".join(line.split()[1] for line in lines) == strip.keys
        for start, line in zip(strip.starts, lines, strict=True):
            frame, _key, ms_ago, _level = line.split()
            onset_ms = int(frame) / 8 - int(ms_ago)
            assert onset_ms == pytest.approx(start / 8, abs=3)


def test_the_scorer_counts() -> None:
    strip = make_strip(Cell("", "accept"), 4, np.random.default_rng(1))
    one, two, three, _four = strip.keys
    at = strip.starts
    heard = [
        Heard(one, at[0] - 1),  # before its press: extra
        Heard(one, at[0] + 400),
        Heard(one, at[0] + 600),  # split
        Heard("x", at[1] + 400),  # wrong
        Heard(three, at[2] + 800),
    ]
    found = score(strip, heard)
    assert (found.pressed, found.right, found.extra) == (4, 2, 3)
    assert found.late_ms == (50.0, 100.0)
    untimed = [Heard(key, None) for key in (one, one, two, three)]
    assert score(strip, untimed) == Score(4, 3, 1)


@pytest.mark.parametrize("kind", talk.HARSH)
def test_a_seed_gives_the_same_sound_again(kind: str) -> None:
    make = talk.HARSH[kind]
    first, again, other = (make(2, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
