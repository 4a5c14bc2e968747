"""Calling out from a handset through a GPIO line: keys, dial tone, ringback, hanging up."""

from appliance.core.events import AnswerSignHeard, Event
from appliance.simulator.far_end import FarEndConfig, Progress
from tests.whole.conftest import OpenShop
from tests.whole.sound import loudest_at
from tests.whole.test_gpio_line import board_shop, hook, state


def test_a_keypad_handset_calls_out_and_hangs_up(open_shop: OpenShop) -> None:
    shop = board_shop(open_shop)
    shop.network.directory.add(FarEndConfig("09171234567", rings=1))
    shop.network.line("landline").unplug()
    shop.until(lambda: shop.line_state != "ready")
    shop.phone("21").lift()
    shop.pass_s(1.0)
    shop.phone("21").press("909171234567")
    shop.until(lambda: shop.network.directory.calls, 40.0)
    (far,) = shop.network.directory.calls
    assert far.number == "09171234567"
    assert hook(shop)
    shop.phone("21").clear()
    shop.until(lambda: far.progress is Progress.ANSWERED, 40.0)
    shop.pass_s(2.0)
    assert loudest_at(bytes(shop.phone("21").heard), 425) > 0.3  # the ringback of before
    shop.phone("21").hang_up()
    shop.until(lambda: not hook(shop) and state(shop) == "ready", 10.0)
    assert far.is_over


def test_the_ringback_is_heard_on_the_line(open_shop: OpenShop) -> None:
    shop = board_shop(open_shop)
    shop.network.directory.add(FarEndConfig("09171234567", rings=4))
    shop.network.line("landline").unplug()
    shop.until(lambda: shop.line_state != "ready")
    line = shop.box.fleet.lines["wall"]
    told: list[Event] = []
    line._sink = line._standing._sink = lambda event: (told.append(event), shop.box.post(event))
    shop.phone("21").lift()
    shop.pass_s(1.0)
    shop.phone("21").press("909171234567")
    shop.until(lambda: any(isinstance(event, AnswerSignHeard) for event in told), 60.0)
    signs = {event.sign for event in told if isinstance(event, AnswerSignHeard)}
    assert signs == {"ringback"}
    shop.phone("21").hang_up()
    shop.until(lambda: state(shop) == "ready", 10.0)
