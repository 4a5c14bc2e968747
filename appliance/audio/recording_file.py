"""A recording on the card: a µ-law WAV file that survives a power cut, and its repair at boot.

The header is written first, with the sizes of a stream, and synced together with the folder; from
then on only sound is appended. The true sizes are written when the recording ends, or by `repair`.
"""

import logging
import os
import re
import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from appliance.errors import StorageError

RATE_HZ = 8000
WAVE_ULAW = 7  # RFC 2361
HEADER_BYTES = 58
STREAM_SIZE = 0xFFFFFFFF  # "until the end of the file"
CALL_CHANNELS, MESSAGE_CHANNELS = 2, 1
_SAFE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_log = logging.getLogger(__name__)


class RecordingFile(Protocol):
    """An open recording. Every method raises OSError when the card refuses."""

    def append(self, codes: bytes) -> None: ...

    def sync(self) -> None: ...

    def drop_end(self, codes: int) -> None:
        """Take back the newest so many bytes of sound, at most all."""

    def finish(self) -> None:
        """Write the true sizes, sync and close, whatever fails. Idempotent."""


FileCreator = Callable[[Path, int], RecordingFile]  # path, channels


@dataclass(frozen=True, slots=True)
class Repaired:
    """A recording that a crash or power cut left open, as it is now."""

    recording_id: str
    ms: int
    channels: int


def wav_header(channels: int, data_bytes: int | None) -> bytes:
    """A µ-law WAV header; ``data_bytes`` None: a stream whose length is not known yet."""
    if data_bytes is None:
        riff = data = frames = STREAM_SIZE
    else:
        riff = HEADER_BYTES - 8 + data_bytes + (data_bytes & 1)
        data, frames = data_bytes, data_bytes // channels
    form = struct.pack("<HHIIHHH", WAVE_ULAW, channels, RATE_HZ, RATE_HZ * channels, channels, 8, 0)
    return (
        b"RIFF" + struct.pack("<I", riff) + b"WAVEfmt " + struct.pack("<I", len(form)) + form
        + b"fact" + struct.pack("<II", 4, frames) + b"data" + struct.pack("<I", data)
    )  # fmt: skip


def recording_path(folder: Path, recording_id: str, day: str) -> Path:
    """Where a recording of ``day`` (YYYY-MM-DD) belongs. Raises StorageError for an unsafe id."""
    if not _SAFE_ID.fullmatch(recording_id):
        raise StorageError(f"{recording_id!r} is not a recording's id")
    return folder / day / f"{recording_id}.wav"


def find_recording(folder: Path, recording_id: str) -> Path | None:
    """The file of a recording, or None. Raises StorageError for an unsafe id."""
    pattern = recording_path(Path(), recording_id, "*")
    return next(folder.glob(str(pattern)), None)


class DiskFile:
    """A recording on a real file system."""

    def __init__(self, path: Path, channels: int) -> None:
        """Create it with its header, synced with its folder. Raises OSError."""
        self._channels = channels
        self._data_bytes = 0
        is_new_day = not path.parent.exists()
        path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640)
        try:
            _write_all(self._fd, wav_header(channels, None))
            os.fsync(self._fd)
            _sync_folder(path.parent)
            if is_new_day:
                _sync_folder(path.parent.parent)
        except OSError:
            os.close(self._fd)
            raise

    def append(self, codes: bytes) -> None:
        _write_all(self._fd, codes)
        self._data_bytes += len(codes)

    def sync(self) -> None:
        os.fdatasync(self._fd)

    def drop_end(self, codes: int) -> None:
        self._data_bytes -= min(codes, self._data_bytes)
        os.ftruncate(self._fd, HEADER_BYTES + self._data_bytes)
        os.lseek(self._fd, 0, os.SEEK_END)

    def finish(self) -> None:
        if self._fd < 0:
            return
        try:
            whole = self._data_bytes - self._data_bytes % self._channels
            _finish(self._fd, self._channels, whole)
        finally:
            os.close(self._fd)
            self._fd = -1


def repair(folder: Path) -> list[Repaired]:
    """Give each recording left open its true length; what it can't mend, it passes over."""
    mended = []
    for path in sorted(folder.glob("*/*.wav")):
        try:
            found = _repair_file(path)
        except OSError as error:
            _log.warning("recording %s can't be repaired: %s", path.name, error.strerror)
            continue
        if found is not None:
            mended.append(found)
    return mended


def _repair_file(path: Path) -> Repaired | None:
    fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        size = os.fstat(fd).st_size
        header = os.pread(fd, HEADER_BYTES, 0)
        channels = header[22] if len(header) > 22 and header[22] in (1, 2) else CALL_CHANNELS
        data_bytes = int.from_bytes(header[54:58], "little")
        is_whole = size == HEADER_BYTES + data_bytes + (data_bytes & 1)
        if is_whole and header == wav_header(channels, data_bytes):
            return None
        data_bytes = max(0, _end_of_sound(fd, size) - HEADER_BYTES)
        data_bytes -= data_bytes % channels
        if size > HEADER_BYTES + data_bytes:
            os.ftruncate(fd, HEADER_BYTES + data_bytes)
        _finish(fd, channels, data_bytes)
    finally:
        os.close(fd)
    return Repaired(path.stem, data_bytes // channels * 1000 // RATE_HZ, channels)


def _end_of_sound(fd: int, size: int) -> int:
    """Where the zeros of a power cut begin at the end (µ-law silence is FF or 7F, not 00)."""
    end = size
    while end > HEADER_BYTES:
        start = max(HEADER_BYTES, end - 65536)
        kept = os.pread(fd, end - start, start).rstrip(b"\0")
        if kept:
            return start + len(kept)
        end = start
    return end


def _finish(fd: int, channels: int, data_bytes: int) -> None:
    with suppress(OSError):  # a full card has no room for the pad byte, and players do without it
        if data_bytes & 1:
            os.pwrite(fd, b"\0", HEADER_BYTES + data_bytes)
    os.fdatasync(fd)  # the sound first: a header must not promise more than is there
    os.pwrite(fd, wav_header(channels, data_bytes), 0)
    os.fsync(fd)


def _write_all(fd: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(fd, rest) :]


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
