"""Saving the shop by itself: when it is due, where it goes, what stays there, what came of it.

The passphrase lies in the state folder, for the daemon's user alone (`counterbell box passphrase`).
Who has the card has the shop in it anyway; the passphrase guards the file once it is elsewhere.
"""

import contextlib
import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from appliance.backup.making import Wish, make_file
from appliance.backup.reading import check
from appliance.backup.sealed import ORDINARY, Cost, check_passphrase
from appliance.box.notes import BACKUP, FOLDER, read_note, write_note
from appliance.errors import BackupError, CounterbellError
from appliance.settings import BackupSettings
from appliance.settings.defaults import USB_STICK, WEEKDAYS
from appliance.storage.disk import Disk, replace_file

PASSPHRASE = "backup-passphrase"
STICK = Path("/media/counterbell-backup")  # where counterbell-backup.service mounts it
LABEL = "CB-BACKUP"
RETRY_S = 3600.0
PATIENCE_S = 86400.0  # so long a call keeps it waiting
_NAME = re.compile(r"(?P<shop>.+)-(?P<number>\d{5,})-\d{4}-\d{2}-\d{2}\.counterbell")


@dataclass(frozen=True, slots=True)
class Saving:
    """``has_calls``: whether a call is up. ``is_clock_right``: None where nobody can tell."""

    state: Path
    settings: BackupSettings
    shop: str
    now: float
    is_clock_right: bool | None
    has_calls: Callable[[], bool]
    stick: Path = STICK
    is_mounted: Callable[[Path], bool] = os.path.ismount
    cost: Cost = field(default=ORDINARY)


def last_slot(settings: BackupSettings, now: float) -> float:
    """The newest time at or before ``now`` at which it is to be done, UTC seconds."""
    hour, minute = (int(part) for part in settings.at.split(":"))
    local = time.localtime(now)
    for days in range(9):
        day = (local.tm_year, local.tm_mon, local.tm_mday - days, hour, minute, 0, 0, 0, -1)
        slot = time.mktime(day)
        is_day = settings.every == "day"
        if slot <= now and (is_day or WEEKDAYS[time.localtime(slot).tm_wday] == settings.on):
            return slot
    raise AssertionError("a week has every weekday")


def not_now(saving: Saving) -> str:
    """Why nothing is saved now; "" when it is due."""
    if saving.settings.every == "never":
        return "the configuration asks for none ([backup] every)"
    if saving.is_clock_right is False:
        return "the box does not know the time yet"
    note = read_note(saving.state, BACKUP)
    slot = last_slot(saving.settings, saving.now)
    saved, tried = (_past(note.get(key), saving.now) for key in ("saved_at", "tried_at"))
    if saved >= slot:
        return "it was done"
    if note.get("problem") and tried >= slot and saving.now - tried < RETRY_S:
        return "it failed not long ago; it is tried again every hour"
    if saving.now - slot < PATIENCE_S and saving.has_calls():
        return "a call is up"
    return ""


def _past(value: object, now: float) -> float:
    """A time that was noted; one in the future was noted while the clock was wrong."""
    return value if isinstance(value, float) and value <= now else 0.0


def save(saving: Saving) -> Path:
    """Save the shop, read it back, and let the oldest go. What came of it is noted.

    Raises CounterbellError, OSError.
    """
    note = read_note(saving.state, BACKUP) | {"tried_at": saving.now, "problem": ""}
    try:
        path = _save(saving, int(note.get("number") or 0))
    except (CounterbellError, OSError) as error:
        told = error if isinstance(error, CounterbellError) else error.strerror or error
        with contextlib.suppress(OSError):
            write_note(saving.state, BACKUP, note | {"problem": str(told)})
        raise
    found = _NAME.fullmatch(path.name)
    number = int(found["number"]) if found else 0
    done: dict[str, Any] = {"saved_at": saving.now, "file": str(path), "number": number}
    write_note(saving.state, BACKUP, note | done)
    return path


def _save(saving: Saving, last_number: int) -> Path:
    passphrase = read_passphrase(saving.state)
    folder = _place(saving)
    kept = _kept(folder, saving.shop)
    # numbered, not dated: a clock that jumped ahead once must not make the newest look old
    number = max([last_number, *kept]) + 1
    day = time.strftime("%Y-%m-%d", time.localtime(saving.now))
    path = folder / f"{_word(saving.shop)}-{number:05d}-{day}.counterbell"
    wish = Wish(passphrase, saving.settings.recordings, cost=saving.cost)
    make_file(saving.state, path, wish, lambda _state: contextlib.nullcontext())
    with open(path, "rb") as source:
        check(source, passphrase)
    kept[number] = path
    for old in sorted(kept)[: -saving.settings.keep]:
        kept[old].unlink(missing_ok=True)
    return path


def _place(saving: Saving) -> Path:
    if saving.settings.to != USB_STICK:
        folder = Path(saving.settings.to)
        if not folder.is_dir():
            raise BackupError(f"there is no folder {folder}")
        if folder.stat().st_dev == saving.state.stat().st_dev:
            raise BackupError(f"{folder} is on the box's own card: name one that is elsewhere")
        return folder
    if not saving.is_mounted(saving.stick):
        raise BackupError(f"there is no USB stick called {LABEL}, or it can't be read: plug it in")
    return saving.stick


def _kept(folder: Path, shop: str) -> dict[int, Path]:
    """The saved shops of this name, by number."""
    found = ((_NAME.fullmatch(path.name), path) for path in folder.iterdir())
    return {int(m["number"]): path for m, path in found if m and m["shop"] == _word(shop)}


def _word(shop: str) -> str:
    return re.sub(r"[^\w-]+", "-", shop).strip("-")[:60] or "shop"


def read_passphrase(state: Path) -> str:
    """Raises BackupError when there is none."""
    try:
        text = (state / FOLDER / PASSPHRASE).read_text().rstrip("\n")
    except FileNotFoundError as error:
        raise BackupError("it has no passphrase: 'sudo counterbell box passphrase'") from error
    check_passphrase(text)
    return text


def write_passphrase(state: Path, passphrase: str) -> None:
    """Raises BackupError when it is too short, OSError."""
    check_passphrase(passphrase)
    folder = state / FOLDER
    folder.mkdir(mode=0o750, exist_ok=True)
    replace_file(Disk(), folder / PASSPHRASE, f"{passphrase}\n".encode(), mode=0o600)
