"""A voice modem line in virtual time, with a scripted modem and a stand-in for the C loop."""

import errno
import os
import socket
from collections.abc import Callable

from appliance.core.events import (
    CallerHungUp,
    Event,
    LineAnswered,
    LineBecameReady,
    LineReleased,
    RingDetected,
)
from appliance.errors import AudioError, LineFault
from appliance.interfaces import PortListener
from appliance.lines.voice_modem.line import VoiceModemLine
from appliance.loop import VirtualLoop
from appliance.modem.dle import DleDecoder
from appliance.settings import LineSettings

ULAW_LIST = b'129,"IMA ADPCM",4\r\n145,"Mu-Law",8\r\n'


class SocketPipe:
    """An interfaces.BytePipe over one end of a socket pair."""

    def __init__(self, end: socket.socket) -> None:
        end.setblocking(False)
        self._end = end
        self.rts_cts = False

    def fileno(self) -> int:
        return self._end.fileno()

    def read(self) -> bytes:
        try:
            data = self._end.recv(4096)
        except BlockingIOError:
            return b""
        if not data:
            raise OSError(errno.EIO, "hung up")
        return data

    def write(self, data: bytes) -> int:
        try:
            return self._end.send(data)
        except BlockingIOError:
            return 0

    def use_rts_cts(self) -> None:
        self.rts_cts = True

    def close(self) -> None:
        self._end.close()


class FakeModem:
    """Answers each command line after 50 ms: from ``replies``, else ``default``."""

    def __init__(self, loop: VirtualLoop) -> None:
        self.loop = loop
        self.replies: dict[str, bytes] = {
            "ATI0": b"5601\r\n\r\nOK\r\n",
            "AT+VSM=?": ULAW_LIST + b"\r\nOK\r\n",
            "AT+VTR": b"CONNECT\r\n\xff\xff",
        }
        self.default = b"OK\r\n"
        self.echo = True
        self.streaming = False
        self.ends: dict[bytes, bytes] = {b"\x10\x03": b"\x10\x03\r\nOK\r\n"}
        self.asked: list[str] = []
        self.times: list[float] = []
        self.end: socket.socket | None = None
        self._line = b""

    def plug_in(self) -> SocketPipe:
        self.end, host = socket.socketpair()
        self.end.setblocking(False)
        self.loop.add_reader(self.end.fileno(), self._readable)
        return SocketPipe(host)

    def unplug(self) -> None:
        if self.end is not None:
            self.loop.remove_reader(self.end.fileno())
            self.end.close()
            self.end = None

    def say(self, data: bytes) -> None:
        if self.end is not None:
            try:
                self.end.send(data)
            except OSError:
                return

    def _readable(self) -> None:
        assert self.end is not None
        try:
            data = self.end.recv(65536)
        except OSError:
            data = b""
        if not data:
            self.unplug()
            return
        for byte in data:
            self._take(bytes((byte,)))

    def _take(self, byte: bytes) -> None:
        self._line += byte
        if self.streaming:
            for mark, reply in self.ends.items():
                if self._line.endswith(mark):
                    self.streaming, self._line = False, b""
                    self.loop.call_later(0.05, self.say, reply)
        elif byte == b"\r":
            line, self._line = self._line[:-1].decode("latin-1"), b""
            if line[-2:-1] == "\x10":
                line = ""
            self._obey(line)

    def _obey(self, line: str) -> None:
        if not line.startswith("AT"):
            return
        self.asked.append(line)
        self.times.append(self.loop.time())
        reply = self.replies.get(line, self.default)
        echo = line.encode() + b"\r" if self.echo else b""
        if line == "ATE0":
            self.echo = False
        if reply.startswith(b"CONNECT"):
            self.loop.call_later(0.05, self._connect)
        if reply:
            self.loop.call_later(0.05, self.say, echo + b"\r\n" + reply)

    def _connect(self) -> None:
        self.streaming = True


