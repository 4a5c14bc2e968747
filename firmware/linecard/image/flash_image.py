"""The bytes as they lie in flash: checksum of the second stage, flat binary, UF2.

RP2040 data sheet §2.8.1.3.1: the boot ROM takes the first 256 bytes of flash; the last four are
the CRC32 of the others (polynomial 04C11DB7, start FFFFFFFF, not reflected, not inverted),
little-endian.
UF2: blocks of 512 bytes with 256 of payload; family E48BFF56 is the RP2040. The boot ROM reckons
from a block's number when to erase a sector, so a file has no gaps and ends with a whole sector.
"""

import struct

FLASH_START = 0x10000000
BOOT2_BYTES = 256
_PAGE = 256
_SECTOR = 4096
_UF2_MAGIC = 0x0A324655, 0x9E5D5157
_UF2_END = 0x0AB16F30
_UF2_HAS_FAMILY = 0x2000
_RP2040_FAMILY = 0xE48BFF56


def crc32(data: bytes) -> int:
    """CRC-32/MPEG-2, as the boot ROM computes it."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte << 24
        for _ in range(8):
            crc = crc << 1 ^ (0x104C11DB7 if crc & 0x80000000 else 0)
    return crc


def seal_boot2(flat: bytes) -> bytes:
    """``flat`` with the checksum of its second stage. ValueError when that stage is too long."""
    if any(flat[BOOT2_BYTES - 4 : BOOT2_BYTES]):
        raise ValueError("the second stage is longer than 252 bytes")
    stage = flat[: BOOT2_BYTES - 4]
    return stage + struct.pack("<I", crc32(stage)) + flat[BOOT2_BYTES:]


def lay_out(pieces: dict[int, bytes]) -> bytes:
    """The pieces at their offsets, FF between them, up to a whole sector."""
    flat = bytearray()
    for offset, piece in sorted(pieces.items()):
        if offset < len(flat):
            raise ValueError(f"what lies at {offset:#x} would lie upon what is before it")
        flat += b"\xff" * (offset - len(flat)) + piece
    return bytes(flat + b"\xff" * (-len(flat) % _SECTOR))


def to_uf2(flat: bytes) -> bytes:
    """``flat``, which begins at the start of flash, as a UF2 file."""
    count = -(-len(flat) // _PAGE)
    blocks = []
    for number in range(count):
        page = flat[number * _PAGE : (number + 1) * _PAGE].ljust(_PAGE, b"\0")
        address = FLASH_START + number * _PAGE
        head = struct.pack(
            "<8I", *_UF2_MAGIC, _UF2_HAS_FAMILY, address, _PAGE, number, count, _RP2040_FAMILY
        )
        blocks.append((head + page).ljust(508, b"\0") + struct.pack("<I", _UF2_END))
    return b"".join(blocks)
