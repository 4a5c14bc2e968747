"""The command line: `counterbell run|web|demo|doctor|status|calls|config|backup|simulate ...`.

Exit codes: 0 well, 1 it failed, 2 used wrongly. An error is one line that says what to do.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import NoReturn

from appliance import __version__
from appliance.errors import CounterbellError
from appliance.tied import end_with_parent

APPLIANCE_STATE = Path("/var/lib/counterbell")
DEMO_STATE = Path(__file__).parents[2] / "build" / "demo"
EXAMPLES = """\
A first look, without any hardware:
  counterbell demo                        an emulated phone network and the whole product
  counterbell simulate call --press 1     in another terminal: be the caller
  counterbell calls                       and see what became of it

The state folder is $COUNTERBELL_STATE, or else /var/lib/counterbell where that exists, or else
the demo's. Exit codes: 0 well, 1 it failed, 2 used wrongly.
"""

PROCESSES = ("run", "web", "demo")

Run = Callable[[argparse.Namespace], int]


class Parser(argparse.ArgumentParser):
    """Says what was wrong in one line, and where to read more; so do its sub-commands."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (read: {self.prog} --help)\n")


def default_state() -> Path:
    """$COUNTERBELL_STATE, else the appliance's folder, else (on a laptop) the demo's."""
    named = os.environ.get("COUNTERBELL_STATE")
    if named:
        return Path(named)
    return APPLIANCE_STATE if APPLIANCE_STATE.is_dir() else DEMO_STATE


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point of ``counterbell``; returns the exit code."""
    end_with_parent()
    _prepare_output()
    words = sys.argv[1:] if arguments is None else arguments
    options = _parser(next(iter(words), "")).parse_args(words)
    run: Run = options.run
    try:
        code = run(options)
        sys.stdout.flush()
    except CounterbellError as error:
        return _failed(str(error))
    except BrokenPipeError:
        _discard_output()  # the reader of our output (head, less) went away: not our failure
        return 0
    except OSError as error:
        _discard_output()
        where = f"{error.filename}: " if error.filename else ""
        return _failed(f"{where}{error.strerror or error}")
    except KeyboardInterrupt:
        return 130
    return code


def _failed(reason: str) -> int:
    sys.stderr.write(f"counterbell: {' '.join(reason.split())}\n")
    return 1


def _prepare_output() -> None:
    """A letter that the terminal does not have, or no output at all, is no reason to fail."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - as long as we live
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _discard_output() -> None:
    """Nothing more can be written: let the last flush, at exit, go nowhere without complaint."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _parser(first: str) -> argparse.ArgumentParser:
    """``first``: the first word; a process is started without what the other commands need."""
    parser: argparse.ArgumentParser = Parser(
        prog="counterbell",
        description="A call center in a box for small shops.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"counterbell {__version__}")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--state", type=Path, default=default_state(), metavar="DIR", help="the state folder"
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_processes(commands, shared)
    if first not in PROCESSES:
        from appliance.cli.commands import add_parsers  # noqa: PLC0415 - half of a service's start

        add_parsers(commands, shared)
    return parser


def _add_processes(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    shared: argparse.ArgumentParser,
) -> None:
    def add(name: str, about: str, run: Run) -> argparse.ArgumentParser:
        parser = commands.add_parser(name, parents=[shared], help=about, description=about)
        parser.set_defaults(run=run)
        return parser

    run = add("run", "the telephony daemon; prints one line when it is ready", _run)
    run.add_argument(
        "--rt-priority",
        type=_priority,
        default=0,
        metavar="N",
        help="real-time priority of the audio loop, 1 to 99 (default 0: none)",
    )
    run.add_argument(
        "--log-level",
        choices=("debug", "info", "warning", "error"),
        default="info",
        help="how much is logged to stderr (default info: each call's story)",
    )
    web = add("web", "the owner's page", _web)
    _add_address(web, 8080, "its port (default 8080)")
    demo = add("demo", "a whole shop, emulated, on this computer; Ctrl-C ends it", _demo)
    _add_address(demo, None, "the page's port (default 8080, or the next free one)")
    demo.add_argument("--no-first-call", action="store_true", help="do not place a call by itself")


def _add_address(parser: argparse.ArgumentParser, port: int | None, about: str) -> None:
    parser.add_argument(
        "--listen",
        default="0.0.0.0",
        metavar="ADDRESS",
        help="where the page is served (default 0.0.0.0: to everybody on the network)",
    )
    parser.add_argument("--port", type=_port, default=port, metavar="N", help=about)


def _port(text: str) -> int:
    return _number(text, 65535)


def _priority(text: str) -> int:
    return _number(text, 99)


def _number(text: str, most: int) -> int:
    if not text.isdecimal() or int(text) > most:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number from 0 to {most}")
    return int(text)


# --- processes -------------------------------------------------------------------------------


def _run(options: argparse.Namespace) -> int:
    from appliance.daemon import run  # noqa: PLC0415 - only the daemon needs the audio library

    return run(options.state, options.rt_priority, options.log_level)


def _web(options: argparse.Namespace) -> int:
    os.execv(
        sys.executable,
        [
            sys.executable, "-m", "web_admin.server", "--state", str(options.state),
            "--listen", options.listen, "--port", str(options.port),
        ],
    )  # fmt: skip


def _demo(options: argparse.Namespace) -> int:
    from appliance.demo import DemoOptions, run_demo  # noqa: PLC0415

    return run_demo(
        DemoOptions(
            options.state,
            options.listen,
            options.port,
            first_call=not options.no_first_call,
            say_state=options.state.absolute() != default_state().absolute(),
        )
    )
