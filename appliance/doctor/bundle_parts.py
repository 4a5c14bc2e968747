"""What goes into the support bundle, each part gathered and masked."""

import dataclasses
import importlib.metadata
import json
import os
import platform
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from appliance import __version__
from appliance.control.client import Client
from appliance.doctor.bundle import Part
from appliance.doctor.daemon_view import DaemonView
from appliance.doctor.findings import Finding, as_json, as_text
from appliance.doctor.masks import Masker
from appliance.doctor.usb_scan import text_of
from appliance.errors import ControlError, StorageError
from appliance.settings import Settings
from appliance.settings.schema import TABLES
from appliance.settings.toml import write_toml
from appliance.storage.history_queries import HistoryReader
from appliance.storage.history_schema import open_reader
from appliance.storage.line_notes import LineNotes

MOST_CALLS = 50
LOG_LINES = 3000
LOG_S = 20.0
UNITS = ("counterbell-telephony", "counterbell-web")
_README = """\
A support bundle of a Counterbell box, made by 'counterbell doctor --bundle'.

doctor.txt, doctor.json    what is plugged in, and how it is
status.json, health.json   what the daemon says of itself
configuration.toml         in force, defaults too; PINs are taken out
calls.json                 the last {calls} calls with their stories
history.json               how many of what the history holds, and its tables
line-doctor.json           what ordinary calls have shown of each line
log.txt                    the last lines of the log
versions.json              of the programs and of the system

{masked}
Never in it: recordings, messages' sound, passwords, the claim code, sign-ins, PINs.
"""
_MASKED = "Numbers and callers' names are masked; the same one has the same mask throughout."
_UNMASKED = "Numbers and callers' names are in it, as --with-numbers asked."

AsOwner = Callable[[Path], Any]  # a context manager: as root, act as the state folder's owner


@dataclass(frozen=True, slots=True)
class BundleNeeds:
    """What the parts are made of. ``at``: UTC seconds. ``log``: gives the log's last lines."""

    state: Path
    settings: Settings
    daemon: DaemonView
    findings: Sequence[Finding]
    at: float
    with_numbers: bool
    as_owner: AsOwner
    log: Callable[[], str]
    root: Path = Path("/")


def bundle_parts(needs: BundleNeeds) -> list[Part]:
    """Every part, in the order in which it is gathered."""
    masker = make_masker(needs)

    def part(name: str, make: Callable[[], Any]) -> Part:
        def masked() -> str:
            made = make()
            if isinstance(made, str):
                return masker.text(made)
            return json.dumps(masker.value(made), indent=1, ensure_ascii=False, default=str) + "\n"

        return Part(name, masked)

    report = as_json(needs.findings, needs.at, __version__)
    about = _README.format(calls=MOST_CALLS, masked=_UNMASKED if needs.with_numbers else _MASKED)
    return [
        Part("README.txt", lambda: about),
        part("versions.json", lambda: _versions(needs.root)),
        part("doctor.json", lambda: report),
        part("doctor.txt", lambda: as_text(needs.findings)),
        part("status.json", lambda: needs.daemon.status or {"daemon": needs.daemon.trouble}),
        part("health.json", lambda: needs.daemon.health),
        Part("configuration.toml", lambda: _configuration(needs.settings, masker)),
        part("history.json", lambda: _history(needs)),
        part("calls.json", lambda: _calls(needs)),
        part("line-doctor.json", lambda: _line_notes(needs)),
        part("log.txt", needs.log),
    ]


def make_masker(needs: BundleNeeds) -> Masker:
    """Knows every secret that this user can read, and every caller in the history."""
    numbers, names = _callers(needs)
    secrets = [*_setting_secrets(needs.settings), *_file_secrets(needs)]
    names.append(needs.settings.recording.confirmed_by)
    numbers += [number.number for number in needs.settings.numbers]
    for call in needs.daemon.status.get("calls", ()):
        numbers.append(call["caller"]["number"])
        names.append(call["caller"]["name"])
    return Masker(secrets, numbers, names, keep_numbers=needs.with_numbers)


def _secret_keys() -> Iterator[tuple[str, str]]:
    for table in TABLES:
        for key in table.keys:
            if key.secret:
                yield table.attribute, key.name


def _records(settings: Settings, attribute: str) -> tuple[Any, ...]:
    found = getattr(settings, attribute)
    return found if isinstance(found, tuple) else (found,)


def _setting_secrets(settings: Settings) -> list[str]:
    return [
        str(getattr(record, key))
        for attribute, key in _secret_keys()
        for record in _records(settings, attribute)
        if getattr(record, key)
    ]


