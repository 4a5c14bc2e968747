"""``python3 -m firmware.linecard.image ELF --bin FILE --uf2 FILE``; an image too large fails."""

import argparse
import sys
from pathlib import Path

from firmware.linecard.image.elf import Section, Segment, read_sections, read_segments
from firmware.linecard.image.flash_image import FLASH_START, seal_boot2, to_uf2

FLASH_LIMIT = RAM_LIMIT = 64 * 1024
_RAM_START = 0x20000000


def flatten(segments: list[Segment]) -> bytes:
    """The segments as they lie from the start of flash, gaps as zeros."""
    flat = bytearray()
    for segment in segments:
        gap = segment.address - FLASH_START - len(flat)
        if gap < 0:
            raise ValueError(f"nothing may be loaded at {segment.address:#x}")
        flat += bytes(gap) + segment.data
    return bytes(flat)


def print_sizes(flash: int, sections: list[Section]) -> bool:
    """The table of sizes; whether they are within the limits."""
    in_ram = [section for section in sections if section.address >= _RAM_START]
    ram = sum(section.size for section in in_ram)
    parts = ", ".join(f"{section.name} {section.size}" for section in in_ram)
    sys.stdout.write(f"{'':8}{'bytes':>8}{'limit':>8}{'used':>7}\n")
    for name, used, limit, note in (
        ("flash", flash, FLASH_LIMIT, ""),
        ("RAM", ram, RAM_LIMIT, f"  ({parts})"),
    ):
        sys.stdout.write(f"{name:8}{used:8}{limit:8}{used / limit:7.0%}{note}\n")
    return flash <= FLASH_LIMIT and ram <= RAM_LIMIT


def main() -> int:
    parser = argparse.ArgumentParser(prog="image", description=__doc__)
    parser.add_argument("elf", type=Path)
    parser.add_argument("--bin", type=Path, required=True)
    parser.add_argument("--uf2", type=Path, required=True)
    options = parser.parse_args()
    elf = options.elf.read_bytes()
    flat = seal_boot2(flatten(read_segments(elf)))
    if not print_sizes(len(flat), read_sections(elf)):
        sys.stderr.write("image: over the limit\n")
        return 1
    options.bin.write_bytes(flat)
    options.uf2.write_bytes(to_uf2(flat))
    return 0


if __name__ == "__main__":
    sys.exit(main())
