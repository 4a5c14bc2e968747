"""Opens a recording by its id, never by a path that somebody else made."""

import contextlib
import datetime
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from appliance.errors import StorageError

_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
_HEADER_BYTES = 44
_BYTES_A_SECOND = 8000  # µ-law, a channel (ITU-T G.711)


def open_recording(folder: Path, found: Mapping[str, Any]) -> tuple[dict[str, Any], int]:
    """``{ms, bytes, channels, name}`` and a descriptor, open for reading, for the caller to close.

    ``found`` is an answer of `HistoryReader.get_recording`. Raises StorageError: its file is gone.
    """
    recording_id = str(found["recording_id"])
    if not _ID.fullmatch(recording_id):
        raise StorageError(f"'{recording_id[:80]}' is no recording")
    for path in _candidates(folder, recording_id, float(found["began_at"])):
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
            try:
                return _described(fd, found), fd
            except OSError:
                os.close(fd)
                raise
    raise StorageError(f"the file of recording {recording_id} is gone")


def _candidates(folder: Path, recording_id: str, began_at: float) -> Iterator[Path]:
    """The day it began in first: a folder a day, UTC or local; then any day."""
    name = f"{recording_id}.wav"
    utc = datetime.datetime.fromtimestamp(began_at, datetime.UTC)
    for day in (utc, utc.astimezone()):
        yield folder / day.strftime("%Y-%m-%d") / name
    yield from sorted(folder.glob(f"*/{name}"))


def _described(fd: int, found: Mapping[str, Any]) -> dict[str, Any]:
    size = os.fstat(fd).st_size
    head = os.pread(fd, _HEADER_BYTES, 0)
    channels = int.from_bytes(head[22:24], "little") if head[:4] == b"RIFF" else 0
    channels = channels if channels in (1, 2) else 1
    ms = int(found["ms"]) or max(0, size - _HEADER_BYTES) * 1000 // (_BYTES_A_SECOND * channels)
    began = datetime.datetime.fromtimestamp(float(found["began_at"]), datetime.UTC).astimezone()
    words = (began.strftime("%Y-%m-%d %H.%M"), str(found["line"]), str(found["number"]))
    name = " ".join(re.sub(r"[^\w+.-]", "", word.replace(" ", "_")) for word in words if word)
    return {"ms": ms, "bytes": size, "channels": channels, "name": f"{name}.wav"}
