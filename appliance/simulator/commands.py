"""``counterbell simulate ...``: call a line, use a handset, misbehave, look, or serve a network."""

import argparse
import asyncio
import json
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

from appliance.errors import SimulatorError
from appliance.simulator.client import Message, request
from appliance.simulator.config_file import read_network
from appliance.simulator.network import NetworkConfig, SimulatedNetwork, default_config
from appliance.simulator.phones import PhoneHabits
from appliance.simulator.server import SimulatorServer

_Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
_LONGEST_CALL_S = 60.0


class _Then(argparse.Action):
    """Appends [name] or [name, value] to ``args.actions``, so that the order given is kept."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> None:
        name = self.option_strings[0].lstrip("-").replace("-", "_")
        value = [] if values is None or values == [] else [values]
        namespace.actions = [*(getattr(namespace, "actions", None) or []), [name, *value]]


def add_parsers(commands: _Commands, shared: argparse.ArgumentParser) -> None:
    """Add ``simulate`` to the command line; ``shared`` brings ``--state``."""
    parser = commands.add_parser("simulate", help="use the emulated telephone network")
    doings = parser.add_subparsers(dest="simulate", required=True, metavar="WHAT")

    def add(name: str, about: str) -> argparse.ArgumentParser:
        doing = doings.add_parser(name, parents=[shared], help=about, description=about)
        doing.add_argument("--json", action="store_true")
        doing.set_defaults(run=run)
        return doing

    _add_call(add("call", "ring a line as a caller does, and hear what happens"))
    _add_phone(add("phone", "use a handset: the actions are done in the order given"))
    _add_phones(add("phones", "say what the people at the handsets do when it rings"))
    add("state", "show every line, HAT and handset")
    _add_fault(add("fault", "make a line's modem misbehave"))
    serve = add("serve", "run a network until interrupted")
    serve.add_argument("--config", type=Path, metavar="FILE.toml", help="lines, HATs and phones")
    serve.add_argument(
        "--answer-after", type=_seconds, metavar="S", help="handsets answer after S seconds"
    )


def _add_call(call: argparse.ArgumentParser) -> None:
    call.add_argument("--line", default="", help="its name; may be left out when there is one")
    call.add_argument("--from", dest="number", default="09171234567", metavar="NUMBER")
    call.add_argument("--name", default="", help="the caller's name, for caller ID")
    call.add_argument("--private", action="store_true", help="withhold the number")
    call.add_argument(
        "--press",
        action="append",
        default=[],
        metavar="KEYS",
        help="press when what is heard falls quiet; may be given again for the next menu",
    )
    call.add_argument(
        "--press-after", type=_seconds, metavar="S", help="press so long after the answer instead"
    )
    call.add_argument("--say", type=Path, metavar="FILE.wav", help="speak after the keys")
    call.add_argument("--say-after", type=_seconds, metavar="S", help="so long after the keys")
    call.add_argument(
        "--hang-up-after",
        type=_seconds,
        default=_LONGEST_CALL_S,
        metavar="S",
        help=f"counted from the answer (default {_LONGEST_CALL_S:g})",
    )
    call.add_argument("--give-up-after", type=_seconds, default=60.0, metavar="S")
    call.add_argument("--save", type=Path, metavar="FILE.wav", help="what the caller heard")


def _add_phone(phone: argparse.ArgumentParser) -> None:
    phone.add_argument("--extension", required=True)
    phone.add_argument("--lift", action=_Then, nargs=0)
    phone.add_argument("--hang-up", action=_Then, nargs=0)
    phone.add_argument("--flash", action=_Then, nargs=0)
    phone.add_argument("--answer", action=_Then, nargs=0, help="wait for it to ring, then lift")
    phone.add_argument("--press", action=_Then, metavar="KEYS")
    phone.add_argument("--pulse", action=_Then, metavar="DIGITS")
    phone.add_argument("--wait", action=_Then, type=_seconds, metavar="S")
    phone.add_argument("--say", action=_Then, type=_absolute, metavar="FILE.wav")
    phone.add_argument("--save", type=Path, metavar="FILE.wav", help="what the handset heard")


def _add_phones(phones: argparse.ArgumentParser) -> None:
    phones.add_argument("--extension", action="append", default=[], help="default: every one")
    phones.add_argument("--answer-after", type=_seconds, metavar="S", help="default: never")
    phones.add_argument("--say", type=_absolute, metavar="FILE.wav")
    phones.add_argument("--hang-up-after", type=_seconds, metavar="S")


def _add_fault(fault: argparse.ArgumentParser) -> None:
    fault.add_argument("--line", default="")
    fault.add_argument("--unplug", action="store_true")
    fault.add_argument("--replug", action="store_true")
    fault.add_argument("--call-waiting", metavar="NUMBER", help="a second call knocks")
    fault.add_argument(
        "--set",
        dest="faults",
        action="append",
        metavar="NAME[=VALUE]",
        help="errors_only, never_answers, late_connect_s=3 ...; 'none' heals it",
    )


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 <= value < 1e6:
        raise ValueError(text)
    return value


def _absolute(text: str) -> str:
    return str(Path(text).absolute())


def run(args: argparse.Namespace) -> int:
    """Do it. 0 well, 1 it failed (or nobody answered), 2 used wrongly."""
    state: Path = args.state
    doings = {
        "call": _call,
        "phone": _phone,
        "phones": _phones,
        "state": _state,
        "fault": _fault,
        "serve": _serve,
    }
    try:
        return doings[args.simulate](args, state)
    except SimulatorError as error:
        sys.stderr.write(f"counterbell: {error}\n")
        return 1


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _tell(moment: Message) -> None:
    at_s = moment.get("at_s")
    more = " ".join(
        f"{key}={value}" for key, value in moment.items() if key not in ("at_s", "what")
    )
    _print(f"{at_s:9.3f} s  {moment.get('what')} {more}".rstrip())


def _only_line(name: str, state: Path) -> str:
    if name:
        return name
    lines = request(state, {"do": "state"}).get("lines")
    names = [str(line["name"]) for line in lines] if isinstance(lines, list) else []
    if len(names) != 1:
        raise SimulatorError(f"say which line with --line: {', '.join(names) or 'there is none'}")
    return names[0]


def _call(args: argparse.Namespace, state: Path) -> int:
    heard = args.save or Path(time.strftime("heard-%Y%m%d-%H%M%S.wav"))
    message: Message = {
        "do": "call",
        "line": _only_line(args.line, state),
        "from": args.number,
        "name": args.name,
        "presentation": "private" if args.private else "allowed",
        "press": args.press,
        "press_after": args.press_after,
        "say": _absolute(args.say) if args.say else "",
        "say_after": args.say_after,
        "hang_up_after": args.hang_up_after,
        "give_up_after": args.give_up_after,
        "record": str(heard.absolute()),
    }
    as_json = args.json
    result = request(state, message, None if as_json else _tell)
    if as_json:
        _print(json.dumps(result, indent=2))
    elif result.get("heard"):
        _print(f"what the caller heard is in {heard}")
    if result.get("outcome") == "answered":
        return 0
    sys.stderr.write(f"counterbell: the call was not answered ({result.get('outcome')})\n")
    return 1


def _phone(args: argparse.Namespace, state: Path) -> int:
    actions = getattr(args, "actions", None)
    if not actions:
        sys.stderr.write("counterbell: say what to do: --lift --press 12 --wait 3 --hang-up\n")
        return 2
    message: Message = {
        "do": "phone",
        "extension": args.extension,
        "actions": actions,
        "record": str(args.save.absolute()) if args.save else "",
    }
    as_json = args.json
    result = request(state, message, None if as_json else _tell)
    if as_json:
        _print(json.dumps(result, indent=2))
    elif args.save:
        _print(f"what the handset heard is in {args.save}")
    return 0


def _phones(args: argparse.Namespace, state: Path) -> int:
    request(
        state,
        {
            "do": "phones",
            "extensions": args.extension,
            "answer_after": args.answer_after,
            "say": args.say or "",
            "hang_up_after": args.hang_up_after,
        },
    )
    return 0


def _state(args: argparse.Namespace, state: Path) -> int:
    result = request(state, {"do": "state"})
    if args.json:
        _print(json.dumps(result, indent=2))
        return 0
    for kind in ("lines", "hats", "phones"):
        things = result.get(kind)
        for thing in things if isinstance(things, list) else []:
            words = [f"{key}={value}" for key, value in thing.items() if _is_plain(value)]
            _print(f"{kind[:-1]}  {'  '.join(words)}")
    return 0


def _is_plain(value: object) -> bool:
    return not isinstance(value, dict | list)


def _fault(args: argparse.Namespace, state: Path) -> int:
    message: Message = {"do": "line_fault", "line": _only_line(args.line, state)}
    message |= {key: True for key in ("unplug", "replug") if getattr(args, key)}
    if args.call_waiting:
        message["call_waiting"] = args.call_waiting
    if args.faults:
        message["faults"] = _parse_faults(args.faults)
    if len(message) == 2:
        sys.stderr.write("counterbell: say which fault: --unplug, --replug, --set or so\n")
        return 2
    request(state, message)
    return 0


def _parse_faults(texts: Sequence[str]) -> Message:
    faults: Message = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if name == "none":
            continue
        try:
            faults[name] = json.loads(value) if equals else True
        except ValueError as error:
            raise SimulatorError(f"--set {text}: write a number, true or false") from error
    return faults


def _serve(args: argparse.Namespace, state: Path) -> int:
    config = read_network(args.config, state) if args.config else default_config(state)
    asyncio.run(_serve_until_told(config, state, args.answer_after))
    return 0


async def _serve_until_told(
    config: NetworkConfig, state: Path, answer_after_s: float | None
) -> None:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    network = SimulatedNetwork(loop, config)
    server = SimulatorServer(network, state)
    await server.start()
    try:
        network.start()
        for phone in network.phones.values():
            phone.behave(PhoneHabits(answer_after_s=answer_after_s))
        lines = ", ".join(f"{line.name} at {line.path}" for line in config.lines)
        hats = ", ".join(f"{hat.name} at {hat.path}" for hat in config.hats)
        _print(f"ready: lines {lines or 'none'}; HATs {hats or 'none'}")
        await ended.wait()
    finally:
        await server.stop()
        network.stop()
