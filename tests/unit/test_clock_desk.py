"""When an age may be judged, and what is told of jumps."""

from collections.abc import Mapping
from concurrent.futures import Future

import pytest

from appliance.clock_desk import CALM_S, ClockDesk
from appliance.loop import VirtualClock


class Rig:
    def __init__(self, is_right: bool | None) -> None:
        self.clock = VirtualClock(1000.0)
        self.is_right = is_right
        self.facts: list[tuple[str, dict[str, object]]] = []
        self.told: list[str] = []
        self.jumps = 0
        self.desk = ClockDesk(
            self.clock, lambda: self.is_right, self, on_jump=self._jumped, tell=self.told.append
        )

    def remember_fact(self, kind: str, data: Mapping[str, object]) -> "Future[None]":
        self.facts.append((kind, dict(data)))
        return Future()

    def _jumped(self) -> None:
        self.jumps += 1

    def jump(self, seconds: float) -> None:
        self.clock.set_utc(self.clock.utc() + seconds)
        self.desk.beat()


@pytest.mark.parametrize(("is_right", "may"), [(True, True), (False, False), (None, False)])
def test_an_age_is_judged_by_a_clock_that_is_right(is_right, may):
    assert Rig(is_right).desk.may_judge_age is may


def test_after_a_jump_no_age_is_judged_for_a_day():
    rig = Rig(True)
    rig.jump(10 * 365 * 86400.0)
    assert not rig.desk.may_judge_age
    rig.clock.advance(CALM_S - 1)
    assert not rig.desk.may_judge_age
    rig.clock.advance(1)
    assert rig.desk.may_judge_age
    assert rig.told == ["The clock was set 3650 days on"]


def test_a_clock_that_is_steered_does_not_jump():
    rig = Rig(True)
    for _ in range(100):
        rig.jump(0.01)
    assert rig.jumps <= 1  # a whole second in all


def test_two_jumps_before_it_is_right_are_told_each_with_its_moment():
    rig = Rig(False)
    rig.clock.advance(100.0)
    rig.jump(3600.0)
    rig.clock.advance(50.0)
    rig.jump(-10.0)
    assert rig.facts == []
    rig.is_right = True
    rig.desk.beat()
    rig.desk.beat()
    assert rig.facts == [
        ("clock_corrected", {"before_monotonic": 100.0, "by_s": 3600.0}),
        ("clock_corrected", {"before_monotonic": 150.0, "by_s": -10.0}),
    ]
    rig.jump(500.0)  # a person's: nothing more is moved
    assert len(rig.facts) == 2
    assert rig.jumps == 3
