"""Firmware files for the line card: what is in them, and whether their signature is good.

A file is a part for each slot of the card's flash (docs/linecard-firmware.md). The signature is
LMS's (RFC 8554) with LMOTS_SHA256_N32_W8, of the 64 bytes of the head, which name the program's
SHA-256. The card checks all of it again: this only refuses early, in words.
"""

import hashlib
import struct
from dataclasses import dataclass

from appliance.errors import LinkError

HEAD_BYTES, SIGNATURE_AT, PROGRAM_AT, MOST_PROGRAM_BYTES = 64, 256, 2048, 65536
KEY_BYTES = 56
_HEAD = struct.Struct(">8s8s4B3I32s")
_MAGIC = b"CBLCIMG1"
_CHAINS, _END, _W8 = 34, 255, 4
_HEIGHTS = {5: 5, 6: 10, 7: 15}  # by a tree's type
_D_PBLK, _D_MESG, _D_LEAF, _D_INTR = b"\x80\x80", b"\x81\x81", b"\x82\x82", b"\x83\x83"


class ImageError(LinkError):
    """A file that is no firmware for this card; the text says why."""


@dataclass(frozen=True, slots=True)
class Part:
    """The image of one slot. ``slot``: its offset in the card's flash."""

    board: str
    version: tuple[int, int, int]
    slot: int
    data: bytes
    signature: bytes

    @property
    def identity(self) -> bytes:
        """Eight bytes by which the card knows a transfer again."""
        return hashlib.sha256(self.data).digest()[:8]

    @property
    def words(self) -> str:
        """The version as people write it."""
        return ".".join(map(str, self.version))


def read_parts(file: bytes) -> list[Part]:
    """The parts of a file. Raises ImageError."""
    parts = []
    while file:
        part = _read_part(file)
        parts.append(part)
        file = file[len(part.data) :]
    if not parts:
        raise ImageError("the file is empty")
    return parts


def _read_part(file: bytes) -> Part:
    if len(file) < PROGRAM_AT or not file.startswith(_MAGIC):
        raise ImageError("the file is no line-card firmware")
    _, board, major, minor, patch, _, slot, size, signed, digest = _HEAD.unpack_from(file)
    data = file[: PROGRAM_AT + size]
    if not 0 < size <= MOST_PROGRAM_BYTES or signed > PROGRAM_AT - SIGNATURE_AT:
        raise ImageError("the file is no line-card firmware: its numbers make no sense")
    if len(data) != PROGRAM_AT + size:
        raise ImageError("the file is cut short: fetch it again")
    if hashlib.sha256(data[PROGRAM_AT:]).digest() != digest:
        raise ImageError("the file is damaged: fetch it again")
    name = board.rstrip(b"\0").decode("ascii", "replace")
    signature = data[SIGNATURE_AT : SIGNATURE_AT + signed]
    return Part(name, (major, minor, patch), slot, data, signature)


def is_signed_by(part: Part, key: bytes) -> bool:
    """Whether ``key`` (56 bytes) signed the part."""
    return lms_verify(key, part.data[:HEAD_BYTES], part.signature)


def lms_verify(key: bytes, message: bytes, signature: bytes) -> bool:
    """RFC 8554, 5.4.2. False for anything that is not a good signature, of whatever form."""
    if len(key) != KEY_BYTES:
        return False
    tree_type, ots_type = struct.unpack_from(">II", key)
    height = _HEIGHTS.get(tree_type)
    if height is None or ots_type != _W8 or len(signature) != 44 + (_CHAINS + height) * 32:
        return False
    leaf, signed_ots = struct.unpack_from(">II", signature)
    (signed_type,) = struct.unpack_from(">I", signature, 40 + _CHAINS * 32)
    if signed_ots != ots_type or signed_type != tree_type or leaf >> height:
        return False
    identifier, root = key[8:24], key[24:]
    one_time_key = _one_time_key(identifier, leaf, message, signature)
    node = (1 << height) + leaf
    value = _hash(identifier, _u32(node), _D_LEAF, one_time_key)
    for level in range(height):
        at = 44 + (_CHAINS + level) * 32
        sibling = signature[at : at + 32]
        pair = sibling + value if node & 1 else value + sibling
        node >>= 1
        value = _hash(identifier, _u32(node), _D_INTR, pair)
    return value == root


def _one_time_key(identifier: bytes, leaf: int, message: bytes, signature: bytes) -> bytes:
    """What the one-time key must have been (RFC 8554, 4.6, algorithm 4b)."""
    number = _u32(leaf)
    digest = _hash(identifier, number, _D_MESG, signature[8:40], message)
    checksum = struct.pack(">H", sum(_END - byte for byte in digest))
    ends = []
    for chain, start in enumerate(digest + checksum):
        value = signature[40 + chain * 32 : 72 + chain * 32]
        head = identifier + number + struct.pack(">H", chain)
        for step in range(start, _END):
            value = hashlib.sha256(head + bytes((step,)) + value).digest()
        ends.append(value)
    return _hash(identifier, number, _D_PBLK, *ends)


def _hash(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def _u32(number: int) -> bytes:
    return struct.pack(">I", number)
