"""Takes care of what is not telephony: the machine, its clock, its lamp, recordings' age."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from appliance.box_desk import LOOK_S, BoxDesk
from appliance.clock_desk import ClockDesk
from appliance.gpio import Gpio
from appliance.housekeeping import Repeats
from appliance.interfaces import Worker
from appliance.lamp import Lamp, Mood, mood_of
from appliance.machine import Machine
from appliance.outgoing_desk import OutgoingDesk
from appliance.retention import LOOK_S as RETENTION_S
from appliance.retention import Retention
from appliance.settings import Settings
from appliance.storage.history import History
from appliance.storage.history_queries import HistoryReader


@dataclass(frozen=True, slots=True)
class CaretakerNeeds:
    """``settings``: in force. ``recount``: of what was called out today. ``tell``: a sentence."""

    machine: Machine
    state: Path
    recordings: Path
    history: History
    reader: HistoryReader
    reader_worker: Worker
    gpio: Gpio
    outgoing: OutgoingDesk
    settings: Callable[[], Settings]
    recount: Callable[[], Coroutine[Any, Any, None]]
    has_calls: Callable[[], bool]
    tell: Callable[[str], None]


class Caretaker:
    """Main thread only."""

    def __init__(self, needs: CaretakerNeeds) -> None:
        machine, self._needs = needs.machine, needs
        post = machine.loop.call_soon_threadsafe
        self._box = BoxDesk(needs.state, machine.clock, needs.reader_worker, machine.read_box, post)
        self._clock = ClockDesk(
            machine.clock, machine.is_clock_right, needs.history,
            on_jump=self._clock_set, tell=needs.tell,
        )  # fmt: skip
        self._retention = Retention(
            needs.recordings, machine.clock, needs.reader, needs.reader_worker, needs.history,
            may_delete=lambda: self._clock.may_judge_age and not needs.has_calls(),
            keep_days=lambda: needs.settings().recording.keep_days, post=post,
        )  # fmt: skip
        self._lamp = Lamp(machine.loop, needs.gpio.output)
        self._recounting: asyncio.Task[None] | None = None
        self._lamp.show(needs.settings().box.lamp_gpio, Mood.STARTING)

    @property
    def problems(self) -> tuple[str, ...]:
        """What the owner should know of the machine."""
        return self._box.problems

    def show(self) -> dict[str, Any]:
        """See BoxDesk.show."""
        return self._box.show()

    def begin(self, repeats: Repeats) -> None:
        """The telephones are ready: look at the rest every so often."""
        repeats.every(LOOK_S, self._box.look)
        repeats.every(RETENTION_S, self._retention.look)
        self._box.look()

    def beat(self, status: Mapping[str, Any]) -> None:
        """Every second. ``status``: the newest snapshot."""
        self._clock.beat()
        self._lamp.show(self._needs.settings().box.lamp_gpio, mood_of(status))

    def close(self) -> None:
        self._box.close()
        self._lamp.close()

    def _clock_set(self) -> None:
        if self._needs.outgoing.clock_set():
            loop = self._needs.machine.loop
            self._recounting = loop.create_task(self._needs.recount())
