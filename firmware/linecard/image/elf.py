"""Reads from a 32-bit little-endian ELF file what the image needs: bytes and section sizes."""

import struct
from dataclasses import dataclass

_PT_LOAD = 1
_SHF_ALLOC = 2


@dataclass(frozen=True, slots=True)
class Segment:
    """Bytes of the file that belong at a physical (load) address."""

    address: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Section:
    """A section that occupies memory while the program runs."""

    name: str
    address: int
    size: int


def read_segments(elf: bytes) -> list[Segment]:
    """The segments that have bytes in the file. Raises ValueError for what is no such ELF."""
    if elf[:6] != b"\x7fELF\x01\x01":
        raise ValueError("not a 32-bit little-endian ELF file")
    (offset,) = struct.unpack_from("<I", elf, 28)
    size, count = struct.unpack_from("<HH", elf, 42)
    segments = []
    for number in range(count):
        kind, at, _, address, length = struct.unpack_from("<5I", elf, offset + number * size)
        if kind == _PT_LOAD and length:
            segments.append(Segment(address, elf[at : at + length]))
    return sorted(segments, key=lambda segment: segment.address)


def read_sections(elf: bytes) -> list[Section]:
    """The allocated, non-empty sections."""
    (offset,) = struct.unpack_from("<I", elf, 32)
    size, count, names = struct.unpack_from("<HHH", elf, 46)
    headers = [struct.unpack_from("<6I", elf, offset + number * size) for number in range(count)]
    table = headers[names][4]
    sections = []
    for name, _, flags, address, _, length in headers:
        if flags & _SHF_ALLOC and length:
            end = elf.index(b"\0", table + name)
            sections.append(Section(elf[table + name : end].decode("ascii"), address, length))
    return sections
