"""A modem's power key, reset line and switchable supply, by GPIO: sequences of levels and waits."""

from collections.abc import Callable
from dataclasses import dataclass

from appliance.errors import GpioError
from appliance.gpio import InputPin, OutputPin
from appliance.lines.cellular.profiles import PowerTiming
from appliance.lines.timers import NamedTimers
from appliance.settings import LineSettings

SUPPLY_OFF_S = 5.0  # for the modem's and the board's capacitors to empty
SUPPLY_ON_S = 0.5  # until its key means something
LOOK_S = 0.5  # between the looks at its status
Step = tuple[OutputPin | None, bool, float]  # a pin, its level, and the wait after it in seconds


@dataclass(frozen=True, slots=True)
class PinMakers:
    """``output``: BCM number and first level; ``input``: BCM number. Both raise GpioError."""

    output: Callable[[int, bool], OutputPin]
    input: Callable[[int], InputPin]


class ModemPower:
    """The pins of one line, held while its driver is started. Main thread only."""

    def __init__(self, timers: NamedTimers, pins: PinMakers, settings: LineSettings) -> None:
        """``timers``: where the sequences' steps are set."""
        self._timers = timers
        self._pins = pins
        self._settings = settings
        self._key: OutputPin | None = None
        self._reset: OutputPin | None = None
        self._supply: OutputPin | None = None
        self._status: InputPin | None = None
        self.refusal = ""  # why a pin can't be used, for the owner

    @property
    def is_on(self) -> bool | None:
        """Whether the modem runs, by its status pin; None: not wired, or not usable."""
        return None if self._status is None else not self._status.is_high

    @property
    def warning(self) -> str:
        """For the owner; "" while the pins can be used."""
        return f"the modem can't be switched off and on: {self.refusal}" if self.refusal else ""

    def open(self) -> None:
        """Take the pins: the supply is on, key and reset are let go. See ``refusal``."""
        self.refusal = ""
        wanted = self._settings
        self._supply = self._supply or self._take(wanted.supply_gpio, True)
        self._key = self._key or self._take(wanted.power_gpio, False)
        self._reset = self._reset or self._take(wanted.reset_gpio, False)
        if wanted.status_gpio is not None and self._status is None:
            try:
                self._status = self._pins.input(wanted.status_gpio)
            except GpioError as error:
                self.refusal = str(error)

    def _take(self, gpio: int | None, level: bool) -> OutputPin | None:
        if gpio is None:
            return None
        try:
            return self._pins.output(gpio, level)
        except GpioError as error:
            self.refusal = str(error)
            return None

    def close(self) -> None:
        """Let key and reset go, switch the supply on, give the pins back: a resistor must hold it
        on."""
        self._timers.cancel("power")
        for pin in (self._key, self._reset, self._supply, self._status):
            if pin is not None:
                pin.close()
        self._key = self._reset = self._supply = None
        self._status = None

    def pull_reset(self, timing: PowerTiming, on_done: Callable[[], object]) -> None:
        """Its reset line, for as long as its data sheet says."""
        self.open()  # what another program held may be free now
        self._take_steps([(self._reset, True, timing.reset_s), (self._reset, False, 0.0)], on_done)

    def press_key(self, timing: PowerTiming, on_done: Callable[[], object]) -> None:
        """Off by the key, and on again; only on, where its status says that it is off."""
        self.open()

        def switch_on() -> None:
            self._switch_on(timing, on_done)

        if self.is_on is False:
            switch_on()
            return
        steps: list[Step] = [(self._key, True, timing.off_key_s), (self._key, False, 0.0)]
        self._take_steps(steps, lambda: self._await_off(timing.down_s, switch_on))

    def switch_supply(self, timing: PowerTiming, on_done: Callable[[], object]) -> None:
        """Without supply for 5 s; then the key is pressed, where there is one."""
        self.open()
        steps: list[Step] = [
            (self._supply, False, SUPPLY_OFF_S),
            (self._supply, True, SUPPLY_ON_S),
        ]
        self._take_steps(steps, lambda: self._switch_on(timing, on_done))

    def _switch_on(self, timing: PowerTiming, on_done: Callable[[], object]) -> None:
        """By the key, unless its status says that it runs: another press would switch it off."""
        if self._key is None or self.is_on:
            on_done()
            return
        self._take_steps([(self._key, True, timing.on_key_s), (self._key, False, 0.0)], on_done)

    def _await_off(self, left_s: float, on_done: Callable[[], object]) -> None:
        """For ``left_s``, or until its status says so."""
        if self.is_on is False or left_s <= 0.0:
            on_done()
            return
        look_s = left_s if self.is_on is None else min(LOOK_S, left_s)
        self._timers.start("power", look_s, lambda: self._await_off(left_s - look_s, on_done))

    def _take_steps(self, steps: list[Step], on_done: Callable[[], object]) -> None:
        if not steps:
            on_done()
            return
        (pin, level, wait_s), *rest = steps
        try:
            if pin is not None:
                pin.set(level)
        except GpioError as error:
            self.refusal = str(error)
        self._timers.start("power", wait_s, lambda: self._take_steps(rest, on_done))
