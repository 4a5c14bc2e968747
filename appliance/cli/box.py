"""`counterbell box upkeep|backup|passphrase`: what the box's timers do, and what they need."""

import argparse
import getpass
import os
import sys
import time
from pathlib import Path
from typing import Any

from appliance.box.acting import acting_as_owner
from appliance.box.clock import is_set
from appliance.box.reading import TROUBLE, real_look
from appliance.box.saving import Saving, not_now, save, write_passphrase
from appliance.box.upkeep import look_after
from appliance.control.client import Client
from appliance.errors import BackupError, ConfigError, ControlError
from appliance.settings import Settings
from appliance.settings.toml import read_toml
from appliance.storage.config_store import stored_text

_NICE = 15  # calls go first


def add_parsers(commands: Any, shared: argparse.ArgumentParser) -> Any:
    """Add `box` to the command line; ``shared`` brings ``--state``. Returns its sub-parsers."""
    box = commands.add_parser("box", help="what the box's own services do")
    inner = box.add_subparsers(title="commands", required=True, metavar="COMMAND")
    about = "look at the machine and keep what was seen for the page"
    upkeep = inner.add_parser("upkeep", parents=[shared], help=about, description=about)
    upkeep.set_defaults(run=_upkeep)
    about = "save the shop as [backup] in the configuration says, if it is due"
    backup = inner.add_parser("backup", parents=[shared], help=about, description=about)
    when = backup.add_mutually_exclusive_group()
    when.add_argument("--now", action="store_true", help="even if it is not due")
    when.add_argument(
        "--is-due", action="store_true", help="save nothing; the exit code says whether it is due"
    )
    backup.set_defaults(run=_backup)
    about = "set the passphrase of the shops that are saved by themselves"
    passphrase = inner.add_parser("passphrase", parents=[shared], help=about, description=about)
    passphrase.add_argument(
        "--passphrase-file", metavar="F", help="its first line; - is the standard input"
    )
    passphrase.set_defaults(run=_passphrase)
    return inner


def _upkeep(options: argparse.Namespace) -> int:
    os.nice(_NICE)
    with acting_as_owner(options.state):
        readings = look_after(real_look(options.state.absolute()))
    for one in readings:
        if one.verdict == TROUBLE:
            sys.stdout.write(f"{one.kind} {one.name}: {one.reason}\n")
    return 0


def _backup(options: argparse.Namespace) -> int:
    os.nice(_NICE)
    state = options.state.absolute()
    with acting_as_owner(state):
        settings = _settings(state)
        saving = Saving(
            state, settings.backup, settings.shop.name, time.time(), is_set(real_look(state)),
            lambda: _has_calls(state),
        )  # fmt: skip
        reason = "" if options.now else not_now(saving)
        if reason:
            sys.stdout.write(f"nothing is saved now: {reason}\n")
            return 1 if options.is_due else 0
        if options.is_due:
            return 0
        path = save(saving)
    sys.stdout.write(f"the shop is saved in {path}\n")
    return 0


def _settings(state: Path) -> Settings:
    """Those on the card, with the daemon up or down."""
    try:
        return read_toml(stored_text(state))
    except ConfigError:
        return Settings()


def _has_calls(state: Path) -> bool:
    """A daemon that does not answer has no calls."""
    try:
        with Client(state / "control.sock") as client:
            return bool(client.call("status.get")["calls"])
    except ControlError:
        return False


def _passphrase(options: argparse.Namespace) -> int:
    if not options.state.is_dir():
        raise BackupError(f"there is no state folder {options.state}: name it with --state DIR")
    named = options.passphrase_file
    if named is None:
        passphrase = getpass.getpass("Passphrase of the saved shops: ")
        if getpass.getpass("The same again: ") != passphrase:
            raise BackupError("the two are not the same")
    else:
        source = sys.stdin if named == "-" else open(named, encoding="utf-8")  # noqa: SIM115
        with source:
            passphrase = source.readline().rstrip("\r\n")
    with acting_as_owner(options.state):
        write_passphrase(options.state.absolute(), passphrase)
    sys.stdout.write("kept for the box alone; write it down: without it no saved shop opens\n")
    return 0
