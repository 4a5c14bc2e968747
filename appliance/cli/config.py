"""`counterbell config import|export|show|check`: with the daemon up, or down on its folder."""

import argparse
import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from appliance.box.acting import acting_as_owner
from appliance.control.client import Client
from appliance.errors import ConfigError, CounterbellError, DaemonNotRunning
from appliance.settings.diff import describe_changes
from appliance.settings.toml import MAX_CHARACTERS, check_toml, read_toml, write_toml
from appliance.storage.config_store import ConfigStore, Origin
from appliance.storage.config_trial import ConfigTrials, Moment, boot_id
from appliance.storage.state_folder import StateFolder

_STDIN = "-"
_SPEAKING_S = 600.0  # new prompts are spoken before the answer; a slow machine takes 15 s for one
LOCAL = "local"  # who works on the command line, as the daemon calls them


def add_parsers(commands: Any, shared: argparse.ArgumentParser) -> Any:
    """Add `config` to the command line; ``shared`` brings ``--state``. Gives its sub-parsers."""
    config = commands.add_parser("config", help="the shop's configuration, as TOML")
    inner = config.add_subparsers(title="commands", required=True, metavar="COMMAND")

    importing = inner.add_parser("import", parents=[shared], help="make FILE the configuration")
    importing.add_argument("file", metavar="FILE", help="a TOML file; - is the standard input")
    importing.add_argument(
        "--force", action="store_true", help="also while settings are on trial, which it ends"
    )
    exporting = inner.add_parser("export", parents=[shared], help="write it as it was imported")
    exporting.add_argument("file", metavar="FILE", nargs="?", default=_STDIN)
    inner.add_parser("show", parents=[shared], help="print all that is in force, defaults too")
    checking = inner.add_parser("check", parents=[shared], help="say what is wrong with FILE")
    checking.add_argument("file", metavar="FILE", help="a TOML file; - is the standard input")
    for name, parser in inner.choices.items():
        parser.set_defaults(run=run, config_command=name)
    return inner


def run(options: argparse.Namespace) -> int:
    """Do one `config` command; the exit code."""
    work = {"import": _import, "export": _export, "show": _show, "check": _check}
    return told(lambda: work[options.config_command](options))


def told(work: Callable[[], int]) -> int:
    """The exit code of ``work``; its error is one line on stderr, and each problem too."""
    try:
        return work()
    except ConfigError as error:
        for problem in getattr(error, "problems", (str(error),)):
            sys.stderr.write(f"{problem}\n")
    except CounterbellError as error:
        for line in str(error).splitlines():
            sys.stderr.write(f"counterbell: {line}\n")
    return 1


def _import(options: argparse.Namespace) -> int:
    text, name = read_file(options.file)
    new = read_toml(text, name)  # every problem, before anything is asked of anybody
    force = {"force": True} if options.force else {}
    with patient_client(options) as client, contextlib.suppress(DaemonNotRunning):
        answer = client.call("config.import", toml=text, name=name, **force)
        return in_force(answer["generation"], answer["changes"])
    with open_folder(options.state, makes=True) as trials:
        changes = describe_changes(trials.store.current.settings, new)
        saved = trials.import_text(text, name, time.time(), Origin(LOCAL), force=options.force)
    return in_force(saved.generation, changes)


def patient_client(options: argparse.Namespace) -> Client:
    """For what puts a configuration in force."""
    return Client(options.state / "control.sock", timeout_s=_SPEAKING_S)


def in_force(generation: int, changes: list[str]) -> int:
    """Tell what is in force now and what it changed; the exit code."""
    for change in changes:
        sys.stdout.write(f"{change}\n")
    sys.stdout.write(f"configuration {generation} is in force: {how_many(changes)}\n")
    return 0


def how_many(changes: list[str]) -> str:
    """``3 changes`` or ``no change``."""
    return f"{len(changes)} change{'' if len(changes) == 1 else 's'}" if changes else "no change"


def _export(options: argparse.Namespace) -> int:
    text = _current(options) or write_toml(read_toml(""))
    if options.file == _STDIN:
        sys.stdout.write(text)
    else:
        _write(Path(options.file), text)
    return 0


def _show(options: argparse.Namespace) -> int:
    sys.stdout.write(write_toml(read_toml(_current(options))))
    return 0


def _check(options: argparse.Namespace) -> int:
    text, name = read_file(options.file)
    problems = check_toml(text, name)
    for problem in problems:
        sys.stderr.write(f"{problem}\n")
    if not problems:
        sys.stdout.write(f"{name}: good\n")
    return 1 if problems else 0


def _current(options: argparse.Namespace) -> str:
    """The text in force: from the daemon, else from its folder."""
    with Client(options.state / "control.sock") as client, contextlib.suppress(DaemonNotRunning):
        return str(client.call("config.get")["toml"])
    return stored_toml(options.state)


def stored_toml(state: Path) -> str:
    """The text in the folder of a daemon that is down. Raises ConfigError, StorageError."""
    _need_folder(state)
    with acting_as_owner(state), StateFolder(state) as folder:
        store = ConfigStore(folder.path)
        _warn(store)
        return store.current.toml


def _need_folder(state: Path) -> None:
    if not state.is_dir():
        raise ConfigError(f"there is no state folder {state}: name it with --state DIR")


@contextlib.contextmanager
def open_folder(state: Path, *, makes: bool = False) -> Iterator[ConfigTrials]:
    """The configuration in the folder of a daemon that is down; a trial whose time is over ends.

    ``makes``: a folder that is not there is made. Raises ConfigError, StorageError,
    StateFolderLocked.
    """
    if not makes:
        _need_folder(state)
    with acting_as_owner(state), StateFolder(state) as folder:
        store = ConfigStore(folder.path)
        trials = ConfigTrials(folder.path, store)
        if trials.resume(Moment(time.time(), time.monotonic(), boot_id())) is not None:
            generation = store.current.generation
            sys.stderr.write(
                "counterbell: nobody kept the settings on trial in time:"
                f" gone back to those before, as configuration {generation}\n"
            )
        yield trials
        _warn(store)


def _warn(store: ConfigStore) -> None:
    for problem in store.problems:
        sys.stderr.write(f"counterbell: {problem}\n")


def read_file(file: str) -> tuple[str, str]:
    """Text and the name that problems call it. Raises ConfigError."""
    try:
        if file == _STDIN:
            return sys.stdin.buffer.read(4 * MAX_CHARACTERS + 1).decode(), "stdin"
        with open(file, "rb") as source:
            return source.read(4 * MAX_CHARACTERS + 1).decode("utf-8-sig"), file[-200:]
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file}: is not UTF-8 text: byte {error.start} is wrong") from error
    except OSError as error:
        raise ConfigError(f"{file}: can't be read: {error.strerror}") from error


def _write(path: Path, text: str) -> None:
    """The whole file or none of it: an export that fails leaves the earlier one."""
    try:
        fd, new = tempfile.mkstemp(dir=path.absolute().parent, prefix=f".{path.name}.")
        try:
            with open(fd, "w", encoding="utf-8") as target:
                target.write(text)
            os.chmod(new, 0o644)
            os.replace(new, path)
        except OSError:
            os.unlink(new)
            raise
    except OSError as error:
        raise ConfigError(f"{path}: can't be written: {error.strerror}") from error
