"""What is watched and held at each leg: secret digits, automatic level, meters, a dead side."""

from collections.abc import Callable
from typing import Any

from appliance.audio.binding import check, lib
from appliance.audio.loop_events import LoopEvent
from appliance.audio.meters import LegMeters, read_leg_meters
from appliance.audio.port_table import PortTable

OnOneWay = Callable[[int, str, int, bool], None]


class Legs:
    """The engine's; main thread only. Every method raises AudioError when C refuses.

    ``on_one_way(port, side, ms, is_dead)``: told when for ``ms`` nothing came ``in`` from a metered
    port though it was spoken to, or nothing to send it (``out``) though somebody spoke there; and
    again, with ``is_dead`` false, when that is over.
    """

    def __init__(self, pointer: Any, ports: PortTable) -> None:
        self._pointer = pointer
        self._ports = ports
        self.on_one_way: OnOneWay | None = None

    def set_secret(self, port: int, is_on: bool) -> None:
        """Keep this port's touch tones out of every recording that would hear them."""
        self._ports.require(port)
        check(lib.audio_port_secret(self._pointer, port, int(is_on)), f"port {port}")

    def set_automatic_level(self, port: int, is_on: bool) -> None:
        """Bring what comes in slowly towards -20 dBm0 of active speech; begins anew when set."""
        self._ports.require(port)
        check(lib.audio_port_level(self._pointer, port, int(is_on)), f"level of port {port}")

    def meter(self, port: int, is_on: bool) -> None:
        """Meter a port anew, and tell of a dead side; off: `meters` keeps the last figures."""
        self._ports.require(port)
        check(lib.audio_port_meter(self._pointer, port, int(is_on)), f"meters of port {port}")

    def meters(self, port: int) -> LegMeters:
        """How good this leg of a bridge is, since it was metered anew."""
        return read_leg_meters(self._pointer, port)

    def forget(self, port: int) -> None:
        """The port is given back: all of this is off for whoever has it next."""
        self.set_secret(port, False)
        self.set_automatic_level(port, False)
        self.meter(port, False)

    def one_way_heard(self, event: LoopEvent) -> None:
        """The engine's handler of AUDIO_ONE_WAY."""
        if self.on_one_way is not None:
            side = "in" if event.detail == lib.AUDIO_ONE_WAY_IN else "out"
            self.on_one_way(event.port, side, event.value, bool(event.value2))
