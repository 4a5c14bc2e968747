"""Recordings that are older than the shop keeps them go, a few at a time, while nobody calls."""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Protocol

from appliance.interfaces import Clock, Worker

LOOK_S = 600.0
A_TIME = 100  # so that a look is short
_DAY_S = 86400.0
# Before this a clock said so that nobody had set: their age is not known.
_OLDEST = 1_767_225_600.0  # 2026-01-01 UTC
_EXPIRED = (
    "SELECT recording.recording_id FROM recording"
    " LEFT JOIN message ON message.recording_id = recording.recording_id"
    " WHERE recording.outcome = 'stopped' AND recording.began_at >= ? AND recording.began_at < ?"
    " AND (recording.kind <> 'message' OR coalesce(message.heard, 1) = 1)"
    " ORDER BY recording.began_at LIMIT ?"
)


class Remembers(Protocol):
    """storage.history.History, as far as it is needed here."""

    def remember_fact(self, kind: str, data: Mapping[str, object]) -> "Future[None]": ...


class Row(Protocol):
    """sqlite3.Row."""

    def __getitem__(self, key: str, /) -> object: ...


class Asks(Protocol):
    """storage.history_queries.HistoryReader, as far as it is needed here."""

    def ask(self, query: str, values: tuple[object, ...]) -> Sequence[Row]: ...


class Retention:
    """Main thread only. ``may_delete``: the clock can be trusted, and nobody calls.

    ``keep_days``: of the configuration in force, 0: for ever. ``post``: back to the main thread.
    """

    def __init__(
        self,
        recordings: Path,
        clock: Clock,
        reader: Asks,
        worker: Worker,
        history: Remembers,
        *,
        may_delete: Callable[[], bool],
        keep_days: Callable[[], int],
        post: Callable[..., object],
    ) -> None:
        self._recordings = recordings
        self._clock = clock
        self._reader = reader
        self._worker = worker
        self._history = history
        self._may_delete = may_delete
        self._keep_days = keep_days
        self._post = post

    def look(self) -> None:
        """Delete what is too old, if anything may be deleted now."""
        days = self._keep_days()
        if days and self._may_delete():
            before = self._clock.utc() - days * _DAY_S
            self._worker.submit(lambda: self._delete(before))

    def _delete(self, before: float) -> None:
        """On the worker's thread. The file first: a row without its file is found again."""
        for row in self._reader.ask(_EXPIRED, (_OLDEST, before, A_TIME)):
            recording_id = str(row["recording_id"])
            for file in self._recordings.glob(f"*/{recording_id}.wav"):
                file.unlink(missing_ok=True)
                with contextlib.suppress(OSError):  # others of that day are still there
                    file.parent.rmdir()
            self._post(self._forget, recording_id)

    def _forget(self, recording_id: str) -> None:
        self._history.remember_fact("recording_deleted", {"recording_id": recording_id})
