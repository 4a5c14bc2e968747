"""A draft of the configuration, and the trial of one: kept when confirmed, else gone back from."""

import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from appliance.errors import SettingsOnTrial
from appliance.settings.diff import describe_changes, unified_toml
from appliance.settings.toml import read_toml
from appliance.storage.config_store import ConfigStore, Origin, StoredConfig
from appliance.storage.disk import Disk
from appliance.storage.document_file import DocumentFile, Tables

T = TypeVar("T")

BOOT_S = 30.0  # what a boot takes at least: a box that starts over and over ends its trial too
SHORTEST_S, LONGEST_S, USUAL_S = 1.0, 86_400.0, 600.0

_TABLE = "changing"
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_NOT_CONFIRMED = "not confirmed in time"


@dataclass(frozen=True, slots=True)
class Moment:
    """Now: UTC seconds, monotonic seconds, and the boot of the machine that those belong to."""

    utc: float
    monotonic: float
    boot_id: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A checked text that is not in force."""

    toml: str
    name: str
    by: str
    saved_at: float


@dataclass(frozen=True, slots=True)
class Trial:
    """Settings in force until they are confirmed or their time is over.

    ``until_utc``, ``left_s``: as of the last save. ``deadline_s``: monotonic, of ``boot_id``.
    ``before_*``: what is gone back to.
    """

    trial_id: str
    by: str
    until_utc: float
    left_s: float
    deadline_s: float
    boot_id: str
    before_generation: int
    before_toml: str
    before_name: str


class ConfigTrials:
    """``config-trial.json`` beside the configuration; one thread writes, the folder is locked.

    A configuration on trial carries its trial's id, so the two files can't disagree: a trial whose
    id is not that of the configuration in force never began, or is over. Writes that a power cut
    parts leave either the trial or its end, both whole.
    """

    def __init__(self, folder: Path, store: ConfigStore, disk: Disk | None = None) -> None:
        self.store = store
        # No earlier copies: a confirmed trial would come back with one.
        self._file = DocumentFile(folder / "config-trial.json", keep=0, disk=disk)
        self._problems: list[str] = []
        read = (self._file.read() or {}).get(_TABLE, {})
        self._draft = self._read(read.get("draft"), Draft, "draft")
        self._trial = self._read(read.get("trial"), Trial, "trial")

    @property
    def draft(self) -> Draft | None:
        return self._draft

    @property
    def trial(self) -> Trial | None:
        """The one that runs."""
        trial = self._trial
        return trial if trial and trial.trial_id == self.store.current.trial_id else None

    @property
    def problems(self) -> tuple[str, ...]:
        """What went wrong when the file was read, for the owner."""
        return (*self._file.problems, *self._problems)

    def keep_draft(self, toml: str, name: str, by: str, utc: float) -> Draft:
        """Check and keep a draft in place of the one there was. Raises ConfigProblems."""
        read_toml(toml, name)
        draft = Draft(toml, name, by, utc)
        self._write(draft, self.trial)
        return draft

    def apply(self, within_s: float, by: str, now: Moment) -> StoredConfig:
        """The draft goes in force, on trial for ``within_s``.

        Raises SettingsOnTrial, ConfigProblems (nothing is changed), StorageError.
        """
        self.refuse_on_trial()
        draft = self.draft
        if draft is None:
            raise SettingsOnTrial("there is no draft: make one with 'config draft FILE'")
        read_toml(draft.toml, draft.name)  # drafted under another release, perhaps
        present = self.store.current
        trial = Trial(
            os.urandom(8).hex(),
            by,
            now.utc + within_s,
            within_s,
            now.monotonic + within_s,
            now.boot_id,
            present.generation,
            present.toml,
            present.name,
        )
        self._write(draft, trial)
        origin = Origin(by, "apply", trial.trial_id)
        return self.store.save(draft.toml, draft.name, now.utc, origin)

    def import_text(
        self, toml: str, name: str, utc: float, origin: Origin, *, force: bool
    ) -> StoredConfig:
        """Apply and confirm in one; ``force`` ends a trial with it.

        Raises SettingsOnTrial, ConfigProblems (nothing is changed), StorageError.
        """
        if not force:
            self.refuse_on_trial()
        return self.store.save(toml, name, utc, origin)

    def refuse_on_trial(self) -> None:
        """Raises SettingsOnTrial while a trial runs."""
        if self.trial is not None:
            raise SettingsOnTrial(
                "settings are on trial: keep them ('config confirm')"
                " or go back ('config revert') first"
            )

    def confirm(self) -> None:
        """Keep what is on trial. Raises SettingsOnTrial when nothing is, StorageError."""
        if self.trial is None:
            raise SettingsOnTrial("nothing is on trial")
        draft = self.draft
        is_done = draft is not None and draft.toml == self.store.current.toml
        self._write(None if is_done else draft, None)

    def go_back(self, by: str, utc: float, how: str = "revert") -> StoredConfig:
        """What was before the trial goes in force. Raises SettingsOnTrial, StorageError."""
        trial = self.trial
        if trial is None:
            raise SettingsOnTrial(
                "nothing is on trial: say which generation, as 'config history' lists them"
            )
        return self.store.restore(trial.before_toml, trial.before_name, utc, Origin(by, how))

    def go_back_to(self, generation: int, by: str, utc: float) -> StoredConfig:
        """A kept generation goes in force, and a trial is over.

        Raises ConfigProblems (nothing is changed), StorageError.
        """
        toml = self.store.earlier(generation)
        return self.store.save(
            toml, f"generation {generation}", utc, Origin(by, f"revert to {generation}")
        )

    # --- its time ----------------------------------------------------------------------------

    def left_s(self, now: Moment) -> float | None:
        """What is left of the trial that runs; only after `resume`."""
        return self.trial.deadline_s - now.monotonic if self.trial else None

    def resume(self, now: Moment) -> StoredConfig | None:
        """Count on where the last process left off; what was gone back to when time is over.

        Within one boot the monotonic clock has gone on. Over a boot the wall clock tells, which may
        have stood still: never more than was left, less what a boot takes. Raises StorageError.
        """
        trial = self.trial
        if trial is None:
            return None
        if now.boot_id and trial.boot_id == now.boot_id:
            left_s = min(trial.left_s, trial.deadline_s - now.monotonic)
        else:
            left_s = min(trial.left_s - BOOT_S, trial.until_utc - now.utc)
        self._trial = replace(
            trial,
            until_utc=now.utc + left_s,
            left_s=left_s,
            deadline_s=now.monotonic + left_s,
            boot_id=now.boot_id,
        )
        if left_s <= 0:
            return self.expire(now)
        self._write(self._draft, self._trial)
        return None

    def expire(self, now: Moment) -> StoredConfig | None:
        """Go back when the trial's time is over. Raises StorageError."""
        left_s = self.left_s(now)
        if left_s is None or left_s > 0:
            return None
        return self.go_back("", now.utc, _NOT_CONFIRMED)

    def note_time(self, now: Moment) -> None:
        """Save how much is left, for a power cut and a clock that stands still meanwhile.

        Raises StorageError.
        """
        trial, left_s = self.trial, self.left_s(now)
        if trial is not None and left_s is not None and left_s > 0:
            self._write(self._draft, replace(trial, until_utc=now.utc + left_s, left_s=left_s))

    def _read(self, value: object, kind: type[T], what: str) -> T | None:
        try:
            return None if value is None else msgspec.convert(value, kind)
        except msgspec.ValidationError as error:  # another release's
            self._problems.append(f"the {what} of the configuration can't be read: {error}")
            return None

    def _write(self, draft: Draft | None, trial: Trial | None) -> None:
        document: dict[str, Any] = {}
        if draft is not None:
            document["draft"] = asdict(draft)
        if trial is not None:
            document["trial"] = asdict(trial)
        tables: Tables = {_TABLE: document}
        self._file.write(tables)
        self._draft, self._trial = draft, trial


