"""A machine that a doctor may examine: sysfs in a folder, modems that answer from a table."""

import asyncio
import errno
import os
import socket
from collections.abc import Callable, Mapping
from pathlib import Path

from appliance.errors import LineFault
from appliance.loop import VirtualLoop

FORBIDDEN = ("ATA", "ATD", "AT+VLS", "AT+CPIN=", "ATH1", "AT+VTR", "AT+VRX", "AT+VTX", "AT+CFUN")


class Machine:
    """A root folder with what the kernel would show."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.ttys = 0

    def write(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n")

    def usb(
        self,
        socket_name: str,
        ids: str,
        interfaces: Mapping[int, str],
        *,
        serial: str = "",
        sound: str = "",
        title: str = "",
        power: str = "on",
    ) -> list[str]:
        """Plug a device in. ``interfaces``: number to acm, serial or net. Its ttys."""
        folder = f"sys/bus/usb/devices/{socket_name}"
        vendor, product = ids.split(":")
        self.write(f"{folder}/idVendor", vendor)
        self.write(f"{folder}/idProduct", product)
        self.write(f"{folder}/bMaxPower", "500mA")
        self.write(f"{folder}/power/control", power)
        if serial:
            self.write(f"{folder}/serial", serial)
        if title:
            self.write(f"{folder}/product", title)
        ttys = []
        for number, kind in interfaces.items():
            inside = f"{folder}:1.{number}"
            self.write(f"{inside}/bInterfaceNumber", f"{number:02x}")
            self.write(f"{inside}/bInterfaceClass", "02" if kind == "acm" else "ff")
            self.write(f"{inside}/bInterfaceSubClass", "02" if kind == "acm" else "00")
            if kind == "net":
                continue
            tty = f"tty{'ACM' if kind == 'acm' else 'USB'}{self.ttys}"
            self.ttys += 1
            above = "" if kind == "acm" else f"{tty}/"
            self.write(f"{inside}/{above}tty/{tty}/dev", "188:0")
            self.write(f"dev/{tty}", "")
            ttys.append(tty)
        if sound:
            self.write(f"{folder}:1.6/sound/card1/id", sound)
        return ttys

    def link(self, name: str, tty: str) -> str:
        """A name of udev's for a tty, such as counterbell/ec25-x-at."""
        path = self.root / "dev" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(os.path.relpath(self.root / "dev" / tty, path.parent))
        return f"/dev/{name}"


class Pipe:
    """An interfaces.BytePipe over one end of a socket pair."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        end.setblocking(False)

    def fileno(self) -> int:
        return self._end.fileno()

    def read(self) -> bytes:
        data = self._end.recv(4096)
        if not data:
            raise OSError(errno.EIO, "hung up")
        return data

    def write(self, data: bytes) -> int:
        return self._end.send(data)

    def close(self) -> None:
        self._end.close()


class TableModem:
    """Answers each command line from a table, 30 ms later; records what it was asked."""

    def __init__(self, loop: VirtualLoop, replies: Mapping[str, str], default: str = "ERROR"):
        self.loop, self.replies, self.default = loop, dict(replies), default
        self.asked: list[str] = []
        self.raw = b""
        self.streaming = False
        self.closed_at: float | None = None
        self._line = b""
        self._end: socket.socket | None = None

    def open(self) -> Pipe:
        self._end, host = socket.socketpair()
        self._end.setblocking(False)
        self.loop.add_reader(self._end, self._readable)
        if self.streaming:
            self._babble()
        return Pipe(host)

    def _babble(self) -> None:
        if self.streaming:
            self._say(b"\xff\x7e" * 80)
            self.loop.call_later(0.02, self._babble)

    def _say(self, data: bytes) -> None:
        if self._end is not None and self._end.fileno() >= 0:
            try:
                self._end.send(data)
            except OSError:
                return

    def _readable(self) -> None:
        assert self._end is not None
        try:
            data = self._end.recv(4096)
        except OSError:
            data = b""
        if not data:
            self.closed_at = self.loop.time()
            self.loop.remove_reader(self._end)
            self._end.close()
            return
        self.raw += data
        if self.streaming:
            if b"\x10\x03" in self.raw:
                self.streaming = False
                self._say(b"\x10\x03\r\nOK\r\n")
            return
        self._line += data
        while b"\r" in self._line:
            line, _, self._line = self._line.partition(b"\r")
            self._obey(line.decode("latin-1").strip())

    def _obey(self, line: str) -> None:
        if not line.upper().startswith("AT"):
            return
        self.asked.append(line)
        answer = self.replies.get(line, self.default)
        if answer:
            text = f"{line}\r\r\n{answer}\r\n".replace("\n\n", "\n")
            self.loop.call_later(0.03, self._say, text.encode("latin-1"))


VOICE = {
    "AT": "OK",
    "ATE0": "OK",
    "ATV1": "OK",
    "ATI": "56000\r\n\r\nOK",
    "AT+GMI": "CONEXANT\r\n\r\nOK",
    "AT+FCLASS=?": "0,1,1.0,8\r\n\r\nOK",
    "AT+FCLASS=8": "OK",
    "AT+VSM=?": '130,"UNSIGNED PCM",8,0,8000,0,0\r\n131,"Mu-Law",8,0,8000,0,0\r\n\r\nOK',
    "AT+FCLASS=0": "OK",
    "ATI3": "CX93001-EIS_V0.2002-V92\r\n\r\nOK",
}
CELLULAR = {
    "AT": "OK",
    "ATE0": "OK",
    "ATV1": "OK",
    "ATI": "Quectel\r\nEC25\r\n\r\nOK",
    "AT+CGMI": "Quectel\r\n\r\nOK",
    "AT+CGMM": "EC25\r\n\r\nOK",
    "AT+CGMR": "EC25EFAR06A06M4G\r\n\r\nOK",
    "AT+CMEE=1": "OK",
    "AT+CPIN?": "+CPIN: READY\r\n\r\nOK",
    "AT+CSQ": "+CSQ: 22,99\r\n\r\nOK",
    "AT+CREG?": "+CREG: 0,0\r\n\r\nOK",
    "AT+CEREG?": "+CEREG: 0,1\r\n\r\nOK",
    "AT+COPS?": '+COPS: 0,0,"SMART",7\r\n\r\nOK',
}


def opener(modems: Mapping[str, TableModem | Exception]) -> Callable[[str], Pipe]:
    """A PipeOpener by path; an exception stands for a port that can't be had."""

    def open_pipe(path: str) -> Pipe:
        found = modems.get(path)
        if found is None:
            raise LineFault(f"{path} does not exist: is the modem plugged in?")
        if isinstance(found, Exception):
            raise found
        return found.open()

    return open_pipe


def run(loop: VirtualLoop, work):  # type: ignore[no-untyped-def]
    asyncio.set_event_loop(loop)
    try:
        return loop.run_until_complete(work)
    finally:
        asyncio.set_event_loop(None)
