"""What a mobile line tells of itself: SIM, network, memory, power; how a wedged one is helped."""

import json
from collections.abc import Callable

import pytest
from gpiozero import OutputDevice

from appliance.lines.cellular.recovery import CALM_S
from appliance.simulator.cellular.faults import CellularFaults
from appliance.simulator.cellular.sim_card import SimConfig
from tests.whole.mobile_shop import KINDS, Mobile, MobileShop, OpenMobile

KEY, SUPPLY, RESET, STATUS = 20, 21, 22, 24
POWER = f"power_gpio = {KEY}\nsupply_gpio = {SUPPLY}"


def pins_given(shop: MobileShop) -> list[str]:
    return [text for text in shop.mobile.modem.transcript if text.startswith("AT+CPIN=")]


@pytest.mark.parametrize("kind", list(KINDS))
def test_a_well_line_tells_all_of_itself(open_mobile: OpenMobile, kind: str) -> None:
    shop = open_mobile(Mobile(kind))
    facts = shop.line()["facts"]
    assert (facts["operator"], facts["roaming"], facts["registration"]) == ("SMART", False, "home")
    assert (facts["sim"], facts["warning"], facts["texts"]) == ("ready", "", True)
    assert -80 <= facts["signal_dbm"] <= -66
    details = shop.ask("line.show", line="landline")["details"]
    modem = shop.mobile.modem.profile
    assert (details["imei"], details["firmware"]) == (
        modem.imei,
        modem.revision.removeprefix("Revision:"),
    )
    assert details["iccid"].startswith("8963021234567890123")
    json.dumps([shop.status, shop.health(), shop.box.fleet.health()])


def wrong_pin(shop: MobileShop) -> None:
    shop.mobile.sim.pin = "4321"
    shop.mobile.sim.restart()


def no_tries(shop: MobileShop) -> None:
    shop.mobile.sim.tries_left = 0


@pytest.mark.parametrize(
    ("kind", "sim", "pin", "before", "state", "advice"),
    [
        ("sim800", SimConfig(present=False), "", None, "missing", "push the SIM card in"),
        ("ec25", SimConfig(pin="1234"), "", None, "pin_wanted", "pin = "),
        ("sim7600", SimConfig(pin="1234"), "1234", wrong_pin, "pin_wrong", "not tried again"),
        ("a7672", SimConfig(pin="1234"), "1234", no_tries, "puk_wanted", "PUK"),
    ],
)
def test_a_sim_that_needs_a_person(
    open_mobile: OpenMobile,
    kind: str,
    sim: SimConfig,
    pin: str,
    before: Callable[[MobileShop], None] | None,
    state: str,
    advice: str,
) -> None:
    mobile = Mobile(kind, line=f'pin = "{pin}"' if pin else "", emulated={"sim": sim})
    shop = open_mobile(mobile, waits=False, before=before or (lambda _shop: None))
    shop.until(lambda: shop.line()["facts"]["sim"] == state, 60.0)
    shop.until(lambda: shop.line()["state"] == "fault", 60.0)
    shop.until(lambda: shop.line()["problem"], 90.0)
    assert advice in shop.line()["problem"]["advice"]


def test_without_its_sound_card_nobody_is_answered_into_silence(open_mobile: OpenMobile) -> None:
    shop = open_mobile(Mobile("sim800"))
    card = shop.network.sound_cards.card("usb:landline")
    card.unplug()
    shop.until(lambda: shop.line_state != "ready", 2.0)
    assert shop.line()["reason"] == "no sound: the sound card landline-card is away"
    shop.until(lambda: shop.line()["problem"], 15.0)
    assert "sound cards" in shop.line()["problem"]["advice"]
    caller = shop.ring(give_up_after_s=15.0)
    shop.until(caller.done.done, 30.0)
    assert shop.calls() == []
    card.plug_in()
    shop.until(lambda: shop.line_state == "ready", 10.0)
    shop.ring()
    shop.until(lambda: shop.is_answered, 20.0)


