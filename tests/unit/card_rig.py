"""A sound card in virtual time: the real callback on the real shared memory."""

import asyncio
import math
import mmap
from array import array
from collections.abc import Callable, Mapping
from typing import Any

from appliance.audio._card_side import ffi, lib
from appliance.audio.card_process import CardRequest, CardWatcher
from appliance.loop import VirtualLoop
from tests.unit.audio_rig import Ear

PIECE_S = 0.02


class CardEar(Ear):
    """Writes down what it is told of a sound card's port."""

    def card_changed(self, is_here: bool) -> None:
        self.told.append(("card", is_here))


class Socket:
    """Where a card is plugged in. ``launch`` stands in for card_process.launch."""

    def __init__(self, rate_hz: int = 48000) -> None:
        self.rate_hz = rate_hz
        self.is_plugged = True
        self.is_mute = False  # its sound server hangs: the process says nothing
        self.absent: Mapping[str, str] = {"reason": "absent", "text": "no such card"}
        self.plugged_count = 0
        self.says: Callable[[float], float] | None = None  # its microphone: s -> -1..1
        self.heard = array("h")  # its loudspeaker
        self.launches: list[CardRequest] = []
        self.running: list[EmulatedCard] = []

    def launch(
        self, loop: asyncio.AbstractEventLoop, request: CardRequest, watcher: CardWatcher
    ) -> "EmulatedCard":
        assert isinstance(loop, VirtualLoop)
        self.launches.append(request)
        return EmulatedCard(loop, request, watcher, self)

    def plug(self) -> None:
        self.is_plugged = True
        self.plugged_count += 1

    def unplug(self) -> None:
        """The process of a card that is gone ends by itself."""
        self.is_plugged = False
        self.plugged_count += 1
        for card in list(self.running):
            card.fail("stopped", "it has stopped", 6)


class EmulatedCard:
    """Implements `card_process.CardProcess`."""

    def __init__(
        self, loop: VirtualLoop, request: CardRequest, watcher: CardWatcher, socket: Socket
    ) -> None:
        self._loop, self._watcher, self._socket = loop, watcher, socket
        self._side: Any = None
        self._timer: asyncio.TimerHandle | None = None
        self._frames = 0
        self.is_hung = False
        if socket.is_mute:
            return
        if socket.is_plugged:
            self._open(request)
            loop.call_soon(self._say, {"state": "running", "rate_hz": socket.rate_hz})
        else:
            loop.call_soon(self._refuse)

    def kill(self) -> None:
        self._end(-9)

    def fail(self, reason: str, text: str, code: int) -> None:
        self._say({"state": "failed", "reason": reason, "text": text})
        self._end(code)

    def _refuse(self) -> None:
        self._say({"state": "failed", **self._socket.absent})
        self._end(4)

    def _open(self, request: CardRequest) -> None:
        self._map = mmap.mmap(request.memory_fd, 0)
        base = ffi.from_buffer(self._map)
        self._side = lib.card_side_open(base, len(self._map), self._socket.rate_hz, 1, 1)
        assert self._side != ffi.NULL
        self._socket.running.append(self)
        self._begun = self._loop.time()
        self._timer = self._loop.call_later(PIECE_S, self._callback)

    def _callback(self) -> None:
        rate, count = self._socket.rate_hz, round(self._socket.rate_hz * PIECE_S)
        said = array("h", bytes(2 * count))
        if says := self._socket.says:
            said = array(
                "h", (round(32000 * says((self._frames + n) / rate)) for n in range(count))
            )
        heard = array("h", bytes(2 * count))
        if not self.is_hung:
            lib.card_side_callback(
                ffi.from_buffer(said), ffi.from_buffer(heard), count, ffi.NULL, 0, self._side
            )
            self._socket.heard.extend(heard)
        self._frames += count
        due = self._begun + self._frames / rate + PIECE_S
        self._timer = self._loop.call_at(due, self._callback)

    def _say(self, facts: Mapping[str, Any]) -> None:
        self._watcher.card_said(facts)

    def _end(self, code: int) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self in self._socket.running:
            self._socket.running.remove(self)
            lib.card_side_close(self._side)
        self._loop.call_soon(self._watcher.card_ended, code)


def key(low_hz: float, high_hz: float, begins_s: float, lasts_s: float) -> Callable[[float], float]:
    """One key of a telephone (ITU-T Q.23) into a microphone."""

    def says(t: float) -> float:
        if not begins_s <= t < begins_s + lasts_s:
            return 0.0
        return 0.15 * (math.sin(2 * math.pi * low_hz * t) + math.sin(2 * math.pi * high_hz * t))

    return says
