"""Two ways into a guest: its root shell on a serial port, and QEMU's own monitor (QMP)."""

import base64
import json
import select
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

_CHUNK = 65536
_LINE = 1200  # characters of base64 in one command: a terminal takes lines up to 4095


class GuestGone(AssertionError):
    """QEMU has closed the wire."""


class Wire:
    """A Unix socket that QEMU listens on. Everything read is kept in ``log``."""

    def __init__(self, path: Path, log: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        try:
            self._socket.connect(str(path))
        except OSError:
            self._socket.close()
            raise
        self._log = log.open("ab")
        self._read = b""

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def until(self, mark: bytes, limit_s: float) -> bytes:
        """All before ``mark``; what follows it is kept for the next time."""
        deadline = time.monotonic() + limit_s
        while mark not in self._read:
            left = deadline - time.monotonic()
            ready, _, _ = select.select([self._socket], [], [], max(0.0, left))
            assert ready, f"no {mark!r} within {limit_s:.0f} s after {self._read[-600:]!r}"
            data = self._received()
            if not data:
                raise GuestGone(f"the guest is gone; it said last {self._read[-600:]!r}")
            self._log.write(data)
            self._log.flush()
            self._read += data
        before, _, self._read = self._read.partition(mark)
        return before

    def _received(self) -> bytes:
        try:
            return self._socket.recv(_CHUNK)
        except ConnectionError:
            return b""

    def close(self) -> None:
        self._socket.close()
        self._log.close()


class Shell:
    """systemd's debug shell: root, before any service is there. One command at a time."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._count = 0

    def wake(self, limit_s: float) -> None:
        """Wait for its prompt; then no prompt and no echo any more."""
        self._wire.until(b"# ", limit_s)
        self._wire.send(b"stty -echo -onlcr; PS1=; PS2=; export TERM=dumb PAGER=cat\n")
        self.run("true", limit_s)

    def run(self, command: str, limit_s: float = 120.0) -> tuple[int, str]:
        """Its exit code, and what it printed on both outputs."""
        self._count += 1
        mark = f"-{self._count}=ended"
        assert all(len(line) < 4000 for line in command.splitlines()), "a terminal's line is short"
        self._wire.send(f"{{ {command}\n}} </dev/null 2>&1; echo @@$?{mark}\n".encode())
        said = self._wire.until(f"{mark}\n".encode(), limit_s)
        text, _, code = said.rpartition(b"@@")
        return int(code), text.decode(errors="replace")

    def ask(self, command: str, limit_s: float = 120.0) -> str:
        """What a command printed that must go well."""
        code, said = self.run(command, limit_s)
        assert code == 0, f"{command}: {code}: {said}"
        return said.strip()

    def get(self, path: str) -> bytes:
        return base64.b64decode(self.ask(f"base64 {path}"))

    def put(self, path: str, data: bytes) -> None:
        text = base64.b64encode(data).decode()
        self.ask(f": >{path}.b64")
        for at in range(0, len(text), _LINE):
            self.ask(f"printf %s '{text[at : at + _LINE]}' >>{path}.b64")
        self.ask(f"base64 -d {path}.b64 >{path}; rm {path}.b64")


def pause(seconds: float) -> None:
    """Real time passes in the guest."""
    select.select([], [], [], seconds)


def wait_for(what: str, holds: Callable[[], bool], limit_s: float) -> float:
    """Look again and again, half a second apart; how long it took, seconds."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < limit_s, f"not so within {limit_s:.0f} s: {what}"
        pause(0.5)
    return time.monotonic() - began


class Monitor:
    """QEMU Machine Protocol: plug in, unplug, count what is written."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._next()  # its greeting
        self.do("qmp_capabilities")

    def do(self, what: str, **arguments: object) -> Any:
        self._wire.send(json.dumps({"execute": what, "arguments": arguments}).encode() + b"\n")
        while True:
            told = self._next()
            assert "error" not in told, (what, arguments, told)
            if "return" in told:
                return told["return"]

    def _next(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self._wire.until(b"\r\n", 30.0))
        return told

    def written(self) -> int:
        """Bytes written to the card since QEMU was started."""
        stats = self.do("query-blockstats")
        return sum(
            one["stats"]["wr_bytes"] for one in stats if one.get("qdev", "").find("card") >= 0
        )
