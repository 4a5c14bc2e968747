"""Reads a sealed shop to its last byte: to check it, or to unpack it into a folder."""

import contextlib
import hashlib
import os
import sqlite3
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from appliance.backup.manifest import HISTORY, LARGEST, NAME, Manifest, SavedFile, read_manifest
from appliance.backup.sealed import SealedReader, Source
from appliance.errors import BackupError
from appliance.storage.config_store import ConfigStore
from appliance.storage.history_schema import SCHEMA_VERSION

_PIECE = 1 << 20
_SPARE = 32 * 2**20  # bytes that stay free on the card


def check(source: Source, passphrase: str) -> Manifest:
    """Every byte of it. Raises BackupError."""
    return _read(source, passphrase, None)


def unpack(source: Source, passphrase: str, place: Path) -> Manifest:
    """Check, and write the files below the empty folder ``place``, synced.

    Whether this release can use them is checked too. Raises BackupError, OSError.
    """
    manifest = _read(source, passphrase, place)
    _check_configuration(place)
    _check_history(place / HISTORY)
    for folder, _, _ in os.walk(place):
        _sync_folder(Path(folder))
    return manifest


def _read(source: Source, passphrase: str, place: Path | None) -> Manifest:
    sealed = SealedReader(source, passphrase)
    try:
        with tarfile.open(fileobj=sealed, mode="r|") as tar:  # type: ignore[call-overload]
            manifest = read_manifest(_listed(tar))
            if place is not None:
                _check_space(place, manifest)
            for saved in manifest.files:
                _take(tar, saved, place)
            if tar.next() is not None:
                raise BackupError("the file holds more than its list of contents says")
    except (tarfile.TarError, EOFError, ValueError) as error:
        if isinstance(error, BackupError):
            raise
        raise BackupError(f"the file's contents can't be read: {error}") from error
    sealed.finish()
    return manifest


def _listed(tar: tarfile.TarFile) -> bytes:
    entry = tar.next()
    if entry is None or entry.name != NAME or not entry.isreg() or entry.size > LARGEST:
        raise BackupError("the file does not begin with its list of contents")
    with _opened(tar, entry) as file:
        return file.read()


def _take(tar: tarfile.TarFile, saved: SavedFile, place: Path | None) -> None:
    entry = tar.next()
    if entry is None or entry.name != saved.name or not entry.isreg() or entry.size != saved.bytes:
        raise BackupError(f"the file does not hold {saved.name} where its list says")
    digest = hashlib.sha256()
    with _opened(tar, entry) as file, _target(place, saved.name) as target:
        while data := file.read(_PIECE):
            digest.update(data)
            if target is not None:
                target.write(data)
        if target is not None:
            target.flush()
            os.fsync(target.fileno())
    if digest.hexdigest() != saved.sha256:
        raise BackupError(f"{saved.name} is not what the list of contents says")


def _opened(tar: tarfile.TarFile, entry: tarfile.TarInfo) -> IO[bytes]:
    file = tar.extractfile(entry)
    if file is None:
        raise BackupError("the file's contents can't be read")
    return file


@contextlib.contextmanager
def _target(place: Path | None, name: str) -> Iterator[IO[bytes] | None]:
    """A new file below ``place``; the name was checked by `read_manifest`."""
    if place is None:
        yield None
        return
    path = place / name
    path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    mode = 0o640 if "/" in name else 0o600
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    with open(fd, "wb") as target:
        yield target


def _check_space(place: Path, manifest: Manifest) -> None:
    card = os.statvfs(place)
    free = card.f_bavail * card.f_frsize
    needed = manifest.bytes + _SPARE
    if needed > free:
        raise BackupError(
            f"there is no space: the shop needs {needed >> 20} MiB and {free >> 20} are free"
        )


def _check_configuration(place: Path) -> None:
    if (place / "config.json").exists():
        for problem in ConfigStore(place).problems:
            raise BackupError(f"this release can't use the saved shop: {problem}")


def _check_history(path: Path) -> None:
    if not path.exists():
        return
    try:
        address = f"{path.absolute().as_uri()}?immutable=1"
        with contextlib.closing(sqlite3.connect(address, uri=True)) as db:
            needs = db.execute("SELECT max(readable_since) FROM schema_version").fetchone()[0]
            sound = db.execute("PRAGMA quick_check").fetchone()[0]
    except sqlite3.Error as error:
        raise BackupError(f"the saved history can't be read: {error}") from error
    if needs is not None and needs > SCHEMA_VERSION:
        raise BackupError("the saved history is of a newer release: update this box first")
    if sound != "ok":
        raise BackupError(f"the saved history is broken: {sound}")


def _sync_folder(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
