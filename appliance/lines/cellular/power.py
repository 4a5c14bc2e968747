"""A modem's power key and its switchable supply, by GPIO: each a sequence of levels and waits."""

from collections.abc import Callable

from appliance.errors import GpioError
from appliance.gpio import OutputPin
from appliance.lines.cellular.profiles import PowerTiming
from appliance.lines.timers import NamedTimers

SUPPLY_OFF_S = 5.0  # for the modem's and the board's capacitors to empty
SUPPLY_ON_S = 0.5  # until its key means something
Step = tuple[OutputPin | None, bool, float]  # a pin, its level, and the wait after it in seconds


# BCM number and first level; raises GpioError
PinMaker = Callable[[int, bool], OutputPin]


class ModemPower:
    """The pins of one line, held while its driver is started. Main thread only."""

    def __init__(
        self,
        timers: NamedTimers,
        make_pin: PinMaker,
        power_gpio: int | None,
        supply_gpio: int | None,
    ) -> None:
        """``timers``: where the sequences' steps are set. None: not wired."""
        self._timers = timers
        self._make_pin = make_pin
        self._power_gpio, self._supply_gpio = power_gpio, supply_gpio
        self._key: OutputPin | None = None
        self._supply: OutputPin | None = None
        self.refusal = ""  # why a pin can't be used, for the owner

    @property
    def has_key(self) -> bool:
        return self._power_gpio is not None

    @property
    def has_supply(self) -> bool:
        return self._supply_gpio is not None

    @property
    def warning(self) -> str:
        """For the owner; "" while the pins can be used."""
        return f"the modem can't be switched off and on: {self.refusal}" if self.refusal else ""

    def open(self) -> None:
        """Take the pins: the supply is on, the key is not pressed. See ``refusal``."""
        self.refusal = ""
        if self._supply_gpio is not None and self._supply is None:
            self._supply = self._take(self._supply_gpio, True)
        if self._power_gpio is not None and self._key is None:
            self._key = self._take(self._power_gpio, False)

    def _take(self, gpio: int, level: bool) -> OutputPin | None:
        try:
            return self._make_pin(gpio, level)
        except GpioError as error:
            self.refusal = str(error)
            return None

    def close(self) -> None:
        """Let the key go, switch the supply on, give the pins back: a resistor must hold it on."""
        self._timers.cancel("power")
        if self._key is not None:
            self._key.close()
        if self._supply is not None:
            self._supply.close()
        self._key = self._supply = None

    def press_key(self, timing: PowerTiming, on_done: Callable[[], object]) -> None:
        """Off by the key, and on again."""
        self.open()  # what another program held may be free now
        steps: list[Step] = [
            (self._key, True, timing.off_key_s),
            (self._key, False, timing.down_s),
            (self._key, True, timing.on_key_s),
            (self._key, False, 0.0),
        ]
        self._take_steps(steps, on_done)

    def switch_supply(self, timing: PowerTiming, on_done: Callable[[], object]) -> None:
        """Without supply for 5 s; then the key is pressed, where there is one."""
        self.open()
        steps: list[Step] = [
            (self._supply, False, SUPPLY_OFF_S),
            (self._supply, True, SUPPLY_ON_S),
            (self._key, True, timing.on_key_s if self._key is not None else 0.0),
            (self._key, False, 0.0),
        ]
        self._take_steps(steps, on_done)

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
