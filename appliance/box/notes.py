"""What is remembered of the machine, in the state folder's ``box/``: small files, written rarely.

They tell of this machine and not of the shop, so no saved shop has them.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from appliance.storage.disk import Disk, remove_leftovers, replace_file

FOLDER = "box"
POWER, HEALTH, BACKUP, UPKEEP = "power.json", "health.json", "backup.json", "upkeep.json"
FORGET_S = 7 * 86400.0  # a supply that held for so long is well


@dataclass(frozen=True, slots=True)
class PowerNote:
    """When the supply was seen too weak, in UTC seconds."""

    first_at: float
    last_at: float


def read_note(state: Path, name: str) -> dict[str, Any]:
    """A note, {} when there is none or it can't be read: then it is as if it never was."""
    try:
        told = json.loads((state / FOLDER / name).read_bytes())
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def write_note(state: Path, name: str, note: Mapping[str, Any], disk: Disk | None = None) -> None:
    """Replace a note when it differs. Raises OSError."""
    if read_note(state, name) == note:
        return
    folder = state / FOLDER
    folder.mkdir(mode=0o750, exist_ok=True)
    remove_leftovers(folder / name)
    text = json.dumps(note, ensure_ascii=False, sort_keys=True)
    replace_file(disk or Disk(), folder / name, text.encode())


def read_power_note(state: Path) -> PowerNote | None:
    told = read_note(state, POWER)
    first, last = told.get("first_at"), told.get("last_at")
    if not isinstance(first, float) or not isinstance(last, float):
        return None
    return PowerNote(first, last)


def note_weak_power(state: Path, at: float) -> PowerNote:
    """The supply is too weak at ``at``: told again at most every ten minutes. Raises OSError."""
    before = read_power_note(state)
    if before is not None and 0 <= at - before.last_at < 600:
        return before
    is_new = before is None or not 0 <= at - before.last_at < FORGET_S
    note = PowerNote(at if before is None or is_new else before.first_at, at)
    write_note(state, POWER, asdict(note))
    return note
