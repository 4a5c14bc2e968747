"""Writes Raspberry Pi Imager's list of one image: os_list.py IMAGE PACKED URL DEVICES.

The format is Imager's (raspberrypi/rpi-imager, doc/schema-notes.md): sizes in bytes, SHA-256 in
hex; Imager refuses an image whose ``extract_sha256`` is wrong. ``init_format`` "none": Imager's
own settings would not be honoured, so it must not offer them.
"""

import hashlib
import json
import sys
from datetime import UTC, datetime
from pathlib import Path


def sha256(path: Path) -> str:
    """Of a file that need not fit into memory."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def main() -> None:
    """Print the list."""
    image, packed, url, devices = sys.argv[1:]
    plain, small = Path(image), Path(packed)
    entry = {
        "name": "Counterbell",
        "description": "A call center in a box for small shops (Raspberry Pi 3 and 4, 64 bit)",
        "icon": f"{url}/counterbell.svg",
        "url": f"{url}/{small.name}",
        "extract_size": plain.stat().st_size,
        "extract_sha256": sha256(plain),
        "image_download_size": small.stat().st_size,
        "image_download_sha256": sha256(small),
        "release_date": datetime.fromtimestamp(plain.stat().st_mtime, UTC).date().isoformat(),
        "devices": json.loads(devices),
        "architecture": "armv8",
        "init_format": "none",
    }
    print(json.dumps({"os_list": [entry]}, indent=2))


if __name__ == "__main__":
    main()
