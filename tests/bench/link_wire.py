"""The wire between the audio loop and an emulated HAT, frame by frame: some are lost or spoiled."""

import asyncio
import socket
from collections.abc import Callable
from typing import Protocol

Fault = Callable[[bytes], bytes]
AUDIO_KINDS = (0x01, 0x03)
_KIND_AT = 1  # in a stuffed frame: no kind is 0, so only the stuffing's first code is before it


class Pipe(Protocol):
    """The HAT's end, as Hat.connect gives it."""

    def fileno(self) -> int: ...

    def read(self) -> bytes: ...

    def write(self, data: bytes) -> int: ...


def lose(_frame: bytes) -> bytes:
    """Nothing of it arrives."""
    return b""


def spoil(frame: bytes) -> bytes:
    """A byte in its middle is another one; it stays one frame."""
    place = len(frame) // 2
    other = frame[place] ^ 0x55 or 0x55
    return frame[:place] + bytes([other]) + frame[place + 1 :]


class Wire:
    """One audio frame in ``every`` each way suffers ``down`` (towards the HAT) or ``up``."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, hat: Pipe, every: int, *, down: Fault, up: Fault
    ) -> None:
        self._loop = loop
        self._hat = hat
        self._every = every
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        theirs.setblocking(False)
        self._end, self.engine_end = ours, theirs
        self._held = {True: b"", False: b""}
        self.frames = {True: 0, False: 0}  # audio frames, by whether they went down
        self.hit = {True: 0, False: 0}
        self._fault = {True: down, False: up}
        loop.add_reader(ours, self._from_engine)
        loop.add_reader(hat.fileno(), self._from_hat)

    def close(self) -> None:
        self._loop.remove_reader(self._end)
        self._loop.remove_reader(self._hat.fileno())
        self._end.close()
        self.engine_end.close()

    def _from_engine(self) -> None:
        self._hat.write(self._carried(self._end.recv(1 << 16), is_down=True))

    def _from_hat(self) -> None:
        data = self._carried(self._hat.read(), is_down=False)
        if data:
            self._end.send(data)

    def _carried(self, data: bytes, *, is_down: bool) -> bytes:
        *frames, self._held[is_down] = (self._held[is_down] + data).split(b"\0")
        out = b""
        for frame in frames:
            whole = frame + b"\0"
            if len(frame) > _KIND_AT and frame[_KIND_AT] in AUDIO_KINDS:
                self.frames[is_down] += 1
                if self.frames[is_down] % self._every == 0:
                    self.hit[is_down] += 1
                    whole = self._fault[is_down](frame)
                    whole += b"\0" if whole else b""
            out += whole
        return out


def whole(frame: bytes) -> bytes:
    """Nothing happens to it."""
    return frame
