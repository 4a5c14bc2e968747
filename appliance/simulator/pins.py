"""The emulated machine's GPIO header: gpiozero's mock pins in the loop's time, with what is wired.

A pin that is let go of falls to ground through the board's own resistor, as the boards demand.
"""

import asyncio
from collections.abc import Callable

from gpiozero.pins.mock import MockFactory, MockPin

OnPin = Callable[[], None]


class EmulatedPin(MockPin):  # type: ignore[misc]  # gpiozero has no types
    """``watcher`` is called after whatever the machine did to the pin."""

    watcher: OnPin | None = None
    _wired: bool | None = None

    @property
    def drives(self) -> bool | None:
        """What the machine drives it to; None: it is an input."""
        return bool(self._state) if self._function == "output" else None

    def wire(self, is_high: bool) -> None:
        """What the board does to it; an output is stronger."""
        self._wired = is_high
        if self._function != "input":
            return
        if is_high:
            self.drive_high()
        else:
            self.drive_low()

    def _set_function(self, value: str) -> None:
        super()._set_function(value)
        if value == "output" or self._pull == "floating":
            self._change_state(False)  # claimed low, as lgpio does; or the board's own resistor
        self._tell()

    def _set_state(self, value: float) -> None:
        super()._set_state(value)
        self._tell()

    def _set_pull(self, value: str) -> None:
        super()._set_pull(value)
        if self._wired is False:
            self.drive_low()  # a closed contact is stronger than a pull-up
        self._tell()

    def _call_when_changed(self) -> None:
        method = self.when_changed
        if method is not None:
            method(self.factory.ticks(), self._state)

    def _tell(self) -> None:
        if self.watcher is not None:
            self.watcher()


class EmulatedPins(MockFactory):  # type: ignore[misc]  # gpiozero has no types
    """A Raspberry Pi's header. Its pins outlive the daemon; `let_go` is what the kernel does."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(pin_class=EmulatedPin)
        self._loop = loop
        self._numbered: dict[int, EmulatedPin] = {}

    def ticks(self) -> float:
        """The loop's time: nothing here depends on how fast the computer is."""
        return self._loop.time()

    def number(self, gpio: int) -> EmulatedPin:
        """The pin of a GPIO. Remembered: a keypad asks for its pins thousands of times a second."""
        if gpio not in self._numbered:
            self._numbered[gpio] = self.pin(gpio)
        return self._numbered[gpio]

    def reset(self) -> None:
        """Forget every pin."""
        super().reset()
        self._numbered.clear()

    def let_go(self) -> None:
        """The process that held the pins is dead: the kernel makes inputs of them."""
        self._reservations.clear()
        for pin in self.pins.values():
            pin.when_changed = None
            pin.function = "input"
            if not pin.info.pull:
                pin.pull = "floating"
