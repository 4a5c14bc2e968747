"""A line card whose port the daemon lends: its telephones say why, calls come first."""

import pytest

from appliance.errors import LinkError
from tests.whole.conftest import OpenShop
from tests.whole.shop import Shop

WHY = "its firmware is being updated"


def reason(shop: Shop, extension: str) -> str:
    (station,) = (one for one in shop.status["stations"] if one["extension"] == extension)
    return str(station["reason"])


def lend(shop: Shop) -> bool:
    return bool(shop.box.lend_linecard("", WHY)["free"])


def test_its_telephones_say_why_and_it_comes_back(open_shop: OpenShop) -> None:
    shop = open_shop()
    lend(shop)
    shop.pass_s(0.5)
    assert lend(shop)
    assert shop.station_state("11") == "down"
    assert WHY in reason(shop, "11")
    shop.box.take_back_linecard("hat0")
    shop.until(lambda: shop.station_state("11") == "idle")


def test_it_comes_back_by_itself_when_nobody_asks_again(open_shop: OpenShop) -> None:
    shop = open_shop()
    lend(shop)
    shop.pass_s(20.0)
    lend(shop)
    shop.pass_s(20.0)
    assert shop.station_state("11") == "down"
    assert shop.until(lambda: shop.station_state("11") == "idle") < 15.0


def test_it_is_not_lent_during_a_call(open_shop: OpenShop) -> None:
    shop = open_shop()
    shop.answer_with("11", after_s=1.0)
    shop.ring(press=("1",), press_after_s=2.0)
    shop.until(lambda: shop.station_state("11") == "talking")
    with pytest.raises(LinkError, match="in use"):
        lend(shop)
    shop.pass_s(1.0)
    assert shop.station_state("11") == "talking"


def test_there_is_no_other(open_shop: OpenShop) -> None:
    with pytest.raises(LookupError):
        open_shop().box.lend_linecard("hat7", WHY)
