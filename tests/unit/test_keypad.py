"""A 4x3 keypad: a matrix of wires, with bounce, two keys at once and ghosts."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.errors import GpioError
from appliance.gpio import Gpio
from appliance.loop import VirtualLoop
from appliance.simulator.pins import EmulatedPins
from appliance.simulator.sound_handset import Keypad as Matrix
from appliance.stations.keypad import KeyFilter, Keypad

ROWS, COLUMNS = (12, 16, 20, 21), (18, 24, 25)


class Rig:
    def __init__(self) -> None:
        self.loop = VirtualLoop()
        self.pins = EmulatedPins(self.loop)
        self.matrix = Matrix(self.pins, ROWS, COLUMNS)
        self.pressed: list[str] = []
        self.trouble: list[str] = []
        self.keypad = Keypad(
            Gpio(self.loop, lambda: self.pins), self.loop, ROWS, COLUMNS,
            on_key=self.pressed.append, on_trouble=self.trouble.append,
        )  # fmt: skip

    def run(self, seconds: float) -> None:
        self.loop.call_later(seconds, self.loop.stop)
        self.loop.run_forever()

    def hold(self, keys: str, seconds: float = 0.1) -> None:
        for key in keys:
            self.matrix.move(key, True)
        self.run(seconds)
        for key in keys:
            self.matrix.move(key, False)
        self.run(0.1)


@pytest.fixture
def rig() -> Iterator[Rig]:
    made = Rig()
    yield made
    made.keypad.close()
    made.loop.close()


def test_every_key_is_told_once_for_as_long_as_it_is_held(rig: Rig) -> None:
    for key in "0123456789*#":
        rig.hold(key, 0.6)
    assert "".join(rig.pressed) == "0123456789*#"
    assert rig.matrix.shorts == 0


@pytest.mark.parametrize(("ms", "told"), [(10, ""), (20, ""), (60, "5"), (40, "5")])
def test_a_key_must_last_and_may_bounce(rig: Rig, ms: int, told: str) -> None:
    for _ in range(3):  # the contact chatters for 6 ms
        rig.matrix.move("5", True)
        rig.run(0.001)
        rig.matrix.move("5", False)
        rig.run(0.001)
    rig.hold("5", ms / 1000)
    assert "".join(rig.pressed) == told


@pytest.mark.parametrize("keys", ["12", "14", "15", "125", "1245", "0*#"])
def test_two_keys_at_once_are_none_and_short_nothing(rig: Rig, keys: str) -> None:
    rig.hold(keys)
    assert rig.pressed == []
    assert rig.matrix.shorts == 0
    rig.hold("9")
    assert rig.pressed == ["9"]


def test_rolling_from_one_key_to_the_next_tells_the_first(rig: Rig) -> None:
    rig.matrix.move("1", True)
    rig.run(0.1)
    rig.matrix.move("2", True)
    rig.run(0.1)
    rig.matrix.move("1", False)
    rig.run(0.1)
    rig.matrix.move("2", False)
    rig.run(0.1)
    assert rig.pressed == ["1"]


def test_an_idle_keypad_costs_nothing(rig: Rig) -> None:
    rig.hold("3")
    assert rig.keypad._timer is None


def test_a_pin_that_is_taken_gives_the_others_back(rig: Rig) -> None:
    gpio = Gpio(rig.loop, lambda: rig.pins)
    with pytest.raises(GpioError, match="GPIO 18"):
        Keypad(gpio, rig.loop, (2, 3, 4, 5), (6, 7, 18), on_key=print, on_trouble=print)
    gpio.output(2).close()
    gpio.output(6).close()


@given(
    st.lists(st.tuples(st.frozensets(st.sampled_from("123456"), max_size=3), st.floats(0.001, 0.2)))
)
def test_a_key_is_told_only_when_it_is_alone(reads) -> None:
    filter_, now = KeyFilter(), 0.0
    for keys, later in reads:
        told = filter_.read(keys, now)
        now += later
        assert told is None or keys == frozenset(told)
