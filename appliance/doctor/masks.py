"""Takes secrets, phone numbers and callers' names out of what leaves the box. Pure.

The same number is the same mask throughout one bundle, so that one caller's calls still belong
together: ``[number 1]``, ``[name 1]``.
"""

import dataclasses
import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

T = TypeVar("T")

SECRET = "[secret]"
_NUMBER_KEYS = frozenset({"number", "number_now", "caller_number", "from_number", "to_number"})
_CALLER_KEYS = frozenset({"caller"})  # a plain text in some tables, a record in others
_KEPT_IN_FULL = frozenset({"call_id", "recording_id", "leg_id", "offer_id", "id", "proposal_id"})
# A day and time, a version or an address of four groups: digits that are no number.
_TIME = r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?"
_DIGITS = re.compile(
    rf"(?P<time>(?<!\d){_TIME})|"
    r"(?<![0-9A-Za-z_])(?P<number>\+?\(?\d(?:[ .()/-]{0,2}\d){4,})(?![0-9A-Za-z_])"
)
_UNIT = re.compile(r" ?(?:Hz|baud|bytes|ppm)\b")
_SHORTEST_NAME = 2
_MOST_UNIT_DIGITS = 7


class Masker:
    """``numbers``, ``names``: those known of callers. ``keep_numbers``: only secrets are masked."""

    def __init__(
        self,
        secrets: Iterable[str] = (),
        numbers: Iterable[str] = (),
        names: Iterable[str] = (),
        keep_numbers: bool = False,
    ) -> None:
        self._secrets = sorted({s for s in secrets if s}, key=len, reverse=True)
        self._keep = keep_numbers
        self._numbers: dict[str, str] = {}
        self._names: dict[str, str] = {}
        for number in numbers:
            self.number(number)
        for name in names:
            self.name(name)

    def number(self, number: str) -> str:
        """The mask of a number; its spelling does not matter."""
        if not number or self._keep:
            return number
        key = re.sub(r"[^\d*#]", "", number) or number
        return self._numbers.setdefault(key, f"[number {len(self._numbers) + 1}]")

    def name(self, name: str) -> str:
        """The mask of a person's name."""
        if len(name.strip()) < _SHORTEST_NAME or self._keep:
            return name
        return self._names.setdefault(name.strip().casefold(), f"[name {len(self._names) + 1}]")

    def text(self, text: str) -> str:
        """Free text: every secret, known name and number, and all that looks like a number."""
        for secret in self._secrets:
            text = _around(secret).sub(SECRET, text)
        if self._keep:
            return text
        for name, mask in sorted(self._names.items(), key=lambda row: -len(row[0])):
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", mask, text, flags=re.IGNORECASE)
        text = _DIGITS.sub(self._digits, text)
        for number, mask in list(self._numbers.items()):
            if len(number) > 2:
                text = _around(number).sub(mask, text)
        return text

    def value(self, value: Any, key: str = "") -> Any:
        """A JSON value, masked by the names of its keys and as free text."""
        if isinstance(value, Mapping):
            has_caller = "presentation" in value
            return {
                name: self.name(str(one))
                if has_caller and name == "name"
                else self.value(one, str(name))
                for name, one in value.items()
            }
        if isinstance(value, list | tuple):
            return [self.value(one, key) for one in value]
        return self._told(value, key) if isinstance(value, str) else value

    def _told(self, value: str, key: str) -> str:
        if key in _KEPT_IN_FULL:
            return value
        if key in _NUMBER_KEYS or key in _CALLER_KEYS:
            return self.text(self.number(value))
        if key == "digits" and not self._keep:
            return "•" * len(value)
        return self.text(value)

    def record(self, record: T) -> T:
        """A dataclass of settings with every text in it masked."""
        if dataclasses.is_dataclass(record) and not isinstance(record, type):
            changed = {
                one.name: self._setting(getattr(record, one.name), one.name)
                for one in dataclasses.fields(record)
            }
            return dataclasses.replace(record, **changed)
        return record

    def _setting(self, value: Any, key: str) -> Any:
        if isinstance(value, tuple):
            return tuple(self._setting(one, key) for one in value)
        if isinstance(value, Mapping):
            return {name: self._setting(one, key) for name, one in value.items()}
        if isinstance(value, str):
            return self.number(value) if key in _NUMBER_KEYS else self.text(value)
        return self.record(value)

    def _digits(self, found: re.Match[str]) -> str:
        if found["time"]:
            return found[0]
        digits = re.sub(r"\D", "", found["number"])
        if len(digits) <= _MOST_UNIT_DIGITS and _UNIT.match(found.string, found.end()):
            return found[0]
        return self.number(found["number"])


def _around(value: str) -> re.Pattern[str]:
    """``value`` anywhere; one of digits only where no other digit touches it."""
    found = re.escape(value)
    return re.compile(rf"(?<!\d){found}(?!\d)" if value.isdecimal() else found)
