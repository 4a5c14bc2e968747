"""Identifiers that are unique everywhere and sort by when they were made (ULID, 26 characters)."""

import secrets
from collections.abc import Callable

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32
_RANDOM_BITS = 80


class UlidMaker:
    """Makes ULIDs; each is greater than the one before it, even when the clock jumps back.

    ``utc``: seconds since 1970. ``random``: that many random bytes.
    """

    def __init__(
        self, utc: Callable[[], float], random: Callable[[int], bytes] = secrets.token_bytes
    ) -> None:
        self._utc = utc
        self._random = random
        self._last = 0

    def __call__(self, _kind: str = "") -> str:
        at_ms = max(0, int(self._utc() * 1000))
        fresh = int.from_bytes(self._random(_RANDOM_BITS // 8), "big")
        value = (at_ms << _RANDOM_BITS) | fresh
        if value <= self._last or at_ms == self._last >> _RANDOM_BITS:
            value = self._last + 1
        self._last = value
        return "".join(_ALPHABET[(value >> shift) & 31] for shift in range(125, -1, -5))
