"""`counterbell sound-cards`: which cards there are, by the names to write in the configuration."""

import argparse
import json
import subprocess
import sys
from typing import Any

from appliance.errors import SoundCardError

LISTER = [sys.executable, "-m", "appliance.audio.sound_card_child", "--list"]
TIMEOUT_S = 20.0  # a sound server that hangs


def add_parser(commands: Any) -> None:
    """Add `sound-cards` to the command line."""
    about = "the sound cards of this computer, by names that stay the same"
    parser = commands.add_parser("sound-cards", help=about, description=about)
    parser.add_argument("--json", action="store_true", help="the same as JSON, for programs")
    parser.set_defaults(run=_list)


def _list(options: argparse.Namespace) -> int:
    found = ask_cards()
    if options.json:
        sys.stdout.write(json.dumps(found, indent=2, ensure_ascii=False) + "\n")
        return 0
    if found["system"]:
        sys.stdout.write(f"no sound system: {found['system']}\n")
    for card in found["cards"]:
        channels = f"{card['channels_in']} in, {card['channels_out']} out"
        also = "".join(f", or {name}" for name in card["names"][1:])
        sys.stdout.write(f"{card['device']}  ({channels}, {card['rate_hz']:g} Hz{also})\n")
    return 0


def ask_cards() -> dict[str, Any]:
    """What a card's process lists: in a process of its own, as PortAudio may hang or crash."""
    try:
        done = subprocess.run(
            LISTER, stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT_S, check=False
        )
        found = json.loads(done.stdout)
    except subprocess.TimeoutExpired as error:
        raise SoundCardError(f"the sound system does not answer within {TIMEOUT_S:g} s") from error
    except ValueError as error:
        raise SoundCardError("the sound system can't be asked for its cards") from error
    return dict(found)
