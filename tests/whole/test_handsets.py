"""An attached handset is a telephone: it dials, is busy, is forgotten off the hook, fails."""

from itertools import pairwise

from appliance.simulator.line_habits import LineHabits
from tests.whole.conftest import OpenShop
from tests.whole.shop import TOML, Shop
from tests.whole.sound import linear, loudest_at, tone

LIMITS = "[telephony]\ndial_tone_s = 3\nbusy_tone_s = 3\nhowler_s = 4\ninter_digit_s = 1\n"


def hears(shop: Shop, extension: str, hz: float, seconds: float = 0.6) -> float:
    """How purely a handset hears a tone during the next moments."""
    phone = shop.phone(extension)
    phone.clear()
    shop.pass_s(seconds)
    return loudest_at(bytes(phone.heard), hz)


def bursts(ulaw: bytes) -> int:
    """How often sound begins after at least 100 ms of silence."""
    loud = [max(map(abs, linear(ulaw[n : n + 800]))) > 500 for n in range(0, len(ulaw), 800)]
    return sum(now and not before for before, now in pairwise(loud))


def test_dial_tone_then_an_extension_rings_and_they_talk(open_shop: OpenShop) -> None:
    shop = open_shop()
    shop.phone("11").lift()
    shop.pass_s(0.3)
    assert hears(shop, "11", 440) + hears(shop, "11", 350) > 0.8, "US dial tone"
    shop.phone("11").press("12")
    shop.until(lambda: shop.phone("12").ringing)
    assert shop.station_state("11") == "calling"
    assert hears(shop, "11", 480) + hears(shop, "11", 440) > 0.8, "ringback"
    assert shop.status["calls"][0]["line"] == ""
    shop.phone("12").lift()
    shop.until(lambda: shop.station_state("12") == "talking")
    shop.phone("11").say(tone(700, 1.0))
    shop.phone("12").say(tone(900, 1.0))
    assert hears(shop, "12", 700, 1.0) > 0.9
    assert loudest_at(bytes(shop.phone("11").heard), 900) > 0.9
    shop.phone("12").hang_up()
    shop.until(lambda: shop.station_state("11") == "busy")
    assert hears(shop, "11", 480, 1.5) + hears(shop, "11", 620, 1.5) > 0.8, "busy tone"
    shop.phone("11").hang_up()
    shop.until(lambda: shop.station_state("11") == "idle")
    call = shop.last_call()
    assert (call["line"], call["caller"]["number"], call["disposition"]) == ("", "11", "answered")


def test_pulses_dial_too(open_shop: OpenShop) -> None:
    shop = open_shop()
    shop.phone("12").lift()
    shop.pass_s(0.3)
    shop.phone("12").press("11", pulse=True)
    shop.until(lambda: shop.phone("11").ringing)


def test_a_busy_extension_and_one_that_is_not_there(open_shop: OpenShop) -> None:
    shop = open_shop()
    shop.phone("12").lift()
    shop.phone("11").lift()
    shop.pass_s(0.3)
    shop.phone("11").press("12")
    shop.until(lambda: shop.station_state("11") == "busy")
    assert hears(shop, "11", 480, 1.5) > 0.3
    shop.phone("11").hang_up()
    shop.until(lambda: shop.station_state("11") == "idle")
    shop.phone("11").lift()
    shop.pass_s(0.3)
    shop.phone("11").press("99")
    shop.until(lambda: shop.station_state("11") == "busy")
    phone = shop.phone("11")
    phone.clear()
    shop.pass_s(3.0)
    assert loudest_at(bytes(phone.heard), 480) > 0.3
    assert bursts(bytes(phone.heard)) >= 5, "reorder: a quarter second on, a quarter off"


def test_nobody_answers_an_internal_call(open_shop: OpenShop) -> None:
    shop = open_shop(more="[telephony]\ninternal_ring_s = 5\n")
    shop.phone("11").lift()
    shop.pass_s(0.3)
    shop.phone("11").press("12")
    shop.until(lambda: shop.phone("12").ringing)
    shop.until(lambda: shop.station_state("11") == "busy")
    assert shop.station_state("12") == "idle"
    assert shop.last_call()["disposition"] == "no_answer"


def test_forgotten_off_the_hook_it_howls_and_is_never_offered_a_call(open_shop: OpenShop) -> None:
    shop = open_shop(more=LIMITS)
    shop.phone("11").lift()
    shop.until(lambda: shop.station_state("11") == "dialing")
    assert 2.5 < shop.until(lambda: shop.station_state("11") == "busy") < 3.5
    assert 2.5 < shop.until(lambda: shop.station_state("11") == "off_hook") < 3.5
    phone = shop.phone("11")
    phone.clear()
    shop.pass_s(1.0)
    assert loudest_at(bytes(phone.heard), 1400) + loudest_at(bytes(phone.heard), 2060) > 0.3
    shop.pass_s(4.0)
    phone.clear()
    shop.pass_s(0.5)
    assert set(phone.heard) <= {0xFF, 0x7F}, "silence after the howler"
    shop.ring(press=("1",), press_after_s=2.0, hang_up_after_s=8.0)
    shop.until(lambda: shop.phone("12").ringing)
    assert [offer["station"] for offer in shop.last_call()["offers"]] == ["12"]
    phone.hang_up()
    shop.until(lambda: shop.station_state("11") == "idle")


def test_off_the_hook_at_boot(open_shop: OpenShop) -> None:
    # lines on sockets 7 and 8, as a lifeline would keep a lifted handset on socket 5's or 6's
    no_lifelines = {"fxo": (7, 8)}
    shop = open_shop(
        hat=no_lifelines, phones=lambda shop: (shop.phone("11").lift(), shop.pass_s(0.5))
    )
    assert shop.station_state("11") == "off_hook"
    shop.ring(press=("1",), press_after_s=2.0, hang_up_after_s=8.0)
    shop.until(lambda: shop.phone("12").ringing)
    assert [offer["station"] for offer in shop.last_call()["offers"]] == ["12"]
    shop.phone("11").hang_up()
    shop.until(lambda: shop.station_state("11") == "idle")


def test_a_line_that_leads_to_one_handset_which_is_busy(open_shop: OpenShop) -> None:
    shop = open_shop(toml=TOML.replace('answer = "menu:main"', 'answer = "station:11"'))
    shop.phone("11").lift()
    shop.until(lambda: shop.station_state("11") == "dialing")
    caller = shop.ring()
    shop.until(caller.done.done)
    assert caller.ended_by == "other"
    shop.until_ready()
    assert shop.last_call()["disposition"] == "busy"


def test_the_far_end_goes_then_busy_then_howler_then_parked(open_shop: OpenShop) -> None:
    shop = open_shop(more=LIMITS, line={"habits": LineHabits(far_end_gone="loop_break")})
    shop.answer_with("11", after_s=1.0)
    caller = shop.ring(press=("1",), press_after_s=2.0, hang_up_after_s=8.0)
    shop.until(lambda: shop.station_state("11") == "talking")
    shop.until(caller.done.done)
    shop.until(lambda: shop.station_state("11") == "busy")
    shop.until(lambda: shop.station_state("11") == "off_hook")
    shop.until_ready()
    shop.pass_s(6.0)
    assert shop.station_state("11") == "off_hook"
    assert shop.box.exchange.running_timers() == {}
