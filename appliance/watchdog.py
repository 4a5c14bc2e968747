"""Tells the service manager that we are ready and alive: that the audio loop's tick moved."""

import os
import socket
from collections.abc import Mapping


class Watchdog:
    """Speaks the service manager's protocol (sd_notify(3)); silent where there is none."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        self._last_tick = -1

    def ready(self) -> None:
        self._send("READY=1")

    def stopping(self) -> None:
        self._send("STOPPING=1")

    def feed(self, ticks: int) -> bool:
        """Feed the watchdog if the audio loop ticked since last time; returns whether it did."""
        moved = ticks != self._last_tick
        self._last_tick = ticks
        if moved:
            self._send("WATCHDOG=1")
        return moved

    def _send(self, text: str) -> None:
        if not self._address:
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as notifier:
            try:
                notifier.sendto(text.encode(), address)
            except OSError:
                return  # the manager went away: nobody to tell, and no reason to stop calls
