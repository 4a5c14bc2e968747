"""A 4x3 keypad on GPIOs: one column at a time is pulled low and the rows are read.

Columns are never driven high, so two keys in one row join no driven pins. Two keys at once are
none: with three in a rectangle a fourth seems pressed, and which are real can't be told.
"""

import asyncio
from collections.abc import Callable, Sequence

from appliance.errors import GpioError
from appliance.gpio import Gpio, InputPin, OpenDrainPin

KEYS = ("123", "456", "789", "*0#")
DEBOUNCE_S = 0.03
SCAN_S = 0.01  # while a key is down, or was just now


class KeyFilter:
    """What is read, into keys pressed; pure."""

    def __init__(self) -> None:
        self._seen: frozenset[str] = frozenset()
        self._since_s = 0.0
        self._waits_for_none = False  # until all are let go

    def read(self, keys: frozenset[str], now: float) -> str | None:
        """The keys that seem down now; returns the one that has just become certain."""
        if keys != self._seen:
            self._seen, self._since_s = keys, now
        if now - self._since_s < DEBOUNCE_S:
            return None
        if not keys:
            self._waits_for_none = False
        elif not self._waits_for_none:
            self._waits_for_none = True
            return next(iter(keys)) if len(keys) == 1 else None
        return None

    def is_idle(self, now: float) -> bool:
        """Nothing is down, and has not been for a while."""
        return not self._seen and now - self._since_s >= DEBOUNCE_S


class Keypad:
    """Raises GpioError, and holds nothing, when a pin can't be had.

    ``on_trouble``: told the sentence when a pin that was had refuses to move.
    """

    def __init__(
        self,
        gpio: Gpio,
        loop: asyncio.AbstractEventLoop,
        rows: Sequence[int],
        columns: Sequence[int],
        *,
        on_key: Callable[[str], None],
        on_trouble: Callable[[str], None],
    ) -> None:
        self._loop = loop
        self._on_key = on_key
        self._on_trouble = on_trouble
        self._filter = KeyFilter()
        self._timer: asyncio.TimerHandle | None = None
        self._rows: list[InputPin] = []
        self._columns: list[OpenDrainPin] = []
        try:
            self._rows.extend(gpio.input(number, self._row_moved) for number in rows)
            self._columns.extend(gpio.open_drain(number) for number in columns)
            self._wait()
        except GpioError:
            self.close()
            raise

    def close(self) -> None:
        """Idempotent."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        pins: list[InputPin | OpenDrainPin] = [*self._rows, *self._columns]
        self._rows, self._columns = [], []
        for pin in pins:
            pin.close()

    def _wait(self) -> None:
        """All columns low: any key pulls its row low, which is an edge."""
        self._timer = None
        for column in self._columns:
            column.pull_low(True)
        if any(not row.is_high for row in self._rows):
            self._plan()  # pressed meanwhile

    def _row_moved(self, _is_high: bool, _at_s: float) -> None:
        if self._timer is None and self._columns:
            self._plan()

    def _plan(self) -> None:
        self._timer = self._loop.call_later(SCAN_S, self._scan)

    def _scan(self) -> None:
        now = self._loop.time()
        try:
            key = self._filter.read(self._read(), now)
            if self._filter.is_idle(now):
                self._wait()
            else:
                self._plan()
        except GpioError as error:
            self._timer = None
            self._on_trouble(str(error))
            return
        if key is not None:
            self._on_key(key)

    def _read(self) -> frozenset[str]:
        for column in self._columns:
            column.pull_low(False)
        down: set[str] = set()
        for number, column in enumerate(self._columns):
            column.pull_low(True)
            down |= {
                keys[number] for keys, row in zip(KEYS, self._rows, strict=True) if not row.is_high
            }
            column.pull_low(False)
        return frozenset(down)