def test_a_wrong_pin_is_given_once_for_ever(open_mobile: OpenMobile) -> None:
    mobile = Mobile(line='pin = "1234"', emulated={"sim": SimConfig(pin="4321")})
    shop = open_mobile(mobile, waits=False)
    shop.until(lambda: shop.line()["facts"]["sim"] == "pin_wrong", 60.0)
    shop.pass_s(120.0)
    shop.kill_box()
    shop.restart_box()
    shop.pass_s(60.0)
    shop.mobile.unplug()
    shop.pass_s(5.0)
    shop.mobile.plug_in()
    shop.pass_s(60.0)
    assert pins_given(shop) == ['AT+CPIN="1234"']
    assert shop.mobile.sim.tries_left == 2
    assert shop.line()["facts"]["sim"] == "pin_wrong"
    shop.mobile.sim.pin = ""  # switched off in a telephone
    shop.mobile.unplug()
    shop.pass_s(5.0)
    shop.mobile.plug_in()
    shop.until(lambda: shop.line_state == "ready", 60.0)
    assert shop.line()["facts"]["sim"] == "ready"


def test_the_right_pin_opens_the_sim_after_each_start(open_mobile: OpenMobile) -> None:
    shop = open_mobile(Mobile(line='pin = "1234"', emulated={"sim": SimConfig(pin="1234")}))
    shop.mobile.unplug()
    shop.pass_s(5.0)
    shop.mobile.plug_in()
    shop.until(lambda: shop.line_state == "ready", 60.0)
    assert pins_given(shop) == ['AT+CPIN="1234"'] * 2


def test_the_network_comes_and_goes(open_mobile: OpenMobile) -> None:
    shop = open_mobile()
    attachment = shop.mobile.attachment
    attachment.deny()
    shop.until(lambda: shop.line()["facts"]["registration"] == "denied", 60.0)
    shop.until(lambda: shop.line()["problem"], 60.0)
    assert "ask its operator" in shop.line()["problem"]["advice"]
    attachment.regain_service()
    shop.until(lambda: shop.line_state == "ready", 60.0)
    attachment.lose_service()
    shop.until(lambda: shop.line()["facts"]["registration"] == "searching", 60.0)
    shop.until(lambda: shop.line_state != "ready", 60.0)
    attachment.regain_service(roaming=True)
    shop.until(lambda: shop.line_state == "ready", 60.0)
    facts = shop.line()["facts"]
    assert (facts["registration"], facts["roaming"]) == ("roaming", True)
    assert shop.line()["problem"] is None


def test_a_full_memory_is_told_while_it_lasts(open_mobile: OpenMobile) -> None:
    shop = open_mobile(Mobile("sim800"))
    shop.workers["store"].stall()
    for number in range(20):
        shop.mobile.send_text("+639170000001", f"Text {number}")
    shop.until(lambda: "is full" in shop.line()["facts"]["warning"], 400.0)
    shop.until(lambda: shop.line()["problem"], 5.0)
    assert "is full" in shop.status["problems"][0]
    shop.workers["store"].release()
    shop.until(lambda: shop.line()["facts"]["warning"] == "", 30.0)
    shop.until(lambda: len(shop.ask("texts.list", limit=100)["texts"]) == 20, 60.0)


def test_a_power_key_that_can_not_be_pressed_is_told(open_mobile: OpenMobile) -> None:
    holders: list[OutputDevice] = []

    def hold(shop: MobileShop) -> None:
        holders.append(OutputDevice(KEY, pin_factory=shop.network.gpio.pins))

    shop = open_mobile(Mobile(line=POWER), before=hold)
    assert f"GPIO {KEY} can't be used" in shop.line()["facts"]["warning"]
    shop.until(lambda: shop.line()["problem"], 5.0)
    holders[0].close()