class FakeAudio:
    """What the C loop does with a stream, as far as a driver can tell."""

    def __init__(self, loop: VirtualLoop) -> None:
        self.loop = loop
        self.listener: PortListener | None = None
        self.fd: int | None = None
        self.already_read = b""
        self.farewell = b""
        self.attached_at = 0.0
        self.tails: list[bytes] = []
        self.open_ports = 0
        self.refuse = False
        self.answers_detach = True
        self._decoder = DleDecoder()

    def open_port(self, listener: PortListener) -> int:
        if self.refuse:
            raise AudioError("no free port")
        self.listener = listener
        self.open_ports += 1
        return 7

    def close_port(self, port: int) -> None:
        assert port == 7
        assert self.fd is None or not self.answers_detach, "closed while C still uses it"
        self.open_ports -= 1

    def set_farewell(self, port: int, data: bytes) -> None:
        self.farewell = data

    def attach_stream(self, port: int, fd: int, already_read: bytes) -> None:
        self.fd, self.already_read = fd, already_read
        self.attached_at = self.loop.time()
        self._decoder = DleDecoder()
        self.loop.add_reader(fd, self._readable)  # raises if the driver's reader were still there

    def end_stream(self, port: int, tail: bytes) -> None:
        self.tails.append(tail)
        if self.fd is not None:
            os.write(self.fd, tail)

    def detach(self, port: int) -> None:
        self._let_go()
        if self.answers_detach:
            self.loop.call_later(0.01, self._detached)

    def _detached(self) -> None:
        assert self.listener is not None
        self.listener.port_detached()

    def _let_go(self) -> None:
        if self.fd is not None:
            self.loop.remove_reader(self.fd)
            self.fd = None

    def _readable(self) -> None:
        assert self.fd is not None
        assert self.listener is not None
        data = os.read(self.fd, 4096)
        if not data:
            self._let_go()
            self.listener.port_lost("Input/output error")
            return
        piece = self._decoder.feed(data)
        for code in piece.codes:
            self.listener.modem_code(code)
        if self._decoder.ended:
            self._let_go()
            self.listener.stream_ended(piece.leftover)


class Rig:
    """One line with its surroundings. ``run(seconds)`` lets virtual time pass."""

    def __init__(self, model: str = "auto") -> None:
        self.loop = VirtualLoop()
        self.modem = FakeModem(self.loop)
        self.audio = FakeAudio(self.loop)
        self.events: list[Event] = []
        self.history: list[Event] = []
        self.times: list[float] = []
        self.present = True
        self.identity = 1
        self.opened = 0
        self.pipe: SocketPipe | None = None
        settings = LineSettings("front", "voice_modem", "menu:main", "/dev/x", model=model)
        self.line = VoiceModemLine(
            settings,
            self._sink,
            self.audio,
            self._open,
            self.loop,
            clock=self.loop.clock,
            identify=lambda _: self.identity if self.present else None,
        )

    def _sink(self, event: Event) -> None:
        self.events.append(event)
        self.history.append(event)
        self.times.append(self.loop.time())

    def _open(self, path: str) -> SocketPipe:
        if not self.present:
            raise LineFault(f"{path} does not exist: is the modem plugged in?")
        self.opened += 1
        self.pipe = self.modem.plug_in()
        return self.pipe

    @property
    def flow_control(self) -> bool:
        """Whether the port was told to use RTS and CTS."""
        return self.pipe is not None and self.pipe.rts_cts

    def run(self, seconds: float) -> None:
        self.loop.call_later(seconds, self.loop.stop)
        self.loop.run_forever()

    def run_until(self, wanted: Callable[[], bool], limit_s: float = 60.0) -> None:
        end = self.loop.time() + limit_s
        while not wanted():
            assert self.loop.time() < end, f"waited in vain in {self.state}: {self.events}"
            self.run(0.01)

    @property
    def state(self) -> object:
        return self.line.health["detail"]

    def take(self) -> list[Event]:
        """The events since the last take."""
        events, self.events = self.events, []
        return events

    def close(self) -> None:
        stop = self.loop.create_task(self.line.stop())
        self.loop.run_until_complete(stop)
        self.modem.unplug()
        self.loop.close()


READY, RING, RELEASED = LineBecameReady("front"), RingDetected("front"), LineReleased("front")
ANSWERED = LineAnswered("front")


def hung_up(evidence: str) -> CallerHungUp:
    return CallerHungUp("front", evidence)


def ready(rig: Rig) -> Rig:
    """Started, and ready for a call."""
    rig.line.start()
    rig.run_until(lambda: rig.state == "ready", 5.0)
    assert rig.take() == [READY]
    return rig


def talking(rig: Rig) -> Rig:
    """In a call that came in."""
    ready(rig)
    rig.modem.say(b"\r\nRING\r\n")
    rig.run(0.1)
    rig.line.answer()
    rig.run_until(lambda: rig.state == "streaming", 5.0)
    rig.run(0.6)
    assert rig.take() == [RING, ANSWERED]
    return rig
