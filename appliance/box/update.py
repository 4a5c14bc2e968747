"""Walks an update through the table of its stages; after a power cut, on from where it was."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import msgspec

from appliance.box.release_file import Manifest
from appliance.box.update_states import (
    AT_RISK,
    ENDS,
    MOST_STARTS,
    TABLE,
    Journal,
    JournalFile,
    Stage,
)
from appliance.errors import CounterbellError, UpdateError

WAIT_S = 2 * 3600.0  # for the end of calls
WATCH_S = 180.0  # for every line to be back; a mobile line registers within 90 s
STEADY_S = 10.0  # so long all must be well, that a service that dies again and again is seen
LOOK_S = 1.0
RETURN_S = 60.0  # for the release before to be there again: then it is told, and nothing more


@dataclass(frozen=True, slots=True)
class Health:
    """What the running daemon says. ``release``: whose it is, "" when there is none."""

    release: str = ""
    lines: tuple[str, ...] = ()  # in service
    calls: int = 0


class System(Protocol):
    """The box, as an update acts on it. Every action can be done twice."""

    def current(self) -> str: ...

    def take(self) -> None:
        """Bring the release file where nobody else can change it."""
        ...

    def check(self, allow_older: bool) -> Manifest: ...

    def unpack(self, manifest: Manifest) -> None: ...

    def self_test(self, release: str) -> None: ...

    def keep_copy(self) -> None: ...

    def switch(self, release: str) -> None: ...

    def refresh(self, release: str) -> None:
        """Services, device rules and settings of this release in their places."""
        ...

    def restart(self, release: str) -> None: ...

    def health(self) -> Health: ...

    def clear(self, release: str) -> None:
        """Take away what was half made, and ``release`` too, if it is named."""
        ...

    def prune(self, kept: tuple[str, str]) -> None: ...

    def monotonic(self) -> float: ...

    def pause(self, seconds: float) -> None: ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it ended. ``stage``: DONE, RETURNED or GIVEN_UP; ``is_same``: it was in use already."""

    stage: Stage
    version: str
    problem: str = ""
    is_same: bool = False


Tell = Callable[[Stage, str], object]  # what is being done now, for the owner


class _Same(Exception):
    """The release is in use already."""


