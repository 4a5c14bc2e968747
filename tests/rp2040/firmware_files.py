"""Firmware for the emulated card: the build's programs, signed with the build's development key."""

import struct
from functools import cache

from appliance.simulator.link_codec import crc16
from firmware.linecard.image.__main__ import read_program
from firmware.linecard.image.flash_map import read_flash_map
from firmware.linecard.image.sign import make_update
from tests.rp2040.emulated_card import BUILD

PLACES = read_flash_map()
SLOT_A, SLOT_B = PLACES["FLASH_SLOT_A"], PLACES["FLASH_SLOT_B"]
KEY = BUILD / "linecard-development.key"
BOARD = "B-2FXO"
_PARTS = {SLOT_A: "a", SLOT_B: "b"}


def vectors(slot: int) -> int:
    """Where the vector table of the program in ``slot`` lies."""
    return 0x10000000 + slot + PLACES["IMAGE_PROGRAM"]


def real_programs() -> dict[int, bytes]:
    """The build's program, for each slot."""
    folder = BUILD / "firmware" / "rp2040"
    return {s: read_program(folder / f"linecard-{name}.elf", s) for s, name in _PARTS.items()}


def hanging_programs() -> dict[int, bytes]:
    """A program that branches to itself for ever, for each slot."""
    return {slot: struct.pack("<IIH", 0x20002000, vectors(slot) + 8 | 1, 0xE7FE) for slot in _PARTS}


@cache
def real_update(version: tuple[int, int, int]) -> bytes:
    """The build's program under another version."""
    return make_update(KEY, BOARD, version, real_programs())


@cache
def hanging_update(version: tuple[int, int, int]) -> bytes:
    """Small and well signed, but it does not work."""
    return make_update(KEY, BOARD, version, hanging_programs())


def part_for(slot: int, update: bytes) -> bytes:
    """What ``slot`` holds after the update."""
    half = len(update) // 2
    return update[:half] if slot == SLOT_A else update[half:]


def boot_record(slot: int, *, tried: bool = False, well: bool = False) -> bytes:
    """The record that names ``slot`` (core/boot.h)."""
    body = b"CBBR" + struct.pack(">II", 1, slot)
    marks = b"".join(
        (b"\0" if marked else b"\xff").ljust(4, b"\xff") for marked in (False, tried, well)
    )
    return body + struct.pack(">H", crc16(body)) + b"\xff\xff" + marks[4:]
