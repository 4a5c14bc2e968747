"""Makes and reads the image of a HAT's ID EEPROM: `python -m hardware.hat.eeprom make | show`.

Format: github.com/raspberrypi/hats, eeprom-format.md (version 1); its CRC is CRC-16/ARC, and the
UUID is stored as one little-endian number, as Raspberry Pi's own tools do it.
"""

import argparse
import shlex
import struct
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path

from hardware.pinout_texts import FSEL

SIGNATURE = b"R-Pi"
VERSION = 1
VENDOR_INFO, GPIO_MAP, DEVICE_TREE = 1, 2, 3
GPIOS = 28
EEPROM_BYTES = 4096  # a 24C32
PULLS = {"DEFAULT": 0, "UP": 1, "DOWN": 2, "NONE": 3}
_HEADER = struct.Struct("<4sBBHI")
_ATOM = struct.Struct("<HHI")
_VENDOR = struct.Struct("<16sHHBB")


class EepromError(ValueError):
    """The settings or the image are not what the format asks for; the text says where."""


@dataclass(frozen=True, slots=True)
class GpioUse:
    """``function``: a key of FSEL; ``pull``: a key of PULLS."""

    function: str
    pull: str


@dataclass(frozen=True, slots=True)
class Eeprom:
    """What a HAT says of itself. ``overlay``: a compiled device-tree overlay."""

    board: uuid.UUID
    product_id: int
    product_version: int
    vendor: str
    product: str
    gpios: dict[int, GpioUse]
    overlay: bytes


def crc16(data: bytes) -> int:
    """CRC-16/ARC: polynomial 8005 reflected, start 0."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc


def read_settings(text: str, board: uuid.UUID, overlay: bytes) -> Eeprom:
    """From the settings file's text; ``board`` is used where it names none. Raises EepromError."""
    words: dict[str, str] = {}
    gpios: dict[int, GpioUse] = {}
    for number, line in enumerate(text.splitlines(), 1):
        fields = shlex.split(line, comments=True)
        if len(fields) == 4 and fields[0] == "setgpio":
            function, pull = fields[2].lower(), fields[3]
            if function not in FSEL or pull not in PULLS or not 0 <= int(fields[1]) < GPIOS:
                raise EepromError(f"line {number}: no such pin, function or pull: {line}")
            gpios[int(fields[1])] = GpioUse(function, pull)
        elif len(fields) == 2:
            words[fields[0]] = fields[1]
        elif fields:
            raise EepromError(f"line {number}: {line}")
    try:
        named = uuid.UUID(words["product_uuid"])
        product_id, version = int(words["product_id"], 0), int(words["product_ver"], 0)
        vendor, product = words["vendor"], words["product"]
    except (KeyError, ValueError) as error:
        raise EepromError(f"missing or wrong: {error}") from error
    return Eeprom(
        named if named.int else board, product_id, version, vendor, product, gpios, overlay
    )


def make(eeprom: Eeprom) -> bytes:
    """The image. Raises EepromError when it does not fit."""
    vendor, product = eeprom.vendor.encode("ascii"), eeprom.product.encode("ascii")
    head = _VENDOR.pack(
        eeprom.board.int.to_bytes(16, "little"),
        eeprom.product_id,
        eeprom.product_version,
        len(vendor),
        len(product),
    )
    pins = bytes(_gpio_byte(eeprom.gpios.get(number)) for number in range(GPIOS))
    atoms = [
        (VENDOR_INFO, head + vendor + product),
        (GPIO_MAP, bytes(2) + pins),  # default drive; no power for the Pi from the board
        (DEVICE_TREE, eeprom.overlay),
    ]
    body = b"".join(_atom(kind, count, data) for count, (kind, data) in enumerate(atoms))
    image = _HEADER.pack(SIGNATURE, VERSION, 0, len(atoms), _HEADER.size + len(body)) + body
    if len(image) > EEPROM_BYTES:
        raise EepromError(f"{len(image)} bytes; the EEPROM holds {EEPROM_BYTES}")
    return image


