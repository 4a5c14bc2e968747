"""Whether the clock can be trusted: set by the network, or kept by a battery."""

import time
from pathlib import Path

from appliance.box.reading import TROUBLE, UNKNOWN, Look, Reading

SYNCED = "run/systemd/timesync/synchronized"  # systemd-timesyncd touches it once the time is right
OLDEST_YEAR, NEWEST_YEAR = 2026, 2099
_STEP = (
    "plug the box into the network: it sets its clock within a minute; until then the times of "
    "calls are a guess, and nothing is deleted for its age"
)


def is_set(look: Look) -> bool | None:
    """Whether the clock was set by the network since the start, or came from a battery's.

    None: this machine can't tell, such as a container.
    """
    if not OLDEST_YEAR <= time.gmtime(look.utc).tm_year <= NEWEST_YEAR:
        return False
    if (look.root / SYNCED).exists() or has_battery(look):
        return True
    has_timesyncd = (look.root / "run/systemd/timesync").is_dir()
    told = look.ask(("timedatectl", "show", "-p", "NTPSynchronized", "--value"))
    if told is not None and told.strip() in ("yes", "no"):
        return told.strip() == "yes"
    return False if has_timesyncd else None


def has_battery(look: Look) -> bool:
    """Whether the kernel set its clock from a real-time clock (Linux ABI sysfs-class-rtc)."""
    return any(
        look.text(str(file.relative_to(look.root))) == "1"
        for file in (look.root / "sys/class/rtc").glob("rtc*/hctosys")
    )


def clock_reading(look: Look) -> Reading:
    now = time.strftime("%Y-%m-%d %H:%M", time.localtime(look.utc))
    battery = has_battery(look)
    known = is_set(look)
    facts = {"set": known, "battery": battery, "year": time.gmtime(look.utc).tm_year}
    kept = "" if battery else "; no battery: it stands while the box is off"
    if known:
        return Reading("clock", "time", f"{now}, right{kept}", facts=facts)
    if known is None:
        reason = "nothing on this machine tells whether it is right"
        return Reading("clock", "time", now, UNKNOWN, reason, "", facts)
    reason = f"the clock is not set: it says {now}"
    return Reading("clock", "time", now + kept, TROUBLE, reason, _STEP, facts, f"{reason}: {_STEP}")


def clock_is_right() -> bool | None:
    """Of this machine, now, without asking a program or the kernel: for the daemon, every second.

    Its service may not even ask for the kernel's word (adjtimex): it would be ended for that.
    """
    return is_set(Look(Path("/"), utc=time.time()))
