"""Keys, firmware files and flash contents for the host-built line card; made for a test."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from firmware.linecard.image import lms_signer
from firmware.linecard.image.flash_map import read_flash_map
from firmware.linecard.image.sign import make_update

PLACES = read_flash_map()
SLOTS = (PLACES["FLASH_SLOT_A"], PLACES["FLASH_SLOT_B"])


@dataclass(frozen=True)
class Keys:
    private: Path
    public: Path

    @classmethod
    def make(cls, folder: Path, name: str) -> "Keys":
        private, public = folder / name, folder / f"{name}.pub"
        public.write_bytes(lms_signer.make_key(private, 5))
        return cls(private, public)

    @lru_cache  # noqa: B019 - a leaf signs once, and a key of the tests has 32
    def update(
        self,
        version: tuple[int, int, int],
        program: bytes = b"well",
        board: str = "HOST",
    ) -> bytes:
        """A signed file; ``program``'s first word is how the twin will behave with it."""
        body = program + b"\n" + bytes(range(256)) * 24
        return make_update(self.private, board, version, dict.fromkeys(SLOTS, body))


def factory_flash(path: Path, update: bytes) -> Path:
    """Flash with the update's image in slot A, as the factory leaves it."""
    flash = bytearray(b"\xff" * PLACES["FLASH_BYTES"])
    part = update[: len(update) // 2]
    flash[SLOTS[0] : SLOTS[0] + len(part)] = part
    path.write_bytes(flash)
    return path
