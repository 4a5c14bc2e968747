"""Records calls and messages: drains taps to the card on a thread of its own.

The main thread opens and closes taps and is called back; the worker owns the files. A slow card
only delays the worker, while the taps hold ten seconds; a full one ends the recording alone.
"""

import errno
import os
import shutil
import time
from array import array
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from appliance.audio.binding import ulaw_encode
from appliance.audio.endpointer import Endpointer
from appliance.audio.recording_file import (
    CALL_CHANNELS,
    MESSAGE_CHANNELS,
    RATE_HZ,
    DiskFile,
    FileCreator,
    RecordingFile,
    Repaired,
    recording_path,
    repair,
)
from appliance.audio.taps import RecorderTap, TapSource
from appliance.errors import AudioError, StorageError
from appliance.interfaces import Clock, Worker

POLL_S = 0.25
SYNC_S = 1.0
MIN_FREE_BYTES = 64_000_000  # history and configuration need room after the recordings have none
Post = Callable[[Callable[[], None]], object]


@dataclass(slots=True)
class _Active:
    """A recording as the main thread knows it."""

    tap: RecorderTap
    on_failed: Callable[[str], None]
    on_speech_ended: Callable[[], None]
    on_stopped: Callable[[int], None] | None = None
    trim_ms: int = 0


