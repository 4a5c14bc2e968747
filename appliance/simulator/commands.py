"""``counterbell simulate ...``: call a line, use a handset, misbehave, look, or serve a network."""

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

from appliance.errors import SimulatorError
from appliance.simulator import mobile_commands
from appliance.simulator.client import Message, request
from appliance.simulator.tones import DTMF_KEYS

_Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
_LONGEST_CALL_S = 60.0
_LINES = ("lines", "cellular")  # as the network's state names its kinds


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
    about = "use the emulated telephone network"
    parser = commands.add_parser("simulate", help=about, description=about)
    doings = parser.add_subparsers(dest="simulate", required=True, metavar="WHAT")

    def add(name: str, about: str) -> argparse.ArgumentParser:
        doing = doings.add_parser(name, parents=[shared], help=about, description=about)
        doing.add_argument("--json", action="store_true", help="the same as JSON, for programs")
        doing.set_defaults(run=run)
        return doing

    _add_call(add("call", "ring a line as a caller does, and hear what happens"))
    _add_phone(add("phone", "use a handset: the actions are done in the order given"))
    _add_phones(add("phones", "say what the people at the handsets do when it rings"))
    add("state", "show every line, HAT and handset")
    _add_fault(add("fault", "make a line's modem misbehave"))
    mobile_commands.add_text(add("text", "send a mobile line a short message"))
    serve = add("serve", "run a network until interrupted")
    serve.add_argument("--config", type=Path, metavar="FILE.toml", help="lines, HATs and phones")
    serve.add_argument(
        "--answer-after", type=_seconds, metavar="S", help="handsets answer after S seconds"
    )


def _add_call(call: argparse.ArgumentParser) -> None:
    call.add_argument("--line", default="", help="its name; left out: the first one")
    call.add_argument("--from", dest="number", default="09171234567", metavar="NUMBER")
    call.add_argument("--name", default="", help="the caller's name, for caller ID")
    call.add_argument("--private", action="store_true", help="withhold the number")
    call.add_argument(
        "--press",
        type=_keys,
        action="append",
        default=[],
        metavar="KEYS",
        help="press when what is heard falls quiet; may be given again for the next menu",
    )
    call.add_argument(
        "--press-after", type=_seconds, metavar="S", help="press so long after the answer instead"
    )
    call.add_argument("--say", type=_sound, metavar="FILE.wav", help="speak after the keys")
    call.add_argument("--say-after", type=_seconds, metavar="S", help="so long after the keys")
    call.add_argument(
        "--hang-up-after",
        type=_seconds,
        default=_LONGEST_CALL_S,
        metavar="S",
        help=f"counted from the answer (default {_LONGEST_CALL_S:g})",
    )
    call.add_argument(
        "--give-up-after",
        type=_seconds,
        default=60.0,
        metavar="S",
        help="when nobody answers (default 60)",
    )
    call.add_argument(
        "--save",
        type=Path,
        metavar="FILE.wav",
        help="where to keep what the caller heard (default: a file in the state folder's heard/)",
    )


def _add_phone(phone: argparse.ArgumentParser) -> None:
    phone.add_argument("--extension", required=True, metavar="N", help="which handset")
    phone.add_argument("--lift", action=_Then, nargs=0, help="take it off the hook")
    phone.add_argument("--hang-up", action=_Then, nargs=0, help="put it back")
    phone.add_argument("--flash", action=_Then, nargs=0, help="tap the hook for 300 ms")
    phone.add_argument("--answer", action=_Then, nargs=0, help="wait for it to ring, then lift")
    phone.add_argument("--press", action=_Then, type=_keys, metavar="KEYS", help="dial with tones")
    phone.add_argument(
        "--pulse", action=_Then, type=_digits, metavar="DIGITS", help="dial with pulses"
    )
    phone.add_argument("--wait", action=_Then, type=_seconds, metavar="S", help="do nothing")
    phone.add_argument("--say", action=_Then, type=_sound, metavar="FILE.wav", help="speak")
    phone.add_argument("--save", type=Path, metavar="FILE.wav", help="what the handset heard")


def _add_phones(phones: argparse.ArgumentParser) -> None:
    phones.add_argument(
        "--extension", action="append", default=[], metavar="N", help="default: every one"
    )
    phones.add_argument(
        "--answer-after", type=_seconds, metavar="S", help="lift so long after the first ring"
    )
    phones.add_argument("--say", type=_sound, metavar="FILE.wav", help="speak after lifting")
    phones.add_argument("--hang-up-after", type=_seconds, metavar="S", help="so long after lifting")


