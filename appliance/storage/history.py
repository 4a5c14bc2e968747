"""The history's writer: appends facts and story notes in the store thread, a transaction an event.

Theory of operation. `remember` runs on the main thread: it turns the commands of one event into
rows and queues them; the store thread commits them in order. When the card refuses (full, dying),
the batches wait in memory, bounded, and are tried again with the next batch or `retry`; a future is
done only when its batch is on the card.
"""

import json
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from appliance.core.commands import Command, HistoryFact, StoryNote
from appliance.errors import StorageError
from appliance.interfaces import Clock, Worker
from appliance.storage.history_boot import interrupted_calls
from appliance.storage.history_derive import append
from appliance.storage.history_facts import Moment, Row
from appliance.storage.history_lines import open_troubles
from appliance.storage.history_schema import open_writer
from appliance.storage.ulid import UlidMaker

WAITING_LIMIT = 20_000  # batches kept in memory while the card refuses: some hours of busy lines

# What another attempt can't mend: the rows themselves are unacceptable.
_HOPELESS = (
    sqlite3.IntegrityError,
    sqlite3.DataError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
)


@dataclass(frozen=True, slots=True)
class Batch:
    """What one transaction writes, and who waits for it."""

    rows: tuple[Row, ...]
    moment: Moment
    done: "Future[None]"


