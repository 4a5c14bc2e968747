"""A one-line GPIO board and a sound-card handset through the whole daemon, pins and sound."""

from dataclasses import replace
from typing import Any

import pytest
from gpiozero import OutputDevice

from appliance.core.events import (
    DialFailed,
    Event,
    HangUpSignHeard,
    LineDialled,
    LineReleased,
    RingDetected,
)
from appliance.errors import GpioError
from appliance.simulator.gpio_board import GpioLineConfig
from appliance.simulator.line_habits import LineHabits
from appliance.simulator.sound_handset import SoundHandsetConfig
from tests.whole.conftest import OpenShop
from tests.whole.shop import TOML, Shop
from tests.whole.sound import loudest_at, tone

MORE = """
[[sound_card]]
name = "line_card"
device = "usb:Line"
[[sound_card]]
name = "desk"
device = "usb:Desk"
[[line]]
name = "wall"
driver = "gpio_line"
answer = "ring_group:desk"
sound_card = "line_card"
ring_gpio = 17
hook_gpio = 27
loop_gpio = 22
caller_id_gpio = 23
[[station]]
extension = "21"
name = "Desk"
driver = "sound_handset"
sound_card = "desk"
hook_gpio = 5
ringer_gpio = 6
lamp_gpio = 13
keypad_rows = [12, 16, 20, 21]
keypad_columns = [18, 24, 25]
[[ring_group]]
name = "desk"
stations = ["21"]
ring_for_s = 20
"""
LINE = GpioLineConfig("wall", "usb:Line", 17, 27, 22, 23)
HANDSET = SoundHandsetConfig("21", "usb:Desk", 5, 6, 13, (12, 16, 20, 21), (18, 24, 25))


def board_shop(open_shop: OpenShop, line: GpioLineConfig = LINE, country: str = "PH") -> Shop:
    toml = TOML.replace('country = "US"', f'country = "{country}"')
    shop = open_shop(toml=toml, more=MORE, gpio_lines=(line,), sound_handsets=(HANDSET,))
    shop.until(lambda: state(shop) == "ready" and shop.station_state("21") == "idle")
    return shop


def state(shop: Shop) -> str:
    return str(next(one["state"] for one in shop.status["lines"] if one["name"] == "wall"))


def hook(shop: Shop) -> bool:
    return bool(shop.network.gpio.pins.number(27).state)


def changed(line: GpioLineConfig = LINE, **more: Any) -> GpioLineConfig:
    return replace(line, **more)


@pytest.mark.parametrize("signal", ["bell202", "v23", "single", "dtmf"])
@pytest.mark.parametrize("is_first", [False, True])
def test_caller_id_in_every_form(open_shop: OpenShop, signal: str, is_first: bool) -> None:
    habits = LineHabits(country="PH", caller_id_first=is_first)
    shop = board_shop(open_shop, changed(signal=signal, habits=habits))
    shop.ring(line="wall", number="09171234567", name="JUAN CRUZ", give_up_after_s=20.0)
    shop.until(lambda: shop.status["calls"] and shop.phone("21").ringing)
    shop.phone("21").lift()
    shop.until(lambda: state(shop) == "in_call")
    assert hook(shop)
    call = shop.status["calls"][0]
    assert call["caller"]["number"] == "09171234567"
    has_name = signal in ("bell202", "v23")
    assert call["caller"]["name"] == ("JUAN CRUZ" if has_name else "")


def talk(shop: Shop, **more: Any) -> Any:
    """Somebody calls the board's line and handset 21 answers."""
    caller = shop.ring(line="wall", **more)
    shop.until(lambda: shop.phone("21").ringing)
    shop.phone("21").lift()
    shop.until(lambda: state(shop) == "in_call" and talking(shop))
    return caller


def talking(shop: Shop) -> bool:
    return any(
        one["extension"] == "21" and one["state"] == "talking" for one in shop.status["stations"]
    )


def driver_events(shop: Shop) -> list[Event]:
    """What the board's driver tells from now on, instead of the core hearing it."""
    told: list[Event] = []
    line = shop.box.fleet.lines["wall"]
    line._sink = line._standing._sink = told.append
    return told


