"""A caller is sent to the owner's mobile on another line; both are far ends of a whole shop."""

from appliance.simulator.far_end import FarEndConfig, Progress
from tests.whole.calling_out import NUMBER, answered, freed, reached, shop_out
from tests.whole.conftest import OpenShop
from tests.whole.sound import loudest_at, tone

OWNER = f"""
[[number]]
name = "owner"
number = "{NUMBER}"
"""
DAY = '[outgoing]\nquiet_from = "00:00"\nquiet_to = "00:00"\n'
TO_THE_OWNER = OWNER + DAY


def sent(open_shop: OpenShop, far_end: FarEndConfig, lines: int = 2, more: str = TO_THE_OWNER):  # type: ignore[no-untyped-def]
    def answers(toml: str) -> str:
        return toml.replace('1 = "ring_group:orders"', '1 = "number:owner"')

    shop = shop_out(open_shop, far_end, lines=lines, more=more, change=answers)
    return shop, shop.ring(("1",), say=tone(700, 20.0), say_after_s=40.0)


def test_both_hear_each_other_and_the_owner_ends_it(open_shop: OpenShop) -> None:
    shop, caller = sent(open_shop, FarEndConfig(NUMBER, rings=1, hang_up_after_s=40.0))
    far = reached(shop, limit_s=60.0)
    at = answered(shop, far)
    shop.until(lambda: shop.status["calls"][0]["state"] == "talking", 10.0)
    shop.until(lambda: far.ended_by == "far", 60.0)
    assert loudest_at(bytes(far.heard[-80000:]), 700) > 0.9
    freed(shop, 20.0)
    call = shop.last_call()
    assert call["direction"] == "inbound"
    assert call["ended_by"] in ("far_end", "caller")  # who hears the exchange's busy tone hangs up
    assert abs(call["dials"][0]["ended_at"] - at) < 7.0
    assert caller.done.done()


def test_no_answer_is_a_goodbye(open_shop: OpenShop) -> None:
    more = OWNER + DAY + "answer_within_s = 20\n"
    shop, _ = sent(open_shop, FarEndConfig(NUMBER, "no_answer"), more=more)
    far = reached(shop, limit_s=60.0)
    shop.until(lambda: far.progress is Progress.GONE, 30.0)
    assert far.ended_by == "other"
    freed(shop, 30.0)
    assert [d["outcome"] for d in shop.last_call()["dials"]] == ["no_answer"]
    assert shop.last_call()["ended_by"] == "box"


def test_nobody_is_called_in_quiet_hours_nor_without_a_second_line(open_shop: OpenShop) -> None:
    always = OWNER + '[outgoing]\nquiet_from = "00:00"\nquiet_to = "23:59"\n'
    shop, _ = sent(open_shop, FarEndConfig(NUMBER), more=always)
    shop.until(lambda: shop.status["calls"])
    freed(shop, 90.0)
    assert "quiet hours" in shop.story
    assert not shop.network.directory.calls


def test_one_line_is_not_enough(open_shop: OpenShop) -> None:
    shop, _ = sent(open_shop, FarEndConfig(NUMBER), lines=1)
    shop.until(lambda: shop.status["calls"])
    freed(shop, 90.0)
    assert shop.last_call()["ended_by"] == "box"
    assert not shop.network.directory.calls
