"""An ordinary handset on an FXS socket of a line-card HAT."""

import time
from dataclasses import dataclass, field
from enum import Enum

from appliance.core.events import (
    DigitReceived,
    StationBecameReady,
    StationFailed,
    StationFlashed,
    StationHungUp,
    StationLifted,
)
from appliance.deaf_listener import DeafListener
from appliance.errors import AudioError
from appliance.interfaces import Clock, EventSink
from appliance.linecard.caller_id_message import call_setup
from appliance.linecard.client import LinecardClient
from appliance.linecard.messages import LineState, RingCadence
from appliance.settings import StationSettings

_DOUBLE = RingCadence(400, 200, 400, 2000)
#: Where ringing differs from 1 s on, 4 s off.
RING_CADENCES = {
    **dict.fromkeys(("AU", "GB", "IE", "IN", "MY", "NZ", "SG", "ZA"), _DOUBLE),
    "CA": RingCadence(2000, 4000),
    "FR": RingCadence(1500, 3500),
    "JP": RingCadence(1000, 2000),
    "US": RingCadence(2000, 4000),
}


def ring_cadence(country: str) -> RingCadence:
    """How telephones ring in ``country`` (ISO 3166 two letters)."""
    return RING_CADENCES.get(country.upper(), RingCadence())


@dataclass(frozen=True, slots=True)
class HouseRules:
    """What the shop's country asks of every handset. ``country``: ISO 3166, "" not known.

    ``international_prefix``: what a telephone dials for a ``+``.
    """

    cadence: RingCadence = field(default_factory=RingCadence)
    country: str = ""
    international_prefix: str = ""


class HandsetState(Enum):
    """What is known of the handset; ``value`` is the word for it on the status page."""

    DOWN = "down"
    ON_HOOK = "on_hook"
    OFF_HOOK = "off_hook"


class LinecardFxsStation(DeafListener):
    """One handset: a StationDriver, and the listener of its socket and of its audio port."""

    def __init__(
        self,
        settings: StationSettings,
        linecard: LinecardClient,
        sink: EventSink,
        clock: Clock,
        house: HouseRules | None = None,
    ) -> None:
        self.extension = settings.extension
        self._socket = settings.socket
        self._linecard = linecard
        self._sink = sink
        self._clock = clock
        self._house = house or HouseRules()
        self._state = HandsetState.DOWN
        self._reason = ""
        self._port: int | None = None
        self._ringing = False
        self._counters = {"rung": 0, "lifted": 0, "flashes": 0, "digits": 0, "failures": 0}

    def start(self) -> None:
        """Take the socket. Raises LinkError when another station has it."""
        self._linecard.register(self._socket, self)

    def stop(self) -> None:
        """Give the socket back; nothing is reported afterwards."""
        self._linecard.unregister(self._socket)
        self._state = HandsetState.DOWN
        self._port = None

    # --- StationDriver -----------------------------------------------------------------------

    @property
    def port(self) -> int | None:
        """The audio port while the link to the HAT is up."""
        return self._port

    @property
    def health(self) -> dict[str, object]:
        """State, reason, whether it rings, where it is plugged in, counters."""
        return {
            "state": self._state.value,
            "reason": self._reason,
            "ringing": self._ringing,
            "linecard": self._linecard.name,
            "socket": self._socket,
            "counters": dict(self._counters),
        }

    def ring(self, number: str, name: str, presentation: str) -> None:
        """Ring until lifted or stopped. A handset with a display shows who calls."""
        if self._state is not HandsetState.ON_HOOK:
            return
        self._ringing = True
        self._counters["rung"] += 1
        now = time.localtime(self._clock.utc())
        prefix = self._house.international_prefix
        message = call_setup(number, name, presentation, now, prefix)
        self._linecard.ring(self._socket, self._house.cadence)
        self._linecard.caller_id(self._socket, message)

    def stop_ringing(self) -> None:
        if self._ringing:
            self._ringing = False
            self._linecard.stop_ring(self._socket)

    # --- the socket --------------------------------------------------------------------------

    def on_up(self, off_hook: bool) -> None:
        try:
            self._port = self._linecard.open_port(self._socket, self)
        except AudioError as error:
            self.on_down(str(error))
            return
        self._reason = ""
        self._ringing = False
        if self._house.country:
            self._linecard.country(self._socket, self._house.country)
        self._state = HandsetState.OFF_HOOK if off_hook else HandsetState.ON_HOOK
        self._sink(StationBecameReady(self.extension, off_hook))

    def on_down(self, reason: str) -> None:
        self._state = HandsetState.DOWN
        self._reason = reason
        self._ringing = False
        self._port = None
        self._counters["failures"] += 1
        self._sink(StationFailed(self.extension, reason))

    def on_hook(self, off_hook: bool) -> None:
        if off_hook and self._state is HandsetState.ON_HOOK:
            self._state = HandsetState.OFF_HOOK
            self._ringing = False  # the HAT stopped by itself
            self._counters["lifted"] += 1
            self._sink(StationLifted(self.extension))
        elif not off_hook and self._state is HandsetState.OFF_HOOK:
            self._state = HandsetState.ON_HOOK
            self._sink(StationHungUp(self.extension))

    def on_flash(self) -> None:
        if self._state is HandsetState.OFF_HOOK:
            self._counters["flashes"] += 1
            self._sink(StationFlashed(self.extension))

    def on_pulse_digit(self, digit: str) -> None:
        self._digit(digit, "pulse")

    def on_ring(self, ringing: bool) -> None:
        """Only exchange lines are rung."""

    def on_loop(self, is_open: bool) -> None:
        """Only exchange lines lose their loop."""

    def on_line_state(self, state: LineState) -> None:
        """Only exchange lines are measured."""

    def _digit(self, digit: str, source: str) -> None:
        if self._state is HandsetState.OFF_HOOK:
            self._counters["digits"] += 1
            self._sink(DigitReceived(f"station:{self.extension}", digit, source))

    # --- its audio port ----------------------------------------------------------------------

    def digit_heard(self, digit: str, after_onset_ms: int) -> None:
        self._digit(digit, "in_band")
