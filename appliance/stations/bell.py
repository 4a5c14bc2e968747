"""A handset's ringer and lamp: the country's cadence, and a blinking or steady light."""

import asyncio
from collections.abc import Callable

from appliance.errors import GpioError
from appliance.gpio import Gpio, OutputPin
from appliance.linecard.messages import RingCadence

BLINK_S = 0.5


class Bell:
    """Raises GpioError, and holds nothing, when a pin can't be had. None: not wired.

    ``on_trouble``: told the sentence when a pin that was had refuses to move.
    """

    def __init__(
        self,
        gpio: Gpio,
        loop: asyncio.AbstractEventLoop,
        ringer: int | None,
        lamp: int | None,
        *,
        cadence: RingCadence,
        on_trouble: Callable[[str], None],
    ) -> None:
        self._loop = loop
        self._on_trouble = on_trouble
        phases = [(cadence.on_ms, True), (cadence.off_ms, False)]
        phases += [(cadence.on2_ms, True), (cadence.off2_ms, False)]
        self._phases = [(ms / 1000, is_on) for ms, is_on in phases if ms]
        self._ring_timer: asyncio.TimerHandle | None = None
        self._blink_timer: asyncio.TimerHandle | None = None
        self._ringer: OutputPin | None = None
        self._lamp: OutputPin | None = None
        try:
            self._ringer = gpio.output(ringer) if ringer is not None else None
            self._lamp = gpio.output(lamp) if lamp is not None else None
        except GpioError:
            self.close()
            raise

    def ring(self) -> None:
        """Ring and blink until `rest` or `talk`."""
        self._quiet()
        self._ring_phase(0)
        self._blink(True)

    def talk(self) -> None:
        """Silent, the lamp steady."""
        self._quiet()
        self._set(self._lamp, True)

    def rest(self) -> None:
        """Silent and dark."""
        self._quiet()
        self._set(self._lamp, False)

    def close(self) -> None:
        """Idempotent."""
        self._quiet()
        pins, self._ringer, self._lamp = (self._ringer, self._lamp), None, None
        for pin in pins:
            if pin is not None:
                pin.close()

    def _quiet(self) -> None:
        for timer in (self._ring_timer, self._blink_timer):
            if timer is not None:
                timer.cancel()
        self._ring_timer = self._blink_timer = None
        self._set(self._ringer, False)

    def _ring_phase(self, number: int) -> None:
        seconds, is_on = self._phases[number]
        after = (number + 1) % len(self._phases)
        self._ring_timer = self._loop.call_later(seconds, self._ring_phase, after)
        self._set(self._ringer, is_on)

    def _blink(self, is_lit: bool) -> None:
        self._blink_timer = self._loop.call_later(BLINK_S, self._blink, not is_lit)
        self._set(self._lamp, is_lit)

    def _set(self, pin: OutputPin | None, is_high: bool) -> None:
        try:
            if pin is not None:
                pin.set(is_high)
        except GpioError as error:
            self._on_trouble(str(error))
