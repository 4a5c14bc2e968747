"""The line doctor's notes on the card: one document a line, and the clips that are its evidence."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from appliance.errors import StorageError
from appliance.storage.disk import Disk, replace_file
from appliance.storage.document_file import DocumentFile

_TABLE = "lines"
_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
_HEADER_BYTES = 58
_BYTES_A_SECOND = 8000  # µ-law, one channel (ITU-T G.711)


class LineNotes:
    """``line-doctor.json`` and ``line-doctor/`` in the state folder. One thread at a time."""

    def __init__(self, folder: Path, disk: Disk | None = None) -> None:
        self._disk = disk or Disk()
        self._clips = folder / "line-doctor"
        self._file = DocumentFile(folder / "line-doctor.json", keep=2, disk=disk)

    @property
    def problems(self) -> tuple[str, ...]:
        """What went wrong when the notes were read, for the owner."""
        return self._file.problems

    def read(self) -> dict[str, Any]:
        """The document of each line, by its name."""
        return (self._file.read() or {}).get(_TABLE, {})

    def write(self, lines: Mapping[str, Any]) -> None:
        """Durable on return. Raises StorageError."""
        self._file.write({_TABLE: dict(lines)})

    def write_clip(self, clip_id: str, wav: bytes) -> None:
        """Keep a clip in place of the one with its id. Raises StorageError."""
        path = self._path(clip_id)
        try:
            self._clips.mkdir(mode=0o750, exist_ok=True)
            replace_file(self._disk, path, wav, None)
        except OSError as error:
            reason = f"the clip {clip_id} can't be saved: {error.strerror or error}"
            raise StorageError(reason) from error

    def open_clip(self, clip_id: str) -> tuple[dict[str, Any], int]:
        """``{ms, bytes, channels, name}`` and a descriptor for the caller to close.

        Raises StorageError: there is none.
        """
        try:
            fd = os.open(self._path(clip_id), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError as error:
            raise StorageError(f"there is no clip of {clip_id}") from error
        size = os.fstat(fd).st_size
        ms = max(0, size - _HEADER_BYTES) * 1000 // _BYTES_A_SECOND
        return {"ms": ms, "bytes": size, "channels": 1, "name": f"tone {clip_id}.wav"}, fd

    def keep_clips(self, wanted: set[str]) -> None:
        """Delete every clip whose id is not ``wanted``. Raises StorageError."""
        try:
            for path in self._clips.glob("*.wav"):
                if path.stem not in wanted:
                    path.unlink(missing_ok=True)
        except OSError as error:
            raise StorageError(f"an old clip can't be deleted: {error}") from error

    def _path(self, clip_id: str) -> Path:
        if not _ID.fullmatch(clip_id):
            raise StorageError(f"'{clip_id[:80]}' is no clip")
        return self._clips / f"{clip_id}.wav"
