"""A box without a clock of its own: calls, limits, recordings and lamp when the time jumps."""

import time
from typing import Any

import pytest

from tests.whole.conftest import OpenShop
from tests.whole.shop import Shop

DAY = 86400.0
OFF = time.mktime((2026, 11, 20, 23, 50, 0, 0, 0, -1))  # what the clock says after the start
NOW = time.mktime((2026, 11, 22, 10, 0, 0, 0, 0, -1))  # what time it is


def start_wrong(open_shop: OpenShop, utc: float = OFF, **more: Any) -> Shop:
    """A box that started with a wrong clock, as one without a battery does."""

    def wrong(shop: Shop) -> None:
        shop.is_clock_right = False
        shop.loop.clock.set_utc(utc)

    return open_shop(phones=wrong, **more)


def set_right(shop: Shop, utc: float = NOW) -> None:
    """As systemd-timesyncd does: the time first, then its sign."""
    shop.loop.clock.set_utc(utc)
    shop.pass_s(1.5)
    shop.is_clock_right = True
    shop.pass_s(2.0)


def lasted(call: dict[str, Any]) -> float:
    return float(call["ended_at"] - call["started_at"])


@pytest.mark.parametrize(
    "utc", [0.0, OFF, NOW + 3650 * DAY], ids=["1970", "the last stop", "ahead"]
)
def test_calls_of_a_wrong_clock_are_right_when_it_is_set(open_shop: OpenShop, utc: float) -> None:
    shop = start_wrong(open_shop, utc)
    shop.answer_with("11", 4.0)
    shop.ring(("1",), hang_up_after_s=30.0)
    shop.until(shop.calls)
    shop.until_ready()
    before = shop.last_call()
    over_for = shop.loop.clock.utc() - before["ended_at"]
    shop.pass_s(60.0)
    set_right(shop)
    call = shop.last_call()
    assert lasted(call) == pytest.approx(lasted(before), abs=0.01)
    assert call["ended_at"] == pytest.approx(NOW - 60.0 - over_for, abs=2.0)
    for leg, old in zip(call["legs"], before["legs"], strict=True):
        moved = call["started_at"] - before["started_at"]
        assert leg["began_at"] == pytest.approx(old["began_at"] + moved, abs=0.01)
        assert [one["at"] for one in leg["states"]] == pytest.approx(
            [one["at"] + moved for one in old["states"]], abs=0.01
        )
    assert [one["at"] for one in call["story"]] == pytest.approx(
        [one["at"] + moved for one in before["story"]], abs=0.01
    )
    assert any("clock is right now" in text for text in shop.box_story())


def test_a_call_that_is_up_while_the_clock_is_set(open_shop: OpenShop) -> None:
    """Its length is the monotonic clock's; its beginning is moved; what follows is right."""
    shop = start_wrong(open_shop)
    shop.answer_with("11", 4.0)
    caller = shop.ring(("1",), hang_up_after_s=120.0)
    shop.until(lambda: shop.station_state("11") == "talking")
    talked_from = shop.loop.time()
    shop.pass_s(20.0)
    set_right(shop)
    shop.until(lambda: not shop.status["calls"], 200.0)
    over = shop.loop.time()
    call = shop.last_call()
    assert call["disposition"] == "answered"
    assert NOW < call["ended_at"] < NOW + 200
    assert call["ended_at"] - call["started_at"] > over - talked_from
    assert lasted(call) == pytest.approx(call["story"][-1]["at"] - call["started_at"], abs=15)
    assert caller is not None


def test_a_clock_that_a_person_sets_moves_no_call(open_shop: OpenShop) -> None:
    """It was right before: what was noted stays as it was."""
    shop = open_shop()
    shop.is_clock_right = True
    shop.answer_with("11", 4.0)
    shop.ring(("1",), hang_up_after_s=30.0)
    shop.until(shop.calls)
    shop.until_ready()
    before = shop.last_call()["started_at"]
    shop.loop.clock.set_utc(NOW + 40 * DAY)
    shop.pass_s(5.0)
    assert shop.last_call()["started_at"] == before
    assert any("clock was set" in text for text in shop.box_story())


