"""One row of the history's log, and the same row ready to be folded into the derived tables."""

from collections.abc import Mapping
from dataclasses import dataclass

_LARGEST = 2**53  # far beyond any length in ms; SQLite takes integers below 2**63


@dataclass(frozen=True, slots=True)
class Row:
    """One event of the log, before it has its number."""

    id: str
    call_id: str
    kind: str
    data: str


@dataclass(frozen=True, slots=True)
class Moment:
    """When a fact happened: UTC and monotonic seconds, the latter within one boot."""

    utc: float
    monotonic: float
    boot_id: str


@dataclass(frozen=True, slots=True)
class Fact:
    """One row of the log, ready to be folded in. ``at``: UTC seconds on its call's time line."""

    call_id: str
    data: Mapping[str, object]
    moment: Moment
    at: float

    def text(self, key: str, default: str = "") -> str:
        value = self.data.get(key)
        shown = default if value is None else str(value)
        return shown.encode("utf-8", "replace").decode()  # a lone surrogate has no UTF-8 form

    def whole(self, key: str) -> int:
        value = self.data.get(key)
        return max(-_LARGEST, min(value, _LARGEST)) if isinstance(value, int) else 0

    def seconds(self, key: str) -> float | None:
        """A time in UTC seconds, or None."""
        value = self.data.get(key)
        return float(value) if isinstance(value, int | float) else None
