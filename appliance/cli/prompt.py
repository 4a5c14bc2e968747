"""`counterbell prompt make`: the spoken prompts."""

import argparse
import sys
from typing import Any

from appliance.cli.progress import Progress


def add_parsers(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add `prompt` to the command line; ``shared`` brings ``--state``."""
    about = "make the spoken prompts"
    prompt = commands.add_parser("prompt", help=about, description=about)
    doings = prompt.add_subparsers(required=True, metavar="COMMAND")
    about = "speak every prompt that is missing"
    make = doings.add_parser("make", parents=[shared], help=about, description=about)
    make.set_defaults(run=_make_prompts)


def _make_prompts(options: argparse.Namespace) -> int:
    from appliance.prompt_making import make_prompts  # noqa: PLC0415 - needs the audio library

    with Progress(sys.stdout) as progress:
        made = make_prompts(options.state, progress.show)
    sys.stdout.write(f"{made} prompts are ready\n")
    return 0
