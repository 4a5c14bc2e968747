"""Calls from a handset to an outside number, through the voice modem line of a whole shop."""

import pytest

from appliance.simulator.exchange import LineHabits
from appliance.simulator.far_end import FarEnd, FarEndConfig
from tests.whole.calling_out import (
    NUMBER,
    RINGBACK_HZ,
    answered,
    dial,
    freed,
    on_hook,
    reached,
    shop_out,
    states,
)
from tests.whole.conftest import OpenShop
from tests.whole.shop import Shop
from tests.whole.sound import loudest_at, tone


def heard(shop: Shop, extension: str = "11") -> bytes:
    return bytes(shop.phone(extension).heard)


def talk(shop: Shop, keys: str = "9" + NUMBER):  # type: ignore[no-untyped-def]
    """Dial, and wait until the box, too, knows that the far end answered."""
    dial(shop, keys)
    far = reached(shop)
    at = answered(shop, far)
    shop.until(lambda: shop.station_state("11") == "talking", 40.0)
    return far, at


@pytest.mark.parametrize("profile", ["usr5637", "conexant", "si24xx"])
@pytest.mark.parametrize("keys", ["9" + NUMBER, "9" + NUMBER + "#"])
def test_ringback_then_both_hear_each_other(open_shop: OpenShop, profile: str, keys: str) -> None:
    shop = shop_out(open_shop, line={"profile": profile})
    shop.phone("11").clear()
    far, at = talk(shop, keys)
    assert far.number == NUMBER
    assert shop.network.line("landline").exchange.dialled_numbers == [NUMBER]
    assert loudest_at(heard(shop), RINGBACK_HZ) > 0.4, "ringback"
    shop.pass_s(3.0)
    call = shop.last_call()
    print(call)
    print(shop.told())
    assert (call["direction"], call["station"]) == ("outbound", "11")
    assert [(d["line"], d["outcome"]) for d in call["dials"]] == [("landline", "answered")]
    assert abs(call["answered_at"] - at) < 2.0
    far.heard.clear()
    shop.phone("11").clear()
    shop.phone("11").say(tone(700, 1.0))
    shop.pass_s(2.0)
    assert loudest_at(bytes(far.heard), 700) > 0.9
    shop.phone("11").hang_up()
    assert freed(shop) <= 4.0
    assert far.ended_by == "other"
    assert shop.last_call()["ended_by"] == "caller"


def test_no_number_of_rings_no_matter_when(open_shop: OpenShop) -> None:
    """The history's answer is near the real one, and nothing of what is said is missing."""
    shop = shop_out(open_shop, FarEndConfig(NUMBER, rings=1, hang_up_after_s=12.0))
    far, at = talk(shop)
    shop.until(lambda: far.ended_by == "far", 30.0)
    shop.until(lambda: shop.station_state("11") == "busy", 30.0)
    freed(shop, 20.0)
    call = shop.last_call()
    print(shop.told())
    assert abs(call["answered_at"] - at) < 2.0
    assert call["ended_by"] == "far_end"
    assert "The other side is gone: busy tone was heard" in shop.story
    assert call["disposition"] == "answered"
    shop.phone("11").hang_up()
    shop.until(lambda: shop.station_state("11") == "idle")


@pytest.mark.parametrize(
    ("behaviour", "outcome"),
    [("busy", "busy"), ("congestion", "busy"), ("unobtainable", "unobtainable")],
)
def test_refused_in_tones(open_shop: OpenShop, behaviour: str, outcome: str) -> None:
    shop = shop_out(open_shop, FarEndConfig(NUMBER, behaviour))
    dial(shop, "9" + NUMBER)
    reached(shop)
    shop.until(lambda: shop.station_state("11") == "busy", 30.0)
    freed(shop)
    call = shop.last_call()
    print(shop.told())
    assert [d["outcome"] for d in call["dials"]] == [outcome]
    assert call["answered_at"] is None
    assert call["ended_at"]


