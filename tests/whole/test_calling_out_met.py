"""Calling out as a person meets it: asked for on the page, handed over, refused, helped."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from appliance.control.methods import Peer, Refusal
from appliance.simulator.far_end import FarEnd, FarEndConfig
from appliance.simulator.speech import hello
from appliance.simulator.wav import write_wav
from tests.whole.calling_out import (
    NUMBER,
    answered,
    bursts,
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

FAR_HZ, COUNTER_HZ, CALLER_HZ = 900.0, 700.0, 1170.0  # no harmonics of each other
QUIET = {"echo_db": None}  # pure tones teach an echo canceller nothing
REORDER_MS = 250.0  # PH: on, and off
OWNER = f'[[number]]\nname = "owner"\nnumber = "{NUMBER}"\n'
DAY = '[outgoing]\nquiet_from = "00:00"\nquiet_to = "00:00"\n'


@pytest.fixture
def speaking(tmp_path: Path) -> FarEndConfig:
    """Somebody who lifts after one ring, says hello, and whistles as long as he is there."""
    voice = tmp_path / "far.wav"
    write_wav(voice, hello() + tone(FAR_HZ, 120.0))
    return FarEndConfig(NUMBER, rings=1, says=str(voice))


def ask(shop: Shop, method: str, **params: Any) -> dict[str, Any]:
    """A control request of the owner's, as the socket hands it over."""
    assert shop.box.backend is not None
    methods = shop.box.backend.server._methods
    return dict(shop.run(methods.call(method, params, Peer(trusted=True, token=None))).result)


def hear_each_other(shop: Shop, far: FarEnd, extension: str = "11") -> None:
    phone = shop.phone(extension)
    phone.clear()
    far.heard.clear()
    phone.say(tone(COUNTER_HZ, 1.0))
    shop.pass_s(2.0)
    assert loudest_at(bytes(far.heard), COUNTER_HZ) > 0.9
    assert loudest_at(bytes(phone.heard), FAR_HZ) > 0.9


def test_asked_for_on_the_page_from_lifting_to_the_answer(
    open_shop: OpenShop, speaking: FarEndConfig
) -> None:
    shop = shop_out(open_shop, speaking, line=QUIET, hat=QUIET)
    placed = ask(shop, "calls.place", station="11", number="0917 123-4567")
    shop.until(lambda: shop.phone("11").ringing, 5.0)
    shop.pass_s(3.0)
    assert on_hook(shop), "nothing is dialled before the handset is lifted"
    shop.phone("11").lift()
    far = reached(shop, limit_s=20.0)
    assert (far.number, shop.phone("11").ringing) == (NUMBER, False)
    at = answered(shop, far)
    shop.until(lambda: shop.station_state("11") == "talking", 10.0)
    hear_each_other(shop, far)
    shop.phone("11").hang_up()
    freed(shop)
    call = shop.last_call()
    assert placed.get("call_id", call["call_id"]) == call["call_id"]
    assert (call["direction"], call["disposition"]) == ("outbound", "answered")
    assert [offer["outcome"] for offer in call["offers"]] == ["answered"]
    assert abs(call["answered_at"] - at) < 2.0


def test_asked_for_on_the_page_and_not_lifted(open_shop: OpenShop) -> None:
    shop = shop_out(open_shop)
    ask(shop, "calls.place", station="11", number=NUMBER)
    shop.until(lambda: shop.phone("11").ringing, 5.0)
    shop.until(lambda: not shop.status["calls"], 120.0)
    shop.until(lambda: not shop.phone("11").ringing, 10.0)
    assert not shop.network.directory.calls
    with pytest.raises(Refusal, match="77 is not free: there is none"):
        ask(shop, "calls.place", station="77", number=NUMBER)


