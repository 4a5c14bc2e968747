"""One box in QEMU: a card of its own, started, stopped, cut off from power; its wires and its page.

The image is booted as it is. Only the kernel's command line gets words of ours behind those of the
card: a console that is kept in a file, and systemd's debug shell on a serial port.
"""

import contextlib
import signal
import socket
import subprocess
import time
from pathlib import Path

from tests.guest.card import Card
from tests.guest.wires import GuestGone, Monitor, Shell, Wire, pause

SERIALS = ("line0", "at0", "pcm0")  # what may be plugged in, in the order of USB sockets 1, 2, 3
BOOT_S = 900.0  # at most; a loaded machine emulates slowly
_OURS = (
    "console=ttyAMA0 systemd.debug_shell=ttyS0 systemd.log_color=0"
    # a slow machine's udev is late; what only waits for it (a login on our console) must not fail
    " systemd.default_device_timeout_sec=900"
)
_USB = "platform-4010000000.pcie-pci-0000:00:10.0-usb-0"  # of QEMU's "virt", at PCI address 10


def stable_link(serial: str) -> str:
    """udev's name for a USB serial port by its socket, the same at every plugging in."""
    return f"/dev/serial/by-path/{_USB}:{SERIALS.index(serial) + 1}:1.0-port0"


class Guest:
    """``folder``: its card, sockets and logs."""

    def __init__(self, name: str, card: Card, folder: Path) -> None:
        self.name = name
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._card = card
        self._overlay = card.new_copy(folder / "card.qcow2")
        self._process: subprocess.Popen[bytes] | None = None
        self._wires: list[Wire] = []
        self.web_port = 0
        self.started_at = 0.0  # monotonic

    # Power

    def start(self, plugged: tuple[str, ...] = ()) -> None:
        """Power on; comes back when its root shell answers, long before its services run."""
        assert self._process is None
        for old in self.folder.glob("*.sock"):
            old.unlink()
        self.web_port = _free_port()
        self.console.write_bytes(b"")
        with (self.folder / "qemu.log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command(plugged), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        self.started_at = time.monotonic()
        self.monitor = Monitor(self._wire("monitor", 30.0))
        self.shell = Shell(self._wire("shell", 30.0))
        self.shell.wake(BOOT_S)

    def cut(self) -> None:
        """The power is cut: nothing is told to anybody, what was not on the card is lost."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self._ended()

    def stop(self) -> None:
        """Shut down as by `poweroff`; what hangs is killed. Idempotent."""
        if self._process is None:
            return
        with contextlib.suppress(GuestGone, OSError, AssertionError):
            self.shell.run("systemctl poweroff --no-block", 30.0)
        try:
            self._process.wait(60.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._ended()

    def _ended(self) -> None:
        for wire in self._wires:
            wire.close()
        self._wires.clear()
        self._process = None

    def _wire(self, name: str, limit_s: float) -> Wire:
        deadline = time.monotonic() + limit_s
        while True:
            try:
                wire = Wire(self.folder / f"{name}.sock", self.folder / f"{name}.log")
            except OSError:
                assert self._process is not None
                assert self._process.poll() is None, (self.folder / "qemu.log").read_text()
                assert time.monotonic() < deadline, f"QEMU made no {name}.sock"
                pause(0.1)
            else:
                self._wires.append(wire)
                return wire

    # What there is

    @property
    def console(self) -> Path:
        """All that the console showed since the power came."""
        return self.folder / "console.log"

    def screen(self) -> str:
        """What a screen at the box's HDMI socket shows: its first terminal."""
        return self.shell.ask("cat /dev/vcs1")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.web_port}"

    def serial(self, name: str) -> Path:
        """Where the other end of a USB serial port is reached while the guest runs."""
        return self.folder / f"{name}.sock"

    def plug(self, name: str) -> None:
        """Put a USB serial port into its socket."""
        self.monitor.do("device_add", **_usb_serial(name))

    def unplug(self, name: str) -> None:
        self.monitor.do("device_del", id=name)

    def uptime_s(self) -> float:
        """The guest's own clock: seconds since its kernel began."""
        return float(self.shell.ask("cat /proc/uptime").split()[0])

    def _command(self, plugged: tuple[str, ...]) -> list[str]:
        words = f"{self._card.command_line} {_OURS}"
        forward = f"hostfwd=tcp:127.0.0.1:{self.web_port}-:80"
        command = [
            "qemu-system-aarch64", "-name", self.name, "-machine", "virt", "-cpu", "cortex-a72",
            "-accel", "tcg,thread=multi", "-smp", "2", "-m", "1024", "-display", "none",
            "-nodefaults", "-no-reboot",
            "-kernel", str(self._card.kernel), "-initrd", str(self._card.initramfs),
            "-append", words,
            "-drive", f"file={self._overlay},if=none,id=card,format=qcow2",
            "-device", "virtio-blk-pci,drive=card,id=card0",
            "-chardev", f"file,id=console,path={self.console}", "-serial", "chardev:console",
            "-chardev", self._socket("shell"), "-device", "pci-serial,chardev=shell",
            "-qmp", f"unix:{self.folder}/monitor.sock,server=on,wait=off",
            # no way out: a shop's box works without internet
            "-netdev", f"user,id=lan,restrict=on,{forward}", "-device", "virtio-net-pci,netdev=lan",
            "-device", "virtio-rng-pci", "-device", "i6300esb", "-watchdog-action", "none",
            "-device", "qemu-xhci,id=usb,addr=10",
        ]  # fmt: skip
        for name in SERIALS:
            command += ["-chardev", self._socket(name)]
        for name in plugged:
            device = ",".join(f"{key}={value}" for key, value in _usb_serial(name).items())
            command += ["-device", device.removeprefix("driver=")]
        return command

    def _socket(self, name: str) -> str:
        return f"socket,id={name},path={self.folder}/{name}.sock,server=on,wait=off"


def _usb_serial(name: str) -> dict[str, str]:
    port = str(SERIALS.index(name) + 1)
    return {"driver": "usb-serial", "id": name, "chardev": name, "bus": "usb.0", "port": port}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
