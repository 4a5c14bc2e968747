"""Whether a modem runs, as one table; the power key and the reset line at GPIOs that change it."""

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


RESET_S = 0.1  # a shorter pull is not heeded


class ResetLine:
    """Restarts a modem that runs, also a silent one; one that is off stays off."""

    def __init__(self, modem: Powered, is_useful: Callable[[], bool]) -> None:
        self.pulls: list[float] = []
        self._modem = modem
        self._is_useful = is_useful

    def pull(self, seconds: float) -> None:
        """Hold it low for so long."""
        self.pulls.append(seconds)
        if seconds >= RESET_S and self._is_useful() and self._modem.power is not Power.OFF:
            self._modem.switch_off()
            self._modem.switch_on()


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
