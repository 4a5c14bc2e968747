"""The status lamp's patterns, on gpiozero's mock pins, in virtual time."""

import logging
import tomllib
from pathlib import Path

import pytest
from gpiozero.pins.mock import MockFactory

from appliance.errors import GpioError
from appliance.gpio import Gpio
from appliance.lamp import PATTERNS, Lamp, Mood, mood_of
from appliance.loop import VirtualLoop

PIN = 10  # of the box itself, in hardware/pinout.toml
QUIET = {"calls": [], "problems": [], "lines": [{"state": "ready"}]}


@pytest.fixture
def loop():
    loop = VirtualLoop()
    yield loop
    loop.close()


@pytest.fixture
def pins():
    factory = MockFactory()
    yield factory
    factory.reset()


@pytest.fixture
def lamp(loop, pins):
    lamp = Lamp(loop, Gpio(loop, lambda: pins).output)
    yield lamp
    lamp.close()


def seen(loop, pins, seconds: float) -> str:
    """Lit or dark, looked at in the middle of every 50 ms."""
    told = []

    def look() -> None:
        told.append("#" if pins.pin(PIN).state else ".")

    for n in range(round(seconds / 0.05)):
        loop.call_later(0.025 + n * 0.05, look)
    loop.run_until_complete(_pass(loop, seconds))
    return "".join(told)


async def _pass(loop, seconds: float) -> None:
    done = loop.create_future()
    loop.call_later(seconds, done.set_result, None)
    await done


@pytest.mark.parametrize(
    ("mood", "wanted"),
    [
        (Mood.STARTING, ("#" * 20 + "." * 20) * 2),
        (Mood.READY, "#" * 80),
        (Mood.CALL, ("###...###" + "." * 21) * 2),
        (Mood.FAULT, "###..." * 10),
    ],
)
def test_each_mood_has_its_pattern(loop, pins, lamp, mood, wanted):
    lamp.show(PIN, mood)
    assert seen(loop, pins, len(wanted) * 0.05) == wanted


def test_no_two_moods_look_alike():
    assert set(PATTERNS) == set(Mood)
    assert len(set(PATTERNS.values())) == len(Mood)


def test_a_new_mood_begins_at_once_and_the_same_goes_on(loop, pins, lamp):
    lamp.show(PIN, Mood.STARTING)
    assert seen(loop, pins, 0.5) == "#" * 10
    lamp.show(PIN, Mood.STARTING)
    assert seen(loop, pins, 1.0) == "#" * 10 + "." * 10
    lamp.show(PIN, Mood.FAULT)
    assert seen(loop, pins, 0.3) == "###..."


def test_it_is_dark_when_we_end_and_can_move_to_another_pin(loop, pins, lamp):
    lamp.show(PIN, Mood.READY)
    assert pins.pin(PIN).state == 1
    lamp.show(9, Mood.READY)
    assert (pins.pin(PIN).state, pins.pin(9).state) == (0, 1)
    lamp.show(None, Mood.READY)
    assert pins.pin(9).state == 0
    lamp.show(PIN, Mood.FAULT)
    lamp.close()
    assert seen(loop, pins, 0.5) == "." * 10


def test_without_gpio_there_is_one_line_in_the_log(loop, caplog):
    def none() -> object:
        raise GpioError("this machine has no GPIO that can be used")

    lamp = Lamp(loop, Gpio(loop, none).output)
    with caplog.at_level(logging.WARNING):
        for mood in (Mood.STARTING, Mood.READY, Mood.CALL, Mood.READY):
            lamp.show(PIN, mood)
    assert [record.message for record in caplog.records] == [
        "the status lamp stays dark: this machine has no GPIO that can be used"
    ]


def test_its_pin_is_the_boxs_and_free_beside_every_board_of_ours():
    text = (Path(__file__).parents[2] / "hardware/pinout.toml").read_text()
    boards = tomllib.loads(text)["raspberry_pi"]
    assert boards.pop("box")["lamp_gpio"]["gpio"] == PIN
    assert PIN not in {pin["gpio"] for board in boards.values() for pin in board.values()}


@pytest.mark.parametrize(
    ("change", "mood"),
    [
        ({}, Mood.READY),
        ({"lines": [{"state": "initialising"}]}, Mood.STARTING),
        ({"problems": ["the card is full"]}, Mood.FAULT),
        ({"calls": [{}], "problems": ["the card is full"]}, Mood.CALL),
    ],
)
def test_the_mood_of_the_box(change, mood):
    assert mood_of(QUIET | change) is mood
