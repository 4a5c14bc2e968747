"""The part of ``counterbell simulate`` that is about mobile lines: texts, power and network."""

import argparse

from appliance.simulator.client import Message

_FLAGS = {"supply": ("on", "off"), "service": ("on", "off"), "roaming": ("on", "off")}


def add_text(text: argparse.ArgumentParser) -> None:
    """Options of ``simulate text``."""
    text.add_argument("--line", default="", help="its name; may be left out when there is one")
    text.add_argument("--from", dest="sender", default="+639171234567", metavar="WHO")
    text.add_argument(
        "--alphabet", default="", choices=("gsm7", "ucs2"), help="default: whichever fits"
    )
    text.add_argument("text", help="what it says; a long one is sent in parts")


def add_faults(fault: argparse.ArgumentParser) -> None:
    """Options of ``simulate fault`` that only a mobile line has."""
    fault.add_argument("--keeps-power", action="store_true", help="with --unplug: the lead alone")
    fault.add_argument("--power-key", type=float, metavar="S", help="hold its power key for S")
    fault.add_argument("--signal", type=int, metavar="0-31", help="+CSQ from now on, 99: unknown")
    for name, values in _FLAGS.items():
        fault.add_argument(f"--{name}", choices=values, help=f"of a mobile line: {name}")


def text(args: argparse.Namespace, line: str) -> Message:
    """The request for ``simulate text``."""
    return {
        "do": "text",
        "line": line,
        "from": args.sender,
        "text": args.text,
        "alphabet": args.alphabet,
    }


def faults(args: argparse.Namespace) -> Message:
    """The keys for a mobile line's ``line_fault``; empty when none was given."""
    found: Message = {name: True for name in ("keeps_power",) if getattr(args, name)}
    for name in ("power_key", "signal"):
        if getattr(args, name) is not None:
            found[name] = getattr(args, name)
    for name in _FLAGS:
        if getattr(args, name) is not None:
            found[name] = getattr(args, name) == "on"
    return found
