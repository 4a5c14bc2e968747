"""`counterbell backup make|check|restore`: the shop in one file (docs/backup.md)."""

import argparse
import contextlib
import getpass
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any, BinaryIO

from appliance.backup.making import Wish, make, make_file
from appliance.backup.manifest import Manifest
from appliance.backup.reading import check
from appliance.backup.restoring import Plan, adopt, kept, stage
from appliance.backup.sealed import LONGEST_PASSPHRASE, check_passphrase
from appliance.box.acting import acting_as_owner
from appliance.control.client import Client
from appliance.errors import BackupError, DaemonNotRunning, StateFolderLocked
from appliance.storage.state_folder import StateFolder

_NICE = 10  # calls go first
_FIRST_TO_GO = "500"  # when memory is short, this process goes and not the daemon (proc(5))
_STANDARD = "-"


def add_parsers(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add `backup` to the sub-parsers of the command line; ``shared`` brings ``--state``."""
    backup = commands.add_parser("backup", help="the whole shop in one encrypted file")
    inner = backup.add_subparsers(title="commands", required=True, metavar="COMMAND")
    secret = argparse.ArgumentParser(add_help=False)
    secret.add_argument(
        "--passphrase-file", metavar="F",
        help="its first line is the passphrase; - is the standard input (default: asked for)",
    )  # fmt: skip

    making = inner.add_parser("make", parents=[shared, secret], help="save the shop in FILE")
    making.add_argument("file", metavar="FILE", help="- is the standard output")
    making.add_argument("--recordings", action="store_true", help="save the recordings too")
    checking = inner.add_parser("check", parents=[secret], help="read FILE to its end")
    checking.add_argument("file", metavar="FILE")
    restoring = inner.add_parser(
        "restore", parents=[shared, secret], help="bring the shop in FILE back"
    )
    restoring.add_argument("file", metavar="FILE", help="a saved shop")
    when = restoring.add_mutually_exclusive_group()
    when.add_argument("--now", action="store_true", help="even if calls that are up are cut")
    when.add_argument("--later", action="store_true", help="at the daemon's next start")
    for name, parser in inner.choices.items():
        parser.set_defaults(run=run, backup_command=name)


def run(options: argparse.Namespace) -> int:
    """Do one `backup` command; the exit code. Raises CounterbellError, OSError."""
    _give_way()
    work = {"make": _make, "check": _check, "restore": _restore}
    return work[options.backup_command](options)


def _give_way() -> None:
    """Calls go first; and a temporary file goes when we are ended."""
    os.nice(_NICE)
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:
        score.write(_FIRST_TO_GO)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


def _make(options: argparse.Namespace) -> int:
    wish = Wish(_passphrase(options, twice=True), options.recordings)
    if options.file == _STANDARD:
        with acting_as_owner(options.state):
            make(options.state, sys.stdout.buffer, wish)
        sys.stdout.buffer.flush()
        return 0
    path = Path(options.file)
    manifest = make_file(options.state, path, wish, acting_as_owner)
    size = path.stat().st_size
    sys.stdout.write(f"{path}: {_of_shop(manifest)}, {_megabytes(size)}\n")
    for file in manifest.left_out:
        sys.stdout.write(f"not in it, keep it yourself: the prompt file {file}\n")
    return 0


def _check(options: argparse.Namespace) -> int:
    passphrase = _passphrase(options, twice=False)
    with _opened(options.file) as source:
        manifest = check(source, passphrase)
    sys.stdout.write(f"{options.file}: good; {_of_shop(manifest)}\n")
    return 0


def _restore(options: argparse.Namespace) -> int:
    passphrase = _passphrase(options, twice=False)
    with _opened(options.file) as source, acting_as_owner(options.state):
        folder = StateFolder(options.state)
        try:
            folder.lock()
        except StateFolderLocked:
            plan = stage(options.state, source, passphrase)
        else:
            with contextlib.closing(_Unlocking(folder)):
                return _restore_now(options.state, source, passphrase)
    sys.stdout.write(f"{_of_shop(plan)} is checked and unpacked\n")
    sys.stdout.write(f"{_finish(options)}\n")
    return 0


class _Unlocking:
    def __init__(self, folder: StateFolder) -> None:
        self.close = folder.unlock


def _restore_now(state: Path, source: BinaryIO, passphrase: str) -> int:
    """With the daemon down: staged and adopted at once."""
    adopt(state)  # an earlier one first
    plan = stage(state, source, passphrase)
    outcome = adopt(state)
    if outcome.problem:
        raise BackupError(outcome.problem)
    sys.stdout.write(f"{_of_shop(plan)} is back\n")
    old = kept(state)
    if old is not None:
        sys.stdout.write(
            f"what was there before is in {state / old[0]}, {_megabytes(old[1])}, "
            "until the next restore\n"
        )
    return 0


def _finish(options: argparse.Namespace) -> str:
    """Ask the daemon to start anew, when that cuts no call or the owner said so."""
    again = "start the daemon anew to finish"
    if options.later:
        return again
    try:
        with Client(options.state / "control.sock") as client:
            calls = client.call("status.get")["calls"]
            if calls and not options.now:
                return f"calls are up: {again}, or give --now"
            client.call("backup.restart")
    except DaemonNotRunning:
        return again
    return "the daemon starts anew with it; sign in with the saved shop's name and password"


def _opened(file: str) -> BinaryIO:
    return open(file, "rb")


def _passphrase(options: argparse.Namespace, *, twice: bool) -> str:
    """Of a file, or asked for; never an argument, which every user of the machine could see."""
    named = options.passphrase_file
    if named is None:
        passphrase = getpass.getpass("Passphrase: ")
        if twice:
            check_passphrase(passphrase)
            if getpass.getpass("The same again: ") != passphrase:
                raise BackupError("the two are not the same")
        return passphrase
    try:
        if named == _STANDARD:
            data = sys.stdin.buffer.readline(8 * LONGEST_PASSPHRASE)
        else:
            with open(named, "rb") as file:
                data = file.readline(8 * LONGEST_PASSPHRASE)
        return data.decode().rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise BackupError("the passphrase is not UTF-8 text") from error


def _of_shop(saved: Manifest | Plan) -> str:
    at = time.strftime("%Y-%m-%d %H:%M", time.localtime(saved.made_at))
    files = saved.files if isinstance(saved.files, int) else len(saved.files)
    with_them = "with recordings" if saved.recordings else "without recordings"
    shop = f"'{saved.shop}'" if saved.shop else "a shop without a name"
    name = "".join(letter if letter.isprintable() else "?" for letter in shop)
    return f"{name} of {at}, {files} files, {with_them} (release {saved.release})"


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
