"""A handset's hook switch: bounce, flash and hanging up by their length."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.stations.hook_switch import HookNews, HookState, HookSwitch

L, F, H = HookNews.LIFTED, HookNews.FLASHED, HookNews.HUNG_UP


def live(edges: list[tuple[bool, float]], until_s: float = 100.0) -> list[HookNews]:
    """What a switch that was down tells of these edges."""
    switch, told = HookSwitch(is_lifted=False), []

    def tick_to(now: float) -> None:
        while (deadline := switch.deadline) is not None and deadline <= now:
            news = switch.tick(deadline)
            if news is not None:
                told.append(news)

    for is_lifted, at_s in edges:
        tick_to(at_s)
        switch.edge(is_lifted, at_s)
    tick_to(until_s)
    return told


def contact(is_lifted: bool, at_s: float, bounces: int = 4) -> list[tuple[bool, float]]:
    return [(is_lifted is not bool(n % 2), at_s + n * 0.002) for n in range(bounces + 1)]


@pytest.mark.parametrize(
    ("break_s", "told"),
    [
        (0.02, [L]),
        (0.06, [L]),
        (0.085, [L, F]),
        (0.3, [L, F]),
        (0.78, [L, F]),
        (0.9, [L, H, L]),
        (5.0, [L, H, L]),
    ],
)
def test_a_break_is_told_by_its_length(break_s, told):
    edges = contact(True, 1.0) + contact(False, 2.0) + contact(True, 2.0 + break_s)
    assert live(edges) == told


def test_hanging_up_is_told_when_it_can_be_nothing_else():
    edges = contact(True, 1.0) + contact(False, 2.0)
    assert live(edges, 2.7) == [L]
    assert live(edges, 2.82) == [L, H]


@given(st.lists(st.tuples(st.booleans(), st.floats(0.0005, 1.5)), max_size=60))
def test_whatever_the_contact_does_it_is_lifted_and_hung_up_in_turn(steps):
    now, edges = 0.0, []
    for is_lifted, later in steps:
        now += later
        edges.append((is_lifted, now))
    told = [news for news in live(edges, now + 2.0) if news is not F]
    assert told == [L, H] * (len(told) // 2) + [L] * (len(told) % 2)
    assert len(told) % 2 == int(bool(edges) and edges[-1][0])


def test_one_that_was_lifted_before_the_start():
    assert HookSwitch(is_lifted=True).state is HookState.OFF_HOOK