@pytest.mark.parametrize(
    ("kind", "wedged", "presses", "restarts"),
    [
        ("ec25", "reopen", 0, 0),
        ("ec25", "power_key", 2, 0),
        ("sim800", "power_key", 2, 0),
        ("sim7600", "reset", 0, 1),
        ("sim7600", "supply", 2, 0),
    ],
)
def test_a_wedged_modem_is_brought_back(
    open_mobile: OpenMobile, kind: str, wedged: str, presses: int, restarts: int
) -> None:
    starts = kind == "sim800"  # where its key is not needed after the supply
    emulated = {"starts_by_itself": starts}
    shop = open_mobile(
        Mobile(kind, line=POWER, emulated=emulated),
        before=lambda shop: shop.wire_power(KEY, SUPPLY),
    )
    shop.pass_s(CALM_S)  # the trouble of the start is over: the ladder begins at its lowest rung
    shop.mobile.misbehave(CellularFaults(wedged=wedged))
    shop.until(lambda: shop.line_state != "ready", 100.0)
    assert shop.line()["reason"]
    took_s = shop.until(lambda: shop.line_state == "ready", 400.0)
    assert shop.mobile.modem.unit.faults.wedged == ""
    assert took_s < {"reopen": 10.0, "reset": 60.0, "power_key": 120.0}.get(wedged, 200.0)
    assert shop.mobile.modem.restarts >= restarts
    assert len(shop.mobile.power_key.presses) >= presses
    caller = shop.ring(hang_up_after_s=5.0)
    shop.until(caller.done.done)
    shop.until_ready()
    assert len(shop.calls_on_line()) == 1


@pytest.mark.parametrize("kind", ["ec25", "sim7600"])
def test_a_reset_line_spares_the_power_key(open_mobile: OpenMobile, kind: str) -> None:
    wires = f"{POWER}\nreset_gpio = {RESET}"
    shop = open_mobile(
        Mobile(kind, line=wires), before=lambda shop: shop.wire_power(KEY, SUPPLY, RESET)
    )
    shop.pass_s(CALM_S)
    shop.mobile.misbehave(CellularFaults(wedged="power_key"))
    shop.until(lambda: shop.line_state != "ready", 100.0)
    shop.until(lambda: shop.line_state == "ready", 120.0)
    assert len(shop.mobile.reset_line.pulls) == 1
    assert shop.mobile.power_key.presses == []


def test_a_modem_that_switched_itself_off_is_switched_on(open_mobile: OpenMobile) -> None:
    """Its status pin says so: the press that would switch it off is not made."""
    wires = f"power_gpio = {KEY}\nstatus_gpio = {STATUS}"
    shop = open_mobile(
        Mobile("ec25", line=wires), before=lambda shop: shop.wire_power(KEY, status=STATUS)
    )
    shop.pass_s(CALM_S)
    shop.mobile.modem.switch_off()
    shop.until(lambda: shop.line_state != "ready", 100.0)
    shop.until(lambda: shop.line_state == "ready", 120.0)
    (pressed_s,) = shop.mobile.power_key.presses
    assert pressed_s == pytest.approx(0.6, abs=0.05)


def test_where_nothing_helps_a_person_is_told_and_does_it(open_mobile: OpenMobile) -> None:
    shop = open_mobile()
    shop.mobile.misbehave(CellularFaults(wedged="supply"))
    shop.until(lambda: shop.line()["state"] == "fault", 300.0)
    assert "unplug the modem" in shop.line()["reason"]
    shop.until(lambda: shop.line()["problem"], 130.0)
    shop.pass_s(60.0)
    shop.mobile.unplug()
    shop.pass_s(10.0)
    shop.mobile.plug_in()
    shop.until(lambda: shop.line_state == "ready", 40.0)
    shop.until(lambda: shop.line()["problem"] is None, 3.0)


def test_two_sims_each_with_its_own_prefixes(open_mobile: OpenMobile) -> None:
    globe = Mobile("ec25", "globe", 'prefixes = ["0917"]\nrates = { "" = 7.5 }')
    smart = Mobile("sim7600", "smart", 'prefixes = ["0918"]\nrates = { "02" = 2.0, "" = 8.0 }')
    shop = open_mobile(globe, smart)
    shop.until(lambda: all(one["state"] == "ready" for one in shop.status["lines"]))
    taken = {}
    for number in ("09171234567", "09181234567", "0281234567", "09991234567"):
        shop.add_far_end(number, rings=0, hang_up_after_s=2.0)
        far = shop.dial_out(number)
        taken[number] = shop.last_call()["dials"][0]["line"]
        assert shop.network.mobile(taken[number]).calls.dialled[-1] == far.number
        shop.phone("11").hang_up()
        shop.until(lambda: not shop.status["calls"], 20.0)
        shop.until(lambda: all(one["state"] == "ready" for one in shop.status["lines"]), 60.0)
    assert taken == {
        "09171234567": "globe",
        "09181234567": "smart",
        "0281234567": "smart",
        "09991234567": "globe",
    }