def _atom(kind: int, count: int, data: bytes) -> bytes:
    atom = _ATOM.pack(kind, count, len(data) + 2) + data
    return atom + crc16(atom).to_bytes(2, "little")


def _gpio_byte(use: GpioUse | None) -> int:
    return 0 if use is None else FSEL[use.function] | PULLS[use.pull] << 5 | 0x80


def parse(image: bytes) -> Eeprom:
    """What an image says; bytes after its end are ignored. Raises EepromError."""
    atoms = _atoms(image)
    try:
        head, pins, overlay = atoms[VENDOR_INFO], atoms[GPIO_MAP], atoms[DEVICE_TREE]
        stored, product_id, version, vendor_n, product_n = _VENDOR.unpack_from(head)
        names = head[_VENDOR.size : _VENDOR.size + vendor_n + product_n].decode("ascii")
    except (KeyError, struct.error, UnicodeDecodeError) as error:
        raise EepromError(f"an atom is missing or too short: {error}") from error
    if len(pins) != 2 + GPIOS or len(names) != vendor_n + product_n:
        raise EepromError("an atom is too short")
    functions = {number: name for name, number in FSEL.items()}
    pulls = {number: name for name, number in PULLS.items()}
    gpios = {
        number: GpioUse(functions[byte & 7], pulls[byte >> 5 & 3])
        for number, byte in enumerate(pins[2:])
        if byte & 0x80
    }
    board = uuid.UUID(int=int.from_bytes(stored, "little"))
    vendor, product = names[:vendor_n], names[vendor_n:]
    return Eeprom(board, product_id, version, vendor, product, gpios, overlay)


def _atoms(image: bytes) -> dict[int, bytes]:
    try:
        signature, version, _, count, length = _HEADER.unpack_from(image)
    except struct.error as error:
        raise EepromError("too short for a header") from error
    if signature != SIGNATURE or version != VERSION or not _HEADER.size <= length <= len(image):
        raise EepromError("not an ID EEPROM's image of version 1, or cut short")
    atoms: dict[int, bytes] = {}
    at = _HEADER.size
    for number in range(count):
        if at + _ATOM.size > length:
            raise EepromError(f"atom {number} is cut short")
        kind, stored, size = _ATOM.unpack_from(image, at)
        end = at + _ATOM.size + size
        if end > length or size < 2 or stored != number:
            raise EepromError(f"atom {number} is cut short or out of order")
        if crc16(image[at : end - 2]) != int.from_bytes(image[end - 2 : end], "little"):
            raise EepromError(f"atom {number} has a wrong CRC")
        atoms[kind] = image[at + _ATOM.size : end - 2]
        at = end
    if at != length:
        raise EepromError("there is more in it than its atoms")
    return atoms


def main() -> int:
    """0: done; 1: not, with a sentence."""
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    maker = commands.add_parser("make", help="an image for one board")
    maker.add_argument("settings", type=Path)
    maker.add_argument("overlay", type=Path, help="the compiled overlay, .dtbo")
    maker.add_argument("image", type=Path)
    maker.add_argument(
        "--uuid", type=uuid.UUID, default=None, help="this board's; drawn if left out"
    )
    shower = commands.add_parser("show", help="what an image says")
    shower.add_argument("image", type=Path)
    asked = parser.parse_args()
    try:
        if asked.command == "make":
            board = asked.uuid or uuid.uuid4()
            text, overlay = asked.settings.read_text("ascii"), asked.overlay.read_bytes()
            asked.image.write_bytes(make(read_settings(text, board, overlay)))
        _show(parse(asked.image.read_bytes()))
    except (EepromError, OSError) as error:
        print(f"{asked.image}: {error}", file=sys.stderr)
        return 1
    return 0


def _show(eeprom: Eeprom) -> None:
    print(f"{eeprom.vendor}, {eeprom.product}: {eeprom.product_id:#06x} v{eeprom.product_version}")
    print(f"board {eeprom.board}, overlay of {len(eeprom.overlay)} bytes")
    for number, use in sorted(eeprom.gpios.items()):
        print(f"GPIO {number}: {use.function}, pull {use.pull.lower()}")


if __name__ == "__main__":
    sys.exit(main())
