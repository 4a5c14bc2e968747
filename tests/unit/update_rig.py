"""A box for an update, without a service manager: what it did, what it would say, a power cut."""

from dataclasses import dataclass, field

from appliance.box.release_file import Manifest
from appliance.box.update import Health
from appliance.errors import ReleaseRefused, UpdateError

OLD, NEW = "1.0-old", "1.1-new"
MANIFEST = Manifest(1, NEW, "1.1", "3.11", "x86_64", 0.0, 1, 1, 1, "0" * 64)


class PowerCut(Exception):
    """Neither an error of ours nor one of the system's: nothing catches it."""


@dataclass
class FakeBox:
    """An `update.System`. ``runs``: the release whose daemon is up; ``cut``: power left, in acts.

    ``fails``: acts that don't work, by name. ``broken``: releases whose daemon doesn't come up, or
    whose line doesn't.
    """

    link: str = OLD
    runs: str = OLD
    calls: int = 0
    manifest: Manifest = MANIFEST
    fails: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)
    lineless: set[str] = field(default_factory=set)
    cut: int = -1
    releases: set[str] = field(default_factory=lambda: {OLD, "0.9-older"})
    making: set[str] = field(default_factory=set)
    incoming: bool = False
    kept: bool = False
    restarts: list[str] = field(default_factory=list)
    refreshed: str = OLD
    now: float = 0.0

    def _act(self, name: str) -> None:
        """Each act has a moment before it and a moment after it at which the power may go."""
        if self.cut == 0:
            raise PowerCut
        self.cut -= 1
        if name in self.fails:
            raise UpdateError(f"{name} did not work")

    def current(self) -> str:
        return self.link

    def take(self) -> None:
        self._act("take")
        self.incoming = True

    def check(self, allow_older: bool) -> Manifest:
        self._act("check")
        if "signature" in self.fails:
            raise ReleaseRefused("not signed")
        return self.manifest

    def unpack(self, manifest: Manifest) -> None:
        self._act("unpack")
        self.making = {manifest.id}

    def self_test(self, release: str) -> None:
        assert release in self.making
        self._act("self_test")

    def keep_copy(self) -> None:
        self._act("keep_copy")
        self.kept = True

    def switch(self, release: str) -> None:
        self._act("switch")
        if release in self.making:
            self.making.remove(release)
            self.releases.add(release)
        self._act("link")
        assert release in self.releases
        self.link = release

    def refresh(self, release: str) -> None:
        self._act("refresh")
        self.refreshed = release

    def restart(self, release: str) -> None:
        assert not self.calls, "somebody is talking"
        self._act("restart")
        self.restarts.append(self.link)
        self.runs = "" if self.link in self.broken else self.link

    def health(self) -> Health:
        lines = () if self.runs in self.lineless or not self.runs else ("landline",)
        return Health(self.runs, lines, self.calls)

    def clear(self, release: str) -> None:
        self._act("clear")
        self.incoming = False
        self.making.clear()
        self._act("drop")
        self.releases.discard(release)
        assert self.link in self.releases

    def prune(self, kept: tuple[str, str]) -> None:
        self._act("prune")
        self.releases &= {*kept, self.link}

    def monotonic(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self._act("pause")
        self.now += seconds

    def boot(self) -> None:
        """The power is back: the release that is linked starts."""
        self.calls = 0
        self.runs = "" if self.link in self.broken else self.link
