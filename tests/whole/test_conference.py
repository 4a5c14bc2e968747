"""Hold, three-way and listening in: who hears whom, by the sound that reaches each ear."""

from collections.abc import Callable

import pytest

from tests.whole.conftest import OpenShop
from tests.whole.shop import Shop
from tests.whole.sound import loudest_at, tone

OFFICE = """
[[station]]
extension = "13"
name = "Office"
driver = "linecard_fxs"
linecard = "hat0"
socket = 3
[telephony]
listen_in = ["13"]
"""
CALLER_HZ, COUNTER_HZ, OFFICE_HZ = 900.0, 700.0, 1170.0  # no harmonics of each other
Heard = Callable[[], bytearray]


@pytest.fixture
def shop(open_shop: OpenShop) -> Shop:
    """The caller and the counter talk."""
    # without hybrids: who hears whom is told by pure tones, which teach the canceller nothing
    quiet = {"echo_db": None}
    shop = open_shop(more=OFFICE, recording="always", line=quiet, hat=quiet)
    shop.answer_with("11", after_s=1.0)
    shop.caller = shop.ring(press=("1",), press_after_s=2.0)  # type: ignore[attr-defined]
    shop.until(lambda: shop.station_state("11") == "talking")
    shop.pass_s(1.0)
    return shop


def ears(shop: Shop) -> dict[float, Heard]:
    """Each party's own tone, and what reaches that party's ear."""
    caller = shop.caller  # type: ignore[attr-defined]
    return {
        CALLER_HZ: lambda: caller.heard,
        COUNTER_HZ: lambda: shop.phone("11").heard,
        OFFICE_HZ: lambda: shop.phone("13").heard,
    }


def who_hears_whom(shop: Shop) -> dict[float, set[float]]:
    """Each speaks for a second in turn; for each ear, whose tone it heard. Nobody hears himself."""
    caller = shop.caller  # type: ignore[attr-defined]
    mouths = {CALLER_HZ: caller.say, COUNTER_HZ: shop.phone("11").say}
    if shop.phone("13").off_hook:
        mouths[OFFICE_HZ] = shop.phone("13").say
    heard: dict[float, set[float]] = {hz: set() for hz in ears(shop)}
    for hz, say in mouths.items():
        before = {ear: len(heard_by()) for ear, heard_by in ears(shop).items()}
        say(tone(hz, 1.0))
        shop.pass_s(1.6)
        for ear, heard_by in ears(shop).items():
            if ear != hz and loudest_at(bytes(heard_by()[before[ear] :]), hz) > 0.5:
                heard[ear].add(hz)
    return heard


def dial(shop: Shop, extension: str, keys: str) -> None:
    shop.phone(extension).press(keys)
    shop.pass_s(0.4 * len(keys) + 0.5)


def test_a_call_on_hold_hears_music_and_nobody(shop: Shop) -> None:
    caller = shop.caller  # type: ignore[attr-defined]
    shop.phone("11").flash()
    shop.pass_s(1.0)
    assert shop.status["calls"][0]["state"] == "held"
    assert shop.station_state("11") == "dialing"
    before = len(caller.heard)
    shop.pass_s(3.0)
    assert len(set(caller.heard[before:])) > 20, "music"
    assert who_hears_whom(shop) == {CALLER_HZ: set(), COUNTER_HZ: set(), OFFICE_HZ: set()}
    shop.phone("11").flash()
    shop.pass_s(1.0)
    talking = {CALLER_HZ: {COUNTER_HZ}, COUNTER_HZ: {CALLER_HZ}, OFFICE_HZ: set()}
    assert who_hears_whom(shop) == talking


def test_three_talk_and_two_go_on(shop: Shop) -> None:
    shop.answer_with("13", after_s=0.5)
    shop.phone("11").flash()
    shop.pass_s(1.0)
    dial(shop, "11", "13")
    shop.until(lambda: shop.station_state("13") == "talking")
    shop.pass_s(0.5)
    asking = {CALLER_HZ: set[float](), COUNTER_HZ: {OFFICE_HZ}, OFFICE_HZ: {COUNTER_HZ}}
    assert who_hears_whom(shop) == asking
    shop.phone("11").flash()
    shop.pass_s(1.0)
    assert who_hears_whom(shop) == {
        CALLER_HZ: {COUNTER_HZ, OFFICE_HZ},
        COUNTER_HZ: {CALLER_HZ, OFFICE_HZ},
        OFFICE_HZ: {CALLER_HZ, COUNTER_HZ},
    }
    shop.phone("11").hang_up()
    shop.pass_s(1.5)
    assert shop.station_state("11") == "idle"
    shop.phone("13").hang_up()
    shop.until_ready()
    call = next(call for call in shop.calls() if call["line"] == "landline")
    assert call["ended_by"] == "station"
    assert {leg["endpoint"] for leg in call["legs"]} == {
        "line:landline", "station:11", "station:13",
    }  # fmt: skip


def test_listening_in_whispering_and_barging(shop: Shop) -> None:
    shop.phone("13").lift()
    shop.pass_s(0.5)
    dial(shop, "13", "*9011")
    assert shop.station_state("13") == "talking"
    monitor = {
        CALLER_HZ: {COUNTER_HZ},
        COUNTER_HZ: {CALLER_HZ},
        OFFICE_HZ: {CALLER_HZ, COUNTER_HZ},
    }
    assert who_hears_whom(shop) == monitor
    dial(shop, "13", "5")
    assert who_hears_whom(shop) == monitor | {COUNTER_HZ: {CALLER_HZ, OFFICE_HZ}}
    dial(shop, "13", "6")
    assert who_hears_whom(shop) == {
        CALLER_HZ: {COUNTER_HZ, OFFICE_HZ},
        COUNTER_HZ: {CALLER_HZ, OFFICE_HZ},
        OFFICE_HZ: {CALLER_HZ, COUNTER_HZ},
    }
    dial(shop, "13", "4")
    assert who_hears_whom(shop) == monitor
    shop.phone("13").hang_up()
    shop.pass_s(1.5)
    assert shop.station_state("11") == "talking"
    shop.phone("11").hang_up()
    shop.until_ready()
    assert "listens in beside station 11" in shop.story
