"""The maker of the flashable image: checksum, UF2 blocks, what it reads of an ELF file."""

import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.linecard.image.__main__ import print_sizes, read_program
from firmware.linecard.image.elf import Section, Segment, read_sections, read_segments
from firmware.linecard.image.flash_image import FLASH_START, crc32, lay_out, seal_boot2, to_uf2
from firmware.linecard.image.flash_map import read_flash_map, read_version


def reflected(value: int, bits: int) -> int:
    return int(f"{value:0{bits}b}"[::-1], 2)


def test_the_checksum_is_crc32_mpeg2() -> None:
    assert crc32(b"123456789") == 0x0376E6E7  # the catalogues' check value


@given(st.binary(max_size=300))
def test_the_checksum_is_the_usual_one_without_its_mirrors(data: bytes) -> None:
    mirrored = bytes(reflected(byte, 8) for byte in data)
    assert crc32(data) == reflected(zlib.crc32(mirrored) ^ 0xFFFFFFFF, 32)


def test_the_second_stage_is_sealed() -> None:
    flat = bytes(range(252)) + bytes(4) + b"program"
    sealed = seal_boot2(flat)
    assert sealed[:252] == flat[:252]
    assert sealed[252:256] == struct.pack("<I", crc32(flat[:252]))
    assert sealed[256:] == b"program"


def test_a_second_stage_that_is_too_long_is_refused() -> None:
    with pytest.raises(ValueError, match="252"):
        seal_boot2(bytes(252) + b"\1" + bytes(100))


@given(st.binary(min_size=1, max_size=1500))
def test_uf2_blocks_hold_the_image(flat: bytes) -> None:
    blocks = to_uf2(flat)
    pages = []
    for number in range(len(blocks) // 512):
        block = blocks[number * 512 : (number + 1) * 512]
        head = struct.unpack("<8I", block[:32])
        assert head[:2] == (0x0A324655, 0x9E5D5157)
        assert head[2:5] == (0x2000, FLASH_START + 256 * number, 256)
        assert head[5:] == (number, len(blocks) // 512, 0xE48BFF56)
        assert block[508:] == struct.pack("<I", 0x0AB16F30)
        pages.append(block[32 : 32 + 256])
    assert b"".join(pages)[: len(flat)] == flat


def test_pieces_lie_at_their_offsets_in_whole_sectors() -> None:
    flat = lay_out({8192: b"program", 0: b"loader"})
    assert flat == b"loader".ljust(8192, b"\xff") + b"program".ljust(4096, b"\xff")


def test_pieces_that_overlap_are_refused() -> None:
    with pytest.raises(ValueError, match="upon"):
        lay_out({0: bytes(300), 256: b"program"})


@pytest.mark.parametrize(
    ("loader", "program", "ram", "fits"),
    [
        (16384, 49152, 65536, True),
        (16385, 1, 1, False),
        (1, 65537, 1, False),
        (16384, 49153, 1, False),
        (1, 1, 65537, False),
    ],
)
def test_what_is_too_large_fails(loader: int, program: int, ram: int, fits: bool) -> None:
    assert print_sizes(loader, program, [Section(".bss", 0x20000000, ram)]) == fits


def test_the_version_is_the_core_s() -> None:
    assert len(read_version()) == 3
    assert read_version() > (0, 0, 0)


def elf_of(data: bytes, at: int = FLASH_START) -> bytes:
    """A small ELF: one segment, two sections (.text, and .bss without bytes in the file)."""
    head = 52 + 32
    names = b"\0.text\0.bss\0.names\0"
    program = struct.pack("<8I", 1, head, 0x20000000, at, len(data), len(data), 5, 4)
    sections = b"".join(
        struct.pack("<10I", *fields)
        for fields in (
            (0,) * 10,
            (1, 1, 2, FLASH_START, head, len(data), 0, 0, 4, 0),
            (7, 8, 3, 0x20000000, head, 4096, 0, 0, 4, 0),
            (12, 3, 0, 0, head + len(data), len(names), 0, 0, 1, 0),
        )
    )
    start = head + len(data) + len(names)
    ident = b"\x7fELF\1\1\1" + bytes(9)
    rest = struct.pack("<HHIIIIIHHHHHH", 2, 40, 1, 0, 52, start, 0, 52, 32, 1, 40, 4, 3)
    return ident + rest + program + data + names + sections


def test_what_is_read_of_an_elf_file() -> None:
    elf = elf_of(b"abcdefgh")
    assert read_segments(elf) == [Segment(FLASH_START, b"abcdefgh")]
    assert read_sections(elf) == [
        Section(".text", FLASH_START, 8),
        Section(".bss", 0x20000000, 4096),
    ]


def test_a_program_for_another_slot_is_refused(tmp_path: Path) -> None:
    places = read_flash_map()
    slot_a, slot_b = places["FLASH_SLOT_A"], places["FLASH_SLOT_B"]
    elf = tmp_path / "program.elf"
    elf.write_bytes(elf_of(b"program", FLASH_START + slot_b + places["IMAGE_PROGRAM"]))
    assert read_program(elf, slot_b) == b"program"
    with pytest.raises(ValueError, match="is linked for 0x10030800, not for 0x10010800"):
        read_program(elf, slot_a)


def test_another_file_is_refused() -> None:
    with pytest.raises(ValueError, match="ELF"):
        read_segments(b"not an ELF file at all" * 4)
