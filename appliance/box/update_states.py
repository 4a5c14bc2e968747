"""The stages of an update, as one table, and the journal that outlives a power cut."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import MappingProxyType

import msgspec

from appliance.storage.disk import Disk, remove_leftovers, replace_file


class Stage(Enum):
    TAKING = "taking"
    CHECKING = "checking"
    UNPACKING = "unpacking"
    TESTING = "testing"
    KEEPING = "keeping"
    WAITING = "waiting"
    SWITCHING = "switching"
    STARTING = "starting"
    WATCHING = "watching"
    FINISHING = "finishing"
    RETURNING = "returning"
    CLEARING = "clearing"
    DONE = "done"
    RETURNED = "returned"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True)
class Step:
    """``doing``: for the owner. Where it leads when it succeeds, when it fails, when it was cut."""

    doing: str
    then: Stage
    failed: Stage
    cut: Stage


_S = Stage


def _safe(doing: str, then: Stage) -> Step:
    """Nothing has changed yet: what fails or is cut is cleared away."""
    return Step(doing, then, _S.CLEARING, _S.CLEARING)


def _at_risk(doing: str, stage: Stage, then: Stage) -> Step:
    """The action can be done again, so that a cut goes on where it was."""
    return Step(doing, then, _S.RETURNING, stage)


TABLE: Mapping[Stage, Step] = MappingProxyType(
    {
        _S.TAKING: _safe("Fetching the release", _S.CHECKING),
        _S.CHECKING: _safe("Checking the file", _S.UNPACKING),
        _S.UNPACKING: _safe("Unpacking it beside the release in use", _S.TESTING),
        _S.TESTING: _safe("The new release takes a test call", _S.KEEPING),
        _S.KEEPING: _safe("Keeping a copy of settings and history", _S.WAITING),
        _S.WAITING: _safe("Waiting until no call is going on", _S.SWITCHING),
        _S.SWITCHING: _at_risk("Switching to the new release", _S.SWITCHING, _S.STARTING),
        _S.STARTING: _at_risk("The telephone service starts anew", _S.STARTING, _S.WATCHING),
        _S.WATCHING: _at_risk("Looking whether every line is back", _S.WATCHING, _S.FINISHING),
        _S.FINISHING: Step("Clearing up", _S.DONE, _S.DONE, _S.FINISHING),
        _S.RETURNING: Step(
            "Going back to the release before", _S.RETURNED, _S.RETURNING, _S.RETURNING
        ),
        _S.CLEARING: Step("Clearing up", _S.GIVEN_UP, _S.GIVEN_UP, _S.CLEARING),
    }
)
ENDS = frozenset({Stage.DONE, Stage.RETURNED, Stage.GIVEN_UP})
# Where a box that starts over and over has perhaps the new release to thank for it.
AT_RISK = frozenset({Stage.SWITCHING, Stage.STARTING, Stage.WATCHING})
MOST_STARTS = 3


class Journal(msgspec.Struct, frozen=True):
    """An update on its way. ``before``: the release in use when it began; ``id``: the new one.

    ``lines``: those in service before. ``starts``: how often it was gone on with after a cut.
    ``problem``: why it is given up or gone back from.
    """

    stage: Stage
    before: str
    id: str = ""
    version: str = ""
    lines: tuple[str, ...] = ()
    starts: int = 0
    problem: str = ""
    allow_older: bool = False


class JournalFile:
    """``journal.json``: there while an update is on its way."""

    def __init__(self, path: Path, disk: Disk | None = None) -> None:
        self._path = path
        self._disk = disk or Disk()

    def read(self) -> Journal | None:
        """None: no update is on its way, or the file is none of ours (then nothing is resumed)."""
        remove_leftovers(self._path)
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Journal)
        except (FileNotFoundError, msgspec.DecodeError):
            return None

    def write(self, journal: Journal) -> None:
        """Durable on return. Raises OSError."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(self._disk, self._path, msgspec.json.encode(journal))

    def remove(self) -> None:
        """Durable on return. Raises OSError."""
        if self._path.exists():
            self._disk.unlink(self._path)
            self._disk.sync_folder(self._path.parent)
