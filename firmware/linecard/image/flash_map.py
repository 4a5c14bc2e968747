"""The numbers of linecard/core/flash_map.h and the firmware's version, read from their headers."""

import re
from pathlib import Path

_HEADER = Path(__file__).parents[1] / "core" / "flash_map.h"


def read_flash_map(header: Path = _HEADER) -> dict[str, int]:
    """Every ``#define NAME NUMBER`` of the header."""
    found = re.findall(r"^#define (\w+) (0x[0-9a-fA-F]+|\d+)\b", header.read_text(), re.MULTILINE)
    return {name: int(number, 0) for name, number in found}


def read_version() -> tuple[int, int, int]:
    """The version that linecard/core/linecard.h names."""
    numbers = read_flash_map(_HEADER.with_name("linecard.h"))
    major, minor, patch = (
        numbers[f"LINECARD_VERSION_{part}"] for part in ("MAJOR", "MINOR", "PATCH")
    )
    return major, minor, patch
