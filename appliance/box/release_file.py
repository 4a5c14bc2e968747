"""Reads a release file: who signed it, what it says of itself, whether it is whole; unpacks it.

Layout (docs/updates.md): 8 bytes MAGIC, 4 bytes the manifest's length (big-endian), the manifest
(JSON), 64 bytes Ed25519 signature over CONTEXT and the manifest, then the payload: a tar stream in
xz, whose length and SHA-256 the manifest holds. Nothing is believed before the signature fits, and
nothing unpacked before the whole payload does.
"""

import hashlib
import lzma
import os
import platform
import re
import struct
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, cast

import msgspec
from nacl.signing import VerifyKey

from appliance.box.release_keys import is_signed_by
from appliance.errors import ReleaseRefused

MAGIC = b"CBREL\x01\r\n"
CONTEXT = b"Counterbell release 1\n"
FORMAT = 1
SIGNATURE_BYTES = 64
MOST_MANIFEST_BYTES = 64 * 1024
MOST_FILE_BYTES = 512 * 2**20  # of a release file: what is fetched and uploaded is bounded by it
MOST_UNPACKED_BYTES = 1024 * 2**20
MOST_ENTRIES = 50_000
PIECE = 1 << 18
_MEMORY = 128 * 2**20  # of the decompressor; preset 6 takes 9 MiB
_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+_-]{0,79}")
_VERSION = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6}){0,3}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_PYTHON = re.compile(r"3\.[0-9]{1,3}")
_LONGEST_NAME = 400  # bytes of a path
_DAMAGED = "the file is damaged: fetch it again"
_UNPACKS = (lzma.LZMAError, tarfile.TarError, EOFError, ValueError, OverflowError, struct.error)

Progress = Callable[[int, int], object]  # bytes done, of how many


class Manifest(msgspec.Struct, frozen=True):
    """What a release says of itself. ``made_at``: UTC seconds; ``python``, ``machine``: needed.

    ``history_schema``: the history's schema that it writes; ``history_readable_since``: the oldest
    schema whose releases still read what it writes.
    """

    format: int
    id: str
    version: str
    python: str
    machine: str
    made_at: float
    entries: int
    unpacked_bytes: int
    payload_bytes: int
    payload_sha256: str
    history_schema: int = 0
    history_readable_since: int = 0

    @property
    def number(self) -> tuple[int, ...]:
        """The version for comparing; 1.2 and 1.2.0 are the same."""
        parts = [int(part) for part in self.version.split(".")]
        return tuple(parts + [0] * (4 - len(parts)))


def this_python() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def this_machine() -> str:
    return platform.machine()


def read_manifest(file: BinaryIO, keys: list[VerifyKey]) -> Manifest:
    """The manifest, once its signature fits; the file then stands at the payload.

    Raises ReleaseRefused, OSError.
    """
    if _exactly(file, len(MAGIC), "this is no release file of Counterbell") != MAGIC:
        raise ReleaseRefused("this is no release file of Counterbell")
    (length,) = struct.unpack(">I", _exactly(file, 4))
    if not 0 < length <= MOST_MANIFEST_BYTES:
        raise ReleaseRefused(_DAMAGED)
    data = _exactly(file, length)
    signature = _exactly(file, SIGNATURE_BYTES)
    if not keys:
        raise ReleaseRefused("this box trusts no key: put one into /etc/counterbell/release-keys")
    if not is_signed_by(keys, signature, CONTEXT + data):
        raise ReleaseRefused("the file is damaged, or not signed by anybody this box trusts")
    return _decoded(data)