@pytest.mark.parametrize(("presentation", "signal"), [("private", "bell202"), ("private", "dtmf")])
def test_a_caller_who_does_not_tell_who_he_is(
    open_shop: OpenShop, presentation: str, signal: str
) -> None:
    shop = board_shop(open_shop, changed(signal=signal))
    shop.ring(line="wall", presentation=presentation, give_up_after_s=20.0)
    shop.until(lambda: shop.phone("21").ringing)
    caller = shop.status["calls"][0]["caller"]
    assert (caller["number"], caller["presentation"]) == ("", presentation)


def test_both_hear_each_other_and_the_caller_hangs_up_by_busy_tone(open_shop: OpenShop) -> None:
    habits = LineHabits(country="PH", far_end_gone="tone")
    shop = board_shop(open_shop, changed(habits=habits, ppm=80.0))
    caller = talk(shop)
    shop.phone("21").say(tone(1000, 1.0))
    caller.say(tone(1400, 1.0))
    shop.pass_s(3.0)
    assert loudest_at(bytes(caller.heard), 1000) > 0.8
    assert loudest_at(bytes(shop.phone("21").heard), 1400) > 0.8
    caller.hang_up()
    shop.until(lambda: not hook(shop), 8.0)
    shop.until(lambda: state(shop) == "ready")
    assert "busy" in shop.story
    assert shop.last_call()["ended_by"] == "caller"
    assert shop.network.gpio.boards["wall"].exchange.state.name == "IDLE"


def test_the_hook_watchdog_is_kicked_in_a_call_and_drops_a_hung_daemon(open_shop: OpenShop) -> None:
    more = MORE.replace("caller_id_gpio = 23", "caller_id_gpio = 23\nkick_gpio = 26")
    toml = TOML.replace('country = "US"', 'country = "PH"')
    line = changed(kick_gpio=26)
    shop = open_shop(toml=toml, more=more, gpio_lines=(line,), sound_handsets=(HANDSET,))
    shop.until(lambda: state(shop) == "ready" and shop.station_state("21") == "idle")
    board, kick = shop.network.gpio.boards["wall"], shop.network.gpio.pins.number(26)
    shop.pass_s(10.0)
    assert not kick.state
    talk(shop)
    shop.pass_s(30.0)
    assert board.is_taken
    shop.box.fleet.lines["wall"]._pins._next_kick.cancel()  # the main loop hangs
    shop.until(lambda: not board.is_taken, 5.0)
    shop.until(lambda: state(shop) == "ready", 20.0)
    assert not kick.state


def test_the_exchange_opens_the_loop_when_the_caller_hangs_up(open_shop: OpenShop) -> None:
    shop = board_shop(
        open_shop, changed(habits=LineHabits(country="PH", far_end_gone="loop_break"))
    )
    caller = talk(shop)
    shop.pass_s(2.0)
    begun = shop.loop.time()
    caller.hang_up()
    shop.until(lambda: not hook(shop))
    assert shop.loop.time() - begun < 0.4
    shop.until(lambda: state(shop) == "ready")
    assert shop.last_call()["ended_by"] == "caller"


def test_dips_of_the_loop_end_no_call(open_shop: OpenShop) -> None:
    shop = board_shop(open_shop, changed(dips=(50, 90, 120, 200, 240)))
    talk(shop)
    shop.pass_s(10.0)
    assert hook(shop)
    assert shop.box.fleet.lines["wall"].health["loop_dips"] == 3


def test_a_dip_within_a_loop_break_does_not_hide_it(open_shop: OpenShop) -> None:
    habits = LineHabits(country="PH", far_end_gone="loop_break")
    shop = board_shop(open_shop, changed(habits=habits, dips=(50, 50, 50, 50)))
    caller = talk(shop)
    board = shop.network.gpio.boards["wall"]
    shop.until(lambda: board.config.dips and board._timers.is_set("dip 3"))
    shop.until(lambda: not board._timers.is_set("dip 2"))
    shop.pass_s(0.85)
    caller.hang_up()
    shop.until(lambda: not hook(shop), 0.6)


def test_a_ring_that_stops_is_an_abandoned_call(open_shop: OpenShop) -> None:
    shop = board_shop(open_shop)
    shop.ring(line="wall", give_up_after_s=2.0)
    shop.until(lambda: shop.status["calls"])
    shop.until(lambda: not shop.status["calls"])
    assert not hook(shop)
    assert state(shop) == "ready"


