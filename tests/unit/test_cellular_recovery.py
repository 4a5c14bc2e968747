"""A cellular modem that falls silent or has no network: the ladder, its GPIOs, and what is told."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.core.events import LineFailed
from appliance.lines.cellular.recovery import BY_WIRE, CALM_S, DOWN_WAITS_S, Recovery, Step
from tests.cellular_rig import READY, Rig, ready


def steps(recovery: Recovery, count: int, reachable: bool = True) -> list[Step]:
    return [recovery.fail(0.0, reachable).step for _ in range(count)]


def test_the_ladder_climbs_step_by_step_with_growing_patience():
    recovery = Recovery([Step.RESET, Step.RESET_LINE, Step.POWER_KEY, Step.SUPPLY])
    tries = [recovery.fail(0.0, True) for _ in range(10)]
    assert [t.step for t in tries] == [
        Step.REOPEN, Step.REOPEN, Step.REOPEN, Step.RESET, Step.RESET,
        Step.RESET_LINE, Step.POWER_KEY, Step.POWER_KEY, Step.SUPPLY, Step.SUPPLY,
    ]  # fmt: skip
    waits = [t.wait_s for t in tries]
    assert waits[:3] == sorted(waits[:3])
    assert not any(t.down for t in tries)
    later = [recovery.fail(0.0, True) for _ in range(6)]
    assert all(t.down for t in later)
    assert [t.wait_s for t in later[:4]] == list(DOWN_WAITS_S)
    assert {t.step for t in later} == {Step.REOPEN, Step.SUPPLY}


@given(
    st.sets(st.sampled_from([Step.RESET, *BY_WIRE])),
    st.lists(st.tuples(st.sampled_from(["fail", "gone", "well"]), st.floats(0, 200)), max_size=40),
)
@settings(deadline=None)
def test_no_step_without_its_means_and_always_a_next_try(usable, story):
    recovery, now = Recovery(usable), 0.0
    for what, wait_s in story:
        now += wait_s
        if what == "well":
            recovery.well(now)
            continue
        attempt = recovery.fail(now, reachable=what == "fail")
        assert attempt.step in {Step.REOPEN, *usable}
        assert 0 < attempt.wait_s <= max(DOWN_WAITS_S)
        if not attempt.down:
            assert what == "fail" or attempt.step is not Step.RESET


def test_a_calm_minute_ends_the_trouble_and_a_short_one_does_not():
    recovery = Recovery([Step.RESET])
    steps(recovery, 4)
    recovery.well(100.0)
    assert recovery.fail(100.0 + CALM_S - 1, True).step is Step.RESET
    recovery.well(200.0)
    assert recovery.fail(200.0 + CALM_S, True).step is Step.REOPEN


def test_a_silent_modem_climbs_to_its_reset_command():
    rig = ready(Rig())
    rig.modem.silent = True
    rig.run_until(lambda: bool(rig.events), 60.0)
    assert rig.take() == [LineFailed("mobile", "the modem does not answer")]
    assert rig.line.health["state"] == "retrying"
    rig.run_until(lambda: "AT+CFUN=1,1" in rig.modem.asked, 60.0)
    rig.modem.silent = False
    rig.run_until(lambda: rig.events == [READY], 30.0)
    assert rig.counters["resets"] == 1
    rig.close()


def answers_errors(rig: Rig, error: str = "ERROR") -> None:
    """From now on, to all but AT and the command that restarts it."""
    carried_out = rig.modem._reply

    def reply(line: str) -> str:
        if line == "AT+CFUN=1,1":
            rig.modem._reply = carried_out
        return "OK" if line in ("AT", "AT+CFUN=1,1") else error

    rig.modem._reply = reply


@pytest.mark.parametrize("error", ["ERROR", "+CME ERROR: 100", "+CME ERROR: 3"])
@pytest.mark.parametrize("creg", [1, 2])
def test_a_modem_that_only_answers_error_is_told_to_restart(error, creg):
    rig = Rig()
    rig.modem.creg = rig.modem.cereg = creg  # searching for a network, too
    rig.line.start()
    rig.run_until(lambda: rig.state == ("ready" if creg == 1 else "searching"), 10.0)
    rig.take()
    answers_errors(rig, error)
    rig.run_until(lambda: rig.line.health["state"] == "retrying", 40.0)
    rig.modem.creg = 1
    rig.run_until(lambda: READY in rig.events, 40.0)
    assert rig.counters["resets"] == 1
    rig.close()


@pytest.mark.parametrize(
    "unknown", ["AT+CLCC", "AT+CREG?", "AT+CEREG?", "AT+CSQ", "AT+COPS?", "AT+CLIP?", "most"]
)
def test_a_modem_that_lacks_commands_is_left_alone(unknown):
    rig = Rig()
    asked = ("AT+CLCC", "AT+CEREG?", "AT+CSQ", "AT+COPS?", "AT+CLIP?")
    rig.modem.replies |= dict.fromkeys(asked if unknown == "most" else (unknown,), "ERROR")
    ready(rig)
    rig.run(200.0)
    assert rig.take() == []
    assert rig.counters.get("silences", 0) == 0
    rig.close()


@pytest.mark.parametrize("error", ["+CME ERROR: 10", "+CME ERROR: 30", "+CME ERROR: 14"])
def test_a_modem_that_says_why_it_refuses_all_is_left_alone(error):
    """Some do while they have no SIM, or no network."""
    rig = ready(Rig())
    answers_errors(rig, error)
    rig.modem.sim = error
    rig.run(200.0)
    assert not {"silences", "resets"} & rig.counters.keys()
    rig.close()


def test_a_reset_that_nobody_hears_is_not_waited_for():
    rig = ready(Rig(power_gpio=6))
    rig.modem.silent = True
    rig.run_until(lambda: "AT+CFUN=1,1" in rig.modem.asked, 100.0)
    took_s = rig.run_until(lambda: len(rig.pins) > 1, 100.0)
    assert rig.counters["resets"] == 3  # both commands, and the key
    assert took_s < 2 * rig.line._profile.power.boot_s
    rig.close()


def test_the_power_key_is_pressed_as_the_data_sheet_says():
    rig = ready(Rig(power_gpio=6))
    assert rig.pins == [(0.0, 6, False)]
    rig.modem.silent = True
    presses: list[bool] = []

    def pressed(gpio: int, level: bool) -> None:
        presses.append(level)
        rig.modem.silent = presses.count(True) < 2  # the second press switches it on

    rig.on_pin = pressed
    rig.run_until(lambda: READY in rig.events, 300.0)
    at = [when for when, _, _ in rig.pins[1:]]
    assert [level for _, _, level in rig.pins[1:]] == [True, False, True, False]
    assert at[1] - at[0] >= 0.65  # Quectel EC25 hardware design: off needs 650 ms
    assert at[3] - at[2] >= 0.1
    rig.close()
    assert rig.closed_pins == [6]


STATUS, KEY, RESET = 9, 6, 7


def levels(rig: Rig, gpio: int) -> list[tuple[float, bool]]:
    """What a pin was set to, after it was taken."""
    return [(when, level) for when, pin, level in rig.pins if pin == gpio][1:]


def test_the_reset_line_comes_after_the_command_and_before_the_key():
    rig = ready(Rig(power_gpio=KEY, reset_gpio=RESET))
    assert rig.pins == [(0.0, KEY, False), (0.0, RESET, False)]
    rig.modem.silent = True

    def moved(gpio: int, level: bool) -> None:
        rig.modem.silent = not (gpio == RESET and not level)

    rig.on_pin = moved
    rig.run_until(lambda: READY in rig.events, 300.0)
    (down, is_down), (up, is_up) = levels(rig, RESET)
    assert (is_down, is_up) == (True, False)
    assert 0.15 <= up - down <= 0.46  # Quectel EC25 hardware design: 150 to 460 ms
    assert "AT+CFUN=1,1" in rig.modem.asked
    assert levels(rig, KEY) == []
    rig.close()
    assert sorted(rig.closed_pins) == [KEY, RESET]


def test_a_modem_that_has_left_the_bus_is_reset_by_its_line():
    rig = ready(Rig(reset_gpio=RESET))
    rig.on_pin = lambda gpio, level: None if level else rig.replug()
    rig.unplug()
    rig.run_until(lambda: READY in rig.events, 100.0)
    assert [level for _, level in levels(rig, RESET)] == [True, False]
    rig.close()


def test_a_reset_line_of_an_a7670_is_pulled_longer():
    rig = ready(Rig("a7670", reset_gpio=RESET))
    rig.modem.silent = True
    rig.run_until(lambda: len(levels(rig, RESET)) == 2, 300.0)
    (down, _), (up, _) = levels(rig, RESET)
    assert up - down >= 2.0
    rig.close()


def test_a_modem_that_is_off_is_pressed_on_and_not_off():
    rig = ready(Rig(power_gpio=KEY, status_gpio=STATUS))
    rig.modem.silent = True
    rig.high_pins.add(STATUS)  # it went off by itself

    def pressed(gpio: int, level: bool) -> None:
        if not level:
            rig.modem.silent = False
            rig.high_pins.clear()

    rig.on_pin = pressed
    rig.run_until(lambda: READY in rig.events, 300.0)
    (down, _), (up, _) = levels(rig, KEY)
    assert up - down < 0.65  # the on press; an EC25 that ran would not heed it
    rig.close()
    assert sorted(rig.closed_pins) == [KEY, STATUS]


@pytest.mark.parametrize("goes_off_s", [3.0, None])
def test_the_key_is_not_pressed_again_before_the_modem_is_off(goes_off_s):
    rig = ready(Rig(power_gpio=KEY, status_gpio=STATUS))
    rig.modem.silent = True
    off = rig.line._profile.power.down_s

    def pressed(gpio: int, level: bool) -> None:
        if not level and goes_off_s is not None:
            rig.loop.call_later(goes_off_s, rig.high_pins.add, STATUS)

    rig.on_pin = pressed
    rig.run_until(lambda: len(levels(rig, KEY)) >= 2, 300.0)
    released = levels(rig, KEY)[1][0]
    rig.run(off + 2.0)
    if goes_off_s is None:  # it still runs: another press would switch it off
        assert len(levels(rig, KEY)) == 2
    else:
        assert goes_off_s <= levels(rig, KEY)[2][0] - released <= goes_off_s + 1.0
    rig.close()


def test_after_the_supply_the_key_is_pressed_only_where_it_is_needed():
    rig = ready(Rig(power_gpio=KEY, supply_gpio=13, status_gpio=STATUS))
    rig.modem.silent = True
    rig.run_until(lambda: len(levels(rig, 13)) == 2, 400.0)
    before = len(levels(rig, KEY))
    rig.run(5.0)
    assert len(levels(rig, KEY)) == before  # low: it starts as soon as it is fed
    rig.high_pins.add(STATUS)
    rig.run_until(lambda: len(levels(rig, 13)) == 4, 400.0)
    before = len(levels(rig, KEY))
    rig.run(5.0)
    assert len(levels(rig, KEY)) == before + 2
    rig.close()


def test_the_supply_is_the_last_step_and_then_a_person_is_asked():
    rig = ready(Rig(supply_gpio=13))
    assert rig.pins == [(0.0, 13, True)]
    rig.modem.silent = True
    rig.run_until(lambda: rig.pins[1:] != [], 300.0)
    rig.run_until(lambda: rig.line.health["state"] == "fault", 300.0)
    reason = str(rig.line.health["reason"])
    for words in ("opened again", "told to restart", "supply was switched", "replace it"):
        assert words in reason
    offs = [(when, level) for when, _, level in rig.pins[1:]]
    assert offs[1][0] - offs[0][0] >= 5.0
    rig.modem.silent = False
    rig.run_until(lambda: READY in rig.events, 400.0)
    assert rig.line.health["reason"] == ""
    rig.close()


def test_a_down_line_is_tried_at_once_when_its_port_comes_back():
    rig = ready(Rig())
    rig.modem.silent = True
    rig.run_until(lambda: rig.line.health["state"] == "fault", 300.0)
    rig.unplug()
    rig.run(5.0)
    rig.replug()
    rig.modem.silent = False
    assert rig.run_until(lambda: READY in rig.events, 10.0) < 5.0
    rig.close()


def test_a_port_in_use_is_no_reason_to_press_keys():
    rig = Rig(power_gpio=6)
    rig.in_use = True
    rig.line.start()
    rig.run(120.0)
    assert rig.pins == [(0.0, 6, False)]
    assert rig.line.health["reason"] == "/dev/at is used by ModemManager (process 1)"
    rig.in_use = False
    rig.run_until(lambda: READY in rig.events, 15.0)
    rig.close()


@pytest.mark.parametrize(
    ("creg", "words"), [(2, "searching"), (3, "refuses this SIM"), (0, "finds no network")]
)
def test_without_a_network_it_says_why_until_there_is_one(creg, words):
    rig = Rig()
    rig.modem.creg, rig.modem.cereg = creg, 0
    rig.line.start()
    rig.run(3.0)
    (event,) = rig.take()
    assert isinstance(event, LineFailed)
    assert words in event.reason
    assert rig.state == "searching"
    rig.modem.cereg = 1  # LTE alone carries calls too
    rig.run_until(lambda: READY in rig.events, 5.0)
    rig.close()


def test_a_short_loss_of_network_is_nothing_and_a_long_one_is_told():
    rig = ready(Rig())
    rig.modem.creg = rig.modem.cereg = 2
    rig.modem.say("+CREG: 2", "+CEREG: 2")
    rig.run(6.0)
    assert rig.state == "ready"
    rig.modem.creg = 1
    rig.modem.say("+CREG: 1")
    rig.run(20.0)
    assert rig.take() == []
    rig.modem.creg = 2
    rig.modem.say("+CREG: 2")
    rig.run(15.0)
    (event,) = rig.take()
    assert isinstance(event, LineFailed)
    rig.close()


def test_roaming_is_told():
    rig = Rig()
    rig.modem.creg = 5
    ready(rig)
    assert rig.line.health["roaming"] is True
    rig.close()
