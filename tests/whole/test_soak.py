"""Fifty calls in a row, at random: nothing is left over, and each has one row in the history."""

import random
import time

from appliance.simulator.caller import Caller
from tests.whole.conftest import OpenShop
from tests.whole.shop import TOML, Shop
from tests.whole.sound import tone

CALLS = 50
QUICK = TOML.replace("wait_for_key_s = 3", "wait_for_key_s = 1").replace("for_s = 12", "for_s = 4")
LIMITS = "[telephony]\nbusy_tone_s = 2\nhowler_s = 2\n"


def behave(shop: Shop, chance: random.Random) -> None:
    """What the handsets' people do during the next call."""
    for extension in ("11", "12"):
        phone = shop.phone(extension)
        if phone.off_hook and chance.random() < 0.8:
            phone.hang_up()
        shop.answer_with(
            extension,
            after_s=chance.choice([0.0, 0.5, 1.0, 60.0]),
            say=tone(1600, 0.5),
            say_after_s=0.2,
            hang_up_after_s=chance.choice([1.0, 2.0, 30.0]),
        )
        if not phone.off_hook and chance.random() < 0.15:
            phone.lift()


def ring(shop: Shop, number: int, chance: random.Random) -> Caller:
    keys = chance.choice(["1", "1", "1", "0", "2", "7", "71", ""])
    return shop.ring(
        press=tuple(keys),
        press_after_s=chance.uniform(0.2, 2.0),
        number=f"0917{number:07d}",
        say=tone(900, 2.5) if chance.random() < 0.5 else b"",
        say_after_s=chance.uniform(0.5, 3.0),
        hang_up_after_s=chance.uniform(0.1, 9.0),
        give_up_after_s=chance.choice([1.0, 4.0, 60.0, 60.0, 60.0]),
    )


def disturb(shop: Shop, chance: random.Random) -> None:
    """Now and then a handset is flashed, dialled on or hung up in the middle."""
    shop.pass_s(chance.uniform(2.0, 6.0))
    phone = shop.phone(chance.choice(["11", "12"]))
    what = chance.random()
    if phone.off_hook and what < 0.2:
        phone.flash()
    elif phone.off_hook and what < 0.4:
        phone.press(chance.choice(["11", "12", "9", "5"]))
    elif phone.off_hook and what < 0.6:
        phone.hang_up()


def test_fifty_random_calls_leave_nothing_behind(open_shop: OpenShop) -> None:
    shop = open_shop(recording="always", toml=QUICK, more=LIMITS)
    shop.pass_s(1.0)
    at_rest = shop.box.audio.in_use
    pipes, timers = shop.openers.still_open(), len(shop.mortal.timers())
    chance = random.Random(20)
    rang = 0
    begun, virtual = time.perf_counter(), shop.loop.time()
    for number in range(CALLS):
        behave(shop, chance)
        caller = ring(shop, number, chance)
        disturb(shop, chance)
        shop.until(caller.done.done)
        shop.until_ready()
        rang += any(moment["what"] == "ringing" for moment in caller.timeline)
    took_s, lasted_s = time.perf_counter() - begun, shop.loop.time() - virtual
    for extension in ("11", "12"):
        shop.phone(extension).hang_up()
    shop.until(lambda: shop.station_state("11") == shop.station_state("12") == "idle")
    shop.pass_s(12.0)
    print(f"{CALLS * 60 / took_s:.0f} calls a minute, {lasted_s / took_s:.0f} times real time")

    calls = [call for call in shop.calls_on_line() if call["line"]]
    wanted = sorted(f"0917{number:07d}" for number in range(CALLS))
    known = sorted(call["caller"]["number"] for call in calls if call["caller"]["number"])
    assert len(calls) == rang > CALLS * 0.8, "exactly one row for each that rang"
    assert set(known) <= set(wanted)
    assert len(set(known)) == len(known)
    for call in calls:
        assert call["disposition"] in {"answered", "voicemail", "abandoned", "busy", "no_answer"}
        assert call["ended_at"] is not None
        assert all(leg["ended_at"] is not None for leg in call["legs"])
        assert all(offer["outcome"] for offer in call["offers"])
    assert len({call["disposition"] for call in calls}) >= 2, "the dice showed more than one"
    assert shop.box.exchange.running_timers() == {}
    assert shop.box.audio.in_use == at_rest
    assert shop.openers.still_open() == pipes
    assert len(shop.mortal.timers()) <= timers, shop.mortal.timers()
    assert shop.status["problems"] == []
    assert not [text for text in shop.box_story() if text.startswith("Ignored")]
