"""``python3 -m firmware.linecard.image``: from linked programs to what is put on a card.

``flash``: the .bin and .uf2 of a whole card, loader and slot A. ``update``: the signed file for the
link, a part for each slot. What is too large fails.
"""

import argparse
import sys
from pathlib import Path

from firmware.linecard.image.elf import Section, Segment, read_sections, read_segments
from firmware.linecard.image.flash_image import FLASH_START, lay_out, seal_boot2, to_uf2
from firmware.linecard.image.flash_map import read_flash_map, read_version
from firmware.linecard.image.sign import make_head, make_update

FLASH_LIMIT = RAM_LIMIT = 64 * 1024
_RAM_START = 0x20000000


def flatten(segments: list[Segment], start: int) -> bytes:
    """The segments as they lie from address ``start``, gaps as zeros."""
    flat = bytearray()
    for segment in segments:
        gap = segment.address - start - len(flat)
        if gap < 0:
            raise ValueError(f"nothing may be loaded at {segment.address:#x}")
        flat += bytes(gap) + segment.data
    return bytes(flat)


def print_sizes(loader: int, program: int, sections: list[Section]) -> bool:
    """The table of sizes; whether they are within the limits."""
    most_loader = read_flash_map()["FLASH_LOADER_BYTES"]
    in_ram = [section for section in sections if section.address >= _RAM_START]
    parts = ", ".join(f"{section.name} {section.size}" for section in in_ram)
    rows = (
        ("loader", loader, most_loader, ""),
        ("program", program, read_flash_map()["IMAGE_PROGRAM_BYTES"], ""),
        ("flash", loader + program, FLASH_LIMIT, "  (both)"),
        ("RAM", sum(section.size for section in in_ram), RAM_LIMIT, f"  ({parts})"),
    )
    sys.stdout.write(f"{'':8}{'bytes':>8}{'limit':>8}{'used':>7}\n")
    for name, used, limit, note in rows:
        sys.stdout.write(f"{name:8}{used:8}{limit:8}{used / limit:7.0%}{note}\n")
    return all(used <= limit for _, used, limit, _ in rows)


def read_program(elf: Path, slot: int) -> bytes:
    """The bytes of a program linked for the slot at ``slot``. ValueError when it is for another."""
    start = FLASH_START + slot + read_flash_map()["IMAGE_PROGRAM"]
    segments = read_segments(elf.read_bytes())
    if segments[0].address != start:
        raise ValueError(f"{elf} is linked for {segments[0].address:#x}, not for {start:#x}")
    return flatten(segments, start)


def make_flash(options: argparse.Namespace) -> int:
    """Writes .bin and .uf2; exit status."""
    places = read_flash_map()
    slot_a = places["FLASH_SLOT_A"]
    loader = seal_boot2(flatten(read_segments(options.loader.read_bytes()), FLASH_START))
    program = read_program(options.slot_a, slot_a)
    sections = read_sections(options.slot_a.read_bytes())
    if not print_sizes(len(loader), len(program), sections):
        sys.stderr.write("image: over the limit\n")
        return 1
    head = make_head(options.board, read_version(), slot_a, program, 0)
    flat = lay_out({0: loader, slot_a: head, slot_a + places["IMAGE_PROGRAM"]: program})
    options.bin.write_bytes(flat)
    options.uf2.write_bytes(to_uf2(flat))
    return 0


def make_file(options: argparse.Namespace) -> int:
    """Writes the signed file; exit status."""
    places = read_flash_map()
    elfs = {places["FLASH_SLOT_A"]: options.slot_a, places["FLASH_SLOT_B"]: options.slot_b}
    programs = {slot: read_program(elf, slot) for slot, elf in elfs.items()}
    options.out.write_bytes(make_update(options.key, options.board, read_version(), programs))
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="firmware.linecard.image", description=__doc__)
    doings = parser.add_subparsers(dest="doing", required=True)
    flash = doings.add_parser("flash", help="a whole card's flash, to be written by USB")
    flash.add_argument("--loader", type=Path, required=True)
    flash.add_argument("--bin", type=Path, required=True)
    flash.add_argument("--uf2", type=Path, required=True)
    flash.set_defaults(make=make_flash)
    update = doings.add_parser("update", help="the signed file of `counterbell linecard flash`")
    update.add_argument("--key", type=Path, required=True, help="private; see image.sign")
    update.add_argument("--slot-b", type=Path, required=True)
    update.add_argument("--out", type=Path, required=True)
    update.set_defaults(make=make_file)
    for one in (flash, update):
        one.add_argument("--slot-a", type=Path, required=True, help="ELF file")
        one.add_argument("--board", required=True)
    options = parser.parse_args()
    status: int = options.make(options)
    return status


if __name__ == "__main__":
    sys.exit(main())
