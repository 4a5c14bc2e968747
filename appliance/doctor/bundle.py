"""The support bundle: what a helper needs to see of a box, without secrets and recordings."""

import gzip
import io
import os
import tarfile
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from appliance.errors import StorageError

MOST_MEMBER_BYTES = 1_000_000
MOST_BUNDLE_BYTES = 8_000_000  # before packing
FOLDER = "counterbell-support"
_CUT = b"\n[cut here: it is longer]\n"


@dataclass(frozen=True, slots=True)
class Part:
    """One file of the bundle. ``make``: its text; an OSError in it becomes its text."""

    name: str
    make: Callable[[], str]


def write_bundle(
    path: Path,
    parts: Sequence[Part],
    utc: float,
    progress: Callable[[int, int, str], None],
) -> Mapping[str, int]:
    """Write the whole file or none of it; the bytes of each part. Raises StorageError."""
    made: dict[str, bytes] = {}
    room = MOST_BUNDLE_BYTES
    for number, part in enumerate(parts, 1):
        made[part.name] = _made(part, min(MOST_MEMBER_BYTES, room))
        room -= len(made[part.name])
        progress(number, len(parts), part.name)
    try:
        _replace(path, _packed(made, utc))
    except OSError as error:
        raise StorageError(f"{path} can't be written: {error.strerror or error}") from error
    return {name: len(data) for name, data in made.items()}


def _made(part: Part, limit: int) -> bytes:
    try:
        data = part.make().encode("utf-8", "backslashreplace")
    except OSError as error:  # StorageError and ControlError too
        data = f"[not here: {error}]\n".encode("utf-8", "backslashreplace")
    if len(data) <= limit:
        return data
    return data[: max(0, limit - len(_CUT))] + _CUT


def _packed(files: Mapping[str, bytes], utc: float) -> bytes:
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", mtime=int(utc)) as squeezed,
        tarfile.open(fileobj=squeezed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name, data in files.items():
            entry = tarfile.TarInfo(f"{FOLDER}/{name}")
            entry.size, entry.mtime, entry.mode = len(data), int(utc), 0o644
            archive.addfile(entry, io.BytesIO(data))
    return packed.getvalue()


def _replace(path: Path, data: bytes) -> None:
    fd, new = tempfile.mkstemp(dir=path.absolute().parent, prefix=f".{path.name}.")
    try:
        with open(fd, "wb") as target:
            target.write(data)
            target.flush()
            os.fsync(target.fileno())
        os.replace(new, path)
    except OSError:
        os.unlink(new)
        raise
