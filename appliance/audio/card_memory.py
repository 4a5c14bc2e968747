"""The memory that the audio loop and a sound card's process share (audio/card_ring.h)."""

import fcntl
import mmap
import os
from dataclasses import dataclass
from typing import Any

from appliance.audio.binding import check, ffi, lib
from appliance.errors import AudioError


@dataclass(frozen=True, slots=True)
class CardFigures:
    """Counters of one card since the daemon began; frames are 8 kHz frames."""

    generation: int
    callbacks: int
    xruns: int
    dry_frames: int
    lost_frames: int
    piece_frames: int


class CardMemory:
    """One card's memory: outlives the card's process, and whatever that process does to it.

    ``fd``: to hand to the process. Sealed, so that a process gone wrong can't cut it short under
    the loop's hands. Raises AudioError when the system gives no memory.
    """

    def __init__(self) -> None:
        self.size: int = lib.audio_card_ring_bytes()
        try:
            self.fd = os.memfd_create("sound-card", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
            os.ftruncate(self.fd, self.size)
            seals = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL
            fcntl.fcntl(self.fd, fcntl.F_ADD_SEALS, seals)
            self._map = mmap.mmap(self.fd, self.size)
        except OSError as error:
            raise AudioError(f"no memory to share with a sound card: {error.strerror}") from error
        self.pointer: Any = ffi.from_buffer(self._map)
        check(lib.audio_card_ring_prepare(self.pointer, self.size), "a sound card's memory")

    def figures(self) -> CardFigures:
        """The counters as they are now; a process gone wrong can spoil them, and no more."""
        raw = ffi.new("audio_card_stats *")
        check(lib.audio_card_get_stats(self.pointer, self.size, raw), "a sound card's memory")
        return CardFigures(
            raw.generation,
            raw.callbacks,
            raw.xruns_in + raw.xruns_out,
            raw.dry_frames,
            raw.lost_frames,
            raw.piece_frames,
        )

    def close(self) -> None:
        """Close the descriptor; the memory itself lives while a port still reads it. Idempotent."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1