@dataclass(slots=True)
class _Writing:
    """A recording as the worker knows it."""

    recording_id: str
    tap: RecorderTap
    file: RecordingFile
    channels: int
    endpointer: Endpointer | None
    frames: int = 0
    is_dirty: bool = False

    @property
    def ms(self) -> int:
        return _ms(self.frames)

    def drop_end(self, ms: int) -> None:
        frames = min(self.frames, ms * RATE_HZ // 1000)
        self.file.drop_end(frames * self.channels)
        self.frames -= frames


def _ms(frames: int) -> int:
    return frames * 1000 // RATE_HZ


def free_bytes(folder: Path) -> int:
    """Room left on the card for ordinary users, in bytes."""
    return shutil.disk_usage(folder).free


class Recorder:
    """Every public method on the main thread; every callback comes there through ``post``.

    ``post``: hands a callable to the main thread from any other (call_soon_threadsafe).
    ``create`` and ``free``: the card, replaced in tests. Call `poll` every 0.25 s.
    """

    def __init__(
        self,
        taps: TapSource,
        folder: Path,
        worker: Worker,
        clock: Clock,
        post: Post,
        *,
        create: FileCreator = DiskFile,
        free: Callable[[Path], int] = free_bytes,
        min_free_bytes: int = MIN_FREE_BYTES,
    ) -> None:
        self._taps = taps
        self._folder = folder
        self._worker = worker
        self._clock = clock
        self._post = post
        self._create = create
        self._free = free
        self._min_free_bytes = min_free_bytes
        self._active: dict[str, _Active] = {}
        self._writing: dict[str, _Writing] = {}  # the worker's alone
        self._round: Future[None] | None = None
        self._problem = ""
        self._synced_at = clock.monotonic()  # the worker's alone

    # --- main thread -------------------------------------------------------------------------

    @property
    def health(self) -> Mapping[str, int]:
        """For the status page: recordings now open, and frames they lost to a full ring."""
        lost = sum(active.tap.lost_frames for active in self._active.values())
        return {"open": len(self._active), "lost_frames": lost}

    @property
    def problems(self) -> tuple[str, ...]:
        """Why the last recording failed, for the owner, until another one begins well."""
        return (self._problem,) if self._problem else ()

    def repair(self, on_done: Callable[[list[Repaired]], None]) -> None:
        """Mend what a crash left open, before anything else is recorded. Call once, at boot."""

        def work() -> None:
            mended = repair(self._folder)
            self._post(lambda: on_done(mended))

        self._worker.submit(work)

    def start(
        self,
        recording_id: str,
        call_id: str,
        port: int,
        kind: str,
        silence_limit_s: float,
        *,
        on_started: Callable[[], None],
        on_failed: Callable[[str], None],
        on_speech_ended: Callable[[], None],
        on_blanked: Callable[[int, int], None] = lambda _from_ms, _to_ms: None,
    ) -> None:
        """Record from now on. ``kind``: call (two channels) or message (the caller alone).

        ``on_blanked(from_ms, to_ms)``: secret digits were blanked there, in both channels.
        ``on_failed(reason)`` ends a recording at any time; then `stop` reports nothing more.
        """
        if recording_id in self._active:
            raise AudioError(f"recording {recording_id} of call {call_id} has begun already")
        try:
            tap = self._taps.open_tap(port)
        except AudioError as error:
            reason = str(error)
            self._problem = f"the last recording failed: {reason}"
            self._post(lambda: on_failed(reason))
            return
        tap.on_blanked(lambda first, after: on_blanked(_ms(first), _ms(after)))
        self._active[recording_id] = _Active(tap, on_failed, on_speech_ended)
        channels = CALL_CHANNELS if kind == "call" else MESSAGE_CHANNELS
        ear = Endpointer(silence_limit_s) if silence_limit_s > 0 else None
        day = time.strftime("%Y-%m-%d", time.gmtime(self._clock.utc()))
        self._worker.submit(
            lambda: self._open_file(recording_id, tap, channels, ear, day, on_started=on_started)
        )

    def stop(self, recording_id: str, on_stopped: Callable[[int], None], trim_ms: int = 0) -> None:
        """End a recording: ``on_stopped(ms)`` when it is whole on the card.

        ``trim_ms``: of its end, left out again.
        """
        active = self._active.get(recording_id)
        if active is None or active.on_stopped is not None:
            return
        active.on_stopped, active.trim_ms = on_stopped, trim_ms
        active.tap.close(lambda: self._submit_finish(recording_id))

    def poll(self) -> None:
        """Move what was heard to the card; a round that still waits for the card is not doubled."""
        if self._round is not None:
            if not self._round.done():
                return
            self._round.result()  # an error that nobody expected must be seen
        self._round = self._worker.submit(self._do_round) if self._active else None

    def close(self) -> Mapping[str, int]:
        """At the end of the daemon: finish every recording; waits for the card. Their ms by id."""
        lengths = self._worker.submit(self._finish_all).result()
        for active in self._active.values():
            active.tap.release()
        self._active.clear()
        return lengths

    def _submit_finish(self, recording_id: str) -> None:
        trim_ms = self._active[recording_id].trim_ms if recording_id in self._active else 0
        self._worker.submit(lambda: self._finish(recording_id, trim_ms))

    def _report_started(self, on_started: Callable[[], None]) -> None:
        self._problem = ""
        on_started()

    def _report_stopped(self, recording_id: str, ms: int) -> None:
        active = self._active.pop(recording_id, None)
        if active is None:
            return
        active.tap.release()
        if active.on_stopped is not None:
            active.on_stopped(ms)

    def _report_failed(self, recording_id: str, reason: str) -> None:
        active = self._active.pop(recording_id, None)
        if active is None:
            return
        self._problem = f"the last recording failed: {reason}"
        active.on_failed(reason)
        if active.on_stopped is None:
            active.tap.close(active.tap.release)
        else:
            active.tap.release()

    def _report_speech_ended(self, recording_id: str) -> None:
        active = self._active.get(recording_id)
        if active is not None and active.on_stopped is None:
            active.on_speech_ended()

    # --- worker ------------------------------------------------------------------------------

    def _open_file(
        self,
        recording_id: str,
        tap: RecorderTap,
        channels: int,
        ear: Endpointer | None,
        day: str,
        *,
        on_started: Callable[[], None],
    ) -> None:
        try:
            path = recording_path(self._folder, recording_id, day)
            self._folder.mkdir(mode=0o750, parents=True, exist_ok=True)
            self._require_room(self._min_free_bytes)
            file = self._create(path, channels)
        except OSError as error:
            self._post_failed(recording_id, error)
            return
        self._writing[recording_id] = _Writing(recording_id, tap, file, channels, ear)
        self._post(lambda: self._report_started(on_started))

    def _do_round(self) -> None:
        for writing in list(self._writing.values()):
            self._attempt(writing, self._drain)
        now = self._clock.monotonic()
        if now - self._synced_at < SYNC_S - POLL_S / 2:
            return
        self._synced_at = now
        for writing in list(self._writing.values()):
            self._attempt(writing, self._sync)

    def _attempt(self, writing: _Writing, work: Callable[[_Writing], None]) -> bool:
        """True when the card did it; otherwise the recording has failed and said so."""
        try:
            work(writing)
        except OSError as error:
            self._writing.pop(writing.recording_id, None)
            with suppress(OSError):
                writing.file.finish()  # what is on the card stays playable
            self._post_failed(writing.recording_id, error)
            return False
        return True

    def _drain(self, writing: _Writing) -> None:
        while data := writing.tap.read():
            left = b""
            if writing.channels == MESSAGE_CHANNELS or writing.endpointer is not None:
                left = array("h", data)[::2].tobytes()
            codes = ulaw_encode(left if writing.channels == MESSAGE_CHANNELS else data)
            writing.file.append(codes)
            writing.frames += len(data) // 4
            writing.is_dirty = True
            if writing.endpointer is not None and writing.endpointer.feed(left):
                self._post(partial(self._report_speech_ended, writing.recording_id))

    def _sync(self, writing: _Writing) -> None:
        if writing.is_dirty:
            writing.file.sync()
            writing.is_dirty = False
            self._require_room(self._min_free_bytes // 2)

    def _finish(self, recording_id: str, trim_ms: int) -> None:
        writing = self._writing.get(recording_id)
        if writing is None or not self._attempt(writing, self._drain):
            return
        if trim_ms > 0 and not self._attempt(writing, lambda w: w.drop_end(trim_ms)):
            return
        if self._attempt(writing, lambda w: w.file.finish()):
            del self._writing[recording_id]
            self._post(lambda: self._report_stopped(recording_id, writing.ms))

    def _finish_all(self) -> Mapping[str, int]:
        lengths = {}
        for writing in list(self._writing.values()):
            if self._attempt(writing, self._drain):
                with suppress(OSError):  # repaired at the next boot
                    writing.file.finish()
                lengths[writing.recording_id] = writing.ms
        self._writing.clear()
        return lengths

    def _require_room(self, wanted_bytes: int) -> None:
        if self._free(self._folder) < wanted_bytes:
            raise StorageError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _post_failed(self, recording_id: str, error: OSError) -> None:
        reason = _reason(error)
        self._post(lambda: self._report_failed(recording_id, reason))


def _reason(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "the card is full; delete old recordings"
    if error.errno in (errno.EIO, errno.EROFS):
        return "the card can't be written; replace it"
    return error.strerror or str(error)
