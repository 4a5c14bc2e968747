"""How a modem is attached to its mobile network: registration, operator, signal, time zone."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from appliance.simulator.timers import Timers

# 3GPP TS 27.007 §7.2
IDLE, HOME, SEARCHING, DENIED, UNKNOWN, ROAMING = range(6)
_REGISTERS_AFTER_S = (1.0, 6.0)


@dataclass(frozen=True, slots=True)
class NetworkHabits:
    """``operator``: long, short and numeric name. ``technology``: 0 GSM, 2 UTRAN, 7 LTE.

    ``signal``: 0-31 of +CSQ, 99 unknown; it wanders by ``fading``. ``lte_only``: +CREG stays 0
    while +CEREG is 1. ``volte``: calls stay on LTE. ``zone_quarters``: local time, in quarters of
    an hour east of UTC. ``clip_on_first_ring``: the number comes with the first RING already.
    ``data_call``: while registered, the list of calls begins with the data bearer, as call 1 of
    mode 1 (data), which no hang-up ends (Quectel EC2x AT manual, example of AT+CLCC).
    """

    operator: str = "SMART"
    operator_short: str = "SMART"
    operator_code: str = "51503"
    technology: int = 7
    roaming: bool = False
    lte_only: bool = False
    volte: bool = True
    signal: int = 20
    fading: int = 2
    zone_quarters: int = 32
    clip_on_first_ring: bool = False
    data_call: bool = False
    country: str = "PH"
    service_centre: str = "+639180000101"


class Attachment:
    """One modem's. ``on_change`` hears that the registration is another one."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        habits: NetworkHabits,
        rng: random.Random,
        utc: Callable[[], float],
    ) -> None:
        self.habits = habits
        self.stat = IDLE
        self.has_service = True  # there is a cell to register with
        self.on_change: Callable[[], None] = lambda: None
        self._signal = habits.signal
        self._roaming = habits.roaming
        self._rng = rng
        self._utc = utc
        self._timers = Timers(loop)

    @property
    def is_registered(self) -> bool:
        return self.stat in (HOME, ROAMING)

    @property
    def circuit_stat(self) -> int:
        """What +CREG says; +CEREG says ``stat``."""
        return IDLE if self.habits.lte_only else self.stat

    @property
    def packet_stat(self) -> int:
        return self.stat if self.habits.technology == 7 else IDLE

    def search(self, at_once: bool = False) -> None:
        """Look for the network; found within seconds if there is any."""
        self._move(SEARCHING)
        if self.has_service:
            if at_once:
                self._found()
            else:
                self._timers.set("found", self._rng.uniform(*_REGISTERS_AFTER_S), self._found)

    def leave(self) -> None:
        """The modem is off, or in flight mode."""
        self._timers.cancel_all()
        self._move(IDLE)

    def _found(self) -> None:
        self._move(ROAMING if self._roaming else HOME)

    def lose_service(self) -> None:
        """No cell any more."""
        self.has_service = False
        self._timers.cancel_all()
        if self.stat != IDLE:
            self._move(SEARCHING)

    def regain_service(self, roaming: bool | None = None) -> None:
        """A cell is there again, perhaps a foreign one."""
        self.has_service = True
        if roaming is not None:
            self._roaming = roaming
        if self.stat != IDLE:
            self.search()

    def deny(self) -> None:
        """The network wants nothing of this SIM."""
        self._timers.cancel_all()
        self._move(DENIED)

    def set_signal(self, signal: int) -> None:
        self._signal = signal

    def signal(self) -> int:
        """+CSQ's figure now."""
        if not self.has_service or self.stat == IDLE:
            return 99
        if self._signal == 99:
            return 99
        fading = self.habits.fading
        return max(0, min(31, self._signal + self._rng.randint(-fading, fading)))

    def clock(self) -> str:
        """Local time as +CCLK has it: "yy/MM/dd,hh:mm:ss±zz"."""
        quarters = self.habits.zone_quarters
        local = datetime.fromtimestamp(self._utc(), UTC) + timedelta(minutes=15 * quarters)
        return f"{local:%y/%m/%d,%H:%M:%S}{quarters:+03d}"

    def _move(self, stat: int) -> None:
        if stat != self.stat:
            self.stat = stat
            self.on_change()
