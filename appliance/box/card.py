"""The card: its age, its errors, whether it can still be written, its room in hours of calls."""

import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from appliance.box.reading import TROUBLE, UNKNOWN, UNUSED, KernelLine, Look, Reading, moment_text

CALL_BYTES_AN_HOUR = 57_600_000  # both sides of a recorded call, 8 kHz µ-law (ITU-T G.711)
LEAST_HOURS = 8.0  # a day of a shop that is never silent
_SECTOR = 512  # bytes in /sys/block/*/stat (Linux Documentation/block/stat.rst)
_REPLACE = "save the shop ('counterbell backup make FILE') and replace the card soon"
_FAILED = re.compile(
    r"mmc\d+: .*(error|timeout|timed out)|(I/O error|critical \w+ error),? .*mmcblk\d|"
    r"mmcblk\d\S*: .*(error|timed out)|EXT4-fs error",
    re.IGNORECASE,
)
_WORN_EXACTLY = 0x0B  # JEDEC JESD84-B51, DEVICE_LIFE_TIME_EST: past its estimated life
_NEARLY_WORN = 0x09  # 80-90 % of it used
_PRE_EOL = {2: "80 % of its spare blocks are used", 3: "90 % of its spare blocks are used"}


@dataclass(frozen=True, slots=True)
class Mount:
    """One mount of /proc/self/mountinfo (proc(5)). ``options``: of the file system itself, which a
    service's own view of it can't hide."""

    place: str
    device: str  # MAJOR:MINOR
    kind: str
    options: tuple[str, ...]


def mounts(look: Look) -> list[Mount]:
    """In the order they were made."""
    found = []
    for line in look.text("proc/self/mountinfo").splitlines():
        before, _, after = line.partition(" - ")
        left, right = before.split(), after.split()
        if len(left) > 4 and len(right) > 2:
            found.append(Mount(left[4], left[2], right[0], tuple(right[2].split(","))))
    return found


def mount_of(path: Path, all_of_them: Sequence[Mount]) -> Mount | None:
    """The mount that ``path`` lies on."""
    above = [str(path), *(str(one) for one in path.parents)]
    fitting = [one for one in all_of_them if one.place in above]
    return max(fitting, key=lambda one: len(one.place), default=None)


def root_reading(look: Look) -> Reading:
    """How the root file system really is, whatever a configuration file says."""
    mount = mount_of(Path("/"), mounts(look))
    if mount is None:
        return Reading("card", "root", "", UNKNOWN, "the mounts can't be read")
    facts = {"kind": mount.kind, "options": list(mount.options)}
    if mount.kind == "overlay":
        what = "an overlay: what is written to it is gone after the next start"
        return Reading("card", "root", what, facts=facts)
    if "ro" in mount.options:
        reason = "the root file system is read-only"
        step = f"restart the box; if it stays, the card is broken: {_REPLACE}"
        notice = f"the card can't be written: {step}"
        return Reading("card", "root", mount.kind, TROUBLE, reason, step, facts, notice)
    return Reading("card", "root", f"{mount.kind}, can be written", facts=facts)


def space_reading(look: Look) -> Reading:
    """The room for recordings."""
    folder = next((one for one in (look.state, *look.state.parents) if one.is_dir()), Path("/"))
    try:
        usage = shutil.disk_usage(folder)
    except OSError as error:
        reason = f"it can't be looked at: {error.strerror or error}"
        return Reading("card", "space", "", TROUBLE, reason, "check the card")
    hours = usage.free / CALL_BYTES_AN_HOUR
    what = f"room for {hours:,.0f} hours of recorded calls" if hours >= 1 else "no room for calls"
    facts = {"free_bytes": usage.free, "total_bytes": usage.total, "call_hours": round(hours, 1)}
    if hours >= LEAST_HOURS:
        return Reading("card", "space", what, facts=facts)
    reason = f"the card is almost full: {what}"
    step = "set keep_days in [recording], delete old recordings, or fit a larger card"
    notice = f"{reason}: {step}"
    return Reading("card", "space", what, TROUBLE, reason, step, facts, notice)


def wear_reading(look: Look, log: Sequence[KernelLine] | None) -> Reading:
    """Its life, as far as it tells (eMMC; most SD cards don't), and the errors so far."""
    disk = _disk_under(look)
    if disk is None:
        return Reading("card", "wear", "the disk below is not to be seen from here", UNUSED)
    written = _written(look, disk)
    facts: dict[str, object] = {"disk": disk, "written_bytes": written}
    age, worn = _age(look, disk)
    errors = _ext4_errors(look)
    failed = [line for line in log or () if _FAILED.search(line.text)]
    facts |= {"ext4_errors": errors, "kernel_errors": len(failed)}
    if failed:
        facts["last_error"] = failed[-1].text[:200]
    what = ", ".join(filter(None, (disk, age, f"{written / 1e6:,.0f} MB written since the start")))
    reasons = [worn] if worn else []
    if errors:
        reasons.append(f"its file system has {errors} errors on record")
    if failed:
        times = f"{len(failed)} errors" if len(failed) > 1 else "an error"
        reasons.append(f"{times}, the last {moment_text(failed[-1].at, look.utc)}")
    if not reasons:
        return Reading("card", "wear", what, facts=facts)
    reason = "the card is wearing out: " + "; ".join(reasons)
    return Reading("card", "wear", what, TROUBLE, reason, _REPLACE, facts, f"{reason}: {_REPLACE}")


def _disk_under(look: Look) -> str | None:
    """The whole disk with the state folder, such as mmcblk0."""
    mount = mount_of(Path(os.path.realpath(look.state)), mounts(look))
    if mount is None or mount.device.startswith("0:"):
        return None
    place = look.root / "sys/dev/block" / mount.device
    if not place.exists():
        return None
    real = Path(os.path.realpath(place))
    return real.parent.name if (real / "partition").exists() else real.name


def _written(look: Look, disk: str) -> int:
    fields = look.text(f"sys/block/{disk}/stat").split()
    return int(fields[6]) * _SECTOR if len(fields) > 6 and fields[6].isdecimal() else 0


def _age(look: Look, disk: str) -> tuple[str, str]:
    """How old it is, and why it should go, "" for no reason (Linux: mmc/core/mmc.c)."""
    life = look.text(f"sys/block/{disk}/device/life_time").split()
    try:
        used = max((int(one, 16) for one in life), default=0)
        pre_eol = int(look.text(f"sys/block/{disk}/device/pre_eol_info") or "0", 16)
    except ValueError:
        used = pre_eol = 0
    if not used:
        age = "does not tell its age" if disk.startswith("mmcblk") else ""
    elif used >= _WORN_EXACTLY:
        age = "its estimated life is over"
    else:
        age = f"{10 * used - 10}-{10 * used} % of its life used"
    worn = age if used >= _NEARLY_WORN else ""
    return age, _PRE_EOL.get(pre_eol, "") or worn


def _ext4_errors(look: Look) -> int:
    """Of every ext4 (Linux Documentation/ABI/testing/sysfs-fs-ext4)."""
    counts = [
        look.text(str(file.relative_to(look.root)))
        for file in (look.root / "sys/fs/ext4").glob("*/errors_count")
    ]
    return sum(int(one) for one in counts if one.isdecimal())