def test_a_number_outside_is_asked_and_gets_the_caller(
    open_shop: OpenShop, speaking: FarEndConfig
) -> None:
    shop = shop_out(open_shop, speaking, lines=2, line=QUIET, hat=QUIET)
    shop.answer_with("11", after_s=1.0)
    caller = shop.ring(("1",), press_after_s=2.0, hang_up_after_s=90.0)
    shop.until(lambda: shop.station_state("11") == "talking")
    shop.phone("11").flash()
    shop.pass_s(1.0)
    shop.phone("11").press("9" + NUMBER)
    far = reached(shop)
    answered(shop, far)
    shop.pass_s(8.0)
    music_from = len(caller.heard)
    hear_each_other(shop, far)
    on_hold = bytes(caller.heard[music_from:])
    assert loudest_at(on_hold, FAR_HZ) < 0.5
    assert loudest_at(on_hold, COUNTER_HZ) < 0.5
    shop.phone("11").hang_up()
    shop.until(lambda: shop.station_state("11") == "idle", 5.0)
    assert not shop.phone("11").ringing
    shop.pass_s(0.5)
    handed_at = len(caller.heard)
    far.heard.clear()
    caller.say(tone(CALLER_HZ, 1.0))
    shop.pass_s(2.0)
    assert loudest_at(bytes(far.heard), CALLER_HZ) > 0.9
    assert loudest_at(bytes(caller.heard[handed_at:]), FAR_HZ) > 0.9
    caller.hang_up()
    freed(shop, 40.0)
    assert far.ended_by == "other", "who was dialled is let go when the caller goes"


@pytest.mark.parametrize("profile", ["usr5637", "conexant", "si24xx"])
def test_the_exchange_counts_one_flash_and_the_talk_goes_on(
    open_shop: OpenShop, profile: str
) -> None:
    shop = shop_out(open_shop, line={"profile": profile, **QUIET}, hat=QUIET)
    exchange = shop.network.line("landline").exchange
    shop.answer_with("11", after_s=1.0)
    caller = shop.ring(("1",), press_after_s=2.0, hang_up_after_s=60.0)
    shop.until(lambda: shop.station_state("11") == "talking")
    shop.phone("11").flash()
    shop.pass_s(1.0)
    assert exchange.flashes == 0, "the handset's own flash is the shop's, not the exchange's"
    shop.phone("11").press("*0")
    shop.until(lambda: exchange.flashes, 15.0)
    shop.until(lambda: shop.station_state("11") == "talking", 5.0)
    shop.pass_s(3.0)
    heard = len(caller.heard)
    shop.phone("11").say(tone(COUNTER_HZ, 1.0))
    shop.pass_s(2.0)
    assert loudest_at(bytes(caller.heard[heard:]), COUNTER_HZ) > 0.9
    assert exchange.flashes == 1
    assert not caller.done.done()
    assert not on_hook(shop)


def test_a_caller_sent_outside_hears_and_is_heard(
    open_shop: OpenShop, speaking: FarEndConfig
) -> None:
    shop = shop_out(
        open_shop,
        speaking,
        lines=2,
        more=OWNER + DAY,
        change=lambda toml: toml.replace('1 = "ring_group:orders"', '1 = "number:owner"'),
        line=QUIET,
    )
    caller = shop.ring(("1",), press_after_s=2.0, hang_up_after_s=90.0)
    far = reached(shop, limit_s=60.0)
    before = len(caller.heard)
    answered(shop, far)
    ringback = bytes(caller.heard[before:])
    assert loudest_at(ringback, 425) > 0.3, "our ringback, until we are sure"
    shop.until(lambda: shop.status["calls"][0]["state"] == "talking", 10.0)
    shop.pass_s(0.5)
    from_here = len(caller.heard)
    far.heard.clear()
    caller.say(tone(CALLER_HZ, 1.0))
    shop.pass_s(2.0)
    assert loudest_at(bytes(far.heard), CALLER_HZ) > 0.9
    assert loudest_at(bytes(caller.heard[from_here:]), FAR_HZ) > 0.9
    caller.hang_up()
    freed(shop, 40.0)
    assert far.ended_by == "other"


