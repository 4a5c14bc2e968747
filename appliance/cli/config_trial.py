"""`counterbell config draft|diff|apply|confirm|revert|history`: settings tried before they stay."""

import argparse
import contextlib
import json
import re
import sys
import time
from collections.abc import Mapping
from typing import Any

from appliance.cli.config import (
    LOCAL,
    how_many,
    in_force,
    open_folder,
    patient_client,
    read_file,
    told,
)
from appliance.errors import DaemonNotRunning, SettingsOnTrial
from appliance.settings.diff import describe_changes
from appliance.settings.toml import read_toml
from appliance.storage.config_trial import (
    LONGEST_S,
    SHORTEST_S,
    USUAL_S,
    draft_diff,
    kept_generations,
)

_LENGTH = re.compile(r"([0-9]+)(s|m|h|)")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600}
_MOST_SHOWN = 5  # changes of one generation


def add_parsers(inner: Any, shared: argparse.ArgumentParser) -> None:
    """Add them to ``inner``, the sub-parsers of `config`; ``shared`` brings ``--state``."""

    def add(name: str, about: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = inner.add_parser(
            name, parents=[shared], help=about, description=about
        )
        parser.set_defaults(run=run, config_command=name)
        return parser

    draft = add("draft", "check FILE and keep it as the draft; nothing changes yet")
    draft.add_argument("file", metavar="FILE", help="a TOML file; - is the standard input")
    diff = add("diff", "what the draft would change")
    diff.add_argument("--toml", action="store_true", help="as the lines of the text (diff -u)")
    apply = add("apply", "put the draft in force on trial; unless confirmed, it is gone back from")
    apply.add_argument(
        "--confirm-within",
        type=_length,
        default=USUAL_S,
        metavar="TIME",
        help="such as 90s, 10m or 1h (default 10m, at most 24h)",
    )
    add("confirm", "keep what is on trial")
    revert = add("revert", "go back from the trial at once, or to an earlier generation")
    revert.add_argument(
        "generation", nargs="?", type=_generation, metavar="GENERATION", help="see config history"
    )
    history = add("history", "the generations that are kept: when, who, what")
    history.add_argument("--json", action="store_true", help="the same as JSON, for programs")


def run(options: argparse.Namespace) -> int:
    """Do one of these commands; the exit code."""
    work = {
        "draft": _draft,
        "diff": _diff,
        "apply": _apply,
        "confirm": _confirm,
        "revert": _revert,
        "history": _history,
    }
    return told(lambda: work[options.config_command](options))


def _draft(options: argparse.Namespace) -> int:
    text, name = read_file(options.file)
    read_toml(text, name)  # every problem, before anything is asked of anybody
    answer = _asked(options, "config.draft", toml=text, name=name)
    if answer:
        changes = answer["changes"]
    else:
        with open_folder(options.state, makes=True) as trials:
            trials.keep_draft(text, name, LOCAL, time.time())
            changes = draft_diff(trials)["changes"]
    _print(*changes, f"{name} is the draft: {how_many(changes)}. Try it: counterbell config apply")
    return 0


def _diff(options: argparse.Namespace) -> int:
    found = _asked(options, "config.diff")
    if not found:
        with open_folder(options.state) as trials:
            found = draft_diff(trials)
    if options.toml:
        sys.stdout.write(found["toml"])
    else:
        _print(*(found["changes"] or ["no change of any setting"]))
    return 0


def _apply(options: argparse.Namespace) -> int:
    try:
        with patient_client(options) as client:
            answer = client.call("config.apply", confirm_within_s=options.confirm_within)
    except DaemonNotRunning as error:
        raise SettingsOnTrial(
            "the daemon is not running, so nothing can be tried: start it,"
            " or put a file in force for good with 'config import FILE'"
        ) from error
    changes, generation = answer["changes"], answer["generation"]
    _print(
        *changes,
        f"configuration {generation} is on trial until {_clock(answer['until'])}:"
        f" {how_many(changes)}",
        "keep it with 'counterbell config confirm', or go back with 'counterbell config revert';"
        " else the box goes back by itself",
    )
    return 0


def _confirm(options: argparse.Namespace) -> int:
    answer = _asked(options, "config.confirm")
    if answer:
        generation = answer["generation"]
    else:
        with open_folder(options.state) as trials:
            trials.confirm()
            generation = trials.store.current.generation
    _print(f"configuration {generation} is kept")
    return 0


def _revert(options: argparse.Namespace) -> int:
    wanted = {} if options.generation is None else {"generation": options.generation}
    answer = _asked(options, "config.revert", **wanted)
    if answer:
        return in_force(answer["generation"], answer["changes"])
    with open_folder(options.state) as trials:
        before, utc = trials.store.current.settings, time.time()
        if wanted:
            stored = trials.go_back_to(options.generation, LOCAL, utc)
        else:
            stored = trials.go_back(LOCAL, utc)
    return in_force(stored.generation, describe_changes(before, stored.settings))


def _history(options: argparse.Namespace) -> int:
    found = _asked(options, "config.history")
    if not found:
        with open_folder(options.state) as trials:
            found = kept_generations(trials)
    if options.json:
        _print(json.dumps(found, indent=2, ensure_ascii=False))
        return 0
    for one in found["generations"]:
        state = ""
        if one["generation"] == found["in_use"]:
            state = "  (in use, on trial)" if found["on_trial"] else "  (in use)"
        _print(_row(one) + state)
        _print(*(f"       {change}" for change in one["changes"][:_MOST_SHOWN]))
        more = len(one["changes"]) - _MOST_SHOWN
        if more > 0:
            _print(f"       and {how_many(one['changes'][_MOST_SHOWN:])} more")
    if not found["generations"]:
        _print("nothing was ever imported")
    return 0


def _row(one: Mapping[str, Any]) -> str:
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(one["at"]))
    what = ", ".join(filter(None, (one["how"], one["name"])))
    return f"{one['generation']:>5}  {when}  {one['by'] or 'the box'}: {what}"


def _asked(options: argparse.Namespace, method: str, **params: Any) -> dict[str, Any]:
    """What the daemon answers; empty while it does not run."""
    with patient_client(options) as client, contextlib.suppress(DaemonNotRunning):
        answer: dict[str, Any] = client.call(method, **params)
        return answer
    return {}


def _print(*lines: str) -> None:
    for line in lines:
        sys.stdout.write(f"{line}\n")


def _clock(utc: float) -> str:
    return time.strftime("%H:%M:%S", time.localtime(utc))


def _length(text: str) -> float:
    found = _LENGTH.fullmatch(text.strip())
    seconds = int(found[1]) * _SECONDS[found[2]] if found else 0
    if not SHORTEST_S <= seconds <= LONGEST_S:
        raise argparse.ArgumentTypeError(f"'{text}' is not a time from 1s to 24h, such as 10m")
    return float(seconds)


def _generation(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 10**9:
        raise argparse.ArgumentTypeError(f"'{text}' is no generation: see config history")
    return int(text)
