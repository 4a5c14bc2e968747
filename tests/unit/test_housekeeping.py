"""The daemon's repeats and figures: an error ends nothing, and jitter is no news."""

import asyncio
from concurrent.futures import Future
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from appliance.errors import StorageError
from appliance.housekeeping import Figures, Repeats, UtcOffset
from appliance.loop import VirtualLoop
from appliance.storage.history_queries import HistoryReader


class TwoClocks:
    """UTC and monotonic time that a test sets."""

    def __init__(self) -> None:
        self.now, self.date = 0.0, 1000.0

    def monotonic(self) -> float:
        return self.now

    def utc(self) -> float:
        return self.date


class Now:
    """A worker that works at once."""

    def submit(self, work: Any) -> "Future[Any]":
        future: Future[Any] = Future()
        try:
            future.set_result(work())
        except StorageError as error:
            future.set_exception(error)
        return future


def run_for(loop: VirtualLoop, seconds: float) -> None:
    loop.run_until_complete(asyncio.wait_for(_nap(loop, seconds), None))


async def _nap(loop: VirtualLoop, seconds: float) -> None:
    done = loop.create_future()
    loop.call_later(seconds, done.set_result, None)
    await done


def test_the_offset_ignores_jitter_and_follows_a_step() -> None:
    clock = TwoClocks()
    offset = UtcOffset(clock)
    clock.now, clock.date = 10.0, 1010.000_01
    assert offset.seconds == 1000.0
    clock.date += 3600
    assert offset.seconds == pytest.approx(4600.0, abs=0.001)


def test_work_that_fails_is_done_again() -> None:
    loop = VirtualLoop()
    complaints: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda _loop, context: complaints.append(context))
    done: list[float] = []

    def work() -> None:
        done.append(loop.time())
        if len(done) == 1:
            raise StorageError("once")

    repeats = Repeats(loop)
    repeats.every(1.0, work)
    run_for(loop, 3.5)
    repeats.close()
    run_for(loop, 3.0)
    loop.close()
    assert done == pytest.approx([1.0, 2.0, 3.0])
    assert len(complaints) == 1


def figures(loop: VirtualLoop, reader: object, free: object) -> tuple[Figures, list[int]]:
    changes: list[int] = []
    made = Figures(
        loop,
        loop.clock,
        cast(HistoryReader, reader),
        Now(),
        folder=Path("/"),
        free=cast(Any, free),
        on_changed=lambda: changes.append(1),
    )
    return made, changes


def test_free_space_is_told_in_whole_megabytes() -> None:
    loop = VirtualLoop()
    counted, _ = figures(
        loop, SimpleNamespace(day_totals=lambda _: {"calls": 1}), lambda _: 12_345_678
    )
    counted.look()
    run_for(loop, 0.1)
    loop.close()
    assert counted.free_bytes == 12_000_000
    assert counted.totals == {"calls": 1}


def test_a_card_and_a_history_that_cannot_be_read_are_problems_until_they_can() -> None:
    loop = VirtualLoop()
    is_bad = [True]

    def free(_: Path) -> int:
        if is_bad[0]:
            raise OSError(5, "Input/output error")
        return 10**9

    def totals(_: str) -> dict[str, int]:
        if is_bad[0]:
            raise StorageError("the history can't be read")
        return {"calls": 7}

    counted, changes = figures(loop, SimpleNamespace(day_totals=totals), free)
    counted.look()
    run_for(loop, 0.1)
    assert counted.problems == (
        "the card can't be looked at: Input/output error",
        "the history can't be read",
    )
    assert counted.totals["calls"] == 0
    is_bad[0] = False
    counted.look()
    run_for(loop, 0.1)
    assert counted.problems == ()
    assert counted.totals == {"calls": 7}
    counted.close()
    before = len(changes)
    counted.count()
    run_for(loop, 0.1)
    loop.close()
    assert len(changes) == before
