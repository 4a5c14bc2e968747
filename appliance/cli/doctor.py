"""`counterbell doctor|udev-rules`: what is plugged in, how it is, the next step; a bundle."""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from appliance import __version__
from appliance.box.acting import acting_as_owner
from appliance.box.reading import run_command
from appliance.cli import sound
from appliance.cli.config import stored_toml
from appliance.cli.progress import Progress
from appliance.doctor.bundle import write_bundle
from appliance.doctor.bundle_parts import BundleNeeds, bundle_parts, journal
from appliance.doctor.daemon_view import DaemonView, ask_daemon
from appliance.doctor.examine import Surroundings, examine
from appliance.doctor.findings import Finding, as_json, as_text, needs_a_step
from appliance.doctor.udev_rules import rules_text
from appliance.errors import ConfigError, SoundCardError, StorageError
from appliance.serial_port import open_linecard, open_modem
from appliance.settings import Settings
from appliance.settings.toml import read_toml

_EXAMPLES = """\
  counterbell doctor                              every modem, HAT, card and line, and what to do
  sudo counterbell doctor                         also names the program that holds a port
  counterbell doctor --propose                    TOML for modems that are no line yet
  counterbell doctor --bundle support.tar.gz      a file to send to who helps you

It opens only ports that nobody holds, at most five seconds each, and never goes off-hook nor sends
a PIN. Exit codes: 0 all is well, 1 something needs a step, 2 used wrongly.
"""


def add_parsers(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add `doctor` and `udev-rules` to the command line; ``shared`` brings ``--state``."""
    about = "what is plugged in, whether it is well, and the next step"
    doctor = commands.add_parser(
        "doctor",
        parents=[shared],
        help=about,
        description=about,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    doctor.add_argument("--json", action="store_true", help="the same as JSON, for programs")
    doctor.add_argument(
        "--propose", action="store_true", help="print TOML for the modems that are no line yet"
    )
    doctor.add_argument(
        "--no-ask", action="store_true", help="open no port: only look at what is plugged in"
    )
    doctor.add_argument(
        "--port",
        action="append",
        default=[],
        metavar="PATH",
        help="also ask at this port, such as a UART's; may be given again",
    )
    doctor.add_argument(
        "--bundle",
        type=Path,
        metavar="FILE.tar.gz",
        help="also write a support bundle: no recordings, no secrets, numbers masked",
    )
    doctor.add_argument(
        "--with-numbers", action="store_true", help="numbers and names stay in the bundle"
    )
    doctor.set_defaults(run=run)
    about = "print the udev rules that give modems names that stay the same"
    rules = commands.add_parser("udev-rules", help=about, description=about)
    rules.set_defaults(run=_udev_rules)


def run(options: argparse.Namespace) -> int:
    """Examine, print, and write the bundle; the exit code. Raises StorageError."""
    daemon = ask_daemon(options.state)
    settings, problems = settings_in_force(options.state, daemon)
    around = Surroundings(
        state=options.state.absolute(),
        settings=settings,
        daemon=daemon,
        open_modem=open_modem,
        open_linecard=open_linecard,
        sound_cards=_sound_cards,
        ask=not options.no_ask,
        more_ports=tuple(options.port),
        problems=tuple(problems),
        ask_system=run_command,
    )
    with Progress(sys.stderr, quiet_elsewhere=options.json) as progress:
        findings = asyncio.run(examine(around, progress.show))
    _print(options, findings)
    if options.bundle is not None:
        _write_bundle(options, settings, daemon, findings)
    return 1 if needs_a_step(findings) else 0


def _print(options: argparse.Namespace, findings: Sequence[Finding]) -> None:
    if options.json:
        report = as_json(findings, time.time(), __version__)
        sys.stdout.write(json.dumps(report, indent=2, ensure_ascii=False, default=str) + "\n")
    elif options.propose:
        proposals = [one.proposal for one in findings if one.proposal]
        sys.stdout.write("\n".join(proposals) or "# no modem was found that is no line yet\n")
    else:
        sys.stdout.write(as_text(findings))
    sys.stdout.flush()


def settings_in_force(state: Path, daemon: DaemonView) -> tuple[Settings, list[str]]:
    """The configuration in force, and why it can't be used."""
    try:
        toml = daemon.toml
        if toml is None and daemon.is_up is False and (state / "config.json").exists():
            toml = stored_toml(state)
        return read_toml(toml or ""), []
    except ConfigError as error:
        return Settings(), list(getattr(error, "problems", (str(error),)))
    except OSError as error:  # StorageError, StateFolderLocked, no permission
        return Settings(), [f"the configuration can't be read: {error}"]


def _sound_cards() -> Mapping[str, Any] | str:
    try:
        return sound.ask_cards()
    except SoundCardError as error:
        return str(error)


def _write_bundle(
    options: argparse.Namespace,
    settings: Settings,
    daemon: DaemonView,
    findings: Sequence[Finding],
) -> None:
    if options.bundle.is_dir():
        raise StorageError(f"{options.bundle} is a folder: name a file, such as support.tar.gz")
    at = time.time()
    needs = BundleNeeds(
        options.state.absolute(), settings, daemon, findings, at, options.with_numbers,
        acting_as_owner, journal,
    )  # fmt: skip
    with Progress(sys.stderr) as progress:
        sizes = write_bundle(options.bundle, bundle_parts(needs), at, progress.show)
    sys.stderr.write(f"{options.bundle}: {len(sizes)} files, {sum(sizes.values())} bytes\n")


def _udev_rules(_options: argparse.Namespace) -> int:
    sys.stdout.write(rules_text())
    return 0
