"""How an emulated modem tells what nobody asked for: at once, or with faults late or never."""

import random
from collections import deque
from collections.abc import Callable

from appliance.simulator.modem_state import Faults
from appliance.simulator.timers import Timers


class Notices:
    """Late ones keep their order. ``faults``: how the modem misbehaves now."""

    def __init__(self, timers: Timers, rng: random.Random, faults: Callable[[], Faults]) -> None:
        self._timers = timers
        self._rng = rng
        self._faults = faults
        self._late: deque[Callable[[], None]] = deque()

    @property
    def is_behind(self) -> bool:
        """Something that has happened is still to be told."""
        return bool(self._late) and self._timers.is_set("notice")

    def tell(self, notice: Callable[[], None]) -> None:
        """Do ``notice`` now, later or not at all."""
        faults = self._faults()
        if faults.lost_notices and self._rng.random() < faults.lost_notices:
            return
        if not self._timers.is_set("notice"):
            self._late.clear()  # the modem was unplugged meanwhile
        if not faults.late_notices_s and not self._late:
            notice()
            return
        self._late.append(notice)
        if len(self._late) == 1:
            self._wait()

    def _wait(self) -> None:
        late_s = self._rng.uniform(0.0, self._faults().late_notices_s)
        self._timers.set("notice", late_s, self._tell_first)

    def _tell_first(self) -> None:
        first = self._late.popleft()
        if self._late:
            self._wait()
        first()
