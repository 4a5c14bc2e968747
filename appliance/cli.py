"""The command line: `counterbell run | web | demo | status | calls | config | prompt | simulate`.

Exit codes: 0 well, 1 it failed, 2 used wrongly. An error is one line that says what to do.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from appliance import __version__, config_commands
from appliance.control.client import Client
from appliance.errors import CounterbellError
from appliance.simulator import commands as simulator_commands

APPLIANCE_STATE = Path("/var/lib/counterbell")
DEMO_STATE = Path(__file__).parents[1] / "build" / "demo"

Run = Callable[[argparse.Namespace], int]


def default_state() -> Path:
    """$COUNTERBELL_STATE, else the appliance's folder, else (on a laptop) the demo's."""
    named = os.environ.get("COUNTERBELL_STATE")
    if named:
        return Path(named)
    return APPLIANCE_STATE if APPLIANCE_STATE.is_dir() else DEMO_STATE


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point of ``counterbell``; returns the exit code."""
    options = _parser().parse_args(arguments)
    run: Run = options.run
    try:
        return run(options)
    except CounterbellError as error:
        sys.stderr.write(f"counterbell: {error}\n")
        return 1
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output (head, less) went away: not our failure
        return 0
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="counterbell", description="A call center in a box for small shops."
    )
    parser.add_argument("--version", action="version", version=f"counterbell {__version__}")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--state", type=Path, default=default_state(), metavar="DIR", help="the state folder"
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    run = commands.add_parser("run", parents=[shared], help="the telephony daemon")
    run.add_argument(
        "--rt-priority", type=int, default=0, help="real-time priority of the audio loop"
    )
    run.set_defaults(run=_run)

    web = commands.add_parser("web", parents=[shared], help="the owner's page")
    web.add_argument("--listen", default="0.0.0.0", metavar="ADDRESS")
    web.add_argument("--port", type=int, default=8080)
    web.set_defaults(run=_web)

    demo = commands.add_parser(
        "demo", parents=[shared], help="a whole shop, emulated, on this computer"
    )
    demo.add_argument("--listen", default="0.0.0.0", metavar="ADDRESS")
    demo.add_argument("--port", type=int, default=8080)
    demo.add_argument("--no-first-call", action="store_true", help="do not place a call by itself")
    demo.set_defaults(run=_demo)

    status = commands.add_parser(
        "status", parents=[shared], help="what lines and handsets are doing"
    )
    status.add_argument("--json", action="store_true")
    status.set_defaults(run=_status)

    _add_calls(commands, shared)
    prompt = commands.add_parser("prompt", help="spoken prompts")
    prompt_commands = prompt.add_subparsers(required=True, metavar="COMMAND")
    make = prompt_commands.add_parser(
        "make", parents=[shared], help="speak every prompt that is missing"
    )
    make.set_defaults(run=_make_prompts)
    config_commands.add_parsers(commands, shared)
    simulator_commands.add_parsers(commands, shared)
    return parser


def _add_calls(commands: Any, shared: argparse.ArgumentParser) -> None:
    listing = argparse.ArgumentParser(add_help=False)
    listing.add_argument("--json", action="store_true")
    calls = commands.add_parser("calls", parents=[shared, listing], help="the calls, newest first")
    calls.add_argument("--day", metavar="YYYY-MM-DD", help="only this day")
    calls.add_argument("--limit", type=int, default=50)
    calls.set_defaults(run=_calls)
    inner = calls.add_subparsers(metavar="show ID")
    show = inner.add_parser("show", help="one call with its story")
    show.add_argument("call_id", metavar="ID")
    # given after "show" too, without undoing what was given before it
    show.add_argument("--state", type=Path, default=argparse.SUPPRESS, metavar="DIR")
    show.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
    show.set_defaults(run=_show_call)


# --- processes -------------------------------------------------------------------------------


def _run(options: argparse.Namespace) -> int:
    from appliance.app import run  # noqa: PLC0415 - only the daemon needs the audio library

    return run(options.state, options.rt_priority)


def _web(options: argparse.Namespace) -> int:
    os.execv(
        sys.executable,
        [
            sys.executable, "-m", "web_admin.server", "--state", str(options.state),
            "--listen", options.listen, "--port", str(options.port),
        ],
    )  # fmt: skip


def _demo(options: argparse.Namespace) -> int:
    from appliance.demo import run_demo  # noqa: PLC0415

    return run_demo(options.state, options.listen, options.port, not options.no_first_call)


def _make_prompts(options: argparse.Namespace) -> int:
    from appliance.prompt_making import make_prompts  # noqa: PLC0415 - needs the audio library

    make_prompts(options.state, print)
    return 0


# --- what the daemon knows -------------------------------------------------------------------


def _client(options: argparse.Namespace) -> Client:
    return Client(options.state / "control.sock")


def _write_json(data: object) -> None:
    sys.stdout.write(json.dumps(data, indent=2, ensure_ascii=False) + "\n")


def _status(options: argparse.Namespace) -> int:
    status = _client(options).call("status.get")
    if options.json:
        _write_json(status)
        return 0
    out = sys.stdout.write
    out(f"{status['shop']}\n")
    for line in status["lines"]:
        out(f"  line     {line['name']:<14} {line['state']:<13} {line.get('reason') or ''}\n")
    for station in status["stations"]:
        name = f"{station['extension']} {station['name']}"
        out(f"  station  {name:<14} {station['state']:<13} {station.get('reason') or ''}\n")
    for call in status["calls"]:
        out(
            f"  call     {_caller(call)} {call['state']} for {status['at'] - call['since']:.0f} s\n"
        )
    for problem in status["problems"]:
        out(f"  problem  {problem}\n")
    return 0


def _calls(options: argparse.Namespace) -> int:
    client = _client(options)
    calls: list[Any] = []
    cursor = None
    while len(calls) < options.limit:
        answer = client.call(
            "calls.list",
            day=options.day,
            before=cursor,
            limit=min(200, options.limit - len(calls)),
            story=options.json,
        )
        calls += answer["calls"]
        cursor = answer["next"]
        if cursor is None:
            break
    if options.json:
        _write_json(calls)
        return 0
    for call in calls:
        began = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(call["started_at"]))
        lasted = f"{call['ended_at'] - call['started_at']:4.0f} s" if call["ended_at"] else "now   "
        what = call["disposition"] or "in progress"
        sys.stdout.write(f"{call['call_id']}  {began}  {lasted}  {what:<11}  {_caller(call)}\n")
    return 0


def _show_call(options: argparse.Namespace) -> int:
    call = _client(options).call("calls.get", call_id=options.call_id)
    if options.json:
        _write_json(call)
        return 0
    out = sys.stdout.write
    out(f"{_caller(call)}  {call['disposition'] or 'in progress'}")
    out(f", ended by {call['ended_by']}\n" if call["ended_by"] else "\n")
    for note in call["story"]:
        out(f"  {note['at'] - call['started_at']:7.2f} s  {note['text']}\n")
    return 0


def _caller(call: Mapping[str, Any]) -> str:
    caller = call.get("caller") or {}
    named = " ".join(filter(None, (caller.get("name"), caller.get("number"))))
    return named or caller.get("presentation") or "unknown caller"


if __name__ == "__main__":
    sys.exit(main())