RULES = """
[outgoing]
calls_a_day = 2
quiet_from = "21:00"
quiet_to = "08:00"
"""


def test_the_time_of_day_is_told_at_once(open_shop: OpenShop) -> None:
    """Quiet hours are the real ones within seconds of the clock being set, not within the hour."""
    shop = start_wrong(open_shop, time.mktime((2026, 11, 22, 22, 0, 0, 0, 0, -1)), more=RULES)
    judge = shop.box.exchange.permission
    assert "quiet" in judge("2025550123", True).reason
    set_right(shop)  # ten in the morning of the same day
    assert judge("2025550123", True).reason == ""


def test_a_day_that_was_ahead_takes_no_limit_away(open_shop: OpenShop) -> None:
    """After a clock that ran ahead goes back, the calls of today count again."""
    ahead = NOW + 3 * DAY
    shop = open_shop(more=RULES)
    shop.is_clock_right = True
    shop.loop.clock.set_utc(ahead)
    shop.pass_s(20.0)
    shop.loop.clock.set_utc(NOW)
    shop.pass_s(20.0)
    judge = shop.box.exchange.permission
    count = shop.box.exchange
    assert judge("2025550123", False).lines
    for _ in range(2):
        shop.box.outgoing.counted({"landline": (1, 10.0)})
    shop.pass_s(1.0)
    assert count.used_today().calls == 2
    assert judge("2025550123", False).lines == ()


def recorded(shop: Shop) -> str:
    shop.answer_with("11", 4.0)
    shop.ring(("1",), hang_up_after_s=20.0)
    shop.until(lambda: shop.status["calls"])
    shop.until_ready()
    found = shop.last_call()["recording"]
    assert found, shop.story
    return str(found["id"])


def files(shop: Shop) -> set[str]:
    return {path.stem for path in (shop.state / "recordings").glob("*/*.wav")}


def keeping(days: int) -> str:
    from tests.whole.shop import TOML  # noqa: PLC0415 - one place needs its text

    return TOML.replace('confirmed_by = "a test"', f'confirmed_by = "a test"\nkeep_days = {days}')


def restart_later(shop: Shop, days: float) -> None:
    """The box is off for days, then starts with the right time."""
    shop.stop_box()
    shop.loop.clock.set_utc(shop.loop.clock.utc() + days * DAY)
    shop.restart_box()


def test_recordings_go_by_their_age(open_shop: OpenShop) -> None:
    shop = open_shop(recording="always", toml=keeping(7))
    shop.is_clock_right = True
    old = recorded(shop)
    restart_later(shop, 5)
    recorded(shop)
    kept = files(shop) - {old}
    assert kept
    restart_later(shop, 3)
    assert old in files(shop)
    shop.until(lambda: old not in files(shop), 700.0)
    shop.pass_s(5.0)
    assert files(shop) == kept
    calls = sorted(shop.calls(), key=lambda call: call["started_at"])
    assert [call["recording"] is None for call in calls] == [True, False]


@pytest.mark.parametrize("is_right", [False, None])
def test_nothing_goes_while_nobody_knows_the_time(
    open_shop: OpenShop, is_right: bool | None
) -> None:
    shop = open_shop(recording="always", toml=keeping(1))
    shop.is_clock_right = is_right
    kept = recorded(shop)
    restart_later(shop, 3)
    shop.pass_s(650.0)
    assert files(shop) == {kept}


def test_a_clock_that_jumps_ahead_deletes_nothing(open_shop: OpenShop) -> None:
    shop = open_shop(recording="always", toml=keeping(30))
    shop.is_clock_right = True
    kept = recorded(shop)
    shop.loop.clock.set_utc(shop.loop.clock.utc() + 4000 * DAY)
    shop.pass_s(650.0)
    assert files(shop) == {kept}


def test_for_ever_is_for_ever(open_shop: OpenShop) -> None:
    shop = open_shop(recording="always")
    shop.is_clock_right = True
    kept = recorded(shop)
    restart_later(shop, 3000)
    shop.pass_s(650.0)
    assert files(shop) == {kept}
