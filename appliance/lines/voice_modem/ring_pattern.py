"""Distinctive ring: the rhythm in which a modem says that the line rang (DRON, DROF; V.253)."""

import re

_PART = re.compile(r"DR(ON|OF)\s*=\s*(\d{1,3})", re.IGNORECASE)  # in units of 100 ms
_PARTS = 8  # on and off in turn; the longest rhythm in use has three bursts
_OVER_MS = 2000  # a pause so long ends one rhythm: the next begins


class RingPattern:
    """Collects what comes around RING; DRON comes before or after it, by firmware."""

    def __init__(self) -> None:
        self._parts: list[int] = []
        self._whole: tuple[int, ...] = ()

    def line(self, text: str) -> bool:
        """One unsolicited line; whether it belonged to a rhythm."""
        match = _PART.fullmatch(text.strip())
        if match is None:
            return False
        is_on, ms = match[1].upper() == "ON", int(match[2]) * 100
        if is_on and len(self._parts) % 2:
            self._parts.pop()  # its pause was never told
        if is_on or len(self._parts) % 2:
            self._parts.append(ms)
        if (not is_on and ms >= _OVER_MS) or len(self._parts) >= _PARTS:
            self._whole, self._parts = tuple(self._parts), []
        return True

    def forget(self) -> None:
        """The next caller may ring differently."""
        self._parts = []

    @property
    def ms(self) -> tuple[int, ...]:
        """On and off in turn, of the last rhythm that was whole or has at least begun."""
        return tuple(self._parts) or self._whole