def _add_fault(fault: argparse.ArgumentParser) -> None:
    fault.add_argument("--line", default="", help="its name; may be left out when there is one")
    fault.add_argument("--unplug", action="store_true", help="its device vanishes")
    fault.add_argument("--replug", action="store_true", help="it comes back, on another pty")
    fault.add_argument(
        "--extension",
        choices=("lift", "hang-up"),
        help="another telephone on the same line is lifted or put down",
    )
    fault.add_argument("--call-waiting", metavar="NUMBER", help="a second call knocks")
    fault.add_argument(
        "--hang-up-tone",
        metavar="TONE",
        help="what the exchange gives from now on when a caller has hung up, for example "
        '"hz=600+700 on=0.3 off=0.15"; "" for the country\'s busy tone',
    )
    fault.add_argument(
        "--set",
        dest="faults",
        action="append",
        metavar="NAME[=VALUE]",
        help="errors_only, never_answers, late_connect_s=3 ...; 'none' heals it",
    )
    mobile_commands.add_faults(fault)


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1e6:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of seconds")
    return value


def _keys(text: str) -> str:
    if not text or any(key not in DTMF_KEYS for key in text):
        raise argparse.ArgumentTypeError(f"can't press '{text}': keys are {DTMF_KEYS}")
    return text


def _digits(text: str) -> str:
    if not text.isascii() or not text.isdecimal():
        raise argparse.ArgumentTypeError(f"can't dial '{text}' with pulses: digits are 0 to 9")
    return text


def _sound(text: str) -> str:
    """The absolute path of a sound file that is there: the network reads it, elsewhere."""
    if not Path(text).is_file():
        raise argparse.ArgumentTypeError(f"there is no file '{text}'")
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
        "text": _text,
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


def _heard_file(state: Path) -> Path:
    """A new name for what a caller hears."""
    folder = state / "heard"
    folder.mkdir(exist_ok=True)
    return folder / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.wav"


def _line_names(state: Path, kinds: Sequence[str]) -> list[str]:
    told = request(state, {"do": "state"})
    found = [told.get(kind) for kind in kinds]
    return [str(line["name"]) for kind in found if isinstance(kind, list) for line in kind]


def _first_line(name: str, state: Path) -> str:
    """``name``, or else the first line there is."""
    names = [name] if name else _line_names(state, _LINES)
    if not names:
        raise SimulatorError("the network has no line")
    return names[0]


def _only_line(name: str, state: Path, kinds: Sequence[str] = _LINES) -> str:
    """``name``, or else the only line of these kinds."""
    names = [name] if name else _line_names(state, kinds)
    if len(names) != 1:
        raise SimulatorError(f"say which line with --line: {', '.join(names) or 'there is none'}")
    return names[0]


def _call(args: argparse.Namespace, state: Path) -> int:
    line = _first_line(args.line, state)
    heard = args.save or _heard_file(state)
    message: Message = {
        "do": "call",
        "line": line,
        "from": args.number,
        "name": args.name,
        "presentation": "private" if args.private else "allowed",
        "press": args.press,
        "press_after": args.press_after,
        "say": args.say or "",
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
    for kind in ("lines", "cellular", "hats", "phones", "dialled"):
        things = result.get(kind)
        for thing in things if isinstance(things, list) else []:
            words = [f"{key}={value}" for key, value in thing.items() if _is_plain(value)]
            _print(f"{kind.removesuffix('s')}  {'  '.join(words)}")
    return 0


def _is_plain(value: object) -> bool:
    return not isinstance(value, dict | list)


def _fault(args: argparse.Namespace, state: Path) -> int:
    fault: Message = {key: True for key in ("unplug", "replug") if getattr(args, key)}
    if args.call_waiting:
        fault["call_waiting"] = args.call_waiting
    if args.extension:
        fault["extension"] = args.extension == "lift"
    if args.hang_up_tone is not None:
        fault["hang_up_tone"] = args.hang_up_tone
    if args.faults:
        fault["faults"] = _parse_faults(args.faults)
    fault |= mobile_commands.faults(args)
    if not fault:
        sys.stderr.write("counterbell: say which fault: --unplug, --replug, --set or so\n")
        return 2
    request(state, {"do": "line_fault", "line": _only_line(args.line, state)} | fault)
    return 0


def _text(args: argparse.Namespace, state: Path) -> int:
    result = request(state, mobile_commands.text(args, _only_line(args.line, state, _LINES[1:])))
    _print(json.dumps(result) if args.json else f"sent in {result.get('parts')} part(s)")
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
            if value.isidentifier():
                faults[name] = value
                continue
            raise SimulatorError(f"--set {text}: write a number, true or false") from error
    return faults


def _serve(args: argparse.Namespace, state: Path) -> int:
    from appliance.simulator.serving import serve  # noqa: PLC0415 - the others start faster

    serve(args.config, state, args.answer_after)
    return 0
