"""What a whole box shows of itself: its lamp, and what its owner is told of the machine."""

from appliance.box.reading import Reading
from tests.whole.conftest import OpenShop
from tests.whole.shop import Shop

LAMP = 11
MORE = f"\n[box]\nlamp_gpio = {LAMP}\n"
WEAK = "power supply too weak: seen today 14:02: use another"


def lit(shop: Shop, seconds: float) -> str:
    """Looked at every 50 ms."""
    told = ""
    for _ in range(round(seconds / 0.05)):
        shop.pass_s(0.05)
        told += "#" if shop.network.gpio.pins.pin(LAMP).state else "."
    return told


def test_the_lamp_tells_how_the_box_is(open_shop: OpenShop) -> None:
    shop = open_shop(more=MORE)
    shop.until_ready()
    shop.pass_s(2.0)
    assert lit(shop, 3.0) == "#" * 60
    shop.answer_with("11", 4.0)
    shop.ring(("1",), hang_up_after_s=20.0)
    shop.until(lambda: shop.status["calls"])
    shop.pass_s(2.0)
    assert "###...###....." in lit(shop, 3.0)
    shop.until_ready()
    shop.pass_s(2.0)
    assert lit(shop, 3.0) == "#" * 60
    shop.readings = [Reading("power", "supply", "", "trouble", "weak", "", {}, WEAK)]
    shop.until(lambda: WEAK in shop.status["problems"], 12.0)
    shop.pass_s(2.0)
    assert lit(shop, 3.0).count("#...#") >= 8
    assert shop.run(shop.box.stop()) is None
    shop.is_up = False
    assert lit(shop, 1.0) == "." * 20


def test_a_process_that_dies_leaves_it_dark(open_shop: OpenShop) -> None:
    shop = open_shop(more=MORE)
    shop.until_ready()
    shop.pass_s(2.0)
    assert "#" in lit(shop, 0.5)
    shop.kill_box()
    assert lit(shop, 3.0) == "." * 60


def test_what_is_told_of_the_machine_goes_with_its_reason(open_shop: OpenShop) -> None:
    shop = open_shop()
    shop.readings = [Reading("card", "space", "", "trouble", "full", "", {}, "the card is full")]
    shop.until(lambda: "the card is full" in shop.status["problems"], 12.0)
    assert shop.box.caretaker.show()["readings"][0]["reason"] == "full"
    shop.readings = [Reading("card", "space", "room for 400 hours")]
    shop.until(lambda: shop.status["problems"] == [], 12.0)
