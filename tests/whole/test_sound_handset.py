"""A handset of a sound card and GPIOs: ringing, lamp, flash, keypad, and its card unplugged."""

from itertools import pairwise

import pytest

from tests.whole.conftest import OpenShop
from tests.whole.sound import loudest_at
from tests.whole.test_gpio_line import board_shop, hook, state, talk, talking


def test_it_rings_by_the_countrys_cadence_and_its_lamp_blinks(open_shop: OpenShop) -> None:
    shop = board_shop(open_shop, country="GB")
    ringer, handset = shop.network.gpio.pins.number(6), shop.network.gpio.handsets["21"]
    shop.ring(line="wall", give_up_after_s=30.0)
    shop.until(lambda: shop.phone("21").ringing)
    rung = []
    for _ in range(600):
        rung.append(bool(ringer.state))
        shop.pass_s(0.01)
    lengths = [sum(1 for on in rung[n : n + 300] if on) for n in (0, 300)]
    assert lengths == pytest.approx([80, 80], abs=3)  # 0.4 + 0.4 s of each 3 s
    blinks = [at_s for at_s, _ in handset.lamp[:6]]
    assert [round(b - a, 2) for a, b in pairwise(blinks)] == [0.5] * 5
    shop.phone("21").lift()
    shop.until(lambda: talking(shop))
    shop.pass_s(2.0)
    assert handset.lamp[-1][1]  # steady
    assert not ringer.state
    shop.phone("21").hang_up()
    shop.pass_s(1.0)
    assert not handset.lamp[-1][1]
    shop.until(lambda: not hook(shop) and state(shop) == "ready", 5.0)


@pytest.mark.parametrize(("ms", "flashes"), [(40, 0), (100, 1), (300, 1), (700, 1)])
def test_a_flash_and_what_is_none(open_shop: OpenShop, ms: int, flashes: int) -> None:
    shop = board_shop(open_shop)
    talk(shop)
    shop.phone("21").flash(ms)
    shop.pass_s(2.0)
    counters = shop.box.fleet.stations["21"].health["counters"]
    assert isinstance(counters, dict)
    assert counters["flashes"] == flashes
    assert hook(shop)


def test_a_key_of_its_keypad_is_dialled_heard_softly_and_reaches_the_far_end(
    open_shop: OpenShop,
) -> None:
    shop = board_shop(open_shop)
    caller = talk(shop)
    shop.pass_s(1.0)
    caller.heard.clear()
    shop.phone("21").clear()
    shop.phone("21").press("5")  # 770 and 1336 Hz
    shop.pass_s(1.0)
    for heard in (bytes(caller.heard), bytes(shop.phone("21").heard)):
        assert loudest_at(heard, 770, 400) + loudest_at(heard, 1336, 400) > 0.8
    counters = shop.box.fleet.stations["21"].health["counters"]
    assert isinstance(counters, dict)
    assert counters["digits"] == 1


def test_one_handset_calls_another_by_its_keypad(open_shop: OpenShop) -> None:
    shop = board_shop(open_shop)
    shop.answer_with("11", 1.0)
    shop.phone("21").lift()
    shop.pass_s(1.0)
    shop.phone("21").press("11")
    shop.until(lambda: shop.station_state("11") == "talking", 15.0)
    assert shop.station_state("21") == "talking"


def test_its_card_is_unplugged_in_a_call_and_comes_back(open_shop: OpenShop) -> None:
    shop = board_shop(open_shop)
    talk(shop)
    card = shop.network.gpio.cards.card("usb:Desk")
    card.unplug()
    shop.until(lambda: shop.station_state("21") == "down", 2.0)
    station = next(one for one in shop.status["stations"] if one["extension"] == "21")
    assert station["reason"] == "the sound card desk brings no sound"
    shop.phone("21").hang_up()
    shop.pass_s(2.0)
    card.plug_in()
    shop.until(lambda: shop.station_state("21") == "idle", 5.0)
    shop.until(lambda: state(shop) == "ready")
    talk(shop)


def test_lifted_before_the_daemon_starts(open_shop: OpenShop) -> None:
    shop = board_shop(open_shop)
    shop.phone("21").lift()
    shop.kill_box()
    shop.restart_box()
    shop.until(lambda: shop.station_state("21") == "off_hook")
    shop.phone("21").hang_up()
    shop.until(lambda: shop.station_state("21") == "idle", 3.0)
