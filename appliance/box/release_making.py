"""Makes a release file of a release that was built: packs, signs (docs/updates.md)."""

import hashlib
import lzma
import os
import struct
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec
from nacl.signing import SigningKey

from appliance.box.release_file import (
    CONTEXT,
    FORMAT,
    MAGIC,
    PIECE,
    Manifest,
    this_machine,
)
from appliance.errors import ReleaseRefused
from appliance.storage.history_schema import READABLE_SINCE, SCHEMA_VERSION

SUFFIX = ".counterbell-release"
PRESET = 3  # of xz: within a sixth of the best, in a quarter of its time
# What makes a release, and what only this machine's Python is: a box makes its own of that.
LEFT_OUT = frozenset(
    {
        *(f".venv/{name}" for name in ("bin", "lib64", "include", "pyvenv.cfg")),
        *(f"build/{name}" for name in ("binding", "firmware")),
        ".git",
    }
)
_LEFT_OUT_PACKAGES = ("pip", "setuptools", "_distutils_hack", "distutils-precedence.pth")
_ENDINGS = (".a", ".stamp")
_MACHINES = {0x3E: "x86_64", 0xB7: "aarch64", 0x28: "armv7l"}  # ELF e_machine
_ELF_MACHINE_AT = 18


def make_release_file(tree: Path, key: SigningKey, out: Path, preset: int = PRESET) -> Path:
    """The release file of ``tree`` in the folder ``out``. Raises ReleaseRefused, OSError."""
    python, machine = _python_of(tree), _machine_of(tree)
    version = _version_of(tree)
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"counterbell-{tree.name}-py{python}-{machine}{SUFFIX}"
    packed, making = path.with_suffix(".packing"), path.with_suffix(".making")
    try:
        with packed.open("w+b") as payload:
            entries, size = _pack(tree, payload, preset)
            payload.seek(0)
            digest = hashlib.file_digest(payload, "sha256").hexdigest()
            manifest = Manifest(
                FORMAT, tree.name, version, python, machine, round(time.time()),
                entries, size, payload.tell(), digest, SCHEMA_VERSION, READABLE_SINCE,
            )  # fmt: skip
            payload.seek(0)
            with making.open("wb") as file:
                _write(file, manifest, payload, key)
                file.flush()
                os.fsync(file.fileno())
        making.rename(path)
    finally:
        packed.unlink(missing_ok=True)
        making.unlink(missing_ok=True)
    return path


def _write(file: BinaryIO, manifest: Manifest, payload: BinaryIO, key: SigningKey) -> None:
    data = msgspec.json.encode(manifest)
    file.write(MAGIC + struct.pack(">I", len(data)) + data)
    file.write(key.sign(CONTEXT + data).signature)
    while piece := payload.read(PIECE):
        file.write(piece)


def _pack(tree: Path, payload: BinaryIO, preset: int) -> tuple[int, int]:
    """How many entries it has, and how many bytes their files."""
    entries = size = 0
    with (
        lzma.open(payload, "wb", preset=preset) as packed,
        tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as tar,
    ):
        for path in _contents(tree):
            info = tar.gettarinfo(path, str(path.relative_to(tree)))
            info.uid = info.gid = 0
            info.uname = info.gname = ""
            info.mtime = int(info.mtime)
            entries += 1
            if path.is_dir():
                tar.addfile(info)
                continue
            size += info.size
            with path.open("rb") as content:
                tar.addfile(info, content)
    return entries, size


def _contents(tree: Path) -> Iterator[Path]:
    """Folders before what they hold. A link is followed only where it stays within the release."""
    for folder, folders, files in os.walk(tree):
        here = Path(folder)
        folders[:] = sorted(name for name in folders if _belongs(tree, here / name))
        for name in folders:
            yield here / name
        for name in sorted(files):
            path = here / name
            if not _belongs(tree, path) or name.endswith(_ENDINGS):
                continue
            if path.is_symlink() or not path.is_file():
                raise ReleaseRefused(f"{path} is neither folder nor file: it can't be shipped")
            yield path


def _belongs(tree: Path, path: Path) -> bool:
    name = str(path.relative_to(tree))
    if name in LEFT_OUT or name.startswith("build/lib."):
        return False
    is_package = path.parent.name == "site-packages"
    return not (is_package and path.name.startswith(_LEFT_OUT_PACKAGES))


def _python_of(tree: Path) -> str:
    found = sorted(tree.glob(".venv/lib/python3.*/site-packages"))
    if len(found) != 1:
        raise ReleaseRefused(f"{tree} is no release that was built: it has no Python packages")
    return found[0].parent.name.removeprefix("python")


def _machine_of(tree: Path) -> str:
    """Of the audio loop's binding, where there is one: a release may be built for another machine.

    Source of the numbers: System V ABI, e_machine.
    """
    for path in sorted(tree.glob("appliance/audio/_audio_loop*.so")):
        with path.open("rb") as file:
            head = file.read(_ELF_MACHINE_AT + 2)
        if head[:4] == b"\x7fELF":
            (number,) = struct.unpack_from("<H", head, _ELF_MACHINE_AT)
            return _MACHINES.get(number, f"machine-{number}")
    return this_machine()


def _version_of(tree: Path) -> str:
    for line in (tree / "pyproject.toml").read_text().splitlines():
        if line.startswith('version = "'):
            return line.split('"')[1]
    raise ReleaseRefused(f"{tree}/pyproject.toml names no version")
