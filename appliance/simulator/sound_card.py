"""Emulated sound cards for virtual time: each stands where the daemon's process of a card would.

The daemon hands a card's process a piece of memory (firmware/audio/card_ring.h); here its layout is
written down once more, by our own hand. A card runs at 8 kHz on a crystal of its own. What is wired
to its jacks is a `Wire`: 10 ms frames of 80 µ-law samples each way, as everywhere in the simulator.
"""

import asyncio
import mmap
import struct
from array import array
from collections.abc import Mapping
from typing import Protocol

from appliance.errors import SimulatorError
from appliance.simulator.codec import (
    FRAME_SAMPLES,
    RATE_HZ,
    SILENT_FRAME,
    ulaw_decode_table,
    ulaw_encode,
)
from appliance.simulator.timers import Beat

_START_S = 0.05  # a process takes a while to open its card
_ABSENT, _STOPPED, _KILLED = 4, 6, -9

# The memory, little-endian: four words of constants, eight of counters, then two lanes.
_MAGIC, _VERSION = 0x43425243, 1
_LANE_FRAMES = 8192
_JOINED, _GENERATION, _CALLBACKS, _DRY, _LOST, _PIECE = 16, 20, 24, 36, 40, 44
_LANE_HEAD, _LANE_TAIL, _LANE_SAMPLES = 0, 64, 68
_LANE_BYTES = 16512  # a whole number of 64-byte lines
_UP, _DOWN = 64, 64 + _LANE_BYTES
MEMORY_BYTES = 64 + 2 * _LANE_BYTES
_SILENT_SAMPLES = bytes(2 * FRAME_SAMPLES)


class Wire(Protocol):
    """What a card's jacks are wired to. Called each 10 ms of the card's clock while it runs."""

    def next_frame(self) -> bytes:
        """What the card's input hears: 80 µ-law samples."""

    def hear(self, frame: bytes) -> None:
        """What the card's output plays: 80 µ-law samples."""


class CardRequest(Protocol):
    """What the daemon asks of a card's process."""

    @property
    def device(self) -> str: ...

    @property
    def memory_fd(self) -> int: ...


class CardWatcher(Protocol):
    """Who hears of the process."""

    def card_said(self, facts: Mapping[str, object]) -> None: ...

    def card_ended(self, code: int) -> None: ...


class Silence:
    """Jacks with nothing plugged in."""

    def next_frame(self) -> bytes:
        return SILENT_FRAME

    def hear(self, frame: bytes) -> None:
        """Nobody is there."""


class SoundCard:
    """One card: plugged in or not, and what hangs on it. ``ppm``: how fast its crystal runs.

    ``is_hung``: the card stays and calls no more.
    """

    def __init__(self, device: str, wire: Wire, ppm: float = 0.0) -> None:
        self.device = device
        self.wire = wire
        self.ppm = ppm
        self.is_plugged = True
        self.is_hung = False
        self.times_plugged = 1
        self.process: CardProcess | None = None

    def plug_in(self) -> None:
        """Idempotent."""
        if not self.is_plugged:
            self.is_plugged = True
            self.times_plugged += 1

    def unplug(self) -> None:
        """Its process ends by itself. Idempotent."""
        self.is_plugged = False
        if self.process is not None:
            self.process.fail("stopped", f"'{self.device}' has stopped (unplugged)", _STOPPED)


class SoundCards:
    """Every card of the emulated machine. `launch` and `listed` go into the daemon's machine."""

    def __init__(self) -> None:
        self._cards: dict[str, SoundCard] = {}

    def add(self, device: str, wire: Wire | None = None, ppm: float = 0.0) -> SoundCard:
        """Plug a card in, under the stable name that the configuration gives it."""
        if device in self._cards:
            raise SimulatorError(f"there is a sound card {device!r} already")
        card = self._cards[device] = SoundCard(device, wire or Silence(), ppm)
        return card

    def card(self, device: str) -> SoundCard:
        """Raises SimulatorError, naming the cards there are."""
        if device not in self._cards:
            there = ", ".join(self._cards) or "none"
            raise SimulatorError(f"no sound card {device!r}; there are: {there}")
        return self._cards[device]

    def launch(
        self, loop: asyncio.AbstractEventLoop, request: CardRequest, watcher: CardWatcher
    ) -> "CardProcess":
        """Stands for starting a card's process."""
        return CardProcess(loop, self._cards.get(request.device), request, watcher)

    def listed(self) -> object:
        """What changes when a card is plugged in or out."""
        return tuple(
            (card.device, card.is_plugged, card.times_plugged) for card in self._cards.values()
        )


