"""`counterbell linecard info|selftest`: what a line-card HAT says of itself, and the next step."""

import argparse
import asyncio
import json
import sys
from collections.abc import Mapping
from typing import Any

from appliance.cli.doctor import settings_in_force
from appliance.doctor.daemon_view import DaemonView, ask_daemon
from appliance.doctor.hat_talk import HatAnswers, ask_hat
from appliance.doctor.linecard_report import as_text, asked, checks, checks_as_text, told
from appliance.errors import LinkError
from appliance.serial_port import open_linecard
from appliance.settings import resolve_port

_EXAMPLES = """\
  counterbell linecard info                       firmware, sockets, counters, volts and currents
  counterbell linecard selftest                   each socket, and the next step where one is needed
  counterbell linecard selftest --port /dev/ttyAMA0 --json

A running daemon is asked; without one, the HAT itself at its port. Nothing rings and no line is
taken. Exit codes: 0 all is well, 1 something needs a step, 2 used wrongly.
"""


def add_parsers(commands: Any, shared: argparse.ArgumentParser) -> Any:
    """Add `linecard`; gives its own sub-commands, for others to be added."""
    about = "the line-card HAT: what it is, how its sockets are"
    parser = commands.add_parser(
        "linecard",
        help=about,
        description=about,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    doings = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, about, run in (
        ("info", "firmware, sockets, counters, volts and currents", _info),
        ("selftest", "the link and every socket, and the next step of each", _selftest),
    ):
        doing = doings.add_parser(name, parents=[shared], help=about, description=about)
        doing.add_argument("card", nargs="?", metavar="NAME", help="one [[linecard]]; default all")
        doing.add_argument("--port", metavar="PATH", help="a port that no daemon holds")
        doing.add_argument("--json", action="store_true", help="the same as JSON, for programs")
        doing.set_defaults(run=run)
    return doings


def _info(options: argparse.Namespace) -> int:
    cards = _cards(options)
    if options.json:
        _write_json({"linecards": cards})
    else:
        sys.stdout.write("\n".join(as_text(card) for card in cards))
    return 0 if all(card["state"] == "up" for card in cards) else 1


def _selftest(options: argparse.Namespace) -> int:
    found = {str(card["name"]): checks(card) for card in _cards(options)}
    if options.json:
        _write_json(
            {
                "linecards": [
                    {
                        "name": name,
                        "well": all(check.is_well for check in rows),
                        "checks": [
                            {"what": c.what, "well": c.is_well, "text": c.text, "step": c.step}
                            for c in rows
                        ],
                    }
                    for name, rows in found.items()
                ]
            }
        )
    else:
        sys.stdout.write("\n".join(checks_as_text(name, rows) for name, rows in found.items()))
    return 0 if all(check.is_well for rows in found.values() for check in rows) else 1


def _write_json(report: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(report, indent=2, ensure_ascii=False) + "\n")


def _cards(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Raises LinkError when there is no such card, or none at all."""
    if options.port:
        return [_ask(options.card or "linecard", options.port)]
    daemon = ask_daemon(options.state)
    if daemon.is_up is None:
        raise LinkError(f"{daemon.trouble}: run it with sudo, or as the daemon's user")
    settings, problems = settings_in_force(options.state, daemon)
    if problems:
        raise LinkError(problems[0])
    wanted = [card for card in settings.linecards if options.card in (None, card.name)]
    if not wanted:
        what = f"named '{options.card}'" if options.card else "in the configuration"
        raise LinkError(f"there is no [[linecard]] {what}: name its port with --port")
    return [
        _held(card.name, daemon)
        if daemon.is_up
        else _ask(card.name, resolve_port(options.state.absolute(), card.port))
        for card in wanted
    ]


def _held(name: str, daemon: DaemonView) -> dict[str, Any]:
    health = daemon.health.get("linecards", {}).get(name)
    if health is None:
        return told(name, {"reason": daemon.trouble or "the daemon says nothing of it"})
    return told(name, health)


def _ask(name: str, port: str) -> dict[str, Any]:
    async def ask() -> HatAnswers:
        return await ask_hat(asyncio.get_running_loop(), port, open_linecard)

    try:
        return asked(name, port, asyncio.run(ask()))
    except LinkError as error:
        return asked(name, port, str(error))
