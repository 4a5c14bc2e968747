"""What the machine under the shop is and how it fares: HAT, GPIO, USB power, storage; read only."""

import errno
import fcntl
import os
import shutil
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from appliance.doctor.findings import Finding, Verdict
from appliance.doctor.usb_scan import text_of, usb_devices

# linux/gpio.h: GPIO_GET_CHIPINFO_IOCTL, GPIO_V2_GET_LINEINFO_IOCTL
_CHIP_INFO, _LINE_INFO = 0x8044B401, 0xC100B405
_CHIP = struct.Struct("=32s32sI")
_LINE = struct.Struct("=32s32sIIQ160s16s")
_LINE_USED = 1  # GPIO_V2_LINE_FLAG_USED
# The chip behind the 40 pins: gpiochip labels of Linux' pinctrl-bcm2835 and pinctrl-rp1.
_HEADER_LABELS = ("pinctrl-bcm", "pinctrl-rp1")


@dataclass(frozen=True, slots=True)
class GpioLine:
    """One GPIO. ``consumer``: who has it, "" for nobody we are told of."""

    used: bool
    consumer: str


GpioReader = Callable[[str, Sequence[int]], tuple[str, Mapping[int, GpioLine]]]


def read_gpio_chip(path: str, offsets: Sequence[int]) -> tuple[str, Mapping[int, GpioLine]]:
    """(label, lines by offset) of a chip: asked of the kernel, no line is touched.

    Raises OSError.
    """
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _, label, count = _CHIP.unpack(fcntl.ioctl(fd, _CHIP_INFO, bytes(_CHIP.size)))
        lines = {}
        for offset in offsets:
            if offset < count:
                asked = _LINE.pack(b"", b"", offset, 0, 0, b"", b"")
                row = _LINE.unpack(fcntl.ioctl(fd, _LINE_INFO, asked))
                lines[offset] = GpioLine(bool(row[4] & _LINE_USED), _name(row[1]))
        return _name(label), lines
    finally:
        os.close(fd)


def _name(raw: bytes) -> str:
    return raw.split(b"\0", 1)[0].decode("ascii", "replace")


def hat_findings(root: Path) -> list[Finding]:
    """The HAT that the firmware read from the identity EEPROM at boot, if there is one."""
    folder = root / "proc/device-tree/hat"
    if not folder.is_dir():
        return []
    product, vendor = text_of(folder / "product"), text_of(folder / "vendor")
    what = " ".join(filter(None, (vendor, product))) or "a HAT that does not say what it is"
    facts = {key: text_of(folder / key) for key in ("product_id", "product_ver", "uuid")}
    return [Finding("linecard", "hat", what, Verdict.WELL, facts=facts)]


def gpio_findings(
    wanted: Mapping[int, str],
    root: Path,
    read: GpioReader = read_gpio_chip,
    daemon_is_up: bool = False,
) -> list[Finding]:
    """``wanted``: GPIO numbers (BCM) to what the configuration uses them for."""
    chips = sorted(path.name for path in (root / "dev").glob("gpiochip*"))
    if not chips and not wanted:
        return []
    if not chips:
        step = "run it on a Raspberry Pi, or take the GPIO numbers out of the configuration"
        reason = "the configuration names GPIOs, and this machine has none"
        return [Finding("gpio", "pins", "", Verdict.TROUBLE, reason, step)]
    if not wanted:
        return [
            Finding("gpio", "pins", f"{len(chips)} GPIO chips, no pin configured", Verdict.WELL)
        ]
    for chip in chips:
        try:
            label, lines = read(str(root / "dev" / chip), sorted(wanted))
        except OSError as error:
            return [_unreadable_gpio(chip, error)]
        if label.startswith(_HEADER_LABELS) or len(chips) == 1:
            return [_pins(chip, label, wanted, lines, daemon_is_up)]
    reason = "none of the GPIO chips is that of the 40-pin header"
    return [Finding("gpio", "pins", "", Verdict.UNKNOWN, reason, "run it on a Raspberry Pi")]


