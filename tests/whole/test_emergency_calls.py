"""Emergency numbers from a handset of a whole shop: whatever the lines are doing."""

from typing import cast

import pytest

from appliance.errors import ControlError
from appliance.lines.voice_modem.line import VoiceModemLine
from appliance.simulator.far_end import FarEndConfig
from tests.whole.calling_out import dial, freed, on_hook, reached, shop_out, states
from tests.whole.conftest import OpenShop
from tests.whole.shop import Shop

HELP = tuple(FarEndConfig(number, rings=1) for number in ("911", "112", "117"))
LIMITED = '[outgoing]\ndeny = ["1", "9"]\ncalls_a_day = 1\n'


def taken(shop: Shop, line: str = "landline") -> list[str]:
    return shop.network.line(line).exchange.dialled_numbers


@pytest.mark.parametrize("keys", ["911", "112", "117", "9911", "9112", "9117", "117#"])
def test_with_and_without_the_access_code(open_shop: OpenShop, keys: str) -> None:
    shop = shop_out(open_shop, *HELP, more=LIMITED, recording="always")
    dial(shop, keys)
    far = reached(shop, limit_s=20.0)
    number = keys.removesuffix("#")[-3:]
    assert far.number == number
    assert taken(shop) == [number]
    shop.phone("11").hang_up()
    freed(shop)


def test_who_talks_makes_room(open_shop: OpenShop) -> None:
    shop = shop_out(open_shop, *HELP)
    shop.answer_with("12", 1.0)
    caller = shop.ring(("1",))
    shop.until(lambda: shop.station_state("12") == "talking")
    dial(shop, "117")
    far = reached(shop, limit_s=20.0)
    assert far.number == "117"
    ended = next(call for call in shop.calls() if call["direction"] == "inbound")
    assert ended["story"][-1]["text"].endswith("an emergency call takes the line")
    assert caller.done.done() or caller.timeline[-1]["what"] != "sound"
    shop.phone("11").hang_up()
    shop.until(lambda: on_hook(shop), 10.0)


def test_who_rings_makes_room(open_shop: OpenShop) -> None:
    shop = shop_out(open_shop, *HELP)
    shop.phone("11").lift()
    shop.pass_s(0.5)
    shop.ring()
    shop.until(lambda: shop.status["calls"])
    shop.phone("11").press("117")
    assert reached(shop, limit_s=40.0).number == "117"


def test_who_dials_makes_room(open_shop: OpenShop) -> None:
    shop = shop_out(open_shop, *HELP, FarEndConfig("09171234567"))
    dial(shop, "909171234567", "12")
    shop.until(lambda: not on_hook(shop), 20.0)
    dial(shop, "117")
    shop.until(lambda: taken(shop)[-1:] == ["117"], 30.0)
    assert shop.station_state("12") in ("busy", "calling")


def test_a_telephone_said_to_be_lifted_keeps_nobody_from_help(open_shop: OpenShop) -> None:
    shop = shop_out(open_shop, *HELP)
    driver = cast(VoiceModemLine, shop.box.fleet.lines["landline"])
    driver._extension.code(next(iter(driver._profile.extension_lifted)))  # never taken back
    assert driver.health["line_in_use"]
    dial(shop, "117")
    assert reached(shop, limit_s=20.0).number == "117"
    assert [d["outcome"] for d in shop.last_call()["dials"]] == ["line_in_use", None]


def test_a_page_may_not(open_shop: OpenShop) -> None:
    shop = shop_out(open_shop, *HELP)
    with pytest.raises(ControlError, match="117 is an emergency number"):
        shop.box.outgoing.place_call("11", "117")
    shop.pass_s(5.0)
    assert not shop.phone("11").ringing
    assert states(shop)["landline"] == "ready"
