"""Slows down guessing: after some failures each try has to wait, longer each time."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

FREE_FAILURES = 5  # of one name
FREE_FAILURES_IN_ALL = 30  # of all names together: one guesser must not easily shut out the owner
FIRST_WAIT_S = 30.0
LONGEST_WAIT_S = 900.0
LONGEST_WAIT_IN_ALL_S = 60.0
FORGET_AFTER_S = 3600.0
_NAMES_KEPT = 1000


@dataclass(frozen=True, slots=True)
class _Record:
    failures: int = 0
    last_at: float = 0.0
    open_at: float = 0.0


class Lockout:
    """``monotonic``: seconds. Not thread-safe: the one thread that checks passwords owns it."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._by_name: OrderedDict[str, _Record] = OrderedDict()
        self._in_all = _Record()

    def wait_s(self, name: str) -> float:
        """Seconds until ``name`` may try again; 0 when it may now."""
        now = self._monotonic()
        own = self._by_name.get(name, _Record())
        return round(max(0.0, own.open_at - now, self._in_all.open_at - now), 3)

    def failed(self, name: str) -> None:
        """Count one failure of ``name``."""
        now = self._monotonic()
        own = self._by_name.pop(name, _Record())
        self._by_name[name] = _next(own, now, FREE_FAILURES, LONGEST_WAIT_S)
        if len(self._by_name) > _NAMES_KEPT:
            self._by_name.popitem(last=False)
        self._in_all = _next(self._in_all, now, FREE_FAILURES_IN_ALL, LONGEST_WAIT_IN_ALL_S)

    def succeeded(self, name: str) -> None:
        """Forget the failures of ``name``; those of all names stay counted."""
        self._by_name.pop(name, None)


def _next(record: _Record, now: float, free: int, longest_s: float) -> _Record:
    failures = record.failures + 1 if now - record.last_at < FORGET_AFTER_S else 1
    beyond = failures - free
    wait_s = min(longest_s, FIRST_WAIT_S * 2.0 ** min(beyond, 10)) if beyond >= 0 else 0.0
    return _Record(failures, now, now + wait_s)
