"""What the core is told of a line: each change once, whatever the driver goes through."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from appliance.core.events import LineBecameReady, LineFailed, LineReleased
from appliance.lines.line_standing import STOP_S, LineStanding
from appliance.lines.timers import NamedTimers
from appliance.loop import VirtualLoop

READY, RELEASED, FAILED = LineBecameReady("one"), LineReleased("one"), LineFailed("one", "why")


@given(st.lists(st.sampled_from(["ready", "ask_release", "released", "failed", "down"])))
def test_each_change_is_told_once(story):
    told: list[object] = []
    standing = LineStanding("one", told.append)
    in_service, asked = None, False
    for step in story:
        before = len(told)
        getattr(standing, step)(*(["why"] if step == "failed" else []))
        if step == "ready" and not in_service:
            expected, in_service, asked = [READY], True, False
        elif step in ("ready", "released"):
            expected, asked = [RELEASED] if asked and in_service else [], False
        elif step == "failed":
            expected, in_service, asked = [FAILED] if in_service is not False else [], False, False
        else:
            expected, asked = [], step == "ask_release"
            in_service = None if step == "down" else in_service
        assert told[before:] == expected


def test_all_who_wait_for_the_stop_see_its_end_and_it_comes_in_time():
    loop = VirtualLoop()
    standing = LineStanding("one", lambda _: None)
    timers = NamedTimers(loop)
    begun: list[float] = []

    async def stop() -> float:
        await standing.stop(timers, lambda: begun.append(loop.time()), standing.down)
        return loop.time()

    async def both() -> list[float]:
        return await asyncio.gather(stop(), stop())

    assert loop.run_until_complete(both()) == [STOP_S, STOP_S]
    assert begun == [0.0]
    assert not standing.is_stopping
    loop.close()


def test_a_stop_that_ends_at_once_is_not_waited_for():
    loop = VirtualLoop()
    standing = LineStanding("one", lambda _: None)
    stop = standing.stop(NamedTimers(loop), standing.down, lambda: None)
    loop.run_until_complete(asyncio.wait_for(stop, 1.0))
    assert loop.time() < 1.0
    loop.close()