def test_nobody_answers_until_the_network_gives_up(open_shop: OpenShop) -> None:
    shop = shop_out(open_shop, FarEndConfig(NUMBER, "no_answer"))
    dial(shop, "9" + NUMBER)
    far = reached(shop)
    shop.until(lambda: far.is_over, 120.0)
    shop.until(lambda: shop.station_state("11") == "busy", 30.0)
    freed(shop)
    call = shop.last_call()
    print(shop.told(), call)
    assert call["answered_at"] is None


def test_no_dial_tone_then_the_next_line(open_shop: OpenShop) -> None:
    shop = shop_out(open_shop, lines=2, habits=LineHabits("PH", dial_tone_after_s=None))
    dial(shop, "9" + NUMBER)
    reached(shop, limit_s=60.0)
    assert shop.network.line("second").exchange.dialled_numbers == [NUMBER]
    shop.until(lambda: shop.station_state("11") == "talking", 60.0)
    print(shop.told())
    outcomes = [(d["line"], d["outcome"]) for d in shop.last_call()["dials"]]
    assert outcomes == [("landline", "no_dial_tone"), ("second", "answered")]
    shop.phone("11").hang_up()
    freed(shop)


def test_answered_at_once_without_ringback(open_shop: OpenShop) -> None:
    shop = shop_out(open_shop, FarEndConfig(NUMBER, rings=0, post_dial_s=0.5))
    dial(shop, "9" + NUMBER)
    far = reached(shop)
    at = answered(shop, far)
    shop.phone("11").clear()
    shop.pass_s(3.0)
    far.heard.clear()
    shop.phone("11").say(tone(700, 1.0))
    shop.pass_s(2.0)
    assert loudest_at(bytes(far.heard), 700) > 0.9, "not kept waiting for our decision"
    assert max(heard(shop)) > 0
    shop.pass_s(30.0)
    print(shop.told(), at)
    shop.phone("11").hang_up()
    freed(shop)


def test_answered_silently(open_shop: OpenShop) -> None:
    """No ringback, no word: the line counts as answered, from when it could be heard."""
    shop = shop_out(open_shop, FarEndConfig(NUMBER, rings=0, post_dial_s=0.5, speaks=False))
    dial(shop, "9" + NUMBER)
    at = answered(shop, reached(shop))
    assert shop.station_state("11") == "calling"
    waited_s = shop.until(lambda: shop.station_state("11") == "talking", 30.0)
    assert 20.0 < waited_s < 27.0
    assert "no tone of the exchange was heard for 25 s" in shop.story
    call = shop.last_call()
    assert [d["outcome"] for d in call["dials"]] == ["answered"]
    assert abs(call["answered_at"] - at) < 5.0
    shop.pass_s(5.0)
    shop.phone("11").hang_up()
    freed(shop)
    assert shop.last_call()["disposition"] == "answered"
    used = shop.box.outgoing.rules()["shop"]
    assert used["calls"] == 1
    assert abs(used["seconds"] - (shop.last_call()["ended_at"] - call["answered_at"])) < 0.5


def test_a_silent_line_that_rings_late_is_not_answered(open_shop: OpenShop) -> None:
    shop = shop_out(open_shop, FarEndConfig(NUMBER, "no_answer", post_dial_s=16.0))
    dial(shop, "9" + NUMBER)
    reached(shop)
    shop.pass_s(60.0)
    assert shop.station_state("11") == "calling"
    shop.phone("11").hang_up()
    freed(shop)
    assert shop.last_call()["answered_at"] is None


