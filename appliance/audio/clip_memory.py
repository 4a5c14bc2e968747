"""Which clips the audio loop knows: loads them on first use, forgets the longest unused.

C reads a clip's samples in place, so they are kept until C says that it no longer does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from appliance.audio.binding import check, ffi, lib
from appliance.audio.clips import Clip
from appliance.errors import AudioError

KEPT_CLIPS = 256  # half of AUDIO_MAX_CLIPS: the rest is for those on their way out


@dataclass(slots=True)
class _Loaded:
    number: int
    clip: Clip
    samples: Any  # the cdata that pins the clip's buffer
    users: int = 0


class ClipMemory:
    """Clips by number. Main thread only."""

    def __init__(self, pointer: Any) -> None:
        self._pointer = pointer
        self._loaded: dict[Clip, _Loaded] = {}  # in order of last use
        self._leaving: dict[int, _Loaded] = {}
        self._free = list(range(lib.AUDIO_MAX_CLIPS - 1, -1, -1))

    def hold(self, clips: Sequence[Clip]) -> tuple[int, ...]:
        """Their numbers; each stays loaded until `let_go`. Raises AudioError when all are taken."""
        held: list[int] = []
        try:
            for clip in clips:
                held.append(self._hold_one(clip))
        except AudioError:
            self.let_go(held)
            raise
        return tuple(held)

    def let_go(self, numbers: Sequence[int]) -> None:
        """The holder is done with them."""
        for loaded in self._loaded.values():
            loaded.users -= numbers.count(loaded.number)
        self._forget_surplus()

    def freed(self, number: int) -> None:
        """C no longer reads clip ``number``."""
        if self._leaving.pop(number, None) is not None:
            self._free.append(number)

    def _hold_one(self, clip: Clip) -> int:
        loaded = self._loaded.pop(clip, None) or self._load(clip)
        self._loaded[clip] = loaded
        loaded.users += 1
        return loaded.number

    def _load(self, clip: Clip) -> _Loaded:
        if not self._free:
            raise AudioError("the audio loop holds as many clips as it can")
        number = self._free[-1]
        samples = ffi.from_buffer("int16_t[]", clip.samples)
        added = lib.audio_clip_add(self._pointer, number, samples, len(clip.samples))
        check(added, f"clip {clip.name}")
        self._free.pop()
        return _Loaded(number, clip, samples)

    def _forget_surplus(self) -> None:
        surplus = len(self._loaded) - KEPT_CLIPS
        if surplus <= 0:
            return
        unused = [loaded for loaded in self._loaded.values() if not loaded.users][:surplus]
        for loaded in unused:
            if lib.audio_clip_remove(self._pointer, loaded.number) < 0:
                return  # the command ring is full: the next call tries again
            del self._loaded[loaded.clip]
            self._leaving[loaded.number] = loaded
