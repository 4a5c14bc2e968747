"""Files replaced so that a power cut leaves the old content or the new, never a mix."""

import os
from pathlib import Path


class Disk:
    """The system calls of a replacement, a method each: a test cuts the power between them."""

    def create(self, path: Path, mode: int) -> int:
        """A descriptor of a new file; raises FileExistsError when it is there already."""
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)

    def write(self, fd: int, data: bytes | memoryview) -> int:
        return os.write(fd, data)

    def sync(self, fd: int) -> None:
        os.fsync(fd)

    def close(self, fd: int) -> None:
        os.close(fd)

    def link(self, old: Path, new: Path) -> None:
        os.link(old, new)

    def rename(self, old: Path, new: Path) -> None:
        os.replace(old, new)

    def unlink(self, path: Path) -> None:
        os.unlink(path)

    def sync_folder(self, path: Path) -> None:
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


def replace_file(
    disk: Disk, path: Path, data: bytes, keep_as: Path | None = None, mode: int = 0o600
) -> None:
    """Replace ``path`` by ``data``, durable on return; the old file stays as ``keep_as`` if given.

    Raises OSError (disk full ...); the old content is then still in place.
    """
    new = path.with_name(f"{path.name}.{os.getpid()}.{os.urandom(6).hex()}.tmp")
    fd = disk.create(new, mode)
    try:
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[disk.write(fd, rest) :]
            disk.sync(fd)
        finally:
            disk.close(fd)
        if keep_as is not None and path.exists() and not keep_as.exists():
            disk.link(path, keep_as)
        disk.rename(new, path)
    except OSError:
        new.unlink(missing_ok=True)
        raise
    disk.sync_folder(path.parent)


def remove_leftovers(path: Path) -> None:
    """Delete the temporary files that a power cut left beside ``path``."""
    for left in path.parent.glob(f"{path.name}.*.tmp"):
        left.unlink(missing_ok=True)