def _configuration(settings: Settings, masker: Masker) -> str:
    for attribute, key in _secret_keys():
        bare = tuple(
            dataclasses.replace(record, **{key: ""}) for record in _records(settings, attribute)
        )
        is_list = isinstance(getattr(settings, attribute), tuple)
        changed: dict[str, Any] = {attribute: bare if is_list else bare[0]}
        settings = dataclasses.replace(settings, **changed)
    return write_toml(masker.record(settings))


def _file_secrets(needs: BundleNeeds) -> list[str]:
    """What the state folder keeps to itself: claim code, the page's key, hashes of sign-ins."""
    found = []
    with needs.as_owner(needs.state):
        for name in ("claim-code", "web-secret"):
            with suppress(OSError):
                text = (needs.state / name).read_bytes().decode("utf-8", "replace").strip()
                found += [text, *text.split()]
        with suppress(OSError, ValueError):
            tables = json.loads((needs.state / "users.json").read_bytes())
            found += list(_long_texts(tables))
    return [text for text in found if len(text) > 3]


def _long_texts(value: Any) -> Iterator[str]:
    """The hashes in a document of accounts: every text of 20 letters and more."""
    if isinstance(value, Mapping):
        for one in value.values():
            yield from _long_texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _long_texts(one)
    elif isinstance(value, str) and len(value) >= 20:
        yield value


@contextmanager
def _database(needs: BundleNeeds) -> Iterator[sqlite3.Connection]:
    path = needs.state / "history.sqlite"
    with needs.as_owner(needs.state):
        if not path.is_file():
            raise StorageError("there is no history that this user can read")
        with closing(open_reader(path)) as db:
            try:
                yield db
            except sqlite3.Error as error:
                raise StorageError(f"the history can't be read: {error}") from error


def _callers(needs: BundleNeeds) -> tuple[list[str], list[str]]:
    with suppress(StorageError), _database(needs) as db:
        rows = db.execute("SELECT DISTINCT number, name FROM call").fetchall()
        return [row[0] for row in rows if row[0]], [row[1] for row in rows if row[1]]
    return [], []


def _history(needs: BundleNeeds) -> dict[str, Any]:
    with _database(needs) as db:
        rows = db.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
        tables = [r[0] for r in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        counts = {
            name: db.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in tables
        }
        version = db.execute("SELECT max(version), max(readable_since) FROM schema_version")
        number, since = version.fetchone()
    return {
        "schema_version": number,
        "readable_since": since,
        "rows": counts,
        "tables": {row[0]: row[1] for row in rows},
    }


def _calls(needs: BundleNeeds) -> list[dict[str, Any]]:
    with _database(needs):
        reader = HistoryReader(needs.state / "history.sqlite")
        try:
            return list(reader.list_calls(limit=MOST_CALLS, story=True)["calls"])
        finally:
            reader.close()


def _line_notes(needs: BundleNeeds) -> dict[str, Any]:
    if needs.daemon.is_up:
        with Client(needs.state / "control.sock") as client:
            try:
                return dict(client.call("line_doctor.list"))
            except ControlError as error:
                raise StorageError(str(error)) from error
    if not (needs.state / "line-doctor.json").is_file():
        raise StorageError("there are no notes that this user can read")
    with needs.as_owner(needs.state):
        return LineNotes(needs.state).read()


def _versions(root: Path) -> dict[str, Any]:
    packages = {d.metadata["Name"]: d.version for d in importlib.metadata.distributions()}
    return {
        "counterbell": __version__,
        "python": platform.python_version(),
        "kernel": platform.release(),
        "machine": platform.machine(),
        "board": text_of(root / "proc/device-tree/model"),
        "system": text_of(root / "etc/os-release"),
        "processors": os.cpu_count(),
        "sqlite": sqlite3.sqlite_version,
        "packages": dict(sorted(packages.items())),
    }


def journal(units: Iterable[str] = UNITS, lines: int = LOG_LINES) -> str:
    """The last lines of the services' log. Raises StorageError where there is none to be had."""
    program = shutil.which("journalctl")
    if program is None:
        raise StorageError("there is no journalctl on this machine")
    words = [program, "--no-pager", "--output=short-iso", f"--lines={lines}"]
    words += [f"--unit={unit}" for unit in units]
    try:
        done = subprocess.run(
            words, stdin=subprocess.DEVNULL, capture_output=True, timeout=LOG_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise StorageError(f"journalctl does not answer: {error}") from error
    said = done.stdout.decode("utf-8", "replace")
    if done.returncode or not said.strip() or said.startswith("-- No entries"):
        why = done.stderr.decode("utf-8", "replace").strip() or "it shows nothing"
        raise StorageError(f"journalctl: {why} (root, or the group systemd-journal, may read it)")
    return said