@pytest.mark.parametrize("recording", ["announce", "always"])
def test_help_is_called_at_once_whatever_there_is(open_shop: OpenShop, recording: str) -> None:
    """Denied, used up, quiet hours, both lines busy and callers waiting: help comes first."""
    rules = '[outgoing]\ndeny = ["1", "9"]\ncalls_a_day = 1\nminutes_a_day = 1\n'
    help_there = FarEndConfig("117", rings=1)
    shop = shop_out(open_shop, help_there, lines=2, more=rules, recording=recording)
    shop.answer_with("12", after_s=1.0)
    talking = shop.ring(("1",), hang_up_after_s=300.0)
    shop.until(lambda: shop.station_state("12") == "talking")
    waiting = shop.ring(line="second", hang_up_after_s=300.0)
    shop.until(lambda: "ready" not in states(shop).values())
    shop.pass_s(3.0)
    dial(shop, "117#")
    far = reached(shop, limit_s=15.0)
    assert far.number == "117"
    shop.phone("11").clear()
    shop.until(lambda: far.progress.value == "answered", 20.0)
    shop.pass_s(2.0)
    assert loudest_at(bytes(shop.phone("11").heard), 425) > 0.3, "the line's own ringback"
    call = next(call for call in shop.calls() if call["direction"] == "outbound")
    assert "notice" not in str(call["story"])
    assert call["recording"] is None or recording == "always"
    assert [talking.done.done(), waiting.done.done()].count(True) <= 1
    shop.phone("11").hang_up()
    shop.until(lambda: far.is_over, 5.0)


def is_reorder(heard: bytes) -> bool:
    """Fast busy tone: so long on, so long off, again and again."""
    found = bursts(heard, quiet_ms=100)
    lengths = [end - begin for begin, end in found[1:-1]]
    periods = [b[0] - a[0] for a, b in pairwise(found)]
    return (
        len(lengths) >= 4
        and all(abs(ms - REORDER_MS) <= 30 for ms in lengths)
        and all(abs(ms - 2 * REORDER_MS) <= 30 for ms in periods)
    )


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        ("9090012345#", "numbers that begin with 0900 are denied"),
        ("90014155550100#", "international calls are not allowed"),
        ("9*21*0917#", "codes for the exchange"),
    ],
)
def test_what_may_not_be_called_is_told_by_fast_busy(
    open_shop: OpenShop, keys: str, why: str
) -> None:
    shop = shop_out(open_shop, more='[outgoing]\ndeny = ["0900"]\n')
    dial(shop, keys)
    shop.until(lambda: shop.station_state("11") == "busy", 15.0)
    shop.phone("11").clear()
    shop.pass_s(4.0)
    assert is_reorder(bytes(shop.phone("11").heard))
    assert any(why in text for text in [*shop.box_story(), shop.told()])
    assert states(shop)["landline"] == "ready"
    assert shop.network.line("landline").exchange.dialled_numbers == []
    shop.phone("11").hang_up()
    shop.until(lambda: shop.station_state("11") == "idle", 5.0)


def test_the_days_calls_are_used_up(open_shop: OpenShop) -> None:
    shop = shop_out(open_shop, FarEndConfig(NUMBER, rings=1), more="[outgoing]\ncalls_a_day = 1\n")
    dial(shop, "9" + NUMBER)
    shop.until(lambda: shop.station_state("11") == "talking", 40.0)
    shop.phone("11").hang_up()
    freed(shop)
    shop.stop_box()
    shop.restart_box()
    dial(shop, "9" + NUMBER)
    shop.until(lambda: shop.station_state("11") == "busy", 15.0)
    shop.phone("11").clear()
    shop.pass_s(4.0)
    assert is_reorder(bytes(shop.phone("11").heard))
    assert len(shop.network.directory.calls) == 1
    with pytest.raises(Refusal, match="made its 1 call of today"):
        ask(shop, "calls.place", station="12", number=NUMBER)
