"""The pins of a one-line GPIO board, taken together and given back together."""

from collections.abc import Callable

from appliance.errors import GpioError, LineFault
from appliance.gpio import Gpio, InputPin, OnEdge, OutputPin
from appliance.settings import LineSettings


class BoardPins:
    """Raises LineFault, and holds nothing, when one can't be had.

    ``on_trouble``: told the sentence when a pin that was had refuses to move.
    """

    def __init__(
        self,
        gpio: Gpio,
        settings: LineSettings,
        on_ring: OnEdge,
        on_loop: OnEdge,
        on_trouble: Callable[[str], None],
    ) -> None:
        self._open: list[InputPin | OutputPin] = []
        self._on_trouble = on_trouble
        self._caller_id: OutputPin | None = None
        self.loop: InputPin | None = None
        try:
            self._hook = self._output(gpio, settings.hook_gpio)
            if settings.caller_id_gpio is not None:
                self._caller_id = self._output(gpio, settings.caller_id_gpio)
            self._input(gpio, settings.ring_gpio, on_ring)
            if settings.loop_gpio is not None:
                self.loop = self._input(gpio, settings.loop_gpio, on_loop)
        except GpioError as error:
            self.close()
            raise LineFault(str(error)) from error

    def set_hook(self, off_hook: bool) -> None:
        """Take the line, or give it back."""
        self._set(self._hook, off_hook)

    def set_caller_id(self, is_open: bool) -> None:
        """Let the on-hook line's sound through, or not; nothing where the board has no such pin."""
        if self._caller_id is not None:
            self._set(self._caller_id, is_open)

    def close(self) -> None:
        """Low, then floating: the board's resistors keep the line on-hook. Idempotent."""
        pins, self._open = self._open, []
        for pin in pins:
            pin.close()

    def _set(self, pin: OutputPin, is_high: bool) -> None:
        try:
            pin.set(is_high)
        except GpioError as error:
            self._on_trouble(str(error))

    def _output(self, gpio: Gpio, number: int | None) -> OutputPin:
        pin = gpio.output(_wired(number))
        self._open.append(pin)
        return pin

    def _input(self, gpio: Gpio, number: int | None, on_edge: OnEdge) -> InputPin:
        pin = gpio.input(_wired(number), on_edge)
        self._open.append(pin)
        return pin


def _wired(number: int | None) -> int:
    if number is None:
        raise GpioError("a pin that the line needs is not in its configuration")
    return number