class Update:
    """One update. Nothing raises out of it but UpdateError, where not even the way back works."""

    def __init__(self, system: System, journal: JournalFile, tell: Tell) -> None:
        self._system = system
        self._file = journal
        self._tell = tell
        self._manifest: Manifest | None = None
        self._actions: Mapping[Stage, Callable[[Journal], Journal]] = {
            Stage.TAKING: self._take,
            Stage.CHECKING: self._check,
            Stage.UNPACKING: self._unpack,
            Stage.TESTING: self._test,
            Stage.KEEPING: self._keep,
            Stage.WAITING: self._wait,
            Stage.SWITCHING: self._switch,
            Stage.STARTING: self._start,
            Stage.WATCHING: self._watch,
            Stage.FINISHING: self._finish,
            Stage.RETURNING: self._return,
            Stage.CLEARING: self._clear,
        }

    def begin(self, allow_older: bool = False) -> Outcome:
        """From its beginning. An update that was cut is to be resumed first."""
        before = self._system.current()
        if not before:
            raise UpdateError("no release is in use here: run ./provision.sh install first")
        return self._walk(Journal(Stage.TAKING, before, allow_older=allow_older))

    def resume(self) -> Outcome | None:
        """Go on with one that was cut; None: there is none."""
        journal = self._file.read()
        if journal is None:
            return None
        if journal.stage in ENDS:  # cut after its last word
            self._file.remove()
            return _outcome(journal)
        journal = _with(journal, stage=TABLE[journal.stage].cut, starts=journal.starts + 1)
        if journal.stage in AT_RISK and journal.starts > MOST_STARTS:
            reason = f"the box started {journal.starts} times before all was well"
            journal = _with(journal, stage=Stage.RETURNING, problem=reason)
        elif journal.stage is Stage.CLEARING and not journal.problem:
            reason = "it was cut off before anything was changed: begin again"
            journal = _with(journal, problem=reason)
        return self._walk(journal)

    def _walk(self, journal: Journal) -> Outcome:
        is_same = False
        while journal.stage not in ENDS:
            step = TABLE[journal.stage]
            self._file.write(journal)
            self._tell(journal.stage, step.doing)
            try:
                done = self._actions[journal.stage](journal)
            except _Same:
                is_same, journal = True, _with(journal, stage=Stage.CLEARING)
            except (CounterbellError, OSError) as error:
                if step.failed is journal.stage:
                    raise UpdateError(f"{step.doing} failed: {_words(error)}") from error
                problem = journal.problem or _words(error)
                journal = _with(journal, stage=step.failed, problem=problem)
            else:
                journal = _with(done, stage=step.then)
        self._file.write(journal)
        self._file.remove()
        return _outcome(journal, is_same)

    # --- an action each --------------------------------------------------------------------------

    def _take(self, journal: Journal) -> Journal:
        self._system.take()
        return journal

    def _check(self, journal: Journal) -> Journal:
        manifest = self._manifest = self._system.check(journal.allow_older)
        journal = _with(journal, id=manifest.id, version=manifest.version)
        if manifest.id == journal.before:
            raise _Same
        return journal

    def _unpack(self, journal: Journal) -> Journal:
        assert self._manifest is not None  # a cut leads to CLEARING, never here
        self._system.unpack(self._manifest)
        return journal

    def _test(self, journal: Journal) -> Journal:
        self._system.self_test(journal.id)
        return journal

    def _keep(self, journal: Journal) -> Journal:
        self._system.keep_copy()
        return journal

    def _wait(self, journal: Journal) -> Journal:
        self._until_silent()
        return _with(journal, lines=self._system.health().lines)

    def _switch(self, journal: Journal) -> Journal:
        self._system.switch(journal.id)
        self._system.refresh(journal.id)
        return journal

    def _start(self, journal: Journal) -> Journal:
        self._until_silent()  # one may have begun since
        self._system.restart(journal.id)
        return journal

    def _watch(self, journal: Journal) -> Journal:
        deadline = self._system.monotonic() + WATCH_S
        well_since: float | None = None
        while True:
            health, now = self._system.health(), self._system.monotonic()
            missing = sorted(set(journal.lines) - set(health.lines))
            if health.release != journal.id or missing:
                well_since = None
            elif well_since is None:
                well_since = now
            if well_since is not None and now - well_since >= STEADY_S:
                return journal
            if now > deadline and well_since is None:
                raise UpdateError(_what_is_wrong(health, journal, missing))
            self._system.pause(LOOK_S)

    def _finish(self, journal: Journal) -> Journal:
        self._system.clear("")
        self._system.prune((journal.id, journal.before))
        return journal

    def _return(self, journal: Journal) -> Journal:
        self._system.switch(journal.before)
        self._system.refresh(journal.before)
        self._until_silent()
        self._system.restart(journal.before)
        deadline = self._system.monotonic() + RETURN_S
        while self._system.health().release != journal.before:
            if self._system.monotonic() > deadline:
                break
            self._system.pause(LOOK_S)
        self._system.clear(journal.id)
        return journal

    def _clear(self, journal: Journal) -> Journal:
        self._system.clear("")
        return journal

    def _until_silent(self) -> None:
        """Nothing restarts while somebody is talking. Raises UpdateError after WAIT_S."""
        deadline = self._system.monotonic() + WAIT_S
        is_told = False
        while self._system.health().calls:
            if self._system.monotonic() > deadline:
                raise UpdateError(
                    f"calls went on for {WAIT_S / 3600:.0f} hours: try when it is quiet"
                )
            if not is_told:
                self._tell(Stage.WAITING, TABLE[Stage.WAITING].doing)
                is_told = True
            self._system.pause(LOOK_S)


def _what_is_wrong(health: Health, journal: Journal, missing: list[str]) -> str:
    if not health.release:
        return f"release {journal.version} did not come up"
    if health.release != journal.id:
        return f"the telephone service still runs release {health.release}"
    return f"with release {journal.version} not every line came back: {', '.join(missing)}"


def _with(journal: Journal, **changes: object) -> Journal:
    return msgspec.structs.replace(journal, **changes)


def _words(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error)


def _outcome(journal: Journal, is_same: bool = False) -> Outcome:
    return Outcome(journal.stage, journal.version, journal.problem, is_same)
