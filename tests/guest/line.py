"""The emulated telephone network, with its modems' leads going into a guest instead of a pty.

The network is the simulator's own. A Cable joins what would be a modem's serial port to QEMU's end
of a USB serial port; the guest's USB device appears with it.
"""

import asyncio
import os
import socket
import threading
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from appliance.simulator.caller import Caller, CallScript
from appliance.simulator.network import NetworkConfig, SimulatedNetwork

T = TypeVar("T")
_CHUNK = 2048
_ON_ITS_WAY = 4096  # bytes that QEMU has not taken yet: little, or what is heard would be old


class Cable:
    """Bytes from a pty to a Unix socket and back; what one end does not take, the other keeps."""

    def __init__(self, loop: asyncio.AbstractEventLoop, port: Path, serial: Path) -> None:
        self._loop = loop
        self._port = os.open(port, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        self._serial = socket.socket(socket.AF_UNIX)
        self._serial.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _ON_ITS_WAY)
        self._serial.connect(str(serial))
        self._serial.setblocking(False)
        self._is_open = True
        fds = self._port, self._serial.fileno()
        for here, there in (fds, fds[::-1]):
            loop.add_reader(here, self._carry, here, there)

    def _carry(self, here: int, there: int) -> None:
        try:
            data = os.read(here, _CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self._give(here, there, data)
        else:
            self.pull()

    def _give(self, here: int, there: int, data: bytes) -> None:
        if not self._is_open:
            return
        self._loop.remove_writer(there)
        try:
            rest = data[os.write(there, data) :]
        except BlockingIOError:
            rest = data
        except OSError:
            self.pull()
            return
        if rest:
            self._loop.remove_reader(here)
            self._loop.add_writer(there, self._give, here, there, rest)
        else:
            self._loop.add_reader(here, self._carry, here, there)

    def pull(self) -> None:
        """Idempotent; the guest's device goes with it."""
        if not self._is_open:
            return
        self._is_open = False
        for fd in (self._port, self._serial.fileno()):
            self._loop.remove_reader(fd)
            self._loop.remove_writer(fd)
        os.close(self._port)
        self._serial.close()


class Network:
    """The network in a thread of its own, in real time. ``with`` starts and ends it."""

    def __init__(self, config: NetworkConfig) -> None:
        self._config = config
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="network")
        self._cables: list[Cable] = []
        self._network: SimulatedNetwork

    def __enter__(self) -> Self:
        self._thread.start()
        self.do(self._start)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self.do(self._stop)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _start(self) -> None:
        self._network = SimulatedNetwork(self._loop, self._config)
        self._network.start()

    def _stop(self) -> None:
        self._pull()
        self._network.stop()

    def connect(self, **ends: Path) -> None:
        """Lay cables: the pty's name in the network's folder → QEMU's socket."""
        for port, serial in ends.items():
            where = next(path for path in self._ports() if path.name == port)
            self.do(lambda where=where, serial=serial: self._lay(where, serial))

    def _lay(self, port: Path, serial: Path) -> None:
        self._cables.append(Cable(self._loop, port, serial))

    def unplug(self, line: str) -> None:
        """The voice modem on this line loses its power, and its cable."""

        def gone() -> None:
            self._pull()
            self._network.line(line).unplug()

        self.do(gone)

    def plug_in(self, line: str) -> None:
        """It has power again. Idempotent."""
        self.do(lambda: self._network.line(line).plug_in())

    def pull(self) -> None:
        """Take all cables away."""
        self.do(self._pull)

    def _pull(self) -> None:
        for cable in self._cables:
            cable.pull()
        self._cables.clear()

    def _ports(self) -> list[Path]:
        ports = [line.path for line in self._config.lines]
        for mobile in self._config.cellular:
            ports += [mobile.path, *([mobile.audio_path] if mobile.audio_path else [])]
        return ports

    def state(self) -> dict[str, object]:
        return self.do(self._network.state)

    def call(self, line: str, script: CallScript) -> "Call":
        """Somebody calls now."""
        return Call(self.do(lambda: self._network.call(line, script)), self)

    def do(self, work: Callable[[], T]) -> T:
        """Run it on the network's thread."""

        async def done() -> T:
            return work()

        return self.wait(done(), 30.0)

    def wait(self, work: Coroutine[Any, Any, T], limit_s: float) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(limit_s)


class Call:
    """A caller, seen from the test's thread."""

    def __init__(self, caller: Caller, network: Network) -> None:
        self.caller = caller
        self._network = network
        self._began = time.monotonic()

    def age_s(self) -> float:
        """Since it was dialled."""
        return time.monotonic() - self._began

    @property
    def heard(self) -> bytes:
        """µ-law, since the answer."""
        return bytes(self.caller.heard)

    @property
    def moments(self) -> list[dict[str, object]]:
        return list(self.caller.timeline)

    def is_answered(self) -> bool:
        return any(moment["what"] == "answered" for moment in self.moments)

    def answered_after_s(self) -> float:
        """Since it was dialled."""
        when = next(moment["at_s"] for moment in self.moments if moment["what"] == "answered")
        assert isinstance(when, float | int)
        return float(when)

    def press(self, keys: str) -> None:
        self._network.do(lambda: self.caller.press(keys))

    def say(self, audio: bytes) -> None:
        self._network.do(lambda: self.caller.say(audio))

    def hang_up(self) -> None:
        self._network.do(self.caller.hang_up)

    def end(self, limit_s: float = 120.0) -> dict[str, object]:
        """Wait until it is over; the call in figures."""

        async def over() -> None:
            await asyncio.wait_for(asyncio.shield(self.caller.done), limit_s)

        self._network.wait(over(), limit_s + 10.0)
        return self.caller.result()