def _unreadable_gpio(chip: str, error: OSError) -> Finding:
    may_not = error.errno in (errno.EACCES, errno.EPERM)
    step = "run 'sudo counterbell doctor', or add this user to the group gpio" if may_not else ""
    reason = f"/dev/{chip} can't be asked: {error.strerror or error}"
    return Finding("gpio", "pins", "", Verdict.UNKNOWN, reason, step)


def _pins(
    chip: str,
    label: str,
    wanted: Mapping[int, str],
    lines: Mapping[int, GpioLine],
    daemon_is_up: bool,
) -> Finding:
    facts = {str(n): (lines[n].consumer or "used") if lines[n].used else "free" for n in lines}
    # gpiozero's lgpio factory takes its lines under this name
    ours = {"lg"} if daemon_is_up else set()
    busy = [n for n in sorted(lines) if lines[n].used and lines[n].consumer not in ours]
    what = f"{chip} ({label}), pins " + ", ".join(f"{n} {wanted[n]}" for n in sorted(wanted))
    if busy:
        who = ", ".join(f"GPIO{n} by {lines[n].consumer or 'the kernel'}" for n in busy)
        step = (
            "take the overlay or program that has the pin out (/boot/firmware/config.txt), or "
            "choose another pin"
        )
        return Finding("gpio", "pins", what, Verdict.TROUBLE, f"taken: {who}", step, facts)
    return Finding("gpio", "pins", what, Verdict.WELL, facts=facts)


def storage_findings(state: Path, problem: str = "") -> list[Finding]:
    """The card with the state folder. ``problem``: what the daemon says of it."""
    folder = next((path for path in (state, *state.parents) if path.is_dir()), Path("/"))
    try:
        usage, flags = shutil.disk_usage(folder), os.statvfs(folder).f_flag
    except OSError as error:
        return [_trouble("storage", str(state), str(error), "check the SD card")]
    free_gb = usage.free / 1e9
    facts = {"free_bytes": usage.free, "total_bytes": usage.total}
    what = f"{free_gb:.1f} GB free of {usage.total / 1e9:.0f} GB"
    reason = step = ""
    if problem:
        reason, step = problem, "free space or replace the SD card, then restart the daemon"
    elif flags & os.ST_RDONLY:
        reason = "the card is mounted read-only"
        step = "restart the box; if it stays, the SD card is worn out: replace it"
    verdict = Verdict.TROUBLE if reason else Verdict.WELL
    return [Finding("storage", str(state), what, verdict, reason, step, facts)]


def power_findings(root: Path) -> list[Finding]:
    """What the USB sockets tell of their power; the supply's voltage is a reading of the box."""
    return [*_over_current(root), *_usb_limit(root)]


def _over_current(root: Path) -> list[Finding]:
    """Linux Documentation/ABI/testing/sysfs-bus-usb: over_current_count of each socket."""
    found = []
    for file in sorted((root / "sys/bus/usb/devices").glob("*/*-port*/over_current_count")):
        count = text_of(file)
        if count.isdecimal() and int(count):
            reason = f"the socket cut its power off {count} times: too much was drawn"
            step = "give that modem a USB hub with its own supply"
            found.append(_trouble("power", f"USB socket {file.parent.name}", reason, step))
    return found


def _usb_limit(root: Path) -> list[Finding]:
    """Raspberry Pi 5 with a supply that did not promise 5 A: 600 mA for all USB sockets."""
    file = root / "proc/device-tree/chosen/power/usb_max_current_enable"
    try:
        limited = file.read_bytes() == bytes(4)
    except OSError:
        return []
    if not limited or not _big_eaters(root):
        return []
    reason = "this Pi 5 gives all USB sockets together 600 mA, and an LTE modem draws 2 A at times"
    return [_trouble("power", "USB", reason, "use the 27 W supply, or a hub with its own supply")]


def _big_eaters(root: Path) -> bool:
    return any(d.known is not None and d.known.driver == "cellular" for d in usb_devices(root))


def _trouble(kind: str, name: str, reason: str, step: str) -> Finding:
    return Finding(kind, name, "", Verdict.TROUBLE, reason, step)
