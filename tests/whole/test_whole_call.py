"""The main job: line, menu, handset, talk, hang-up, history."""

from tests.whole.conftest import OpenShop
from tests.whole.shop import linear, power_at, tone


def test_a_caller_presses_1_and_talks_with_the_counter(open_shop: OpenShop) -> None:
    shop = open_shop()
    shop.answer_with("11", after_s=2.0, say=tone(700, 3.0), say_after_s=0.5)
    caller = shop.ring(press=("1",), say=tone(900, 3.0), say_after_s=6.0, hang_up_after_s=20.0)
    shop.until(lambda: shop.station_state("11") == "talking")
    assert shop.station_state("12") == "idle"
    shop.until(caller.done.done)
    counter = linear(bytes(shop.network.phone("11").heard))
    assert max(power_at(counter[n : n + 800], 900) for n in range(0, len(counter), 800)) > 0.9
    heard = linear(bytes(caller.heard))
    assert max(power_at(heard[n : n + 800], 700) for n in range(0, len(heard), 800)) > 0.9
    shop.until(lambda: caller.done.done() and shop.line_state == "ready")
    call = shop.last_call()
    assert call["disposition"] == "answered"
    assert call["ended_by"] == "caller"
    assert call["digits"] == "1"
    assert call["caller"]["number"] == "09171234567"
