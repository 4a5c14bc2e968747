"""The USB devices that have serial ports or sound cards, from sysfs; nothing is opened."""

import os
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from appliance.doctor.known_modems import KnownModem, known_modem

_INTERFACE = re.compile(r".+:\d+\.(\d+)$")
_CDC = "02"  # bInterfaceClass of communications devices, USB CDC 1.2 table 14
_ACM = "02"  # bInterfaceSubClass: abstract control model, USB PSTN 1.2 clause 3.2
# Where udev puts names that stay the same; the first that there is, is shown.
_NAME_FOLDERS = ("counterbell", "serial/by-path", "serial/by-id")


@dataclass(frozen=True, slots=True)
class SerialInterface:
    """One tty of a USB device. ``interface``: bInterfaceNumber. ``names``: stable ones first."""

    interface: int
    tty: str
    is_acm: bool
    names: tuple[str, ...]

    @property
    def path(self) -> str:
        """What to write as ``port``: a name that stays the same where there is one."""
        return self.names[0] if self.names else f"/dev/{self.tty}"


@dataclass(frozen=True, slots=True)
class UsbDevice:
    """A device with serial ports. ``socket``: sysfs' name of where it is plugged in, ``1-1.2``.

    ``current_ma``: what it asks of the socket. ``autosuspend``: the kernel may put it to sleep.
    ``sound_cards``: ALSA identifiers of its own cards.
    """

    socket: str
    vendor: str
    product: str
    maker: str
    title: str
    serial: str
    current_ma: int
    autosuspend: bool
    ports: tuple[SerialInterface, ...]
    sound_cards: tuple[str, ...]

    @property
    def known(self) -> KnownModem | None:
        return known_modem(self.vendor, self.product)

    @property
    def is_generic_modem(self) -> bool:
        """Of no model in the table, and an abstract control model, as a modem would be."""
        return self.known is None and any(port.is_acm for port in self.ports)

    def port_of(self, role: str) -> SerialInterface | None:
        """The serial port whose interface has that role in the table of models."""
        roles = self.known.roles if self.known is not None else {}
        return next((p for p in self.ports if roles.get(p.interface) == role), None)

    @property
    def at_ports(self) -> tuple[SerialInterface, ...]:
        """Where AT commands should be answered, the likeliest first."""
        if self.known is None:
            return tuple(port for port in self.ports if port.is_acm)
        order = self.known.at_order
        ports = [port for port in self.ports if port.interface in order]
        return tuple(sorted(ports, key=lambda port: order.index(port.interface)))


def usb_devices(root: Path = Path("/")) -> tuple[UsbDevice, ...]:
    """Every USB device with at least one serial port, in the order of their sockets."""
    found = []
    for folder in sorted((root / "sys/bus/usb/devices").glob("*")):
        if (folder / "idVendor").is_file():
            device = _device(root, folder)
            if device.ports:
                found.append(device)
    return tuple(found)


def stable_names(tty: str, root: Path = Path("/")) -> tuple[str, ...]:
    """The symbolic links of udev that lead to /dev/``tty``."""
    names = []
    for folder in _NAME_FOLDERS:
        for link in sorted((root / "dev" / folder).glob("*")):
            with suppress(OSError):
                if link.is_symlink() and os.path.basename(os.readlink(link)) == tty:
                    names.append(f"/dev/{folder}/{link.name}")
    return tuple(names)


def _device(root: Path, folder: Path) -> UsbDevice:
    # sysfs lists a device's interfaces both inside it and beside it
    inside = {path.name: path for path in folder.glob(f"{folder.name}:*")}
    beside = {path.name: path for path in folder.parent.glob(f"{folder.name}:*")}
    interfaces = [path for _, path in sorted((beside | inside).items())]
    current = re.match(r"\d+", text_of(folder / "bMaxPower"))
    return UsbDevice(
        socket=folder.name,
        vendor=text_of(folder / "idVendor").lower(),
        product=text_of(folder / "idProduct").lower(),
        maker=text_of(folder / "manufacturer"),
        title=text_of(folder / "product"),
        serial=text_of(folder / "serial"),
        current_ma=int(current[0]) if current else 0,
        autosuspend=text_of(folder / "power/control") == "auto",
        ports=tuple(_ports(root, interfaces)),
        sound_cards=tuple(_sound_cards(interfaces)),
    )


def _ports(root: Path, interfaces: Iterable[Path]) -> list[SerialInterface]:
    ports = []
    for folder in interfaces:
        number = _INTERFACE.match(folder.name)
        if number is None:
            continue
        is_acm = text_of(folder / "bInterfaceClass") == _CDC and (
            text_of(folder / "bInterfaceSubClass") == _ACM
        )
        ttys = {path.name for path in (*folder.glob("tty/tty*"), *folder.glob("ttyUSB*"))}
        ports += [
            SerialInterface(int(number[1]), tty, is_acm, stable_names(tty, root))
            for tty in sorted(ttys)
        ]
    return ports


def _sound_cards(interfaces: Iterable[Path]) -> list[str]:
    cards = {path.parent for folder in interfaces for path in folder.glob("sound/card*/id")}
    return [text_of(card / "id") for card in sorted(cards)]


def text_of(path: Path, limit: int = 4096) -> str:
    """The text of a file of sysfs, or "" where there is none or it may not be read."""
    try:
        with path.open("rb") as file:
            return file.read(limit).decode("utf-8", "replace").strip("\0\n\r ")
    except OSError:
        return ""
