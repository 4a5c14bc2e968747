"""Where a release file comes from, a file, an address, a USB stick: brought to a safe place."""

import contextlib
import os
import shutil
import stat
import subprocess
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from http.client import HTTPException
from pathlib import Path
from typing import BinaryIO

from nacl.signing import VerifyKey

from appliance.box.acting import acting_as_owner
from appliance.box.release_file import MAGIC, MOST_FILE_BYTES, PIECE, check_fits, read_manifest
from appliance.box.update_exchange import Found
from appliance.errors import ReleaseRefused, UpdateError

SPARE_BYTES = 64 * 2**20  # on the card, left to everything else
SUFFIXES = (".counterbell-release", ".counterbell")
_FETCH_S = 30.0  # without a byte
_MOST_FOUND = 20
_FILE_SYSTEMS = "vfat,exfat,ext4"
_TOO_LARGE = "the file is larger than any release"

Open = Callable[[], "contextlib.AbstractContextManager[BinaryIO]"]


def copy_in(source: BinaryIO, target: Path) -> None:
    """All of ``source``, durable on return. Raises UpdateError, ReleaseRefused, OSError."""
    target.parent.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(target.parent).free - SPARE_BYTES
    done = 0
    with target.open("wb") as out:
        while piece := source.read(PIECE):
            done += len(piece)
            if done > MOST_FILE_BYTES:
                raise ReleaseRefused(_TOO_LARGE)
            if done > free:
                raise UpdateError("the card is too full for the release: delete recordings first")
            out.write(piece)
        out.flush()
        os.fsync(out.fileno())


@contextlib.contextmanager
def from_file(path: Path, owner: Path | None = None) -> Iterator[BinaryIO]:
    """``owner``: as the user of this folder, who may not have us read what they can't."""
    with acting_as_owner(owner) if owner is not None else contextlib.nullcontext():
        try:
            fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError as error:
            raise UpdateError(f"there is no file {path}") from error
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise UpdateError(f"{path} is no file")
    with os.fdopen(fd, "rb") as file:
        yield file


@contextlib.contextmanager
def from_url(url: str) -> Iterator[BinaryIO]:
    """Raises UpdateError: no network, no such page ..."""
    if not url.startswith(("http://", "https://")):
        raise UpdateError("write the address with http:// or https://")
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(), urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(), urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(), urllib.request.HTTPRedirectHandler(),
        urllib.request.UnknownHandler(),  # and no handler of files or FTP
    ):  # fmt: skip
        opener.add_handler(handler)
    try:
        request = urllib.request.Request(url, headers={"User-Agent": "Counterbell"})
        with opener.open(request, timeout=_FETCH_S) as answer:
            yield answer
    except (
        urllib.error.URLError,
        HTTPException,
        ConnectionError,
        TimeoutError,
        ValueError,
    ) as error:
        if isinstance(error, ReleaseRefused | UpdateError):
            raise
        reason = getattr(error, "reason", None) or error
        raise UpdateError(f"the release could not be fetched from {url}: {reason}") from error


# --- USB sticks --------------------------------------------------------------------------------


@contextlib.contextmanager
def mounted_sticks(sysfs: Path = Path("/sys"), dev: Path = Path("/dev")) -> Iterator[list[Path]]:
    """The folders of every USB stick's file systems, mounted read-only for as long as needed."""
    with contextlib.ExitStack() as undo:
        folders = []
        for device in _stick_devices(sysfs, dev):
            folder = Path(undo.enter_context(tempfile.TemporaryDirectory(prefix="counterbell-")))
            options = "ro,nosuid,nodev,noexec"
            command = ["mount", "-t", _FILE_SYSTEMS, "-o", options, str(device), str(folder)]
            if subprocess.run(command, capture_output=True, check=False).returncode == 0:
                undo.callback(_unmount, folder)
                folders.append(folder)
        yield folders


def _stick_devices(sysfs: Path, dev: Path) -> list[Path]:
    """Partitions of disks that hang on USB, or the whole disk where it has none; never the card."""
    found = []
    for disk in sorted((sysfs / "block").glob("sd*")):
        if "/usb" not in str(disk.resolve()):
            continue
        parts = sorted(part.name for part in disk.glob(f"{disk.name}[0-9]*"))
        found += [dev / name for name in parts or [disk.name]]
    return [device for device in found if not _is_system(device)]


def _is_system(device: Path) -> bool:
    """Whether the box itself runs from it."""
    mounts = Path("/proc/mounts").read_text().splitlines()
    ours = ("/", "/boot", "/boot/firmware", "/var/lib/counterbell")
    return any(m.split()[0] == str(device) and m.split()[1] in ours for m in mounts)


def _unmount(folder: Path) -> None:
    subprocess.run(["umount", str(folder)], capture_output=True, check=False)


def releases_in(folders: list[Path], keys: list[VerifyKey]) -> list[tuple[Path, Found]]:
    """Release files at the top of these folders; the newest version first."""
    found: list[tuple[Path, Found]] = []
    for folder in folders:
        for path in sorted(folder.iterdir()):
            is_one = path.suffix in SUFFIXES and path.is_file() and not path.is_symlink()
            if is_one and len(found) < _MOST_FOUND and _has_magic(path):
                found.append((path, _look_at(path, keys)))
    return sorted(found, key=lambda one: _number(one[1].version), reverse=True)


def _has_magic(path: Path) -> bool:
    """Saved shops have the same ending."""
    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


def _look_at(path: Path, keys: list[VerifyKey]) -> Found:
    size = path.stat().st_size
    try:
        with path.open("rb") as file:
            manifest = read_manifest(file, keys)
        check_fits(manifest)
    except (ReleaseRefused, OSError) as error:
        return Found(path.name, "", size, str(error))
    return Found(path.name, manifest.version, size)


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")) if version else ()
