"""A modem that is pulled out and put back, whenever it happens: the call ends, the line returns."""

import errno

import pytest

from appliance.errors import LineFault
from appliance.lines.port_watch import PortWatch
from tests.whole.conftest import OpenShop
from tests.whole.shop import Shop

SERVED_WITHIN_S = 5.0


def reach(shop: Shop, moment: str) -> None:
    """Let a caller get as far as ``moment``."""
    if moment == "idle":
        return
    shop.answer_with("11", after_s=0.5)
    shop.ring(press=("1",), press_after_s=2.0, give_up_after_s=600.0)
    if moment == "ringing":
        shop.until(lambda: shop.line_state == "ringing")
    elif moment == "menu":
        shop.until(lambda: shop.status["calls"] and shop.status["calls"][0]["state"] == "menu")
    else:
        shop.until(lambda: shop.station_state("11") == "talking")


def reason(shop: Shop) -> str:
    return str(shop.status["lines"][0]["reason"])


@pytest.mark.parametrize("away_s", [0.0, 0.3, 2.5, 25.0])
@pytest.mark.parametrize("moment", ["idle", "ringing", "menu", "talking"])
def test_back_in_service_within_five_seconds(
    open_shop: OpenShop, moment: str, away_s: float
) -> None:
    shop = open_shop()
    reach(shop, moment)
    line = shop.network.line("landline")
    line.unplug()
    if away_s > 1.0:
        shop.until(lambda: shop.line_state in ("retrying", "fault"))
        assert "plug" in reason(shop) or "lost" in reason(shop) or "no such" in reason(shop)
        assert not shop.status["calls"]
    shop.pass_s(away_s)
    line.plug_in()
    begun = shop.loop.time()
    shop.pass_s(0.6 if away_s < 1.0 else 0.0)  # for what was lost to be noticed
    shop.until(lambda: shop.line_state in ("ready", "ringing"))
    assert shop.loop.time() - begun <= SERVED_WITHIN_S
    if moment in ("menu", "talking"):
        call = shop.last_call()
        assert call["ended_at"] is not None
        assert call["ended_by"] == "line"
        assert "unplugged" in shop.story or "lost" in shop.story


def test_a_port_whose_permissions_come_late_is_tried_again_soon(open_shop: OpenShop) -> None:
    """udev sets a new node's group a moment after the node is there."""
    shop = open_shop()
    line = shop.network.line("landline")
    line.unplug()
    shop.until(lambda: shop.line_state in ("retrying", "fault"))
    shop.pass_s(25.0)
    allowed_at = shop.loop.time() + 0.8
    connect = line.port.connect

    def not_yet():
        if shop.loop.time() < allowed_at:
            refused = LineFault("no permission to open it")
            refused.errno = errno.EACCES
            raise refused
        return connect()

    line.port.connect = not_yet
    line.plug_in()
    assert shop.until(lambda: shop.line_state == "ready") <= SERVED_WITHIN_S


def test_a_port_that_names_another_device_is_noticed_in_each_order() -> None:
    names: list[object] = [1]
    watch = PortWatch("/dev/line0", lambda _path: names[0])
    watch.opening()
    assert watch.look() == (False, "")
    names[0] = None
    assert watch.look() == (False, "the modem was unplugged")
    names[0] = 1  # the same number again: a device that was put back is new to us
    assert watch.look() == (True, "")
    names[0] = 2
    assert watch.look() == (True, "/dev/line0 names another device now")
    watch.opening()
    assert watch.look() == (False, "")
