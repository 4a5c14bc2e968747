"""Brings a saved shop back in two steps that a power cut anywhere can't break.

`stage` unpacks and checks the whole of it in ``restoring.part``, which becomes ``restoring`` by one
rename: from then on the shop is brought back at the next start. `adopt` runs at a start, before
anything of the state folder is opened: it moves the present shop into ``before-restore-<time>``
(phase one), renames ``restoring`` to ``adopting``, and moves that into place (phase two). Every
move is a rename, and either phase begun again goes on where it was cut.
"""

import contextlib
import logging
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import msgspec

from appliance.backup.contents import told
from appliance.backup.making import SCRATCH, one_at_a_time
from appliance.backup.manifest import Manifest, is_of_shop
from appliance.backup.reading import unpack
from appliance.backup.sealed import Source
from appliance.errors import BackupError
from appliance.storage.disk import Disk, replace_file

LOG = logging.getLogger(__name__)

_PART, _STAGED, _ADOPTING = "restoring.part", "restoring", "adopting"
_DROPPED = "restoring.old"
_PLAN = "restore-plan"
OLD = "before-restore-"
UPLOAD = "restore-upload"  # a file on its way to `stage`
_HISTORY_REST = ("history.sqlite-wal", "history.sqlite-shm")  # of the database they belong to


class Plan(msgspec.Struct, frozen=True):
    """What `adopt` goes by. ``old``: the folder that the present shop is moved into."""

    old: str
    shop: str
    made_at: float
    release: str
    recordings: bool
    files: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of a start: which shop was brought back, or why the present one was kept."""

    adopted: Plan | None = None
    problem: str = ""


def stage(state: Path, source: Source, passphrase: str) -> Plan:
    """Check and unpack; the shop is brought back at the next start. With the daemon up or down.

    Raises BackupError: nothing was changed, but what was staged before is staged still.
    """
    part, staged, dropped = (state / name for name in (_PART, _STAGED, _DROPPED))
    try:
        with one_at_a_time(state):
            _discard(part, dropped)
            part.mkdir(mode=0o750)
            try:
                plan = _plan(unpack(source, passphrase, part))
                replace_file(Disk(), part / _PLAN, msgspec.json.encode(plan))
                if staged.exists():
                    staged.rename(dropped)
                part.rename(staged)
                Disk().sync_folder(state)
            finally:
                _discard(part, dropped)
    except OSError as error:
        raise told(error) from error
    return plan


def staged(state: Path) -> Plan | None:
    """What the next start brings back, if anything."""
    return _read_plan(state / _STAGED)


def forget(state: Path) -> None:
    """Bring nothing back at the next start. Raises BackupError."""
    try:
        with one_at_a_time(state):
            if (state / _STAGED).exists():
                _discard(state / _DROPPED)
                (state / _STAGED).rename(state / _DROPPED)
            _discard(state / _DROPPED)
    except OSError as error:
        raise told(error) from error


def kept(state: Path) -> tuple[str, int] | None:
    """The folder with the shop before the last restore, and its size in bytes."""
    for folder in sorted(state.glob(f"{OLD}*"), reverse=True):
        sizes = (path.stat().st_size for path in folder.rglob("*") if path.is_file())
        return folder.name, sum(sizes)
    return None


def adopt(state: Path, disk: Disk | None = None) -> Outcome:
    """Finish a restore, if one was staged or cut short. Only while the folder is locked.

    When the present shop can't be moved away it stays in force. Raises BackupError when a move of
    phase two fails: nothing is lost, and the next start goes on.
    """
    disk = disk or Disk()
    _clear_leftovers(state)
    try:
        plan = _move_in(state, disk)  # what a power cut left
        if (state / _STAGED).is_dir():
            problem = _move_out(state, disk)
            if problem:
                return Outcome(plan, problem)
            plan = _move_in(state, disk)
    except OSError as error:
        raise BackupError(
            f"the saved shop can't be put in place: {error}; the next start tries again"
        ) from error
    if plan is not None:
        _discard(*(old for old in state.glob(f"{OLD}*") if old.name != plan.old))
    return Outcome(plan)


def bring_back(state: Path) -> str:
    """`adopt` at the daemon's start: "" or what the owner should know. Raises BackupError."""
    outcome = adopt(state)
    if outcome.adopted is not None:
        LOG.warning("the saved shop '%s' is back; before: %s", outcome.adopted.shop, kept(state))
    return outcome.problem


