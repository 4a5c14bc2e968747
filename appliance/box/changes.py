"""Several files changed as one: all are made beside their places first, then put in place.

A full card or a missing folder is found while nothing has changed yet. A power cut between two of
the last steps leaves some new and some old: whoever does this does it again at the next start.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from appliance.storage.disk import Disk

_NEW = ".counterbell-new"


@dataclass(frozen=True, slots=True)
class _Change:
    new: Path
    path: Path


class Changes:
    """Use as a context manager: what was not committed at its end is taken back."""

    def __init__(self, disk: Disk | None = None) -> None:
        self._disk = disk or Disk()
        self._staged: list[_Change] = []

    def __enter__(self) -> "Changes":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for change in self._staged:
            change.new.unlink(missing_ok=True)
        self._staged.clear()

    def file(self, path: Path, text: str, mode: int = 0o644) -> None:
        """``path`` is to hold ``text``; one that does already is left alone. Raises OSError."""
        data = text.encode()
        if _holds(path, data, mode):
            return
        new = self._place(path)
        fd = self._disk.create(new, mode)
        self._staged.append(_Change(new, path))
        try:
            os.fchmod(fd, mode)  # whatever the umask is
            rest = memoryview(data)
            while rest:
                rest = rest[self._disk.write(fd, rest) :]
            self._disk.sync(fd)
        finally:
            self._disk.close(fd)

    def link(self, path: Path, target: str) -> None:
        """``path`` is to be a symbolic link to ``target``. Raises OSError."""
        if path.is_symlink() and os.readlink(path) == target:
            return
        new = self._place(path)
        os.symlink(target, new)
        self._staged.append(_Change(new, path))

    def commit(self) -> None:
        """Put everything in its place; durable on return. Raises OSError."""
        folders = []
        while self._staged:
            change = self._staged[0]
            self._disk.rename(change.new, change.path)
            self._staged.pop(0)
            folders.append(change.path.parent)
        for folder in dict.fromkeys(folders):
            self._disk.sync_folder(folder)

    def _place(self, path: Path) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name(path.name + _NEW)
        new.unlink(missing_ok=True)  # of a start that was cut off
        return new


def _holds(path: Path, data: bytes, mode: int) -> bool:
    try:
        is_plain = not path.is_symlink() and path.stat().st_mode & 0o7777 == mode
        return is_plain and path.read_bytes() == data
    except OSError:
        return False