@pytest.mark.parametrize("ring_hz", [16.0, 20.0, 25.0, 50.0, 67.0])
def test_each_ringing_current_in_use_is_seen(open_shop: OpenShop, ring_hz: float) -> None:
    shop = board_shop(open_shop, changed(ring_hz=ring_hz))
    shop.ring(line="wall", give_up_after_s=3.0)
    shop.until(lambda: shop.status["calls"], 3.0)
    seen = shop.box.fleet.lines["wall"].health["ring_hz"]
    assert seen == pytest.approx(ring_hz, rel=0.05)


@pytest.mark.parametrize("ring_hz", [9.5, 11.0, 100.0, 120.0])
def test_dial_pulses_and_hum_are_no_ringing(open_shop: OpenShop, ring_hz: float) -> None:
    shop = board_shop(open_shop, changed(ring_hz=ring_hz, signal="none"))
    shop.ring(line="wall", give_up_after_s=12.0)
    shop.pass_s(12.0)
    assert shop.calls() == []


def test_a_double_ring_is_one_ring(open_shop: OpenShop) -> None:
    shop = board_shop(open_shop, changed(habits=LineHabits(country="GB", caller_id_first=True)))
    told = driver_events(shop)
    shop.ring(line="wall", give_up_after_s=10.0)
    shop.pass_s(12.0)
    kinds = [type(event).__name__ for event in told]
    assert kinds[0] == "CallerIdReceived"
    assert kinds.count("RingDetected") == 3


def test_calling_out_waits_for_dial_tone_and_dials(open_shop: OpenShop) -> None:
    shop = board_shop(open_shop)
    told = driver_events(shop)
    line = shop.box.fleet.lines["wall"]
    line.dial("+639171234567#*")
    begun = shop.loop.time()
    shop.until(lambda: told)
    assert told == [LineDialled("wall", audible=True)]
    assert 0.6 < shop.loop.time() - begun < 6.0
    shop.pass_s(5.0)
    assert shop.network.gpio.boards["wall"].exchange.dialled_numbers == ["00639171234567#*"]
    line.flash()
    shop.pass_s(2.0)
    assert shop.network.gpio.boards["wall"].exchange.flashes == 1
    line.release()
    assert not hook(shop)
    shop.until(lambda: told[-1] == LineReleased("wall"))
    assert not [event for event in told if isinstance(event, HangUpSignHeard)]


def test_without_dial_tone_nothing_is_dialled(open_shop: OpenShop) -> None:
    habits = LineHabits(country="PH", dial_tone_after_s=None)
    shop = board_shop(open_shop, changed(habits=habits))
    told = driver_events(shop)
    shop.box.fleet.lines["wall"].dial("911")
    shop.until(lambda: told)
    assert told == [DialFailed("wall", "no_dial_tone")]
    assert hook(shop)
    shop.until(lambda: not hook(shop))  # though the core forgot to release it


@pytest.mark.parametrize("number", ["", "12a", "1;H", "+", "123456789012345678901", "1\r"])
def test_what_is_no_number_takes_no_line(open_shop: OpenShop, number: str) -> None:
    shop = board_shop(open_shop)
    told = driver_events(shop)
    shop.box.fleet.lines["wall"].dial(number)
    assert told == [DialFailed("wall", "number")]
    assert not hook(shop)


def test_a_line_that_rings_or_is_in_use_is_not_seized(open_shop: OpenShop) -> None:
    shop = board_shop(open_shop)
    board = shop.network.gpio.boards["wall"]
    told = driver_events(shop)
    line = shop.box.fleet.lines["wall"]
    board.exchange.extension(True)
    shop.pass_s(1.0)
    assert line.health["in_use"]
    line.dial("123")
    board.exchange.extension(False)
    shop.ring(line="wall", give_up_after_s=3.0)
    shop.pass_s(0.1)  # the first cycles of the first ring: not yet told
    line.dial("123")
    assert told == [DialFailed("wall", "line_in_use"), DialFailed("wall", "incoming_call")]
    assert not hook(shop)
    shop.until(lambda: len(told) > 2)
    assert told[2] == RingDetected("wall")


def test_the_card_is_unplugged_in_a_call(open_shop: OpenShop) -> None:
    shop = board_shop(open_shop)
    caller = talk(shop)
    card = shop.network.gpio.cards.card("usb:Line")
    card.unplug()
    shop.until(lambda: not hook(shop), 1.0)
    shop.until(lambda: caller.done.done() and not shop.status["calls"])
    assert state(shop) == "retrying"
    assert "sound card line_card" in shop.story
    shop.phone("21").hang_up()
    caller = shop.ring(line="wall", give_up_after_s=3.0)
    shop.until(caller.done.done)
    assert not hook(shop)
    card.plug_in()
    shop.until(lambda: state(shop) == "ready", 5.0)
    talk(shop)