# --- phase one ---------------------------------------------------------------------------------


def _move_out(state: Path, disk: Disk) -> str:
    """The present shop into its folder; "" or why it is in place as before."""
    plan = _read_plan(state / _STAGED)
    if plan is None:
        _discard(state / _STAGED)
        return "a saved shop was to be brought back, but its plan can't be read"
    old = state / plan.old
    try:
        old.mkdir(mode=0o750, exist_ok=True)
        for path in _present(state, plan):
            there = old / path.name
            if there.is_dir() and path.is_dir() and not any(path.iterdir()):
                path.rmdir()  # a start made it anew after this one was moved
            else:
                disk.rename(path, there)
        disk.sync_folder(old)
        disk.sync_folder(state)
        disk.rename(state / _STAGED, state / _ADOPTING)
        disk.sync_folder(state)
    except OSError as error:
        _move_back(state, old)
        return f"the saved shop was not brought back: {error}"
    return ""


def _present(state: Path, plan: Plan) -> list[Path]:
    """What the saved shop takes the place of; recordings stay if it has none."""
    stays = () if plan.recordings else ("recordings",)
    return [
        path
        for path in sorted(state.iterdir())
        if (is_of_shop(path.name) or path.name in _HISTORY_REST) and path.name not in stays
    ]


def _move_back(state: Path, old: Path) -> None:
    for path in sorted(old.iterdir()) if old.is_dir() else ():
        there = state / path.name
        if there.is_dir() and not there.is_symlink() and not any(there.iterdir()):
            there.rmdir()
        path.rename(there)
    with contextlib.suppress(OSError):
        old.rmdir()
    (state / _STAGED).rename(state / _DROPPED)
    _discard(state / _DROPPED)


# --- phase two ---------------------------------------------------------------------------------


def _move_in(state: Path, disk: Disk) -> Plan | None:
    adopting = state / _ADOPTING
    if not adopting.is_dir():
        return None
    plan = _read_plan(adopting)
    for path in sorted(adopting.iterdir()):
        if path.name != _PLAN:
            disk.rename(path, state / path.name)
    for folder in ("prompts", "recordings"):
        (state / folder).mkdir(mode=0o750, exist_ok=True)
    disk.sync_folder(state)
    if plan is not None:
        disk.unlink(adopting / _PLAN)
    adopting.rmdir()
    disk.sync_folder(state)
    return plan


# --- within ------------------------------------------------------------------------------------


def _plan(manifest: Manifest) -> Plan:
    at = time.strftime("%Y-%m-%d-%H%M%S", time.gmtime())
    return Plan(
        old=f"{OLD}{at}",
        shop=manifest.shop,
        made_at=manifest.made_at,
        release=manifest.release,
        recordings=manifest.recordings,
        files=len(manifest.files),
        bytes=manifest.bytes,
    )


def _read_plan(folder: Path) -> Plan | None:
    try:
        return msgspec.json.decode((folder / _PLAN).read_bytes(), type=Plan)
    except (OSError, msgspec.DecodeError):
        return None


def _clear_leftovers(state: Path) -> None:
    """What a power cut left of `make` and `stage`, unless one of them is at work now."""
    left = [state / name for name in (_PART, _DROPPED, SCRATCH)]
    if any(path.exists() for path in (*left, state / UPLOAD)):
        with contextlib.suppress(BackupError), one_at_a_time(state):
            _discard(*left)
            (state / UPLOAD).unlink(missing_ok=True)


def _discard(*folders: Path) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
