"""`counterbell box boot|network|console`: root's one-shots of a box; systemd starts them.

Their services call `python -m appliance.box`, which is the same and loads in a third of the time.
"""

import argparse
import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from appliance.box.claim_code import show_on_console
from appliance.box.commands import run
from appliance.box.first_boot import Needs, host_name, start_box
from appliance.box.network_request import carry_out
from appliance.box.places import Places
from appliance.box.reset_button import Asked, ask_button, button_and_lamp
from appliance.errors import CounterbellError, GpioError
from appliance.gpio import pin_errors, raspberry_pi_pins
from appliance.settings.boards import BOARDS

_MODEL = Path("/proc/device-tree/model")
_CONSOLE = Path("/dev/console")
_HAT = Path("/proc/device-tree/hat")  # what the Pi's firmware read from the HAT's ID EEPROM
_LINE_CARD = ("Counterbell", "Line card 2 FXO 4 FXS")  # as hardware/hat/eeprom_settings.txt has it


def add_commands(doings: Any) -> None:
    """Add the one-shots to a parser's sub-parsers."""
    for name, work, text in (
        ("boot", _boot, "reset button, the card's room, counterbell.toml, the claim code"),
        ("network", _network, "join the Wi-Fi network that the page asks for"),
        ("console", _console, "show the address and the claim code on the console, or no longer"),
    ):
        one = doings.add_parser(name, help=text, description=text)
        one.add_argument(
            "--root", type=Path, default=Path("/"), metavar="DIR", help="a folder that is the box"
        )
        one.set_defaults(run=work)


def _boot(options: argparse.Namespace) -> int:
    places = _places(options)
    if places.is_live:
        needs = Needs(places, run, _tell, _reset_button, has_line_card)
    else:
        needs = Needs(places, run, _say, lambda: False, lambda: False)
    return 0 if start_box(needs) else 1


def _network(options: argparse.Namespace) -> int:
    result = carry_out(_places(options), run, time.time)
    if result is not None:
        sys.stdout.write(f"{result.text}\n")
    return 0  # the answer is the page's; a service that failed would say no more


def _console(options: argparse.Namespace) -> int:
    places = _places(options)
    show_on_console(places, host_name(places), run)
    return 0


def _places(options: argparse.Namespace) -> Places:
    places = Places(options.root.resolve())
    if places.is_live and os.geteuid() != 0:
        raise CounterbellError("this is the box's own work and needs root; its services do it")
    return places


def _say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()


def _tell(sentence: str) -> None:
    """To the journal, and to whoever stands before the box's screen."""
    _say(sentence)
    with suppress(OSError), _CONSOLE.open("w") as console:
        console.write(f"Counterbell: {sentence}\n")


class _Time:
    """Time as it passes; `wait` ends at the moment that was meant."""

    def now(self) -> float:
        return time.monotonic()

    def wait(self, seconds: float) -> None:
        time.sleep(seconds)


def _reset_button() -> bool:
    """Asked at the button of a Raspberry Pi; other machines' pins are somebody else's."""
    try:
        if "Raspberry Pi" not in _MODEL.read_text(errors="replace"):
            return False
    except OSError:
        return False
    pins = BOARDS["box"]
    button, lamp = pins["reset_button_gpio"], pins["lamp_gpio"]
    if not isinstance(button, int) or not isinstance(lamp, int):
        return False
    try:
        with button_and_lamp(raspberry_pi_pins(), button, lamp) as (pressed, lit):
            return ask_button(pressed, lit, _Time(), _tell) is Asked.YES
    except GpioError:
        return False
    except pin_errors():
        return False


def has_line_card(hat: Path = _HAT) -> bool:
    """Whether our line card is on this Raspberry Pi, by its own word."""
    try:
        told = tuple(
            (hat / name).read_bytes().rstrip(b"\0").decode("ascii", "replace")
            for name in ("vendor", "product")
        )
    except OSError:
        return False
    return told == _LINE_CARD
