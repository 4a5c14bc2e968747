"""How the machine under the shop is, for the owner: looked at every so often, troubles remembered.

What the daemon may not see (services, the kernel's log) comes from the upkeep's last look.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from appliance.box.notes import BACKUP, HEALTH, note_weak_power, read_note
from appliance.box.reading import TROUBLE, Reading, moment_text
from appliance.box.readings import as_rows, from_rows
from appliance.interfaces import Clock, Worker

LOOK_S = 10.0
_BY_UPKEEP = frozenset({"service", "watchdog"})  # what only a look from outside can tell
_OLD_S = 86400.0  # what the upkeep saw longer ago is not shown


class BoxDesk:
    """Main thread only. ``read``: asked on the worker's thread; ``post``: back to the main one."""

    def __init__(
        self,
        state: Path,
        clock: Clock,
        worker: Worker,
        read: Callable[[Path], Sequence[Reading]],
        post: Callable[..., object],
    ) -> None:
        self._state = state
        self._clock = clock
        self._worker = worker
        self._read = read
        self._post = post
        self._readings: list[tuple[float, Reading]] = []
        self._backup = ""
        self._looking: Future[None] | None = None
        self._is_closed = False

    @property
    def problems(self) -> tuple[str, ...]:
        """What the owner should know, a sentence each."""
        told = [one.notice for _, one in self._readings if one.notice]
        return (*told, self._backup) if self._backup else tuple(told)

    def show(self) -> dict[str, Any]:
        """As control's `box.show` gives it."""
        rows = as_rows(one for _, one in self._readings)
        for row, (at, _) in zip(rows, self._readings, strict=True):
            row["at"] = at
            del row["notice"]
        return {"readings": rows}

    def look(self) -> None:
        """Look once, unless the last look still goes on: a card that dies is slow."""
        if self._is_closed or (self._looking is not None and not self._looking.done()):
            return
        now = self._clock.utc()
        self._looking = self._worker.submit(lambda: self._look(now))

    def close(self) -> None:
        self._is_closed = True

    # --- on the worker's thread ----------------------------------------------------------------

    def _look(self, now: float) -> None:
        found = list(self._read(self._state))
        if any(one.kind == "power" and one.facts.get("low_now") for one in found):
            try:
                note_weak_power(self._state, now)
            except OSError:
                pass  # a card that takes nothing is told of by its own reading
            else:
                found = list(self._read(self._state))  # now with its time
        readings = [(now, one) for one in found]
        backup = _backup_problem(read_note(self._state, BACKUP), now)
        self._post(self._looked, _joined(readings, self._kept(now)), backup)

    def _kept(self, now: float) -> list[tuple[float, Reading]]:
        told = read_note(self._state, HEALTH)
        try:
            at = float(told["at"])
            readings = from_rows(told["readings"])
        except (KeyError, TypeError, ValueError):
            return []
        return [(at, one) for one in readings] if abs(now - at) < _OLD_S else []

    def _looked(self, readings: list[tuple[float, Reading]], backup: str) -> None:
        self._readings, self._backup = readings, backup


def _joined(
    ours: list[tuple[float, Reading]], kept: list[tuple[float, Reading]]
) -> list[tuple[float, Reading]]:
    """Ours, but for a card whose errors only the kernel's log tells; then what we can't see."""
    worn = [found for found in kept if _is_wear(found[1]) and found[1].verdict == TROUBLE]
    joined = [worn[0] if worn and _is_wear(found[1]) else found for found in ours]
    return [*joined, *(found for found in kept if found[1].kind in _BY_UPKEEP)]


def _is_wear(one: Reading) -> bool:
    return (one.kind, one.name) == ("card", "wear")


def _backup_problem(note: dict[str, Any], now: float) -> str:
    problem, at = note.get("problem"), note.get("tried_at")
    if not problem or not isinstance(at, float):
        return ""
    return f"the shop was not saved ({moment_text(at, now)}): {problem}"
