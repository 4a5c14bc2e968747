"""The emulated end of a serial port: a pty with a stable name, or a socket pair in virtual time."""

import asyncio
import contextlib
import fcntl
import os
import random
import socket
import termios
import tty
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from appliance.errors import SimulatorError
from appliance.simulator.timers import Timers

_CHUNK = 4096


class DevicePort(Protocol):
    """A serial port seen from the device's side. All calls on the loop's thread."""

    def open(self, on_bytes: Callable[[bytes], None]) -> None:
        """Appear; from now on what the host writes is handed to ``on_bytes``."""

    def write(self, data: bytes) -> int:
        """Write what fits now; 0 when nobody listens or nothing fits."""

    def pause_reading(self, pause: bool) -> None:
        """Hold the host back (a USB NAK), or let it go on."""

    def close(self) -> None:
        """Vanish: the host's reads and writes fail from now on."""


class PtyPort:
    """A pty whose slave is reached by a symbolic link; opening again makes another pty.

    A real port forgets "exclusive use" when its last user closes it. A pty whose slave is kept open
    cannot see that moment, so the mark is taken off once a second.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, path: Path) -> None:
        self._loop = loop
        self.path = path
        self._master = -1
        self._slave = -1
        self._on_bytes: Callable[[bytes], None] | None = None
        self._reading = False
        self._timers = Timers(loop)

    def open(self, on_bytes: Callable[[bytes], None]) -> None:
        """Raises SimulatorError when the link cannot be made or something else stands there."""
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave, termios.TCSANOW)
        os.set_blocking(self._master, False)
        try:
            self._link(os.ttyname(self._slave))
        except SimulatorError:
            self.close()
            raise
        self._on_bytes = on_bytes
        self.pause_reading(False)
        self._share()

    def _link(self, target: str) -> None:
        if self.path.exists() and not self.path.is_symlink():
            raise SimulatorError(f"{self.path} exists and is no symbolic link; remove it first")
        fresh = self.path.with_name(f".{self.path.name}.new")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            fresh.unlink(missing_ok=True)
            fresh.symlink_to(target)
            fresh.replace(self.path)  # in one step: nobody finds the name missing
        except OSError as error:
            raise SimulatorError(f"{self.path}: {error.strerror}") from error

    def _share(self) -> None:
        fcntl.ioctl(self._slave, termios.TIOCNXCL)
        self._timers.set("share", 1.0, self._share)

    def write(self, data: bytes) -> int:
        if self._master < 0:
            return 0
        try:
            return os.write(self._master, data)
        except OSError:  # full, or the pty is going away: a modem loses what nobody takes
            return 0

    def pause_reading(self, pause: bool) -> None:
        if self._master < 0 or pause != self._reading:
            return
        self._reading = not pause
        if pause:
            self._loop.remove_reader(self._master)
        else:
            self._loop.add_reader(self._master, self._read)

    def _read(self) -> None:
        try:
            data = os.read(self._master, _CHUNK)
        except BlockingIOError:
            return
        except OSError:
            self.pause_reading(True)
            return
        if data and self._on_bytes is not None:
            self._on_bytes(data)

    def close(self) -> None:
        self._timers.cancel_all()
        self.pause_reading(True)
        for fd in (self._master, self._slave):
            if fd >= 0:
                os.close(fd)
        self._master = self._slave = -1

    def remove_link(self) -> None:
        """Take the name away too, when the simulation ends."""
        with contextlib.suppress(OSError):
            if self.path.is_symlink():
                self.path.unlink()


class HostPipe:
    """The host's end of a SocketPort: an ``interfaces.BytePipe``."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end

    def fileno(self) -> int:
        return self._socket.fileno()

    def read(self) -> bytes:
        try:
            data = self._socket.recv(_CHUNK)
        except BlockingIOError:
            return b""
        if not data:
            raise OSError(5, "the device is gone")
        return data

    def write(self, data: bytes) -> int:
        try:
            return self._socket.send(data)
        except BlockingIOError:
            return 0

    def close(self) -> None:
        self._socket.close()


class SocketPort:
    """A serial port made of socket pairs: each ``connect`` is one opening by the host."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._here: socket.socket | None = None
        self._present = False
        self._on_bytes: Callable[[bytes], None] | None = None
        self._reading = False

    def open(self, on_bytes: Callable[[bytes], None]) -> None:
        self._present = True
        self._on_bytes = on_bytes

    def connect(self) -> HostPipe:
        """Open the port as the host does. Raises SimulatorError while it is unplugged."""
        if not self._present:
            raise SimulatorError("the port is unplugged")
        self._drop()
        self._here, there = socket.socketpair()
        self._here.setblocking(False)
        there.setblocking(False)
        self.pause_reading(False)
        return HostPipe(there)

    def write(self, data: bytes) -> int:
        if self._here is None:
            return 0
        try:
            return self._here.send(data)
        except BlockingIOError:
            return 0
        except OSError:  # the host closed its end
            self._drop()
            return 0

    def pause_reading(self, pause: bool) -> None:
        if self._here is None or pause != self._reading:
            return
        self._reading = not pause
        if pause:
            self._loop.remove_reader(self._here)
        else:
            self._loop.add_reader(self._here, self._read)

    def _read(self) -> None:
        if self._here is None:
            return
        try:
            data = self._here.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._drop()
        elif self._on_bytes is not None:
            self._on_bytes(data)

    def _drop(self) -> None:
        if self._here is not None:
            self.pause_reading(True)
            self._here.close()
            self._here = None

    def close(self) -> None:
        self._present = False
        self._drop()


class Outlet:
    """Writes to a port as hardware does: in order, in pieces of any size, a little late.

    ``limit``: bytes kept for a host that does not read; what comes on top is refused whole.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        port: DevicePort,
        rng: random.Random,
        splits: bool,
        limit: int = 8192,
    ) -> None:
        self._port = port
        self._rng = rng
        self._splits = splits
        self._limit = limit
        self._waiting: deque[bytes] = deque()
        self._size = 0
        self._timers = Timers(loop)

    def send(self, data: bytes) -> bool:
        """Queue ``data``; False when the host is so far behind that it was dropped."""
        if self._size + len(data) > self._limit:
            self._plan()
            return False
        self._waiting.append(data)
        self._size += len(data)
        self._push()
        return True

    def _push(self) -> None:
        data = b"".join(self._waiting)
        piece = data
        if self._splits and len(data) > 1 and self._rng.random() < 0.5:
            piece = data[: self._rng.randrange(1, len(data))]
        written = self._port.write(piece)
        rest = data[written:]
        self._waiting.clear()
        self._size = len(rest)
        if rest:
            self._waiting.append(rest)
            self._plan()

    def _plan(self) -> None:
        self._timers.set("push", self._rng.uniform(0.0005, 0.004), self._retry)

    def _retry(self) -> None:
        if self._size:
            self._push()

    def clear(self) -> None:
        self._waiting.clear()
        self._size = 0
        self._timers.cancel_all()
