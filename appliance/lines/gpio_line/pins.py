"""The pins of a one-line GPIO board, taken together and given back together."""

import asyncio
from collections.abc import Callable

from appliance.errors import GpioError, LineFault
from appliance.gpio import Gpio, InputPin, OnEdge, OutputPin
from appliance.settings import LineSettings

KICK_S = 1.0  # the pin moves so often while the line is taken; board A's watchdog waits 4.7 s


class BoardPins:
    """Raises LineFault, and holds nothing, when one can't be had.

    ``on_edges``: of the ring detector and of the loop sense. ``on_trouble``: told
    the sentence when a pin that was had refuses to move.
    """

    def __init__(
        self,
        gpio: Gpio,
        settings: LineSettings,
        loop: asyncio.AbstractEventLoop,
        on_edges: tuple[OnEdge, OnEdge],
        on_trouble: Callable[[str], None],
    ) -> None:
        self._open: list[InputPin | OutputPin] = []
        self._loop = loop
        self._on_trouble = on_trouble
        self._kick: OutputPin | None = None
        self._next_kick: asyncio.TimerHandle | None = None
        self._caller_id: OutputPin | None = None
        self.loop: InputPin | None = None
        try:
            self._hook = self._output(gpio, settings.hook_gpio)
            if settings.caller_id_gpio is not None:
                self._caller_id = self._output(gpio, settings.caller_id_gpio)
            if settings.kick_gpio is not None:
                self._kick = self._output(gpio, settings.kick_gpio)
            self._input(gpio, settings.ring_gpio, on_edges[0])
            if settings.loop_gpio is not None:
                self.loop = self._input(gpio, settings.loop_gpio, on_edges[1])
        except GpioError as error:
            self.close()
            raise LineFault(str(error)) from error

    def set_hook(self, off_hook: bool) -> None:
        """Take the line, or give it back.

        While it is taken, the main loop kicks the board's watchdog: one that hangs loses the line.
        """
        self._set(self._hook, off_hook)
        self._stop_kicking()
        if off_hook and self._kick is not None:
            self._kick_on(self._kick, True)

    def _kick_on(self, pin: OutputPin, is_high: bool) -> None:
        self._next_kick = self._loop.call_later(KICK_S, self._kick_on, pin, not is_high)
        self._set(pin, is_high)

    def _stop_kicking(self) -> None:
        if self._next_kick is not None:
            self._next_kick.cancel()
            self._next_kick = None
        if self._kick is not None:
            self._set(self._kick, False)  # the next kick is a rising edge at once

    def set_caller_id(self, is_open: bool) -> None:
        """Let the on-hook line's sound through, or not; nothing where the board has no such pin."""
        if self._caller_id is not None:
            self._set(self._caller_id, is_open)

    def close(self) -> None:
        """Low, then floating: the board's resistors keep the line on-hook. Idempotent."""
        if self._next_kick is not None:
            self._next_kick.cancel()
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
