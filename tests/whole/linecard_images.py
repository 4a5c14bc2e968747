"""Keys, firmware files and flash contents for the host-built line card; keys are of the test alone."""

import sys
from dataclasses import dataclass
from pathlib import Path

_LINECARD = Path(__file__).parents[2] / "firmware" / "linecard"
sys.path.insert(0, str(_LINECARD))

from image.flash_map import read_flash_map  # noqa: E402
from image.lms_signer import make_key  # noqa: E402
from image.sign import make_update  # noqa: E402

PLACES = read_flash_map()
SLOTS = (PLACES["FLASH_SLOT_A"], PLACES["FLASH_SLOT_B"])


@dataclass(frozen=True)
class Keys:
    private: Path
    public: Path

    @classmethod
    def make(cls, folder: Path, name: str) -> "Keys":
        private, public = folder / name, folder / f"{name}.pub"
        public.write_bytes(make_key(private, 5))
        return cls(private, public)

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
