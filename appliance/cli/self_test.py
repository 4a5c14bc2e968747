"""`counterbell self-test`: this release answers a call of its own (docs/updates.md)."""

import argparse
import json
import sys
from typing import Any

from appliance import __version__
from appliance.errors import SelfTestFailed


def add_parser(commands: Any) -> None:
    """Add `self-test` to the sub-parsers of the command line."""
    about = "this release answers an emulated call: no devices, no network, no root"
    parser = commands.add_parser("self-test", help=about, description=about)
    parser.add_argument("--json", action="store_true", help="the same as JSON, for programs")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """0 when all went well. Raises SelfTestFailed, but with ``--json`` says it there."""
    from appliance.demo.self_test import self_test  # noqa: PLC0415 - the others start faster

    steps: list[dict[str, object]] = []

    def tell(sentence: str, seconds: float) -> None:
        steps.append({"what": sentence, "at_s": seconds})
        if not options.json:
            sys.stdout.write(f"  {seconds:6.1f} s  {sentence}\n")
            sys.stdout.flush()

    problem = ""
    try:
        self_test(tell)
    except SelfTestFailed as error:
        if not options.json:
            raise
        problem = str(error)
    if options.json:
        told = {"ok": not problem, "version": __version__, "problem": problem, "steps": steps}
        sys.stdout.write(f"{json.dumps(told, indent=2)}\n")
    else:
        sys.stdout.write(f"Counterbell {__version__} takes calls.\n")
    return 1 if problem else 0
