"""Whether a modem runs, as one table, and the power key at a GPIO that changes it."""

from collections.abc import Callable
from enum import Enum, auto
from typing import Protocol


class Power(Enum):
    OFF = auto()
    BOOTING = auto()
    ON = auto()


# (state, what happens) → state. What is not here does not happen.
TRANSITIONS: dict[tuple[Power, str], Power] = {
    (Power.OFF, "switch_on"): Power.BOOTING,
    (Power.BOOTING, "started"): Power.ON,
    (Power.ON, "restart"): Power.BOOTING,
    (Power.ON, "switch_off"): Power.OFF,
    (Power.BOOTING, "switch_off"): Power.OFF,
}


class Powered(Protocol):
    """A modem as its power key knows it."""

    @property
    def power(self) -> Power: ...

    @property
    def press_times_s(self) -> tuple[float, float]:
        """The least press that switches it on, and off."""

    def switch_on(self) -> None: ...

    def switch_off(self) -> None: ...


class PowerKey:
    """Works on a silent modem too. ``is_useful``: False where no key helps (no power, wedged)."""

    def __init__(self, modem: Powered, is_useful: Callable[[], bool]) -> None:
        self.presses: list[float] = []
        self._modem = modem
        self._is_useful = is_useful

    def press(self, seconds: float) -> None:
        """Hold it down for so long."""
        self.presses.append(seconds)
        if not self._is_useful():
            return
        on_s, off_s = self._modem.press_times_s
        if self._modem.power is Power.OFF:
            if seconds >= on_s:
                self._modem.switch_on()
        elif seconds >= off_s:
            self._modem.switch_off()
