"""State folders with a shop in them, and what can be told of one afterwards."""

import contextlib
import io
import os
import sqlite3
import time
from pathlib import Path

from argon2 import PasswordHasher

from appliance.backup.making import Wish, make
from appliance.backup.manifest import Manifest
from appliance.backup.restoring import adopt, stage
from appliance.backup.sealed import Cost
from appliance.loop import VirtualClock
from appliance.storage.accounts import Accounts
from appliance.storage.config_store import ConfigStore
from appliance.storage.history_schema import open_writer
from appliance.storage.line_notes import LineNotes
from appliance.storage.state_folder import StateFolder
from tests.history_box import Box, answered_call

QUICK = Cost(1, 8192)
PASSPHRASE = "pan de sal at six"
PASSWORD = "ensaymada 12"
LAST_YEAR = time.time() - 31_536_000


def furnish(state: Path, shop: str = "Nena's", extension: str = "11") -> Path:
    """A shop with everything a box keeps; nothing of it runs."""
    with StateFolder(state) as folder:
        store = ConfigStore(folder.path)
        for name in ("First", shop):
            toml = f'[shop]\nname = "{name}"\ncountry = "PH"\n'
            store.save(toml, "shop.toml", 1.0)
        accounts = Accounts(folder.path, VirtualClock(), hasher=PasswordHasher(1, 8, 1))
        accounts.claim(accounts.claim_code(), f"Owner of {shop}", PASSWORD)
        accounts.sign_in(f"Owner of {shop}", PASSWORD)
        LineNotes(folder.path).write({"landline": {"calls": extension}})
        LineNotes(folder.path).write_clip("p1", b"RIFF of a tone")
        (folder.path / "sim-pins.json").write_text('{"generation": 1}')  # not whole: kept as it is
        keep(folder.prompts / "0a1b.wav", b"RIFF spoken " + extension.encode())
        keep(folder.prompts / "own" / "Mabuhay, welcome.wav", b"RIFF sung")
        keep(folder.recordings / "2026-01-01" / "01ABC.wav", os.urandom(200_000))
        for junk in ("lock", "web-secret", "control.sock", "history.sqlite.broken-1", "x.tmp"):
            (folder.path / junk).write_text(f"{junk} of {shop}")
        (folder.prompts / ".making-1").write_text("half")
    box = Box(state)
    answered_call(box)
    box.crash()
    return state


def keep(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, (LAST_YEAR, LAST_YEAR))


def saved(state: Path, *, recordings: bool = False, passphrase: str = PASSPHRASE) -> bytes:
    target = io.BytesIO()
    make(state, target, Wish(passphrase, recordings, QUICK))
    return target.getvalue()


def made(state: Path, *, recordings: bool = False) -> Manifest:
    return make(state, io.BytesIO(), Wish(PASSPHRASE, recordings, QUICK))


def files(state: Path) -> dict[str, bytes]:
    """Every regular file, but those that belong to running processes or tell the time."""
    return {
        str(path.relative_to(state)): path.read_bytes()
        for path in sorted(state.rglob("*"))
        if path.is_file() and path.name not in {"lock", "backup.lock"}
    }


def calls(state: Path) -> list[tuple[str, ...]]:
    path = state / "history.sqlite"
    if not path.exists():
        return []
    with contextlib.closing(sqlite3.connect(path)) as db:
        return db.execute("SELECT call_id, disposition FROM call ORDER BY seq").fetchall()


def shop_of(state: Path) -> str:
    """As the next start would read it."""
    with StateFolder(state) as folder:
        store = ConfigStore(folder.path)
        assert not store.problems
        return store.current.settings.shop.name


def write_calls(state: Path, first: int, most: int) -> None:
    """As the daemon's store thread does, a transaction a call."""
    with contextlib.closing(open_writer(state / "history.sqlite")) as db:
        for number in range(first, first + most):
            db.execute(
                "INSERT INTO event (id, call_id, kind, data, utc, monotonic, boot_id)"
                " VALUES (?, ?, 'note', '{}', 1, 1, 'b')",
                (f"e{number}", f"c{number}"),
            )


def bring_back(state: Path, data: bytes) -> None:
    """Restore a saved shop into ``state``, as the next start would."""
    stage(state, io.BytesIO(data), PASSPHRASE)
    outcome = adopt(state)
    assert outcome.adopted
    assert not outcome.problem
