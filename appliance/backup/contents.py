"""Which files make the shop, each as it was at one moment, whatever the daemon does meanwhile."""

import contextlib
import hashlib
import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from appliance.backup.manifest import FOLDERS, HISTORY, SavedFile, is_of_shop
from appliance.errors import BackupError, StorageError
from appliance.storage.document_file import DocumentFile, whole_document

_ACCOUNTS = "users.json"
_STILL_WRITTEN_S = 120.0  # a recording that changed so lately is copied before it is read twice
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Content:
    """A file of the shop: what the manifest says of it, and where it is read from."""

    saved: SavedFile
    path: Path


def collect(state: Path, scratch: Path) -> list[Content]:
    """The documents and the history, copied to ``scratch``: what may change is saved as it is now.

    Raises BackupError, OSError (no space for the copies).
    """
    return [*_documents(state, scratch), *_history(state, scratch)]


def collect_sound(state: Path, scratch: Path, with_recordings: bool) -> list[Content]:
    """As `collect`: prompts, the line doctor's clips, recordings. Reads all of them: it takes long.

    Raises OSError.
    """
    found: list[Content] = []
    found += _folder(state, "prompts", scratch, always_copy=False)
    found += _folder(state, "line-doctor", scratch, always_copy=True)
    if with_recordings:
        found += _folder(state, "recordings", scratch, always_copy=False)
    return found


def _documents(state: Path, scratch: Path) -> Iterator[Content]:
    for path in sorted(state.iterdir()):
        name = path.name
        if not is_of_shop(name) or name == HISTORY or name in FOLDERS or not path.is_file():
            continue
        if name.startswith(f"{_ACCOUNTS}."):
            continue  # an earlier generation: it holds sign-ins, and passwords no longer in use
        with contextlib.suppress(FileNotFoundError):  # a generation pruned meanwhile
            copy = scratch / name
            if name == _ACCOUNTS:
                _copy_accounts(path, copy)
            else:
                copy.write_bytes(whole_document(path) or path.read_bytes())
            yield _content(name, copy)


def _copy_accounts(path: Path, copy: Path) -> None:
    """People and their password hashes; nobody is signed in on the box that gets them."""
    data = whole_document(path)
    if data is None:
        raise BackupError("the accounts can't be read: sign in on the page, then save again")
    copy.write_bytes(data)
    document = DocumentFile(copy, keep=0)
    tables = document.read() or {}
    document.write({table: rows for table, rows in tables.items() if table != "session"})


def _history(state: Path, scratch: Path) -> Iterator[Content]:
    """One moment of the history (sqlite.org/backup.html); calls go on and are written meanwhile."""
    path, copy = state / HISTORY, scratch / HISTORY
    if not path.exists():
        return
    try:
        with (
            contextlib.closing(sqlite3.connect(path, timeout=10.0)) as source,
            contextlib.closing(sqlite3.connect(copy, isolation_level=None)) as target,
        ):
            source.execute("PRAGMA query_only = ON")
            source.backup(target)
            target.execute("PRAGMA journal_mode = DELETE")  # one file, nothing beside it
    except sqlite3.Error as error:
        raise BackupError(f"the history can't be copied: {error}") from error
    yield _content(HISTORY, copy)


def _folder(state: Path, folder: str, scratch: Path, *, always_copy: bool) -> Iterator[Content]:
    base = state / folder
    for path in sorted(base.rglob("*")):
        parts = path.relative_to(base).parts
        if any(part.startswith(".") or not part.isprintable() for part in parts):
            continue  # being made
        if path.is_symlink() or not path.is_file():
            continue
        name = "/".join((folder, *parts))
        with contextlib.suppress(FileNotFoundError):  # deleted meanwhile
            if always_copy or time.time() - path.stat().st_mtime < _STILL_WRITTEN_S:
                copy = scratch / name
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, copy)
                path = copy  # noqa: PLW2901
            yield _content(name, path)


def _content(name: str, path: Path) -> Content:
    digest, size = hashlib.sha256(), 0
    with open(path, "rb") as file:
        while data := file.read(_PIECE):
            digest.update(data)
            size += len(data)
    return Content(SavedFile(name, size, digest.hexdigest()), path)


def prompts_elsewhere(state: Path, texts: list[str]) -> list[str]:
    """Of the prompts' audio files as configured, those that are not in the state folder."""
    prompts = state / "prompts"
    return [t for t in texts if not Path(os.path.normpath(prompts / t)).is_relative_to(prompts)]


def told(error: OSError) -> StorageError:
    """The card's refusal as a sentence."""
    if isinstance(error, StorageError):
        return error
    where = f" ({error.filename})" if error.filename else ""
    return BackupError(f"{error.strerror or error}{where}; nothing was changed")
