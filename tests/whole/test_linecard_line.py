"""Exchange lines on a HAT's FXO sockets through the whole daemon: firmware, chips, sound."""

import json
from dataclasses import replace
from typing import Any

import pytest

from appliance.doctor.linecard_report import as_text, checks
from appliance.doctor.linecard_report import told as told_of_card
from appliance.simulator.far_end import FarEndConfig, Progress
from appliance.simulator.hat_line import HatLine, HatLineConfig
from appliance.simulator.line_habits import LineHabits
from tests.whole.conftest import OpenShop
from tests.whole.shop import Shop
from tests.whole.sound import loudest_at, tone, wav_channels

MORE = """
[[line]]
name = "wall"
driver = "linecard_fxo"
answer = "menu:main"
linecard = "hat0"
socket = 5
"""
LINE = HatLineConfig("wall", "hat0", 5, habits=LineHabits(country="US", far_end_gone="tone"))


def line_shop(open_shop: OpenShop, line: HatLineConfig = LINE, **more: Any) -> Shop:
    shop = open_shop(more=MORE, hat_lines=(line,), **more)
    shop.until(lambda: state(shop) == "ready", 5.0)
    return shop


def shown(shop: Shop) -> dict[str, Any]:
    return next(one for one in shop.status["lines"] if one["name"] == "wall")


def state(shop: Shop) -> str:
    return str(shown(shop)["state"])


def wall(shop: Shop) -> HatLine:
    return shop.network.hat_lines["wall"]


def health(shop: Shop) -> dict[str, Any]:
    return dict(shop.box.fleet.lines["wall"].health)


def habits(**more: Any) -> HatLineConfig:
    return replace(LINE, habits=LineHabits(**({"country": "US", "far_end_gone": "tone"} | more)))


def talk(shop: Shop, **more: Any) -> Any:
    """Somebody calls, presses 1, and handset 11 of the same HAT answers."""
    shop.answer_with("11", after_s=1.0)
    caller = shop.ring(press=("1",), press_after_s=2.0, line="wall", **more)
    shop.until(lambda: shop.station_state("11") == "talking")
    shop.pass_s(0.5)
    return caller


@pytest.mark.parametrize("signal", ["bell202", "v23", "single", "dtmf"])
@pytest.mark.parametrize("is_first", [False, True])
def test_who_calls_in_every_form(open_shop: OpenShop, signal: str, is_first: bool) -> None:
    line = replace(habits(caller_id_first=is_first), signal=signal, reverses_first=is_first)
    shop = line_shop(open_shop, line)
    shop.ring(line="wall", number="09171234567", name="JUAN CRUZ", give_up_after_s=20.0)
    shop.until(lambda: shop.status["calls"] and state(shop) == "in_call")
    shop.pass_s(1.0)
    caller = shop.status["calls"][0]["caller"]
    assert caller["number"] == "09171234567"
    assert caller["name"] == ("JUAN CRUZ" if signal in ("bell202", "v23") else "")


def test_a_menu_handsets_of_the_same_hat_and_a_recorded_talk(open_shop: OpenShop) -> None:
    shop = line_shop(open_shop, recording="always")
    caller = talk(shop)
    shop.phone("11").say(tone(1000, 1.0))
    caller.say(tone(1400, 1.0))
    shop.pass_s(3.0)
    assert loudest_at(bytes(caller.heard), 1000) > 0.8
    assert loudest_at(bytes(shop.phone("11").heard), 1400) > 0.8
    caller.hang_up()
    shop.until(lambda: not wall(shop).is_taken, 8.0)
    shop.until(lambda: state(shop) == "ready")
    shop.phone("11").hang_up()
    assert shop.last_call()["ended_by"] == "caller"
    assert wall(shop).exchange.state.name == "IDLE"
    shop.pass_s(3.0)
    (recorded,) = (shop.state / "recordings").rglob("*.wav")
    first, second = wav_channels(recorded)
    assert loudest_at(first, 1400) > 0.8
    assert loudest_at(second, 1000) > 0.8


def test_touch_tones_of_the_caller_choose(open_shop: OpenShop) -> None:
    shop = line_shop(open_shop)
    shop.ring(press=("2",), press_after_s=2.0, line="wall", hang_up_after_s=15.0)
    shop.until(lambda: "2" in shop.story if shop.calls() else False, 40.0)


@pytest.mark.parametrize(
    ("how", "within_s"), [("tone", 8.0), ("reorder", 8.0), ("loop_break", 0.6), ("dial_tone", 25.0)]
)
def test_the_far_end_hangs_up(open_shop: OpenShop, how: str, within_s: float) -> None:
    shop = line_shop(open_shop, habits(far_end_gone=how))
    caller = talk(shop)
    shop.pass_s(2.0)
    caller.hang_up()
    shop.until(lambda: not wall(shop).is_taken, within_s)
    shop.until(lambda: state(shop) == "ready")
    assert shop.last_call()["ended_by"] == "caller"


def test_a_reversal_and_then_silence_is_the_end(open_shop: OpenShop) -> None:
    shop = line_shop(open_shop, habits(far_end_gone="reversal"))
    caller = talk(shop)
    shop.pass_s(2.0)
    caller.hang_up()
    shop.until(lambda: not wall(shop).is_taken, 30.0)
    assert shop.last_call()["ended_by"] == "caller"
    assert "polarity" in shop.story or "revers" in shop.story


def test_a_reversal_is_no_ring(open_shop: OpenShop) -> None:
    shop = line_shop(open_shop)
    for _ in range(4):
        wall(shop).report(ord("L"))
        shop.pass_s(0.7)
    assert shop.calls() == []
    assert state(shop) == "ready"