class CardProcess:
    """One run of a card's process, until it is killed or its card goes."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        card: SoundCard | None,
        request: CardRequest,
        watcher: CardWatcher,
    ) -> None:
        self._loop = loop
        self._watcher = watcher
        self._card = card
        self._has_ended = False
        self._memory = CardSide(request.memory_fd)
        self._beat = Beat(loop, self._tick, card.ppm if card is not None else 0.0)
        self._opening = loop.call_later(_START_S, self._open, request.device)

    def kill(self) -> None:
        """End it now; the watcher hears of it."""
        self._end(_KILLED)

    def fail(self, reason: str, text: str, code: int) -> None:
        """End by itself, and say why."""
        if not self._has_ended:
            self._watcher.card_said({"state": "failed", "reason": reason, "text": text})
            self._end(code)

    def _open(self, device: str) -> None:
        card = self._card
        if card is None or not card.is_plugged:
            self.fail("absent", f"no sound card is called '{device}'", _ABSENT)
            return
        card.process = self
        self._memory.begin()
        said = {"state": "running", "device": device, "sound_system": "emulated"}
        self._watcher.card_said({**said, "rate_hz": RATE_HZ * (1 + card.ppm * 1e-6)})
        self._beat.start()

    def _tick(self) -> None:
        card = self._card
        if card is None or card.is_hung:
            return
        heard = self._memory.exchange(card.wire.next_frame())
        if heard is not None:
            card.wire.hear(heard)

    def _end(self, code: int) -> None:
        if self._has_ended:
            return
        self._has_ended = True
        self._opening.cancel()
        self._beat.stop()
        self._memory.close()
        if self._card is not None and self._card.process is self:
            self._card.process = None
        self._loop.call_soon(self._watcher.card_ended, code)


class CardSide:
    """The card's end of the shared memory. Raises SimulatorError when it is none."""

    def __init__(self, memory_fd: int) -> None:
        self._map = mmap.mmap(memory_fd, 0)
        head = struct.unpack_from("<4I", self._map)
        if len(self._map) < MEMORY_BYTES or head != (_MAGIC, _VERSION, RATE_HZ, _LANE_FRAMES):
            raise SimulatorError("the shared memory is not for a sound card")

    def begin(self) -> None:
        """A card was opened: nothing that waits for the one before counts."""
        self._set(_DOWN + _LANE_TAIL, self._word(_DOWN + _LANE_HEAD))
        self._set(_PIECE, 0)
        self._set(_GENERATION, self._word(_GENERATION) + 1)

    def exchange(self, frame: bytes) -> bytes | None:
        """One callback of 10 ms; what to play, or None while nobody listens."""
        joined = self._word(_JOINED) != 0
        heard = None
        if joined:
            self._push(frame)
            heard = self._pull(len(frame))
        self._set(_CALLBACKS, self._word(_CALLBACKS) + 1)
        self._set(_PIECE, max(len(frame), self._word(_PIECE)))
        return heard

    def close(self) -> None:
        self._map.close()

    def _push(self, frame: bytes) -> None:
        head, tail = self._word(_UP + _LANE_HEAD), self._word(_UP + _LANE_TAIL)
        if len(frame) > _LANE_FRAMES - (head - tail) % (1 << 32):
            self._set(_LOST, self._word(_LOST) + len(frame))
            return
        table = ulaw_decode_table()
        samples = array("h", [table[code] for code in frame]).tobytes()
        self._copy(_UP + _LANE_SAMPLES, head, samples)
        self._set(_UP + _LANE_HEAD, head + len(frame))

    def _copy(self, base: int, position: int, samples: bytes) -> None:
        at = position % _LANE_FRAMES * 2
        first = min(len(samples), 2 * _LANE_FRAMES - at)
        self._map[base + at : base + at + first] = samples[:first]
        self._map[base : base + len(samples) - first] = samples[first:]

    def _pull(self, count: int) -> bytes:
        head, tail = self._word(_DOWN + _LANE_HEAD), self._word(_DOWN + _LANE_TAIL)
        got = min(count, (head - tail) % (1 << 32))
        base, at = _DOWN + _LANE_SAMPLES, tail % _LANE_FRAMES * 2
        first = min(2 * got, 2 * _LANE_FRAMES - at)
        samples = (
            self._map[base + at : base + at + first] + self._map[base : base + 2 * got - first]
        )
        self._set(_DOWN + _LANE_TAIL, tail + got)
        if got < count:
            self._set(_DRY, self._word(_DRY) + count - got)
        if samples == _SILENT_SAMPLES:
            return SILENT_FRAME
        return ulaw_encode(array("h", samples)).ljust(count, SILENT_FRAME[:1])

    def _word(self, offset: int) -> int:
        word: int = struct.unpack_from("<I", self._map, offset)[0]
        return word

    def _set(self, offset: int, value: int) -> None:
        struct.pack_into("<I", self._map, offset, value % (1 << 32))
