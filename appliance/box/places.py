"""Where things are on a box. Every path hangs on one root, so that a test has a box of its own."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Places:
    """The files of one box. ``root``: ``/``, or a folder that stands for it."""

    root: Path = Path("/")

    @property
    def is_live(self) -> bool:
        """Whether this is the machine itself: only then is the running system told of changes."""
        return self.root == Path("/")

    @property
    def firmware(self) -> Path:
        """The part of the card that every computer can read and write (FAT)."""
        return self.root / "boot/firmware"

    @property
    def owner_file(self) -> Path:
        return self.firmware / "counterbell.toml"

    @property
    def card_code(self) -> Path:
        return self.firmware / "counterbell-claim-code.txt"

    @property
    def problems(self) -> Path:
        """What could not be done, for whoever puts the card into a computer."""
        return self.firmware / "counterbell-problems.txt"

    @property
    def state(self) -> Path:
        """The shop's own: the telephony daemon's folder."""
        return self.root / "var/lib/counterbell"

    @property
    def page_state(self) -> Path:
        return self.root / "var/lib/counterbell-web"

    @property
    def kept(self) -> Path:
        """What root remembers from start to start; nobody else reads it."""
        return self.root / "var/lib/counterbell-box"

    @property
    def issue(self) -> Path:
        """What agetty shows above the login; in memory, so that it doesn't wear the card."""
        return self.root / "run/issue.d/counterbell.issue"

    @property
    def wifi(self) -> Path:
        """NetworkManager's keyfile of the shop's Wi-Fi."""
        folder = "etc/NetworkManager/system-connections"
        return self.root / folder / "counterbell-wifi.nmconnection"

    @property
    def wifi_country(self) -> Path:
        """The country's radio rules, for the kernel's Wi-Fi at every start."""
        return self.root / "etc/modprobe.d/counterbell-wifi.conf"