def test_a_ring_that_stops_is_an_abandoned_call(open_shop: OpenShop) -> None:
    shop = open_shop(more=MORE + "answer_after_rings = 3\n", hat_lines=(LINE,))
    shop.until(lambda: state(shop) == "ready", 5.0)
    shop.ring(line="wall", give_up_after_s=7.0)
    shop.until(lambda: shop.status["calls"])
    shop.until(lambda: not shop.status["calls"])
    assert not wall(shop).is_taken
    on_ms, off_ms = health(shop)["ring_ms"]
    assert 0 < on_ms < 2400  # the last burst may be cut short
    assert off_ms == pytest.approx(4000, abs=400)


@pytest.mark.parametrize("ring_hz", [16, 20, 25, 50, 67])
def test_each_ringing_current_in_use_is_seen(open_shop: OpenShop, ring_hz: int) -> None:
    shop = line_shop(open_shop, replace(LINE, ring_hz=ring_hz))
    shop.ring(line="wall", give_up_after_s=3.0)
    shop.until(lambda: shop.status["calls"], 3.0)


def dial(shop: Shop, number: str) -> None:
    """Handset 11 calls out; the other line has no modem."""
    shop.network.line("landline").unplug()
    shop.until(lambda: shop.line_state != "ready")
    shop.phone("11").lift()
    shop.pass_s(1.0)
    shop.phone("11").press(number)


def test_calling_out_through_the_same_hat(open_shop: OpenShop) -> None:
    shop = line_shop(open_shop)
    shop.network.directory.add(FarEndConfig("12025550123", rings=1))
    dial(shop, "912025550123")
    shop.until(lambda: shop.network.directory.calls, 40.0)
    (far,) = shop.network.directory.calls
    assert far.number == "12025550123"
    shop.until(lambda: far.progress is Progress.ANSWERED, 40.0)
    shop.pass_s(3.0)
    flashes = wall(shop).exchange.flashes
    shop.box.fleet.lines["wall"].flash()
    shop.pass_s(2.0)
    assert wall(shop).exchange.flashes == flashes + 1
    assert wall(shop).is_taken
    shop.phone("11").hang_up()
    shop.until(lambda: not wall(shop).is_taken and state(shop) == "ready", 10.0)
    assert far.is_over


def test_a_line_in_use_is_not_taken(open_shop: OpenShop) -> None:
    shop = line_shop(open_shop)
    wall(shop).exchange.extension(True)
    shop.pass_s(1.0)
    assert health(shop)["in_use"]
    dial(shop, "912025550123")
    shop.pass_s(8.0)
    assert not wall(shop).is_taken
    shop.phone("11").hang_up()
    wall(shop).exchange.extension(False)
    shop.pass_s(1.0)
    assert not health(shop)["in_use"]


def test_another_telephone_lifted_in_a_call_is_told(open_shop: OpenShop) -> None:
    shop = line_shop(open_shop)
    talk(shop)
    assert not health(shop)["parallel"]
    wall(shop).exchange.extension(True)
    shop.pass_s(2.0)
    assert health(shop)["parallel"]
    assert health(shop)["counters"]["extension_lifted"] == 1
    assert "another telephone" in shown(shop)["facts"]["warning"]
    assert wall(shop).is_taken
    wall(shop).exchange.extension(False)
    shop.pass_s(2.0)
    assert shown(shop)["facts"]["warning"] == ""


def test_the_hat_loses_its_power_in_a_call(open_shop: OpenShop) -> None:
    shop = line_shop(open_shop)
    caller = talk(shop)
    hat = shop.network.hats["hat0"]
    hat.stop()
    shop.until(lambda: state(shop) == "retrying" and not shop.status["calls"], 5.0)
    shop.pass_s(2.0)
    assert caller.done.done()
    assert "unplugged or without power" in shop.story
    shop.phone("11").off_hook = False
    hat.start()
    for extension in ("11", "12", "13"):
        shop.phone(extension).start()
    shop.until(lambda: state(shop) == "ready", 10.0)
    caller = talk(shop)
    caller.hang_up()
    shop.until(lambda: not wall(shop).is_taken, 10.0)


def test_a_line_whose_plug_is_pulled(open_shop: OpenShop) -> None:
    shop = line_shop(open_shop)
    wall(shop).cut(True)
    shop.until(lambda: state(shop) == "fault", 6.0)
    assert "socket 5 of hat0 is not connected" in shown(shop)["reason"]
    wall(shop).cut(False)
    shop.until(lambda: state(shop) == "ready", 3.0)
    talk(shop)
    wall(shop).cut(True)
    shop.until(lambda: not shop.status["calls"], 10.0)
    shop.until(lambda: state(shop) == "fault", 10.0)
    wall(shop).cut(False)
    shop.until(lambda: state(shop) == "ready", 3.0)


def test_what_the_chip_says_is_in_the_health(open_shop: OpenShop) -> None:
    shop = line_shop(open_shop)
    shop.pass_s(12.0)
    told = health(shop)
    assert abs(told["volts"]) == pytest.approx(48, abs=3)
    assert told["chip_starts"] >= 1
    card = shop.box.fleet.health()["linecards"]["hat0"]
    table = told_of_card("hat0", json.loads(json.dumps(card)))
    assert [check for check in checks(table) if not check.is_well] == []
    assert "lines at sockets 5" in as_text(table)
    ports = card["ports"]
    assert isinstance(ports, dict)
    assert ports["5"]["exchange"]
    assert ports["5"]["country"] == "US"
    assert not ports["1"]["exchange"]


def test_stopping_gives_the_line_back(open_shop: OpenShop) -> None:
    shop = line_shop(open_shop)
    talk(shop)
    shop.stop_box()
    shop.pass_s(1.0)
    assert not wall(shop).is_taken
