"""A HAT that stutters, falls silent, dies or comes back; and a daemon that stops thinking."""

import pytest

from tests.whole.conftest import OpenShop
from tests.whole.shop import Shop
from tests.whole.sound import loudest_at, tone


def talking(shop: Shop) -> None:
    shop.answer_with("11", after_s=1.0)
    shop.ring(press=("1",), press_after_s=2.0, say=tone(900, 30.0), say_after_s=2.0)
    shop.until(lambda: shop.station_state("11") == "talking")
    shop.pass_s(1.0)


def hears_the_caller(shop: Shop) -> bool:
    shop.phone("11").clear()
    shop.pass_s(1.0)
    # 12 ms pieces: after a gap the loop takes the card's clock for slow or fast for a while
    return loudest_at(bytes(shop.phone("11").heard), 900, window=100) > 0.9


@pytest.mark.parametrize("what", ["corrupt 3", "corrupt 12", "mute 300"])
def test_a_short_stutter_ends_no_call(open_shop: OpenShop, what: str) -> None:
    shop = open_shop()
    talking(shop)
    for _ in range(3):
        shop.network.hats["hat0"].command(what)
        shop.pass_s(1.5)
    assert shop.station_state("11") == "talking"
    assert hears_the_caller(shop)


def test_a_corrupt_hook_message_is_sent_again(open_shop: OpenShop) -> None:
    shop = open_shop()
    talking(shop)
    shop.phone("11").hang_up()
    shop.pass_s(0.3)
    shop.network.hats["hat0"].command("corrupt 5")
    assert shop.until(lambda: shop.station_state("11") == "idle") < 2.5
    shop.until_ready()


def test_a_silence_of_3_s_rings_the_others_for_the_caller(open_shop: OpenShop) -> None:
    """The link is lost, its handset with it; the caller goes back to the group when it is back."""
    shop = open_shop()
    talking(shop)
    shop.network.hats["hat0"].command("mute 3000")
    shop.until(lambda: shop.station_state("11") == "down")
    assert "gone while talking" in shop.story
    assert shop.until(lambda: shop.station_state("12") == "idle") < 10.0
    assert shop.station_state("11") == "off_hook", "it was never hung up"
    assert shop.status["stations"][0]["reason"] == "", "it is back"
    shop.until(lambda: shop.line_state == "in_call" or not shop.status["calls"])
    for call in shop.status["calls"]:
        assert call["state"] == "voicemail", "all busy: the mailbox"
    shop.phone("11").hang_up()
    shop.until(lambda: shop.station_state("11") == "idle")


def test_a_hat_that_is_killed_and_started_again(open_shop: OpenShop) -> None:
    shop = open_shop()
    talking(shop)
    hat = shop.network.hats["hat0"]
    hat.stop()
    shop.until(lambda: shop.station_state("11") == "down")
    assert shop.status["stations"][0]["reason"]
    shop.pass_s(3.0)
    hat.start()
    for extension in ("11", "12"):
        shop.phone(extension).start()
    assert shop.until(lambda: shop.station_state("12") == "idle") < 5.0
    shop.until_ready()
    shop.phone("11").off_hook = False
    shop.answer_with("11", after_s=0.5)
    caller = shop.ring(press=("1",), press_after_s=2.0, hang_up_after_s=8.0)
    shop.until(lambda: shop.station_state("11") == "talking")
    shop.until(caller.done.done)


def test_a_hat_lost_while_it_rings(open_shop: OpenShop) -> None:
    shop = open_shop()
    caller = shop.ring(press=("1",), press_after_s=2.0)
    shop.until(lambda: shop.phone("11").ringing)
    shop.network.hats["hat0"].command("mute 2000")
    shop.until(lambda: shop.status["calls"][0]["state"] == "voicemail")
    assert "gone while it rang" in shop.story
    caller.hang_up()
    shop.until_ready()
    outcomes = [offer["outcome"] for offer in shop.last_call()["offers"]]
    assert outcomes == ["failed", "failed"]


def test_a_daemon_that_stops_thinking_frees_the_line_and_the_owner_is_told(
    open_shop: OpenShop,
) -> None:
    shop = open_shop()
    talking(shop)
    beat = shop.box.audio.heartbeat
    shop.box.audio.heartbeat = lambda: None  # type: ignore[method-assign]
    shop.until(lambda: any("fell silent" in problem for problem in shop.status["problems"]), 10.0)
    shop.until(lambda: not shop.network.line("landline").exchange.off_hook, 5.0)
    shop.box.audio.heartbeat = beat  # type: ignore[method-assign]
    shop.until(lambda: shop.status["problems"] == [], 10.0)
    shop.until_ready()
    assert not shop.network.line("landline").exchange.off_hook
    shop.until(lambda: shop.station_state("12") == "idle")
    shop.phone("11").hang_up()
    shop.until(lambda: shop.station_state("11") == "idle")
    shop.answer_with("11", after_s=0.5)
    shop.ring(press=("1",), press_after_s=2.0, hang_up_after_s=8.0)
    shop.until(lambda: shop.station_state("11") == "talking")
