"""An audio loop and sockets for tests of a HAT's client; they do only what the test says."""

import asyncio
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from appliance.errors import AudioError
from appliance.interfaces import LinkListener, PortListener
from appliance.linecard.client import LinecardClient
from appliance.linecard.messages import Kind, LineState
from appliance.loop import VirtualLoop


@dataclass
class Pipe:
    port: "Ports"
    closed: bool = False

    def fileno(self) -> int:
        return 99

    def read(self) -> bytes:
        return b""

    def write(self, data: bytes) -> int:
        return len(data)

    def close(self) -> None:
        assert self.port.attached is not self, "closed while the audio loop still holds it"
        self.closed = True


class Ports:
    """AudioPorts and PipeOpener in one; remembers what it was asked."""

    def __init__(self) -> None:
        self.pipes: list[Pipe] = []
        self.attached: Pipe | None = None
        self.listener: LinkListener | None = None
        self.sent: list[tuple[int, bytes]] = []
        self.opened: list[tuple[int, int]] = []
        self.detaching = 0
        self.fault: Exception | None = None
        self.full = False
        self.links = 0

    def open_pipe(self, path: str) -> Pipe:
        if self.fault is not None:
            raise self.fault
        assert all(pipe.closed for pipe in self.pipes), "two pipes open"
        self.pipes.append(Pipe(self))
        return self.pipes[-1]

    def attach_link(self, fd: int, listener: LinkListener) -> int:
        if self.full:
            raise AudioError("no free link")
        assert self.attached is None
        self.attached, self.listener = self.pipes[-1], listener
        self.links += 1
        return self.links

    def link_port(self, link: int, socket: int, listener: PortListener) -> int:
        assert link == self.links
        self.opened.append((link, socket))
        return 10 + socket

    def send_link_message(self, link: int, kind: int, payload: bytes) -> None:
        assert link == self.links
        if self.full:
            raise AudioError("the ring is full")
        self.sent.append((kind, payload))

    def detach_link(self, link: int) -> None:
        assert link == self.links
        self.detaching += 1

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"the client called {name}")

    def finish_detach(self) -> None:
        listener, self.attached, self.listener = self.listener, None, None
        self.detaching = 0
        if listener is not None:
            listener.link_detached()

    def hellos(self) -> list[bytes]:
        return [payload for kind, payload in self.sent if kind == Kind.HELLO]

    def reply(self, version: int = 1, off_hook: int = 0, nonce: bytes | None = None) -> None:
        assert self.listener is not None
        self.listener.link_message(Kind.HELLO_REPLY, self.reply_bytes(version, off_hook, nonce))

    def reply_bytes(self, version: int = 1, off_hook: int = 0, nonce: bytes | None = None) -> bytes:
        newest = self.hellos()[-1][3:] if self.hellos() else b"0000"
        return bytes((version, 0, 1, 2, 3, 0x0F, 0x30, off_hook)) + b"HOST0001" + (nonce or newest)


@dataclass
class Handler:
    log: list[tuple[Any, ...]] = field(default_factory=list)

    def on_up(self, off_hook: bool) -> None:
        self.log.append(("up", off_hook))

    def on_down(self, reason: str) -> None:
        self.log.append(("down", reason))

    def on_hook(self, off_hook: bool) -> None:
        self.log.append(("hook", off_hook))

    def on_flash(self) -> None:
        self.log.append(("flash",))

    def on_pulse_digit(self, digit: str) -> None:
        self.log.append(("digit", digit))

    def on_ring(self, ringing: bool) -> None:
        self.log.append(("ring", ringing))

    def on_loop(self, is_open: bool) -> None:
        self.log.append(("loop", is_open))

    def on_line_state(self, state: LineState) -> None:
        self.log.append(("line_state", state))


def pass_time(loop: VirtualLoop, seconds: float) -> None:
    done = loop.create_future()
    loop.call_later(seconds, done.set_result, None)
    loop.run_until_complete(done)


def counting_nonces() -> Callable[[], bytes]:
    numbers = iter(range(1, 1 << 30))
    return lambda: struct.pack(">I", next(numbers))


def make(loop: asyncio.AbstractEventLoop) -> tuple[Ports, LinecardClient]:
    ports = Ports()
    client = LinecardClient(
        "hat0", "/dev/hat0", ports, ports.open_pipe, loop, make_nonce=counting_nonces()
    )
    return ports, client
