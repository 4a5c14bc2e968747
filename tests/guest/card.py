"""A card's image taken apart as a boot loader does: partitions, boot files, the kernel's words.

Nothing of the image is changed: guests write to copies (qcow2) that lie over it.
"""

import lzma
import os
import shutil
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

SECTOR = 512
_FAT_TYPES = (0x0B, 0x0C, 0x0E)
_PLAIN, _LONGEST = ".img", 1 << 20


@dataclass(frozen=True, slots=True)
class Partition:
    """Of the MBR; bytes from the beginning of the card."""

    kind: int
    start: int
    size: int


@dataclass(frozen=True, slots=True)
class Card:
    """``image``: uncompressed. ``kernel``, ``initramfs``: out of its FAT partition."""

    image: Path
    kernel: Path
    initramfs: Path
    command_line: str
    partitions: tuple[Partition, ...]

    def new_copy(self, overlay: Path, gigabytes: int = 4) -> Path:
        """A card of its own that was just written: the image, on a card of so many GB."""
        overlay.unlink(missing_ok=True)
        _run("qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw",
             "-b", str(self.image.resolve()), str(overlay), f"{gigabytes}G")  # fmt: skip
        return overlay


def open_card(image: Path, folder: Path) -> Card:
    """``image``: .img, .img.xz or .img.zst. What is taken out of it goes to ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    plain = _plain(image, folder)
    partitions = read_partitions(plain)
    boot = next(part for part in partitions if part.kind in _FAT_TYPES)
    config = _boot_file(plain, boot, "config.txt").decode()
    names = _named_in(config)
    files = {}
    for what in ("kernel", "initramfs"):
        files[what] = folder / what
        files[what].write_bytes(_boot_file(plain, boot, names[what]))
    words = _boot_file(plain, boot, "cmdline.txt").decode().strip()
    assert "\n" not in words, "the firmware reads one line of cmdline.txt"
    return Card(plain, files["kernel"], files["initramfs"], words, partitions)


def read_partitions(image: Path) -> tuple[Partition, ...]:
    """The four entries of the MBR that are used, in order."""
    with image.open("rb") as file:
        sector = file.read(SECTOR)
    assert sector[510:] == b"\x55\xaa", f"{image} has no MBR"
    found = []
    for at in range(446, 510, 16):
        kind, start, count = sector[at + 4], *struct.unpack("<II", sector[at + 8 : at + 16])
        if kind:
            found.append(Partition(kind, start * SECTOR, count * SECTOR))
    return tuple(found)


def _plain(image: Path, folder: Path) -> Path:
    if image.suffix == _PLAIN:
        return image
    plain = folder / image.with_suffix("").name
    if plain.is_file() and plain.stat().st_mtime >= image.stat().st_mtime:
        return plain
    part = plain.with_suffix(".part")
    if image.suffix == ".xz":
        with lzma.open(image) as packed, part.open("wb") as file:
            _copy_sparse(packed, file)
    else:
        assert image.suffix == ".zst", f"{image}: .img, .img.xz or .img.zst is wanted"
        _run("zstd", "-q", "-d", "-f", "--sparse", str(image), "-o", str(part))
    part.replace(plain)
    return plain


def _copy_sparse(packed: lzma.LZMAFile, file) -> None:
    while block := packed.read(_LONGEST):
        if block.strip(b"\0"):
            file.write(block)
        else:
            file.seek(len(block), os.SEEK_CUR)
    file.truncate()


def _named_in(config: str) -> dict[str, str]:
    """The files that config.txt has the firmware load (raspberrypi.com, "config.txt": boot)."""
    names = {"kernel": "kernel8.img", "initramfs": ""}
    for line in config.splitlines():
        words = line.split("#")[0].replace("=", " ", 1).split()
        if len(words) > 1 and words[0] in names:
            names[words[0]] = words[1]
    assert names["initramfs"], "config.txt names no initramfs"
    return names


def _boot_file(image: Path, boot: Partition, name: str) -> bytes:
    return _run("mtype", "-i", f"{image}@@{boot.start}", f"::{name}")


def _run(*command: str) -> bytes:
    assert shutil.which(command[0]), f"{command[0]} is not installed"
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr.decode()}"
    return done.stdout
