"""Which device a port's path names: when it was opened, at the last look, and now."""

from collections.abc import Callable

from appliance.lines.timers import NamedTimers

WATCH_S = 0.5  # how often the path is looked at


class PortWatch:
    """``identify``: the identity of what a path names, None for nothing (also in virtual time)."""

    def __init__(self, path: str, identify: Callable[[str], object | None]) -> None:
        self.path = path
        self._identify = identify
        self._opened: object | None = None
        self._seen: object | None = None

    def opening(self) -> None:
        """The port is opened now: this is the device that is meant."""
        self._opened = self._seen = self._identify(self.path)

    def is_there(self) -> bool:
        """Whether the path names any device now."""
        return self._identify(self.path) is not None

    def keep_looking(self, timers: NamedTimers, told: Callable[[bool, str], object]) -> None:
        """Look now and every half second; ``told``: what look() gives."""
        timers.start("watch", WATCH_S, lambda: self.keep_looking(timers, told))
        told(*self.look())

    def look(self) -> tuple[bool, str]:
        """Has a device appeared since the last look? And how was the opened one lost ("")?"""
        now = self._identify(self.path)
        appeared = now is not None and now != self._seen
        self._seen = now
        if self._opened is None or now == self._opened:
            return appeared, ""
        if now is None:
            return False, "the modem was unplugged"
        return appeared, f"{self.path} names another device now"
