"""``python3 -m firmware.linecard.image.sign``: makes keys, and signs programs into an update file.

An update file is one part for each slot, one after the other. A part is what its slot will hold:
head of 64 bytes (linecard/core/image.h), FF up to 256, the signature, FF up to 2048, the program.
"""

import argparse
import hashlib
import struct
import sys
from pathlib import Path

from firmware.linecard.image.flash_map import read_flash_map
from firmware.linecard.image.lms_signer import make_key, public_key, sign

_MAGIC = b"CBLCIMG1"
_SIGNATURE_BYTES = {5: 1292, 6: 1452, 7: 1612}  # by the tree's type


def make_head(
    board: str, version: tuple[int, int, int], slot: int, program: bytes, signature_bytes: int
) -> bytes:
    """The 64 bytes that are signed."""
    name = board.encode("ascii").ljust(8, b"\0")
    if len(name) != 8:
        raise ValueError(f"a board's name has 8 letters at most, not {board!r}")
    numbers = struct.pack(">4B3I", *version, 0, slot, len(program), signature_bytes)
    return _MAGIC + name + numbers + hashlib.sha256(program).digest()


def make_update(
    key: Path, board: str, version: tuple[int, int, int], programs: dict[int, bytes]
) -> bytes:
    """An update file of ``programs`` (slot offset: program linked for that slot)."""
    places = read_flash_map()
    most = places["IMAGE_PROGRAM_BYTES"]
    signature_bytes = _SIGNATURE_BYTES[int.from_bytes(public_key(key)[:4], "big")]
    heads = {}
    for slot, program in programs.items():
        if not 0 < len(program) <= most:
            raise ValueError(f"a program has 1 to {most} bytes, not {len(program)}")
        heads[slot] = make_head(board, version, slot, program, signature_bytes)
    _, signatures = sign(key, list(heads.values()))
    parts = []
    for (slot, head), signature in zip(heads.items(), signatures, strict=True):
        front = head.ljust(places["IMAGE_SIGNATURE"], b"\xff") + signature
        parts.append(front.ljust(places["IMAGE_PROGRAM"], b"\xff") + programs[slot])
    return b"".join(parts)


def _version(text: str) -> tuple[int, int, int]:
    major, minor, patch = (int(number) for number in text.split("."))
    return major, minor, patch


def main() -> int:
    parser = argparse.ArgumentParser(prog="firmware.linecard.image.sign", description=__doc__)
    doings = parser.add_subparsers(dest="doing", required=True)
    keys = doings.add_parser("make-key", help="a new private key; its public key beside it")
    keys.add_argument("key", type=Path)
    keys.add_argument("--height", type=int, choices=(5, 10, 15), default=10)
    signing = doings.add_parser("sign", help="an update file of two linked programs")
    signing.add_argument("key", type=Path)
    signing.add_argument("--board", required=True)
    signing.add_argument("--version", type=_version, required=True)
    signing.add_argument("--slot-a", type=Path, required=True)
    signing.add_argument("--slot-b", type=Path, required=True)
    signing.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    if options.doing == "make-key":
        public = make_key(options.key, options.height)
        options.key.with_name(options.key.name + ".pub").write_bytes(public)
        return 0
    places = read_flash_map()
    programs = {
        places["FLASH_SLOT_A"]: options.slot_a.read_bytes(),
        places["FLASH_SLOT_B"]: options.slot_b.read_bytes(),
    }
    options.out.write_bytes(make_update(options.key, options.board, options.version, programs))
    return 0


if __name__ == "__main__":
    sys.exit(main())
