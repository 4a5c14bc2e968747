"""The audio loop stays cheap: a call's instructions are counted, which no slow machine changes."""

import pytest

from tests.cost import (
    BUDGET_MARGIN,
    ECHO_LIMITS,
    HARD_LIMITS,
    IDLE_LIMITS,
    INSTRUCTIONS_LIMIT,
    SHARE_LIMIT,
    blocks,
    budget,
    echo_instructions_per_20_ms,
    idle_instructions_per_tick,
    instructions_per_20_ms,
    machine,
)

UNMEASURED_MARGIN = 1.15  # for a compiler that has no budget of its own yet; gcc 14: drift 10,967


def test_one_call_stays_under_its_limit() -> None:
    spent = instructions_per_20_ms(1)
    assert spent <= INSTRUCTIONS_LIMIT, (
        f"a call costs {spent:,.0f} instructions per 20 ms, more than {INSTRUCTIONS_LIMIT:,}: "
        "find what grew with callgrind_annotate, or raise the limit and say why"
    )


def test_eight_calls_cost_no_more_than_eight_times_one() -> None:
    share = instructions_per_20_ms(8) / instructions_per_20_ms(1)
    assert share <= SHARE_LIMIT, f"each of 8 calls costs {share:.2f} of one alone"


@pytest.mark.parametrize("work", list(ECHO_LIMITS))
def test_the_echo_canceller_stays_under_its_limit(work: str) -> None:
    assert echo_instructions_per_20_ms(work) <= ECHO_LIMITS[work]


@pytest.mark.parametrize("with_what", list(IDLE_LIMITS))
def test_waiting_for_calls_stays_under_its_limit(with_what: str) -> None:
    spent = idle_instructions_per_tick(with_what)
    print(f"{with_what}: {spent:,.0f}")
    assert spent <= IDLE_LIMITS[with_what]


def test_every_block_stays_within_its_budget() -> None:
    spent, known = blocks(), budget()
    for name, count in spent.items():  # shown where there is no budget yet, and when it fails
        print(f"{machine()} {name} = {count:.0f}")
    too_much = [
        f"{name}: {count:,.0f} instructions, {known[name]:,} in tests/bench/budget.toml"
        for name, count in spent.items()
        if name in known and count > known[name] * BUDGET_MARGIN
    ]
    assert not too_much, "; ".join(too_much)
    if known:
        assert known.keys() == spent.keys(), "budget.toml and bench_blocks.c have different rows"


def test_no_block_passes_a_hard_limit_on_any_machine() -> None:
    spent = blocks()
    for name, limit in HARD_LIMITS.items():
        margin = 1.0 if budget() else UNMEASURED_MARGIN
        assert spent[name] <= limit * margin, f"{name} takes {spent[name]:,.0f} instructions"
