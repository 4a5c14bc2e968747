"""GPIO pins: told on the loop in order and with their time, low from the start, errors as words."""

import threading
from collections.abc import Iterator

import pytest
from gpiozero.pins.mock import MockFactory

from appliance.errors import GpioError
from appliance.gpio import Gpio, raspberry_pi_pins
from appliance.loop import VirtualLoop


@pytest.fixture
def loop() -> Iterator[VirtualLoop]:
    made = VirtualLoop()
    yield made
    made.close()


@pytest.fixture
def pins() -> MockFactory:
    return MockFactory()


def run(loop: VirtualLoop, seconds: float = 0.01) -> None:
    loop.call_later(seconds, loop.stop)
    loop.run_forever()


def test_edges_are_told_on_the_loop_in_order_and_with_their_time(
    loop: VirtualLoop, pins: MockFactory
) -> None:
    told: list[tuple[bool, float]] = []
    gpio = Gpio(loop, lambda: pins)
    pin = gpio.input(17, lambda is_high, at_s: told.append((is_high, at_s)))
    assert pin.is_high  # its pull-up is on
    pins.pin(17).drive_low()
    assert told == []
    run(loop, 0.5)
    pins.pin(17).drive_high()
    pins.pin(17).drive_low()
    run(loop)
    assert [is_high for is_high, _ in told] == [False, True, False]
    assert [at_s for _, at_s in told] == pytest.approx([0.0, 0.5, 0.5], abs=0.02)
    assert not pin.is_high
    pin.close()
    pin.close()
    pins.pin(17).drive_high()
    run(loop)
    assert len(told) == 3


def test_an_edge_on_another_thread_is_told_on_the_loops(
    loop: VirtualLoop, pins: MockFactory
) -> None:
    threads: list[threading.Thread] = []
    pin = Gpio(loop, lambda: pins).input(4, lambda *_: threads.append(threading.current_thread()))
    other = threading.Thread(target=pins.pin(4).drive_low)
    other.start()
    other.join()
    run(loop)
    pin.close()
    assert threads == [threading.current_thread()]


def test_an_output_is_low_from_the_start_and_floats_once_closed(
    loop: VirtualLoop, pins: MockFactory
) -> None:
    pin = Gpio(loop, lambda: pins).output(27)
    assert [state.state for state in pins.pin(27).states] == [False]
    pin.set(True)
    assert pins.pin(27).state
    pin.close()
    pin.close()
    assert pins.pin(27).function == "input"
    assert not pins.pin(27).state


def test_a_pin_that_is_wanted_twice_is_refused_by_a_sentence(
    loop: VirtualLoop, pins: MockFactory
) -> None:
    gpio = Gpio(loop, lambda: pins)
    taken = gpio.output(5)
    with pytest.raises(GpioError, match="GPIO 5 can't be used: another line or handset"):
        gpio.input(5, lambda *_: None)
    taken.close()
    gpio.input(5, lambda *_: None).close()


def test_a_machine_without_gpio_says_so_and_is_asked_again_the_next_time(
    loop: VirtualLoop, pins: MockFactory
) -> None:
    found: list[MockFactory] = []

    def make() -> MockFactory:
        if not found:
            raise GpioError("this machine has no GPIO that can be used: none")
        return found[0]

    gpio = Gpio(loop, make)
    with pytest.raises(GpioError, match="no GPIO"):
        gpio.output(5)
    found.append(pins)
    gpio.output(5).close()


def test_this_machine_has_none(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's computer: a sentence, and the process stays in its folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LG_WD", "")
    with pytest.raises(GpioError, match="this machine has no GPIO that can be used"):
        raspberry_pi_pins()
    assert list(tmp_path.iterdir()) == []