def draft_diff(trials: ConfigTrials) -> dict[str, Any]:
    """``{changes, toml, name, by, at, generation}``: the draft against what is in use.

    ``toml``: as `diff -u`. Raises SettingsOnTrial: there is no draft; ConfigProblems.
    """
    draft, current = trials.draft, trials.store.current
    if draft is None:
        raise SettingsOnTrial("there is no draft: make one with 'config draft FILE'")
    return {
        "changes": describe_changes(current.settings, read_toml(draft.toml, draft.name)),
        "toml": unified_toml(current.toml, draft.toml, draft.name),
        "name": draft.name,
        "by": draft.by,
        "at": draft.saved_at,
        "generation": current.generation,
    }


def kept_generations(trials: ConfigTrials) -> dict[str, Any]:
    """``{generations: [{generation, at, by, how, name, changes}], in_use, on_trial}``."""
    in_use = trials.store.current.generation
    return {
        "generations": [
            {
                "generation": one.generation,
                "at": one.saved_at,
                "by": one.by,
                "how": one.how,
                "name": one.name,
                "changes": list(one.changes),
            }
            for one in trials.store.history()
        ],
        "in_use": in_use,
        "on_trial": trials.trial is not None,
    }


def boot_id(read: Callable[[], str] = _BOOT_ID.read_text) -> str:
    """This boot of the machine, as the kernel names it; "" where it doesn't."""
    try:
        return read().strip()
    except OSError:
        return ""
