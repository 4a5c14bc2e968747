"""A modem's power key and its switchable supply, by GPIO: each a sequence of levels and waits."""

from collections.abc import Callable
from typing import Protocol

from appliance.errors import LineFault
from appliance.lines.cellular_profiles import PowerTiming
from appliance.lines.timers import NamedTimers

SUPPLY_OFF_S = 5.0  # for the modem's and the board's capacitors to empty


class OutputPin(Protocol):
    """A GPIO output; on() drives it high."""

    def on(self) -> None: ...

    def off(self) -> None: ...

    def close(self) -> None: ...


# BCM number and initial level; raises LineFault: no such pin, or in use
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
        except LineFault as fault:
            self.refusal = str(fault)
            return None

    def close(self) -> None:
        """Let the key go and give the pins back; the supply's is left on by its board's pull-up."""
        self._timers.cancel("power")
        if self._key is not None:
            self._key.off()
            self._key.close()
        if self._supply is not None:
            self._supply.close()
        self._key = self._supply = None

    def press_key(self, timing: PowerTiming, on_done: Callable[[], object]) -> None:
        """Off and on again by the key; a modem that was off ignores the first press or starts."""
        key = self._key
        if key is None:
            on_done()
            return

        def press_on() -> None:
            key.on()
            self._after(timing.on_key_s, let_go)

        def let_go() -> None:
            key.off()
            on_done()

        def wait_off() -> None:
            key.off()
            self._after(timing.down_s, press_on)

        key.on()
        self._after(timing.off_key_s, wait_off)

    def switch_supply(self, timing: PowerTiming, on_done: Callable[[], object]) -> None:
        """Without supply for 5 s; then the key is pressed, where there is one."""
        supply = self._supply
        if supply is None:
            on_done()
            return

        def switch_on() -> None:
            supply.on()
            self._after(0.5, press_on if self._key is not None else on_done)

        def press_on() -> None:
            if self._key is not None:
                self._key.on()
            self._after(timing.on_key_s, let_go)

        def let_go() -> None:
            if self._key is not None:
                self._key.off()
            on_done()

        supply.off()
        self._after(SUPPLY_OFF_S, switch_on)

    def _after(self, seconds: float, step: Callable[[], object]) -> None:
        self._timers.start("power", seconds, step)
