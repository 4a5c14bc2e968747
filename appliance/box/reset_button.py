"""The button that asks for a factory reset while the box starts: held, then let go.

Held for 5 s while the lamp blinks, it is asked; the lamp then stays lit, and letting go decides.
Let go before, or never (a button that is stuck, a board with that pin to ground), nothing happens.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Any, Protocol

HOLD_S = 5.0
LET_GO_S = 10.0  # after that nobody's finger is on it
LOOK_S = 0.1
BLINK_S = 0.2  # lit and dark so long


class Asked(Enum):
    NO = "not pressed"
    LET_GO_EARLY = "let go early"
    STUCK = "held for ever"
    YES = "held and let go"


class Time(Protocol):
    """Time that passes."""

    def now(self) -> float:
        """Monotonic seconds."""

    def wait(self, seconds: float) -> None: ...


class Button(Protocol):
    @property
    def is_pressed(self) -> bool: ...


class Lamp(Protocol):
    def on(self) -> None: ...

    def off(self) -> None: ...


def ask_button(button: Button, lamp: Lamp, time: Time, tell: Callable[[str], None]) -> Asked:
    """Whether a factory reset is asked for. At once when the button is not pressed."""
    if not button.is_pressed:
        return Asked.NO
    tell("The reset button is pressed: hold it for 5 seconds to erase the shop's data.")
    begun = time.now()
    while (held_s := time.now() - begun) < HOLD_S:
        _light(lamp, int(held_s / BLINK_S) % 2 == 0)
        time.wait(LOOK_S)
        if not button.is_pressed:
            lamp.off()
            return Asked.LET_GO_EARLY
    tell("Let the button go now, and everything is erased.")
    lamp.on()
    while time.now() - begun < HOLD_S + LET_GO_S:
        time.wait(LOOK_S)
        if not button.is_pressed:
            return Asked.YES
    lamp.off()
    return Asked.STUCK


def _light(lamp: Lamp, is_lit: bool) -> None:
    if is_lit:
        lamp.on()
    else:
        lamp.off()


@contextmanager
def button_and_lamp(factory: Any, button_gpio: int, lamp_gpio: int) -> Iterator[tuple[Any, Any]]:
    """The button (to ground, its pull-up on) and the lamp, until the end of the block.

    ``factory``: gpiozero's. Raises its errors: see appliance.gpio.pin_errors.
    """
    from gpiozero import LED, Button  # noqa: PLC0415 - most machines need none of it

    with (
        Button(button_gpio, pull_up=True, bounce_time=None, pin_factory=factory) as button,
        LED(lamp_gpio, pin_factory=factory) as lamp,
    ):
        yield button, lamp
