"""`counterbell line-doctor list|show|apply|dismiss|clip`: what calls have shown of each line."""

import argparse
import json
import os
import shutil
import sys
from collections.abc import Mapping
from typing import Any

from appliance.control.client import Client

_MEASURES = {  # in words, with the unit
    "noise_dbm0": ("noise while nobody speaks", "dBm0"),
    "speech_dbm0": ("callers' voices", "dBm0"),
    "hum_dbm0": ("mains hum", "dBm0"),
    "hum_hz": ("mains hum at", "Hz"),
    "echo_return_loss_db": ("echo comes back weaker by", "dB"),
    "echo_delay_ms": ("echo comes back after", "ms"),
    "ring_period_s": ("from ring to ring", "s"),
}


def add_parsers(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add `line-doctor` to the command line; ``shared`` brings ``--state``."""
    about = "what ordinary calls have shown of each line, and what to change"
    doctor = commands.add_parser("line-doctor", help=about, description=about)
    inner = doctor.add_subparsers(title="commands", required=True, metavar="COMMAND")
    listing = argparse.ArgumentParser(add_help=False)
    listing.add_argument("--json", action="store_true", help="the same as JSON, for programs")
    one = argparse.ArgumentParser(add_help=False)
    one.add_argument("proposal_id", metavar="ID", help="as 'line-doctor list' prints it")

    def add(name: str, about: str, *parents: argparse.ArgumentParser) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = inner.add_parser(
            name, parents=[shared, *parents], help=about, description=about
        )
        parser.set_defaults(run=run, line_doctor_command=name)
        return parser

    add("list", "each line's measures and proposals", listing)
    add("show", "one proposal and its evidence", listing, one)
    add("apply", "put the proposed value into the configuration", listing, one)
    add("dismiss", "never propose it again", listing, one)
    clip = add("clip", "write the sound it was learned from", one)
    clip.add_argument("file", metavar="FILE", help="a WAV file to write")


def run(options: argparse.Namespace) -> int:
    """Do one `line-doctor` command; the exit code. Raises CounterbellError and OSError."""
    with Client(options.state / "control.sock") as client:
        if options.line_doctor_command == "clip":
            return _write_clip(client, options)
        params = (
            {} if options.line_doctor_command == "list" else {"proposal_id": options.proposal_id}
        )
        answer = client.call(f"line_doctor.{options.line_doctor_command}", **params)
    if options.json:
        sys.stdout.write(json.dumps(answer, indent=2, ensure_ascii=False) + "\n")
    else:
        shown = {"list": _list, "show": _show, "apply": _applied, "dismiss": _dismissed}
        sys.stdout.write("".join(f"{row}\n" for row in shown[options.line_doctor_command](answer)))
    return 0


def _list(answer: Mapping[str, Any]) -> list[str]:
    rows = []
    for line in answer["lines"]:
        rows.append(f"{line['line']}: {line['calls']} calls listened to")
        for measure in line["measures"]:
            words, unit = _MEASURES.get(measure["name"], (measure["name"], ""))
            rows.append(f"  {words:<28} {measure['value']:g} {unit} ({measure['calls']} calls)")
        if line["caller_id"]:
            rows.append(f"  {'caller ID comes':<28} {line['caller_id']}")
        if line["heard_tone"]:
            known = line["heard_tone_known_as"]
            rows.append(
                f"  {'calls end in':<28} {line['heard_tone']} ({line['heard_tone_calls']} calls"
                f"{f'; known as {known}' if known else ''})"
            )
        for tone in line["hang_up_tones"]:
            rows.append(f"  {'configured hang-up tone':<28} {tone}")
        for proposal in line["proposals"]:
            rows.append(f"  PROPOSED {proposal['proposal_id']}: {_what(proposal)}")
    return rows or ["there is no line yet"]


def _what(proposal: Mapping[str, Any]) -> str:
    return f"{proposal['key']} = {proposal['value_text']}"


def _show(proposal: Mapping[str, Any]) -> list[str]:
    rows = [f"line {proposal['line']}: {_what(proposal)}"]
    rows.append(f"  at present: {proposal['present_text'] or 'none'}")
    rows.append(f"  because {proposal['reason']}:")
    rows += [
        f"  {call['call_id']}  {call['caller'] or 'number withheld':<16} {call['tone_text']}; "
        f"{call['cycles']} cycles at {call['level_dbm0']:g} dBm0, {call['snr_db']:g} dB clear"
        for call in proposal["calls"]
    ]
    return rows


def _applied(answer: Mapping[str, Any]) -> list[str]:
    return [*answer["changes"], f"configuration {answer['generation']} is in force"]


def _dismissed(_answer: Mapping[str, Any]) -> list[str]:
    return ["it will not be proposed again"]


def _write_clip(client: Client, options: argparse.Namespace) -> int:
    info, descriptor = client.open_file("line_doctor.clip", proposal_id=options.proposal_id)
    with os.fdopen(descriptor, "rb") as source, open(options.file, "wb") as target:
        shutil.copyfileobj(source, target)
    sys.stdout.write(f"{options.file}: {info['ms'] / 1000:.1f} s of the tone\n")
    return 0
