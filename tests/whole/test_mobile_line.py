"""Calls in a row through a mobile line with faults drawn at random; the bulk is in tests/soak."""

import pytest

from tests.whole.mobile_shop import Mobile, OpenMobile

CALLS = 3


@pytest.mark.parametrize("kind", ["sim7600", "ec25_pcm"])
def test_calls_with_random_faults_leave_no_stuck_line(open_mobile: OpenMobile, kind: str) -> None:
    shop = open_mobile(Mobile(kind, emulated={"random_faults": True}))
    for number in range(CALLS):
        caller = shop.ring(number=f"0917000{number:04}", hang_up_after_s=6.0 + number % 5)
        shop.until(caller.done.done, 120.0)
        shop.until_ready()
    calls = shop.calls_on_line()
    assert {call["caller"]["number"] for call in calls} == {f"0917000{n:04}" for n in range(CALLS)}
    assert len(calls) == CALLS


def test_unplugged_in_a_call_it_is_back_soon(open_mobile: OpenMobile) -> None:
    shop = open_mobile(Mobile("sim7600"))
    caller = shop.ring()
    shop.until(lambda: shop.line_state == "in_call")
    shop.pass_s(3.0)
    shop.mobile.unplug(keeps_power=True)
    shop.until(lambda: not shop.status["calls"], 5.0)
    caller.hang_up()
    shop.pass_s(30.0)
    shop.mobile.plug_in()
    assert shop.until(lambda: shop.line_state == "ready") <= 5.0