def test_who_called_out_hands_the_call_over(open_shop: OpenShop) -> None:
    """Hold, ask the kitchen, hang up: those two hear each other, and are recorded on."""
    shop = shop_out(open_shop, FarEndConfig(NUMBER), recording="always")
    far, _ = talk(shop)
    shop.phone("11").flash()
    shop.pass_s(1.0)
    assert shop.status["calls"][0]["state"] == "held"
    shop.answer_with("12", after_s=1.0)
    shop.phone("11").press("12")
    shop.until(lambda: shop.station_state("12") == "talking", 20.0)
    shop.pass_s(1.0)
    shop.phone("11").hang_up()
    shop.pass_s(1.0)
    assert shop.station_state("11") == "idle"
    (live,) = shop.status["calls"]
    assert (live["state"], live["station"]) == ("talking", "12")
    far.heard.clear()
    shop.phone("12").say(tone(700, 1.0))
    shop.pass_s(2.0)
    assert loudest_at(bytes(far.heard), 700) > 0.9
    shop.phone("12").hang_up()
    freed(shop)
    call = next(call for call in shop.calls() if call["direction"] == "outbound")
    print(shop.told())
    assert (call["station"], call["ended_by"]) == ("11", "station")
    assert [leg["endpoint"] for leg in call["legs"]] == [
        "station:11", "line:landline", "station:12",
    ]  # fmt: skip
    connected_s = call["ended_at"] - call["legs"][1]["began_at"]
    assert abs(call["recording"]["ms"] / 1000 - connected_s) < 0.5


def test_glare(open_shop: OpenShop) -> None:
    """A call comes in as the line is seized: the other line is taken, and that call is answered."""
    shop = shop_out(open_shop, lines=2)
    dial(shop, "9" + NUMBER)
    shop.until(lambda: states(shop)["landline"] != "ready", 10.0)
    assert on_hook(shop)
    caller = shop.ring(hang_up_after_s=20.0)
    reached(shop)
    assert shop.network.line("second").exchange.dialled_numbers == [NUMBER]
    shop.until(lambda: shop.station_state("11") == "talking", 60.0)
    print(shop.told())
    print(caller.timeline)
    shop.phone("11").hang_up()
    freed(shop, 60.0)


STEPS = {
    "dial tone waited for": lambda shop: not on_hook(shop),
    "digits under way": lambda shop: (
        shop.network.line("landline").exchange.state.name == "COLLECTING"
    ),
    "put through": lambda shop: shop.network.directory.calls,
    "ringback": lambda shop: (
        shop.network.directory.calls
        and shop.network.directory.calls[0].progress.value == "alerting"
    ),
    "just answered": lambda shop: (
        shop.network.directory.calls
        and shop.network.directory.calls[0].progress.value == "answered"
    ),
    "talking": lambda shop: shop.station_state("11") == "talking",
}


@pytest.mark.parametrize("profile", ["usr5637", "conexant", "si24xx"])
@pytest.mark.parametrize("step", STEPS)
def test_hung_up_at_every_step(open_shop: OpenShop, step: str, profile: str) -> None:
    shop = shop_out(open_shop, FarEndConfig(NUMBER, rings=1), line={"profile": profile})
    dial(shop, "9" + NUMBER)
    shop.until(lambda: STEPS[step](shop), 40.0)
    shop.phone("11").hang_up()
    took = freed(shop, 10.0)
    print(step, took)
    assert took <= 4.0
    shop.pass_s(0.5)
    call = shop.last_call()
    assert call["ended_by"] == "caller"
    assert [d["outcome"] for d in call["dials"]] == [
        "answered" if step == "talking" else "cancelled"
    ]


def pressed(far: FarEnd, low_hz: float, high_hz: float) -> float:
    """How much of the purest 50 ms is a key of 100 ms, wherever it begins."""
    key = bytes(far.heard)
    return loudest_at(key, low_hz, 400) + loudest_at(key, high_hz, 400)


def test_keys_pressed_after_the_answer_travel_in_the_sound(open_shop: OpenShop) -> None:
    shop = shop_out(open_shop, FarEndConfig(NUMBER, speaks=False, rings=2))
    dial(shop, "9" + NUMBER)
    far = reached(shop)
    answered(shop, far)
    shop.phone("11").press("5")
    shop.pass_s(1.0)
    assert pressed(far, 770, 1336) > 0.7
    shop.until(lambda: shop.station_state("11") == "talking", 30.0)
    far.heard.clear()
    shop.phone("11").press("8")
    shop.pass_s(1.0)
    assert pressed(far, 852, 1336) > 0.7
