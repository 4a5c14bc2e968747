"""Makes the file: collect, list, seal; and puts it in place whole or not at all."""

import contextlib
import fcntl
import hashlib
import io
import os
import shutil
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import msgspec

from appliance import __version__
from appliance.backup.contents import Content, collect, collect_sound, prompts_elsewhere, told
from appliance.backup.manifest import FORMAT, NAME, Manifest
from appliance.backup.sealed import ORDINARY, Cost, SealedWriter, check_passphrase
from appliance.errors import BackupError
from appliance.settings import Settings
from appliance.settings.toml import read_toml
from appliance.storage.config_store import stored_text

SCRATCH = "backup-making"
_LOCK = "backup.lock"
_TAR = tarfile.PAX_FORMAT  # names of any length and letters
ActAs = Callable[[Path], AbstractContextManager[None]]


def _as_we_are(_state: Path) -> AbstractContextManager[None]:
    return contextlib.nullcontext()


@dataclass(frozen=True, slots=True)
class Wish:
    """``recordings``: save them too. ``cost``: of the passphrase. ``made_at``: UTC seconds."""

    passphrase: str
    recordings: bool = False
    cost: Cost = ORDINARY
    made_at: float | None = None


def make_file(state: Path, path: Path, wish: Wish, acting_as: ActAs = _as_we_are) -> Manifest:
    """Save the shop in ``path``, durable on return; an earlier file there stays until then.

    ``acting_as``: entered with the state folder for what touches that. Raises BackupError.
    """
    check_passphrase(wish.passphrase)
    if path.exists() and not path.is_file():
        raise BackupError(f"{path} is no ordinary file: - is the standard output")
    try:
        fd, new = tempfile.mkstemp(dir=path.absolute().parent, prefix=f".{path.name}.")
        try:
            with open(fd, "wb") as target:
                with acting_as(state):
                    manifest = make(state, target, wish)
                target.flush()
                os.fsync(target.fileno())
            os.replace(new, path)
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(new)
        folder = os.open(path.absolute().parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise told(error) from error
    return manifest


def make(state: Path, target: BinaryIO, wish: Wish) -> Manifest:
    """Write the sealed shop to ``target``, which is neither synced nor closed.

    With the daemon up or down. Raises BackupError, OSError (the target's, the card's).
    """
    if not state.is_dir():
        raise BackupError(f"there is no state folder {state}: name it with --state DIR")
    with one_at_a_time(state), _scratch(state) as scratch:
        contents = collect(state, scratch)
        if not contents:
            raise BackupError(f"there is no shop in {state}")
        sealed = SealedWriter(target, wish.passphrase, wish.cost)
        target.flush()  # whoever waits for the file sees that it comes
        contents += collect_sound(state, scratch, wish.recordings)
        manifest = _manifest(state, contents, wish)
        with tarfile.open(fileobj=sealed, mode="w|", format=_TAR) as tar:  # type: ignore[call-overload]
            listed = msgspec.json.encode(manifest)
            _add(tar, NAME, len(listed), io.BytesIO(listed), manifest.made_at)
            for content in contents:
                _add_content(tar, content, manifest.made_at)
        sealed.finish()
    return manifest


@contextlib.contextmanager
def one_at_a_time(state: Path) -> Iterator[None]:
    """Hold the state folder's backup lock. Raises BackupError while another process does."""
    fd = os.open(state / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(fd)
        raise BackupError("the shop is being saved or brought back already: wait") from error
    try:
        yield
    finally:
        os.close(fd)


@contextlib.contextmanager
def _scratch(state: Path) -> Iterator[Path]:
    path = state / SCRATCH
    shutil.rmtree(path, ignore_errors=True)  # what a power cut left
    path.mkdir(mode=0o700)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _manifest(state: Path, contents: list[Content], wish: Wish) -> Manifest:
    text = stored_text(state / SCRATCH)
    settings = Settings()
    with contextlib.suppress(ValueError):  # of another release: saved all the same
        settings = read_toml(text)
    audio = [file for prompt in settings.prompts for file in prompt.audio.values()]
    return Manifest(
        format=FORMAT,
        release=__version__,
        made_at=time.time() if wish.made_at is None else wish.made_at,
        shop=settings.shop.name,
        recordings=wish.recordings,
        files=tuple(content.saved for content in contents),
        left_out=tuple(prompts_elsewhere(state, audio)),
    )


class _Hashing:
    """Reads a file and keeps its digest."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def read(self, size: int) -> bytes:
        data = self._file.read(size)
        self.digest.update(data)
        return data


def _add_content(tar: tarfile.TarFile, content: Content, at: float) -> None:
    saved = content.saved
    changed = f"{saved.name} changed while the shop was being saved: try again"
    try:
        with open(content.path, "rb") as file:
            hashing = _Hashing(file)
            if os.fstat(file.fileno()).st_size < saved.bytes:
                raise BackupError(changed)
            _add(tar, saved.name, saved.bytes, hashing, at)
    except FileNotFoundError as error:
        raise BackupError(changed) from error
    if hashing.digest.hexdigest() != saved.sha256:
        raise BackupError(changed)


def _add(
    tar: tarfile.TarFile, name: str, size: int, file: "_Hashing | io.BytesIO", at: float
) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mtime, entry.mode = size, int(at), 0o600
    tar.addfile(entry, file)  # type: ignore[arg-type]