class History:
    """Implements interfaces.Store. ``new_id`` makes the events' ids and this boot's.

    Raises StorageError when the history belongs to a release too new. A card that refuses for now
    is only a problem: calls go on, and the history is opened when the card lets it.
    """

    def __init__(
        self,
        path: Path,
        worker: Worker,
        clock: Clock,
        new_id: Callable[[], str] | None = None,
        connect: Callable[[Path], sqlite3.Connection] = open_writer,
    ) -> None:
        self._path = path
        self._worker = worker
        self._clock = clock
        self._new_id = new_id or UlidMaker(clock.utc)
        self._connect = connect
        self._boot_id = self._new_id()
        self._waiting: deque[Batch] = deque()
        self._waiting_lock = threading.Lock()
        self._problem = ""
        self._set_aside = ""
        self._lost = 0
        self._db: sqlite3.Connection | None = None
        self._worker.submit(self._write_waiting).result()

    @property
    def problems(self) -> tuple[str, ...]:
        """What the owner should know: the history can't be written, or some was lost."""
        lost = f"{self._lost} pieces of history were lost" if self._lost else ""
        return tuple(text for text in (self._set_aside, self._problem, lost) if text)

    def remember(self, commands: Sequence[Command], utc: float, monotonic: float) -> "Future[None]":
        """One transaction for the StoryNotes and HistoryFacts among ``commands``.

        The future is done when they are on the card, or fails with StorageError if they never
        will be.
        """
        rows = tuple(row for command in commands for row in self._rows_of(command))
        batch = self._batch(rows, utc, monotonic)
        if not rows:
            batch.done.set_result(None)
            return batch.done
        with self._waiting_lock:
            self._waiting.append(batch)
            dropped = self._waiting.popleft() if len(self._waiting) > WAITING_LIMIT else None
        if dropped is not None:
            self._lose(dropped, "the history could not be written for too long")
        self._worker.submit(self._write_waiting)
        return batch.done

    def mark_message(self, recording_id: str, heard: bool) -> "Future[None]":
        """Note that a message was heard, or not. An unknown id changes nothing."""
        data = {"recording_id": recording_id, "heard": heard}
        return self._remember_now([HistoryFact("", "message_marked", data)])

    def remember_fact(self, kind: str, data: Mapping[str, object]) -> "Future[None]":
        """One fact that belongs to no call, as `remember`."""
        return self._remember_now([HistoryFact("", kind, data)])

    def recordings_repaired(self, lengths: Sequence[tuple[str, int]]) -> "Future[None]":
        """Give recordings that a crash left open their lengths in ms, by recording id."""
        return self._remember_now(
            HistoryFact("", "recording_repaired", {"recording_id": recording_id, "ms": ms})
            for recording_id, ms in lengths
        )

    def retry(self) -> None:
        """Try again what the card refused. Call it every few seconds; it costs next to nothing."""
        with self._waiting_lock:
            waiting = bool(self._waiting)
        if waiting or self._db is None:
            self._worker.submit(self._write_waiting)

    def close(self) -> "Future[None]":
        """Write what still waits, then close. Nothing may be remembered afterwards."""

        def work() -> None:
            self._write_waiting()
            if self._db is not None:
                self._db.close()

        return self._worker.submit(work)

    # --- on the main thread --------------------------------------------------------------------

    def _remember_now(self, facts: Iterable[HistoryFact]) -> "Future[None]":
        return self.remember(list(facts), self._clock.utc(), self._clock.monotonic())

    def _batch(self, rows: tuple[Row, ...], utc: float, monotonic: float) -> Batch:
        done: Future[None] = Future()
        done.set_running_or_notify_cancel()  # nobody's impatience may cancel a write
        return Batch(rows, Moment(utc, monotonic, self._boot_id), done)

    def _row(self, call_id: str, kind: str, data: object) -> Row:
        return Row(self._new_id(), call_id, kind, json.dumps(data, default=str))

    def _rows_of(self, command: Command) -> tuple[Row, ...]:
        match command:
            case HistoryFact(call_id=call_id, kind=kind, data=data):
                return (self._row(call_id, kind, dict(data)),)
            case StoryNote(call_id=call_id, text=text, figures=figures):
                note = {"text": text, "figures": dict(figures)}
                return (self._row(call_id, "note", note),)
        return ()

    def _lose(self, batch: Batch, reason: str) -> None:
        self._lost += len(batch.rows)
        batch.done.set_exception(StorageError(reason))

    # --- in the store thread -------------------------------------------------------------------

    def _write_waiting(self) -> None:
        """Commit batches in order until none is left or the card refuses."""
        db = self._opened()
        while db is not None:
            with self._waiting_lock:
                if not self._waiting:
                    return
                batch = self._waiting.popleft()
            try:
                _write(db, batch)
            except _HOPELESS as error:
                self._lose(batch, f"the history refused an event: {error}")
            except sqlite3.Error as error:
                self._problem = f"the history can't be written: {error}"
                with self._waiting_lock:
                    self._waiting.appendleft(batch)
                return
            else:
                self._problem = ""
                batch.done.set_result(None)

    def _opened(self) -> sqlite3.Connection | None:
        if self._db is None:
            try:
                self._db = self._connect_or_set_aside()
                self._close_interrupted(self._db)
            except StorageError as error:
                if not isinstance(error.__cause__, sqlite3.Error):
                    raise
                self._problem = str(error)
        return self._db

    def _connect_or_set_aside(self) -> sqlite3.Connection:
        try:
            return self._connect(self._path)
        except StorageError as error:
            cause = error.__cause__
            if type(cause) is not sqlite3.DatabaseError:  # its kinds may pass; itself: malformed
                raise
            broken = self._path.with_name(f"{self._path.name}.broken-{self._boot_id}")
            self._path.rename(broken)
            for rest in ("-wal", "-shm"):
                self._path.with_name(self._path.name + rest).unlink(missing_ok=True)
            self._set_aside = f"the history was unreadable and is kept as {broken.name}: {cause}"
            return self._connect(self._path)

    def _close_interrupted(self, db: sqlite3.Connection) -> None:
        """Calls that an earlier run left open end now, before anything of this run is written."""
        utc, monotonic = self._clock.utc(), self._clock.monotonic()
        closings = [
            self._batch(tuple(self._row(*fact) for fact in facts), utc, monotonic)
            for facts in (*interrupted_calls(db), list(open_troubles(db)))
            if facts
        ]
        with self._waiting_lock:
            self._waiting.extendleft(reversed(closings))


def _write(db: sqlite3.Connection, batch: Batch) -> None:
    db.execute("BEGIN IMMEDIATE")
    try:
        for row in batch.rows:
            append(db, row, batch.moment)
        db.execute("COMMIT")
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")