def test_the_hook_is_off_when_the_process_dies_and_at_its_start(open_shop: OpenShop) -> None:
    shop = board_shop(open_shop)
    caller = talk(shop)
    assert hook(shop)
    shop.kill_box()
    assert not hook(shop)
    shop.pass_s(1.5)
    assert caller.done.done()
    pin = shop.network.gpio.pins.number(27)
    pin.clear_states()
    shop.restart_box()
    shop.until(lambda: state(shop) == "ready")
    assert [one.state for one in pin.states] == [False]
    shop.phone("21").hang_up()


def test_stopping_gives_the_line_back(open_shop: OpenShop) -> None:
    shop = board_shop(open_shop)
    talk(shop)
    shop.stop_box()
    assert not hook(shop)
    assert {pin.function for pin in shop.network.gpio.pins.pins.values()} == {"input"}


def test_a_pin_that_another_holds_is_told_by_a_sentence_and_tried_again(
    open_shop: OpenShop,
) -> None:
    holders: list[OutputDevice] = []

    def hold(shop: Shop) -> None:
        pins = shop.network.gpio.pins
        holders.extend(OutputDevice(gpio, pin_factory=pins) for gpio in (5, 17))

    shop = open_shop(
        toml=TOML, more=MORE, gpio_lines=(LINE,), sound_handsets=(HANDSET,), phones=hold
    )
    shop.pass_s(1.0)
    station = next(one for one in shop.status["stations"] if one["extension"] == "21")
    assert "GPIO 5 can't be used" in station["reason"]
    line = next(one for one in shop.status["lines"] if one["name"] == "wall")
    assert (line["state"], "GPIO 17 can't be used" in line["reason"]) == ("retrying", True)
    for holder in holders:
        holder.close()
    shop.until(lambda: state(shop) == "ready" and shop.station_state("21") == "idle", 15.0)


def test_two_callers_with_a_pause_longer_than_any_cadence_are_two_calls(
    open_shop: OpenShop,
) -> None:
    shop = board_shop(open_shop, changed(signal="none"))
    for _ in range(2):
        shop.ring(line="wall", give_up_after_s=1.5)
        shop.pass_s(9.5)  # a modem may lose a RING for so long
    shop.until(lambda: len(shop.calls()) == 2, 2.0)
    assert {call["disposition"] for call in shop.calls()} == {"abandoned"}


def test_a_hook_that_fails_when_the_call_ends(
    open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = board_shop(open_shop)
    talk(shop)
    line = shop.box.fleet.lines["wall"]

    def refuse(_is_high: bool) -> None:
        raise GpioError("GPIO 27 can't be used")

    monkeypatch.setattr(line._pins._hook, "set", refuse)
    shop.phone("21").hang_up()
    shop.until(lambda: state(shop) == "retrying")
    assert not hook(shop)
    assert line._audio.port is None
    shop.until(lambda: state(shop) == "ready", 15.0)
    shop.pass_s(1.0)
    talk(shop)


PATIENT = """
[[menu]]
name = "patient"
prompt = "welcome"
wait_for_key_s = 8
repeats = 9
otherwise = "hang_up"
keys = { 1 = "prompt:hours" }
"""


def test_our_own_prompts_come_back_from_the_hybrid_and_are_silence_all_the_same(
    open_shop: OpenShop,
) -> None:
    """The caller has gone without a sign, and the menu goes on asking him."""
    habits = LineHabits(country="PH", far_end_gone="nothing")
    answer = 'answer = "menu:patient"\nsilence_hang_up_s = 40'
    more = MORE.replace('answer = "ring_group:desk"', answer) + PATIENT
    line = changed(habits=habits, echo_db=14.0)
    shop = open_shop(toml=TOML, more=more, gpio_lines=(line,), sound_handsets=(HANDSET,))
    shop.until(lambda: state(shop) == "ready")
    caller = shop.ring(line="wall", hang_up_after_s=2.0)
    shop.until(caller.done.done)
    shop.until(lambda: not hook(shop), 50.0)
    assert "nothing was heard" in shop.story
