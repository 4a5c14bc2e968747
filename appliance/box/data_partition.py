"""The shop's partition grown to the end of the card, in steps that each can be cut off.

Nothing is remembered: each start compares the card, the partition and the file system. The
partition table is one sector, written at once; a file system grows while it is in use (ext4), and
the kernel's journal holds what a power cut leaves of that.
"""

import json
import os
import stat
import struct
from dataclasses import dataclass
from pathlib import Path

from appliance.box.commands import Ran, Run
from appliance.errors import StorageError

LABEL = "cb-data"
SECTOR = 512
_ALIGNED = 2048  # sectors: what sfdisk leaves free at most at a card's end
_SUPERBLOCK, _SUPERBLOCK_BYTES = 1024, 1024
_MAGIC = 0xEF53


@dataclass(frozen=True, slots=True)
class Partition:
    """``device``: its name for ext4's tools; ``path``, ``offset``: where its first byte is."""

    disk: Path
    number: int
    device: str
    path: Path
    offset: int = 0


def grow_data_partition(state: Path, run: Run, sysfs: Path = Path("/sys/dev/block")) -> str:
    """Grow the partition that is mounted at ``state``, if it is the card image's own.

    Returns a sentence, "" when there was nothing to do. Raises StorageError.
    """
    try:
        device = os.stat(state).st_dev
    except FileNotFoundError:
        return ""
    found = _partition_of(sysfs / f"{os.major(device)}:{os.minor(device)}")
    if found is None or _file_system(found) is None:
        return ""
    return grow(found, run)


def _partition_of(node: Path) -> Partition | None:
    """The partition of a sysfs entry; None for a whole disk, or what is no disk at all."""
    try:
        real = node.resolve(strict=True)
        number = int((real / "partition").read_text())
        disk, own = (
            next(
                line.partition("=")[2]
                for line in (entry / "uevent").read_text().splitlines()
                if line.startswith("DEVNAME=")
            )
            for entry in (real.parent, real)
        )
    except (OSError, ValueError, StopIteration):
        return None
    path = Path("/dev") / own
    return Partition(Path("/dev") / disk, number, str(path), path)


def grow(part: Partition, run: Run) -> str:
    """Grow the last partition of a disk and its file system. Raises StorageError."""
    sectors, is_last, free = _size(part, run)
    if not is_last:
        return ""
    told = []
    if free > _ALIGNED:
        _done(run(
            ["sfdisk", "--no-reread", "--no-tell-kernel", "-N", str(part.number), str(part.disk)],
            given=", +\n",
        ), "the partition can't grow")  # fmt: skip
        sectors = _size(part, run)[0]
        told.append("the partition")
    if stat.S_ISBLK(part.disk.stat().st_mode) and _kernel_sectors(part) != sectors:
        _done(
            run(["partx", "--update", "--nr", str(part.number), str(part.disk)]),
            "the kernel does not take the partition's new size",
        )
    holds = _file_system(part)
    if holds is None:
        raise StorageError("the shop's partition holds no file system that can grow")
    size, block = holds
    if size + block <= sectors * SECTOR:
        _done(run(["resize2fs", part.device, f"{sectors}s"]), "the file system can't grow")
        told.append("the file system")
    if not told:
        return ""
    return f"The shop's part of the card has grown to {sectors * SECTOR / 1e9:.1f} GB."


def _size(part: Partition, run: Run) -> tuple[int, bool, int]:
    """Its sectors, whether it is the last one, and the sectors of the disk behind it."""
    ran = _done(run(["sfdisk", "--json", str(part.disk)]), "the card's partitions can't be read")
    try:
        rows = json.loads(ran.out)["partitiontable"]["partitions"]
        own = next(row for row in rows if _number(row["node"]) == part.number)
        sectors, end = int(own["size"]), int(own["start"]) + int(own["size"])
        is_last = all(int(row["start"]) < end for row in rows)
    except (ValueError, LookupError, TypeError, StopIteration) as error:
        raise StorageError("the card's partitions can't be read") from error
    return sectors, is_last, _disk_bytes(part.disk) // SECTOR - end


def _kernel_sectors(part: Partition) -> int:
    """What the kernel, which has a table of its own, believes."""
    return int((Path("/sys/class/block") / part.path.name / "size").read_text())


def _number(node: str) -> int:
    digits = node[len(node.rstrip("0123456789")) :]
    return int(digits) if digits else 0


def _disk_bytes(disk: Path) -> int:
    with disk.open("rb") as file:
        return file.seek(0, os.SEEK_END)


def _file_system(part: Partition) -> tuple[int, int] | None:
    """Bytes of our ext4 and of a block of it; None when it is not the card image's.

    Linux, Documentation/filesystems/ext4/super.rst: s_blocks_count_lo at 4, s_log_block_size at 24,
    s_magic at 56, s_volume_name at 120, s_blocks_count_hi at 336 (with 64bit, 0x80 of
    s_feature_incompat at 96).
    """
    try:
        with part.path.open("rb") as file:
            file.seek(part.offset + _SUPERBLOCK)
            data = file.read(_SUPERBLOCK_BYTES)
    except OSError:
        return None
    if len(data) < _SUPERBLOCK_BYTES or struct.unpack_from("<H", data, 56)[0] != _MAGIC:
        return None
    if data[120:136].rstrip(b"\0") != LABEL.encode():
        return None
    (low,), (log,) = struct.unpack_from("<I", data, 4), struct.unpack_from("<I", data, 24)
    (incompatible,), (high,) = (
        struct.unpack_from("<I", data, 96),
        struct.unpack_from("<I", data, 336),
    )
    blocks = low + (high << 32 if incompatible & 0x80 else 0)
    block = 1024 << log
    return blocks * block, block


def _done(ran: Ran, what: str) -> Ran:
    """Raises StorageError when the program failed."""
    if ran.code:
        raise StorageError(f"{what}: {ran.reason}")
    return ran