def _decoded(data: bytes) -> Manifest:
    try:
        manifest = msgspec.json.decode(data, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ReleaseRefused(f"the file's manifest can't be read: {error}") from error
    if manifest.format != FORMAT:
        raise ReleaseRefused("the file is of a newer kind: update to a release in between first")
    good = (
        _ID.fullmatch(manifest.id)
        and _VERSION.fullmatch(manifest.version)
        and _PYTHON.fullmatch(manifest.python)
        and _SHA256.fullmatch(manifest.payload_sha256)
        and 0 < manifest.entries <= MOST_ENTRIES
        and 0 < manifest.unpacked_bytes <= MOST_UNPACKED_BYTES
        and 0 < manifest.payload_bytes <= MOST_FILE_BYTES
    )
    if not good:
        raise ReleaseRefused("the file's manifest is not one that this box understands")
    return manifest


def check_fits(manifest: Manifest) -> None:
    """Whether the release can run here at all. Raises ReleaseRefused."""
    if manifest.machine != this_machine():
        raise ReleaseRefused(
            f"this release is for {manifest.machine} machines; this box is {this_machine()}"
        )
    if manifest.python != this_python():
        raise ReleaseRefused(
            f"this release is for Python {manifest.python}; this box has {this_python()}"
        )


def check_payload(file: BinaryIO, manifest: Manifest, progress: Progress | None = None) -> None:
    """Read to the end: all of it is there, as it was signed, and nothing more.

    Raises ReleaseRefused, OSError.
    """
    digest, done = hashlib.sha256(), 0
    while done < manifest.payload_bytes:
        piece = file.read(min(PIECE, manifest.payload_bytes - done))
        if not piece:
            raise ReleaseRefused("the file is cut short: fetch it again")
        digest.update(piece)
        done += len(piece)
        if progress is not None:
            progress(done, manifest.payload_bytes)
    if digest.hexdigest() != manifest.payload_sha256 or file.read(1):
        raise ReleaseRefused(_DAMAGED)


def unpack(file: BinaryIO, manifest: Manifest, folder: Path) -> None:
    """The payload, at whose beginning ``file`` stands, into the empty ``folder``.

    Only folders and plain files, below ``folder``. Raises ReleaseRefused, OSError.
    """
    source = cast(BinaryIO, _Decompressed(file, manifest.payload_bytes))
    entries = total = 0
    try:
        with tarfile.open(fileobj=source, mode="r|", bufsize=tarfile.BLOCKSIZE * 32) as tar:
            for member in tar:
                entries += 1
                total += member.size if member.isreg() else 0
                if entries > manifest.entries or total > manifest.unpacked_bytes:
                    raise ReleaseRefused("the file holds more than it says")
                _put(tar, member, folder)
    except _UNPACKS as error:
        raise ReleaseRefused(f"the file can't be unpacked: {error}") from error
    if (entries, total) != (manifest.entries, manifest.unpacked_bytes):
        raise ReleaseRefused("the file holds less than it says")


def _put(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    name = member.name
    parts = name.split("/")
    plain = all(part not in ("", ".", "..") for part in parts) and "\0" not in name
    if not plain or len(name.encode("utf-8", "surrogateescape")) > _LONGEST_NAME:
        raise ReleaseRefused("the file holds a path that leads out of the release")
    path = folder / name
    if member.isdir():
        path.mkdir(mode=0o755)
        return
    content = tar.extractfile(member) if member.isreg() and not member.issparse() else None
    if content is None:
        raise ReleaseRefused("the file holds something that is neither folder nor file")
    mode = 0o755 if member.mode & 0o100 else 0o644
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    with os.fdopen(fd, "wb") as out:
        os.fchmod(fd, mode)
        while piece := content.read(PIECE):
            out.write(piece)
    os.utime(path, (int(member.mtime), int(member.mtime)))  # compiled Python knows its source so


class _Decompressed:
    """A stream of xz, read through a bounded memory; ``bytes_left`` are those of the payload."""

    def __init__(self, file: BinaryIO, bytes_left: int) -> None:
        self._file = file
        self._left = bytes_left
        self._xz = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MEMORY)

    def read(self, size: int) -> bytes:
        got = bytearray()
        while len(got) < size and not self._xz.eof:
            given = b""
            if self._xz.needs_input:
                given = self._file.read(min(PIECE, self._left))
                if not given:
                    raise EOFError("it ends too soon")
                self._left -= len(given)
            got += self._xz.decompress(given, size - len(got))
        return bytes(got)


def _exactly(
    file: BinaryIO, size: int, otherwise: str = "the file is cut short: fetch it again"
) -> bytes:
    data = file.read(size)
    if len(data) != size:
        raise ReleaseRefused(otherwise)
    return data
