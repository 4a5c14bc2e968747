"""The audio loop stays cheap: a call's instructions are counted, which no slow machine changes."""

import pytest

from tests.cost import (
    ECHO_LIMITS,
    INSTRUCTIONS_LIMIT,
    SHARE_LIMIT,
    echo_instructions_per_20_ms,
    instructions_per_20_ms,
)


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
