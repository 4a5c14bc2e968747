"""Recorder taps: what one port hears and is sent, read by the recorder's thread."""

from collections.abc import Callable
from typing import Any, Protocol

from appliance.audio.binding import ffi, lib

READ_FRAMES = 8000  # one second at a time


class RecorderTap(Protocol):
    """What the recorder needs of a tap: `read` is its thread's, the rest the main thread's."""

    @property
    def lost_frames(self) -> int:
        """Frames that found the ring full, so far."""

    def read(self) -> bytes:
        """Up to a second of 16-bit frames, left (came in) and right (went out) in turn."""

    def close(self, on_closed: Callable[[], None]) -> None:
        """Stop it; after ``on_closed`` nothing is added to what waits to be read."""

    def release(self) -> None:
        """Nobody will read it any more."""

    def on_blanked(self, tell: Callable[[int, int], None]) -> None:
        """Whom to tell of each span of secret digits: its first frame and the one after its last.

        On the main thread, frames counted from the tap's opening; before ``on_closed``.
        """


class TapSource(Protocol):
    """Where taps come from: the engine."""

    def open_tap(self, port: int) -> RecorderTap:
        """Begin to tap a port. Raises AudioError."""


class Tap:
    """An open tap of the C loop."""

    def __init__(
        self,
        pointer: Any,
        number: int,
        port: int,
        close: Callable[["Tap", Callable[[], None]], None],
        release: Callable[["Tap"], None],
    ) -> None:
        self.number = number
        self.port = port
        self._pointer = pointer
        self._close = close
        self._release = release
        self._tell_blanked: Callable[[int, int], None] | None = None
        self._buffer = ffi.new("int16_t[]", 2 * READ_FRAMES)

    @property
    def lost_frames(self) -> int:
        return int(lib.audio_tap_lost(self._pointer, self.number))

    def read(self) -> bytes:
        frames = lib.audio_tap_read(self._pointer, self.number, self._buffer, READ_FRAMES)
        return bytes(ffi.buffer(self._buffer, 4 * max(0, frames)))

    def close(self, on_closed: Callable[[], None]) -> None:
        self._close(self, on_closed)

    def release(self) -> None:
        self._release(self)

    def on_blanked(self, tell: Callable[[int, int], None]) -> None:
        self._tell_blanked = tell

    def blanked(self, first_frame: int, after_frame: int) -> None:
        """The engine's: a span of secret digits is over."""
        if self._tell_blanked is not None:
            self._tell_blanked(first_frame, after_frame)
