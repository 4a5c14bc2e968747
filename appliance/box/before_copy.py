"""A copy of configuration and history, made before a new release touches them."""

import contextlib
import shutil
import sqlite3
from pathlib import Path

from appliance.errors import UpdateError
from appliance.storage.disk import Disk
from appliance.storage.document_file import whole_document

FOLDER = "before-update"
_MAKING = f"{FOLDER}.making"
_SPARE_BYTES = 64 * 2**20  # on the card, left to calls
_PAGES = 256  # copied at a time, so that the daemon's writes come between
_HISTORY = "history.sqlite"


def keep_copy(state: Path) -> None:
    """Into ``before-update/`` of the state folder, in place of the one before.

    Every document and the history, whole, while the daemon goes on. Recordings are never migrated.
    Raises UpdateError, OSError.
    """
    making, kept = state / _MAKING, state / FOLDER
    shutil.rmtree(making, ignore_errors=True)
    _check_room(state)
    making.mkdir(mode=0o750)
    for path in sorted(state.glob("*.json")):
        data = whole_document(path)
        if data is not None:
            (making / path.name).write_bytes(data)
    if (state / _HISTORY).exists():
        _copy_history(state / _HISTORY, making / _HISTORY)
    for path in making.iterdir():
        _sync(path)
    Disk().sync_folder(making)
    shutil.rmtree(kept, ignore_errors=True)
    making.rename(kept)
    Disk().sync_folder(state)


def history_readable_since(state: Path) -> int:
    """The oldest schema whose releases can read the history; 0: there is none yet."""
    path = state / _HISTORY
    if not path.exists():
        return 0
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=5.0)) as db:
            db.execute("PRAGMA query_only = ON")
            row = db.execute("SELECT max(readable_since) FROM schema_version").fetchone()
    except sqlite3.Error as error:
        raise UpdateError(f"the history can't be read: {error}") from error
    return int(row[0] or 0)


def _copy_history(source: Path, target: Path) -> None:
    try:
        with (
            contextlib.closing(sqlite3.connect(source, timeout=5.0)) as db,
            contextlib.closing(sqlite3.connect(target)) as copy,
        ):
            db.execute("PRAGMA query_only = ON")
            db.backup(copy, pages=_PAGES)
    except sqlite3.Error as error:
        raise UpdateError(f"the history could not be copied: {error}") from error


def _check_room(state: Path) -> None:
    history = state / _HISTORY
    need = (history.stat().st_size if history.exists() else 0) + _SPARE_BYTES
    free = shutil.disk_usage(state).free
    if free < need:
        raise UpdateError(
            f"no room for a copy of the history: {free // 10**6} MB free, {need // 10**6} MB needed"
        )


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        Disk().sync(file.fileno())
