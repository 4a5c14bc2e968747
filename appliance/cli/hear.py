"""`counterbell hear FILE.wav`: what the box hears in a recording; --json for programs."""

import argparse
import json
from pathlib import Path
from typing import Any


def add_parsers(commands: Any) -> None:
    """Add `hear` to the command line. It needs neither a daemon nor a state folder."""
    about = "what the box hears in a recording: keys, tones, silence, caller ID"
    hear = commands.add_parser("hear", help=about, description=about)
    hear.add_argument(
        "file", type=Path, metavar="FILE.wav", help="8 kHz mono; 16-bit, µ-law or A-law"
    )
    hear.add_argument(
        "--mode",
        choices=("menu", "conversation"),
        default="menu",
        help="how keys are listened for: while one is awaited, or while people talk (default menu)",
    )
    hear.add_argument(
        "--country", type=_country, default="US", metavar="PH", help="whose tones (default US)"
    )
    hear.add_argument("--caller-id", action="store_true", help="caller ID too, as on an idle line")
    hear.add_argument("--json", action="store_true", help="the same as JSON, for programs")
    hear.set_defaults(run=_hear)


def _country(text: str) -> str:
    if len(text) != 2 or not text.isascii() or not text.isalpha():
        raise argparse.ArgumentTypeError(f"'{text}' is no country: give two letters, such as PH")
    return text.upper()


def _hear(options: argparse.Namespace) -> int:
    from appliance.hear import RATE_HZ, hear, read_recording  # noqa: PLC0415 - the audio library

    samples = read_recording(options.file)
    heard = hear(
        samples,
        lenient=options.mode == "menu",
        country=options.country,
        caller_id=options.caller_id,
    )
    seconds = len(samples) / RATE_HZ
    if options.json:
        items = [{"at_s": item.at_s, "what": item.what, **item.figures} for item in heard]
        whole = {"file": str(options.file), "seconds": round(seconds, 3), "heard": items}
        print(json.dumps(whole, indent=2))
        return 0
    for item in heard:
        print(f"{item.at_s:9.3f} s  {item.what.replace('_', ' '):10} {item.text}")
    if not heard:
        print(f"nothing but sound in {seconds:.1f} s: no key, tone, long silence or caller ID")
    return 0
