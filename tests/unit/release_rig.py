"""Small releases, real files: a folder that could be one, signed and packed."""

import hashlib
import io
import lzma
import struct
import tarfile
from dataclasses import dataclass
from pathlib import Path

import msgspec
from nacl.signing import SigningKey

from appliance.box.release_file import CONTEXT, MAGIC, Manifest, this_machine, this_python

KEY = SigningKey(b"k" * 32)
STRANGER = SigningKey(b"s" * 32)


def make_tree(folder: Path, version: str = "1.1", python: str | None = None) -> Path:
    """A folder as a built release has it, as far as packing looks."""
    packages = folder / ".venv/lib" / f"python{python or this_python()}" / "site-packages"
    packages.mkdir(parents=True)
    (packages / "counterbell.pth").write_text("../../../..\n")
    (packages / "pip").mkdir()
    (packages / "pip/x.py").write_text("")
    (folder / ".venv/bin").mkdir()
    (folder / ".venv/bin/python").symlink_to("/usr/bin/python3")
    (folder / "pyproject.toml").write_text(f'version = "{version}"\n')
    (folder / "appliance").mkdir()
    (folder / "appliance/core.py").write_text("# a program\n" * 50)
    (folder / "provision.sh").write_text("#!/bin/sh\nexit 0\n")
    (folder / "provision.sh").chmod(0o755)
    (folder / "build").mkdir()
    (folder / "build/libaudio_loop.a").write_text("not shipped")
    return folder


@dataclass
class Member:
    """One entry of a payload that a hostile signer might make."""

    name: str
    content: bytes = b"x"
    kind: bytes = tarfile.REGTYPE
    link: str = ""
    size: int | None = None


def payload_of(*members: Member) -> bytes:
    packed = io.BytesIO()
    with lzma.open(packed, "wb", preset=0) as out:
        tar = tarfile.open(fileobj=out, mode="w|")  # noqa: SIM115 - left open: it may lie
        for member in members:
            info = tarfile.TarInfo(member.name)
            info.type, info.linkname = member.kind, member.link
            has_content = member.kind == tarfile.REGTYPE
            info.size = len(member.content) if has_content else 0
            tar.addfile(info, io.BytesIO(member.content) if has_content else None)
        tar.close()
    return packed.getvalue()


def signed(payload: bytes, key: SigningKey = KEY, **changes: object) -> bytes:
    """A release file of any payload, whose manifest says what ``changes`` say."""
    said = {
        "format": 1,
        "id": "1.1-new",
        "version": "1.1",
        "python": this_python(),
        "machine": this_machine(),
        "made_at": 1000.0,
        "entries": 1,
        "unpacked_bytes": 1,
        "payload_bytes": len(payload),
        "payload_sha256": hashlib.sha256(payload).hexdigest(),
        "history_schema": 99,
        "history_readable_since": 0,
    } | changes
    return framed(msgspec.json.encode(said), payload, key)


def framed(manifest: bytes, payload: bytes, key: SigningKey = KEY) -> bytes:
    signature = key.sign(CONTEXT + manifest).signature
    return MAGIC + struct.pack(">I", len(manifest)) + manifest + signature + payload


def manifest_of(data: bytes) -> Manifest:
    (length,) = struct.unpack_from(">I", data, len(MAGIC))
    start = len(MAGIC) + 4
    return msgspec.json.decode(data[start : start + length], type=Manifest)
