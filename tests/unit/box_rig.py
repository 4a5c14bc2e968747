"""A box in a folder, and programs that answer as a test wants."""

from collections.abc import Sequence
from pathlib import Path

from appliance.box.commands import Ran
from appliance.box.places import Places
from appliance.loop import VirtualClock
from appliance.storage.accounts import Accounts
from appliance.storage.disk import Disk

PASSWORD = "pan de sal at six"


class PowerCut(Exception):
    """The moment at which the box lost its power."""


class CutDisk(Disk):
    """Cuts the power before the n-th step."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def _step(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise PowerCut

    def create(self, path: Path, mode: int) -> int:
        self._step()
        return super().create(path, mode)

    def write(self, fd: int, data: bytes | memoryview) -> int:
        self._step()
        return super().write(fd, data)

    def rename(self, old: Path, new: Path) -> None:
        self._step()
        super().rename(old, new)

    def sync_folder(self, path: Path) -> None:
        self._step()
        super().sync_folder(path)


class Programs:
    """``answers``: by the first words of a command; all others succeed without a word."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answers: dict[str, Ran] = {}

    def __call__(self, words: Sequence[str], given: str = "") -> Ran:
        line = " ".join(words)
        self.asked.append(line)
        found = [ran for name, ran in self.answers.items() if line.startswith(name)]
        return found[0] if found else Ran(0, "", "")


def new_box(folder: Path) -> Places:
    """As the card image is before its first start, as far as root's one-shots look."""
    places = Places(folder / "box")
    zones = places.root / "usr/share/zoneinfo"
    for made in (places.firmware, places.state, zones / "Asia", places.root / "etc"):
        made.mkdir(parents=True)
    (zones / "Asia/Manila").write_bytes(b"TZif")
    (zones / "iso3166.tab").write_text("# code\tname\nPH\tPhilippines\nUS\tUnited States\n")
    (places.root / "etc/hostname").write_text("counterbell\n")
    (places.root / "etc/hosts").write_text("127.0.0.1\tlocalhost\n127.0.1.1\tcounterbell\n::1\tx\n")
    return places


def claim(places: Places) -> None:
    """Give the box an owner."""
    accounts = Accounts(places.state, VirtualClock())
    accounts.claim(accounts.claim_code(), "Nena", PASSWORD)
