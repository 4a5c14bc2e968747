"""GPIO pins through gpiozero: made here, read on the main loop, and their errors as sentences.

gpiozero's threads only post into the loop. Pins are numbered as Broadcom numbers them (BCM). An
output is low from its first moment, and becomes a floating input when it is closed or its process
dies, as the kernel gives the pin back then: what hangs on it needs a resistor to ground.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, TypeVar

from appliance.errors import GpioError

T = TypeVar("T")
OnEdge = Callable[[bool, float], None]  # is it high now, and since when (the loop's time)
MakePins = Callable[[], Any]  # a gpiozero pin factory; raises GpioError
OLDEST_EDGE_S = 1.0  # an edge that is told later than this has a time that can't be right


class InputPin(Protocol):
    """A pin with a pull-up resistor, to be closed to ground from outside."""

    @property
    def is_high(self) -> bool: ...

    def close(self) -> None: ...


class OutputPin(Protocol):
    """A pin that is driven."""

    def set(self, is_high: bool) -> None:
        """Raises GpioError."""

    def close(self) -> None:
        """Back to its first level, then let go: a floating input from now on."""


class OpenDrainPin(Protocol):
    """A pin that pulls low or lets go; it never drives high, so pins may be joined."""

    def pull_low(self, is_low: bool) -> None:
        """Raises GpioError."""

    def close(self) -> None: ...


class Gpio:
    """Makes pins. ``make_pins`` is asked when the first is wanted: most machines have none."""

    def __init__(self, loop: asyncio.AbstractEventLoop, make_pins: MakePins) -> None:
        self._loop = loop
        self._make_pins = make_pins
        self._factory: Any = None

    def input(self, number: int, on_edge: OnEdge) -> InputPin:
        """A pin with its pull-up on, whose edges are told one by one. Raises GpioError."""
        return self._made(number, lambda factory: _Input(self._loop, factory, number, on_edge))

    def output(self, number: int, *, is_high: bool = False) -> OutputPin:
        """A pin that is driven to this level from its first moment on. Raises GpioError."""
        return self._made(number, lambda factory: _Output(factory, number, is_high))

    def open_drain(self, number: int) -> OpenDrainPin:
        """A pin that lets go at first, its pull-up on. Raises GpioError."""
        return self._made(number, lambda factory: _OpenDrain(factory, number))

    def _made(self, number: int, make: Callable[[Any], T]) -> T:
        if self._factory is None:
            self._factory = self._make_pins()
        try:
            return make(self._factory)
        except pin_errors() as error:
            raise GpioError(f"GPIO {number} can't be used: {_why(error)}") from error


class _Input:
    def __init__(
        self, loop: asyncio.AbstractEventLoop, factory: Any, number: int, on_edge: OnEdge
    ) -> None:
        from gpiozero import InputDevice  # noqa: PLC0415 - most machines need none of it

        self._loop = loop
        self._factory = factory
        self._on_edge: OnEdge | None = on_edge
        self._device = InputDevice(number, pull_up=True, pin_factory=factory)
        try:
            self._device.pin.bounce = None
            self._device.pin.edges = "both"
            self._device.pin.when_changed = self._changed
        except pin_errors():
            self._device.close()
            raise

    @property
    def is_high(self) -> bool:
        return bool(self._device.pin.state)

    def close(self) -> None:
        self._on_edge = None
        if not self._device.closed:
            self._device.pin.when_changed = None
            self._device.close()

    def _changed(self, ticks: float, state: int) -> None:
        """On gpiozero's thread. ``ticks``: when the kernel saw it, by the factory's clock."""
        age_s = self._factory.ticks_diff(self._factory.ticks(), ticks)
        at_s = self._loop.time() - (age_s if 0.0 <= age_s <= OLDEST_EDGE_S else 0.0)
        self._loop.call_soon_threadsafe(self._tell, bool(state), at_s)

    def _tell(self, is_high: bool, at_s: float) -> None:
        if self._on_edge is not None:
            self._on_edge(is_high, at_s)


class _OpenDrain:
    def __init__(self, factory: Any, number: int) -> None:
        from gpiozero import InputDevice  # noqa: PLC0415 - see above

        self._number = number
        self._device = InputDevice(number, pull_up=True, pin_factory=factory)

    def pull_low(self, is_low: bool) -> None:
        pin = self._device.pin
        try:
            if is_low:
                pin.output_with_state(0)
            else:
                pin.input_with_pull("up")
        except pin_errors() as error:
            raise GpioError(f"GPIO {self._number} can't be moved: {_why(error)}") from error

    def close(self) -> None:
        if not self._device.closed:
            self._device.close()


class _Output:
    def __init__(self, factory: Any, number: int, is_high: bool) -> None:
        from gpiozero import OutputDevice  # noqa: PLC0415 - see above

        self._number = number
        self._first = is_high
        self._device = OutputDevice(number, initial_value=is_high, pin_factory=factory)

    def set(self, is_high: bool) -> None:
        try:
            self._device.value = int(is_high)
        except pin_errors() as error:
            raise GpioError(f"GPIO {self._number} can't be moved: {_why(error)}") from error

    def close(self) -> None:
        if not self._device.closed:
            self._device.value = int(self._first)
            self._device.close()


def raspberry_pi_pins() -> Any:
    """The pins of this Raspberry Pi, by lgpio; nothing else is tried. Raises GpioError."""
    here = Path.cwd()
    # lgpio keeps a named pipe where it is imported, and moves the process there: see its LG_WD
    with tempfile.TemporaryDirectory(prefix="counterbell-gpio-") as folder:
        os.environ["LG_WD"] = folder
        try:
            from gpiozero.pins.lgpio import LGPIOFactory  # noqa: PLC0415 - not on every machine

            return LGPIOFactory()
        except ImportError as error:
            raise GpioError(
                "this machine has no GPIO that can be used: the package lgpio is not installed"
            ) from error
        except pin_errors() as error:
            raise GpioError(f"this machine has no GPIO that can be used: {_why(error)}") from error
        finally:
            os.chdir(here)


def pin_errors() -> tuple[type[Exception], ...]:
    """What gpiozero and, where it was loaded, lgpio raise."""
    from gpiozero.exc import GPIOZeroError  # noqa: PLC0415 - see above

    lgpio = sys.modules.get("lgpio")
    return (GPIOZeroError, OSError, *((lgpio.error,) if lgpio is not None else ()))


def _why(error: Exception) -> str:
    from gpiozero.exc import GPIOPinInUse  # noqa: PLC0415 - see above

    if isinstance(error, GPIOPinInUse):
        return "another line or handset of the configuration uses it"
    text = str(error).strip("'\"")
    if "busy" in text.lower():
        return "another program or a driver of the system holds it"
    return text or type(error).__name__
