"""The status lamp: starting, ready, a call, a fault; dark when nothing of us lives.

A pattern is data. The kernel takes the pin back from a process that dies, so the lamp goes out.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

from appliance.errors import GpioError
from appliance.gpio import OutputPin

LOG = logging.getLogger(__name__)


class Mood(Enum):
    """What the lamp tells."""

    STARTING = "starting"
    READY = "ready"
    CALL = "call"
    FAULT = "fault"


# Lit, dark, lit ... in seconds, over and over; one entry alone: steady.
PATTERNS: Mapping[Mood, tuple[float, ...]] = {
    Mood.STARTING: (1.0, 1.0),
    Mood.READY: (60.0,),
    Mood.CALL: (0.15, 0.15, 0.15, 1.05),
    Mood.FAULT: (0.15, 0.15),
}


def mood_of(status: Mapping[str, Any]) -> Mood:
    """Of a status snapshot. A call is told before a fault, so that the lamp is seen to live."""
    if status["calls"]:
        return Mood.CALL
    if status["problems"]:
        return Mood.FAULT
    if any(line["state"] == "initialising" for line in status["lines"]):
        return Mood.STARTING
    return Mood.READY


class Lamp:
    """Main thread only. ``make``: an output pin of that number; raises GpioError."""

    def __init__(self, loop: asyncio.AbstractEventLoop, make: Callable[[int], OutputPin]) -> None:
        self._loop = loop
        self._make = make
        self._number: int | None = None
        self._pin: OutputPin | None = None
        self._mood: Mood | None = None
        self._timer: asyncio.TimerHandle | None = None

    def show(self, number: int | None, mood: Mood) -> None:
        """``number``: the GPIO (BCM) of the configuration in force, None: there is no lamp."""
        if number != self._number:
            self.close()
            self._number = number
            self._open()
        if mood is not self._mood and self._pin is not None:
            self._mood = mood
            self._step(0)

    def close(self) -> None:
        """Dark, and the pin is let go."""
        if self._timer is not None:
            self._timer.cancel()
        if self._pin is not None:
            self._pin.close()
        self._number = self._pin = self._mood = self._timer = None

    def _open(self) -> None:
        if self._number is None:
            return
        try:
            self._pin = self._make(self._number)
        except GpioError as error:
            LOG.warning("the status lamp stays dark: %s", error)

    def _step(self, place: int) -> None:
        """Begin the phase at ``place`` of the mood's pattern."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._pin is None or self._mood is None:
            return
        pattern = PATTERNS[self._mood]
        try:
            self._pin.set(place % 2 == 0)
        except GpioError as error:
            LOG.warning("the status lamp can't be switched: %s", error)
            return
        if len(pattern) > 1:
            following = (place + 1) % len(pattern)
            self._timer = self._loop.call_later(pattern[place], self._step, following)
