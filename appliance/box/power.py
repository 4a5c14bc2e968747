"""Whether the supply holds 4.63 V: now, since the start, and when it was first seen.

Sources: the firmware's flags (documented with vcgencmd get_throttled: bit 0 too low now, 2 slowed
down now, 3 too hot now, 16-19 the same since the start), the kernel's sensor rpi_volt (Linux
drivers/hwmon/raspberrypi-hwmon.c: its alarm is 1 while the voltage is low, seen every 2 s) and
what it writes into the kernel's log.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from appliance.box.reading import (
    TROUBLE,
    UNKNOWN,
    UNUSED,
    KernelLine,
    Look,
    Reading,
    moment_text,
)

LOW_NOW, LOW_SEEN = 0x1, 0x10000
SLOW_NOW, HOT_NOW, SLOW_SEEN, HOT_SEEN = 0x4, 0x8, 0x40000, 0x80000
NEWS_S = 86400.0  # so long the owner is told on his page
STEP = "use the supply that belongs to this Raspberry Pi (5 V, 3 A; Pi 5: 5 A) with a short cable"
# 'Undervoltage detected!' of Linux 6, 'Under-voltage detected! (0x00050005)' of Linux 4 and 5
_SAGGED = re.compile(r"under-?voltage detected", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Supply:
    """``is_known``: whether this machine can tell. ``since_start``: sagged since the start.

    ``seen``: UTC of each time the kernel logged, oldest first.
    """

    is_known: bool
    is_low_now: bool = False
    since_start: bool = False
    seen: tuple[float, ...] = ()


def throttled(look: Look) -> int | None:
    """The firmware's flags, or None where nobody tells them."""
    told = look.text("sys/devices/platform/soc/soc:firmware/get_throttled")
    if not told:
        told = (look.ask(("vcgencmd", "get_throttled")) or "").strip().removeprefix("throttled=")
    try:
        return int(told, 16)
    except ValueError:
        return None


def is_raspberry_pi(look: Look) -> bool:
    return "Raspberry Pi" in look.text("proc/device-tree/model")


def supply(look: Look, log: Sequence[KernelLine] | None) -> Supply:
    """What every source tells, taken together."""
    flags = throttled(look)
    sensors = [
        folder
        for folder in sorted((look.root / "sys/class/hwmon").glob("*"))
        if look.text(str(folder.relative_to(look.root) / "name")) == "rpi_volt"
    ]
    alarms = [
        look.text(str(file.relative_to(look.root)))
        for folder in sensors
        for file in sorted(folder.glob("in*_lcrit_alarm"))
    ]
    seen = tuple(line.at for line in log or () if _SAGGED.search(line.text))
    low_now = bool((flags or 0) & LOW_NOW) or "1" in alarms
    sagged = bool((flags or 0) & LOW_SEEN) or low_now or bool(seen)
    return Supply(flags is not None or bool(alarms) or bool(seen), low_now, sagged, seen)


def supply_reading(look: Look, found: Supply, noted: tuple[float, float] | None = None) -> Reading:
    """``noted``: UTC of the first and last time the daemon saw it low, if it did."""
    if not found.is_known and noted is None:
        return _not_told(look)
    times = sorted((*found.seen, *(noted or ())))
    facts = {"low_now": found.is_low_now, "low_since_start": found.since_start, "times": times}
    if not (found.is_low_now or found.since_start or times):
        return Reading("power", "supply", "the supply held its voltage since the start")
    if found.is_low_now:
        reason = "power supply too weak, now"
    elif times:
        reason = f"power supply too weak: seen {moment_text(times[-1], look.utc)}"
    else:
        reason = "power supply too weak: seen since the start"
    if times and moment_text(times[0], look.utc) != moment_text(times[-1], look.utc):
        reason += f", first {moment_text(times[0], look.utc)}"
    what = "below 4.63 V" if found.is_low_now else "well now"
    is_news = found.is_low_now or (bool(times) and look.utc - times[-1] < NEWS_S)
    notice = f"{reason}: {STEP}" if is_news else ""
    return Reading("power", "supply", what, TROUBLE, reason, STEP, facts, notice)


def _not_told(look: Look) -> Reading:
    if is_raspberry_pi(look):
        reason = "nobody tells the voltage: the kernel shows no sensor, and there is no vcgencmd"
        step = "run 'sudo counterbell doctor', which may ask vcgencmd and the kernel's log"
        return Reading("power", "supply", "", UNKNOWN, reason, step)
    return Reading("power", "supply", "this machine does not measure its supply", UNUSED)
