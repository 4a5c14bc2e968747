"""`counterbell status|calls|messages`: what the daemon knows; --json for programs."""

import argparse
import json
import re
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from appliance.control.client import Client

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_ENDED_BY = {
    "caller": "the caller",
    "station": "the station",
    "far_end": "the other side",
    "box": "the box",
    "line": "the line",
}
_PAGE = 200  # the most that one request may ask for


def add_parsers(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add `status`, `calls` and `messages` to the command line; ``shared`` brings ``--state``."""
    listing = argparse.ArgumentParser(add_help=False)
    listing.add_argument("--json", action="store_true", help="the same as JSON, for programs")
    about = "what lines, handsets and calls are doing now"
    status = commands.add_parser("status", parents=[shared, listing], help=about, description=about)
    status.set_defaults(run=_status)

    about = "the calls, newest first; with 'show ID', one call and its story"
    calls = commands.add_parser("calls", parents=[shared, listing], help=about, description=about)
    calls.add_argument("--day", type=_day, metavar="YYYY-MM-DD", help="only this day")
    calls.add_argument(
        "--limit", type=count, default=50, metavar="N", help="at most so many (default 50)"
    )
    calls.set_defaults(run=_calls)
    inner = calls.add_subparsers(metavar="show ID")
    about = "one call: what was decided, when and why"
    show = inner.add_parser("show", help=about, description=about)
    show.add_argument("call_id", metavar="ID", help="as 'counterbell calls' prints it")
    # given after "show" too, without undoing what was given before it
    state = next(action for action in shared._actions if action.dest == "state")
    show.add_argument(
        "--state", type=state.type, default=argparse.SUPPRESS, metavar="DIR", help=state.help
    )
    show.add_argument(
        "--json", action="store_true", default=argparse.SUPPRESS, help="as JSON, for programs"
    )
    show.set_defaults(run=_show_call)

    about = "the messages that callers left, newest first"
    messages = commands.add_parser(
        "messages", parents=[shared, listing], help=about, description=about
    )
    messages.add_argument(
        "--limit", type=count, default=50, metavar="N", help="at most so many (default 50)"
    )
    messages.set_defaults(run=_messages)


def _day(text: str) -> str:
    if not _DAY.fullmatch(text):
        raise argparse.ArgumentTypeError(f"'{text}' is not a day: write it as 2026-01-31")
    try:
        time.strptime(text, "%Y-%m-%d")
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"there is no day '{text}'") from error
    return text


def count(text: str) -> int:
    """How many to list, from the command line."""
    if not text.isdecimal() or not 1 <= int(text) <= 1_000_000:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number from 1 to 1000000")
    return int(text)


def _client(options: argparse.Namespace) -> Client:
    return Client(options.state / "control.sock")


def write_json(data: object) -> None:
    """What `--json` prints."""
    sys.stdout.write(json.dumps(data, indent=2, ensure_ascii=False) + "\n")


# --- status ----------------------------------------------------------------------------------


def _status(options: argparse.Namespace) -> int:
    status = _client(options).call("status.get")
    if options.json:
        write_json(status)
        return 0
    today = status["today"]
    rows = [("line", line["name"], line["state"], _line(line)) for line in status["lines"]]
    rows += [
        ("handset", f"{one['extension']} {one['name']}", one["state"], _doing(one))
        for one in status["stations"]
    ]
    rows += [
        ("sound card", one["name"], one["state"], _sound(one)) for one in status["sound_cards"]
    ]
    rows += [
        ("call", _parties(call), _doing_now(call), f"since {status['at'] - call['since']:.0f} s")
        for call in status["calls"]
    ]
    out = sys.stdout.write
    out(f"{status['shop'] or 'A new box, without a shop yet'}\n")
    out(table(rows, indent="  "))
    out(
        f"  today     {today['calls']} calls, {today['answered']} answered, "
        f"{today['missed']} missed; {today['messages_new']} new messages, "
        f"{today['texts_new']} new texts\n"
    )
    for problem in status["problems"]:
        out(f"  problem   {problem}\n")
    return 0


def _line(line: Mapping[str, Any]) -> str:
    """Why it does not work and since when, or what its network is like."""
    facts, problem = line["facts"], line["problem"]
    if line["reason"]:
        return f"{line['reason']}{', since ' + when(problem['since']) if problem else ''}"
    signal = "" if facts["signal_dbm"] is None else f"{facts['signal_dbm']} dBm"
    return ", ".join(filter(None, (facts["operator"], "roaming" * bool(facts["roaming"]), signal)))


def _doing(station: Mapping[str, Any]) -> str:
    return station["reason"] or (f"with {station['peer']}" if station["peer"] else "")


def _parties(call: Mapping[str, Any]) -> str:
    """Who calls; of a call out, from which handset."""
    if call["direction"] != "outbound":
        return _caller(call)
    return f"handset {call['station']} to {_caller(call)}"


def _doing_now(call: Mapping[str, Any]) -> str:
    is_calling = call["direction"] == "outbound" and call["state"] == "offered"
    return "calling" if is_calling else str(call["state"])


def _sound(card: Mapping[str, Any]) -> str:
    if card["state"] != "running":
        return str(card["reason"])
    drift = "" if card["drift_ppm"] is None else f", drift {card['drift_ppm']:+d} ppm"
    return f"{card['rate_hz']:g} Hz, {card['xruns']} xruns{drift}"


# --- calls -----------------------------------------------------------------------------------


def pages(fetch: Callable[..., Any], key: str, limit: int) -> list[Any]:
    """Up to ``limit`` entries, page after page."""
    found: list[Any] = []
    cursor = None
    while len(found) < limit:
        answer = fetch(before=cursor, limit=min(_PAGE, limit - len(found)))
        found += answer[key]
        cursor = answer["next"]
        if cursor is None:
            break
    return found


def _calls(options: argparse.Namespace) -> int:
    client = _client(options)

    def fetch(**page: object) -> Any:
        return client.call("calls.list", day=options.day, story=options.json, **page)

    calls = pages(fetch, "calls", options.limit)
    if options.json:
        write_json(calls)
        return 0
    rows = [
        (when(call["started_at"]), _lasted(call), _outcome(call), _parties(call), call["call_id"])
        for call in calls
    ]
    head = ("began", "lasted", "outcome", "caller", "id")
    sys.stdout.write(table([head, *rows]) if rows else "no calls yet\n")
    return 0


def _show_call(options: argparse.Namespace) -> int:
    call = _client(options).call("calls.get", call_id=options.call_id)
    if options.json:
        write_json(call)
        return 0
    out = sys.stdout.write
    out(f"Call {call['call_id']}\n")
    out(table(_facts(call), indent="  "))
    out("\n")
    for note in call["story"]:
        out(f"  {note['at'] - call['started_at']:8.2f} s  {note['text']}\n")
    return 0


def _facts(call: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What stands above the story."""
    where = f"line {call['line']}" if call["line"] else "a handset of the shop"
    is_out = call["direction"] == "outbound"
    if is_out:
        where = f"handset {call['station']}"
    outcome = _outcome(call)
    if call["ended_by"]:
        by = f"handset {call['station']}" if is_out and call["ended_by"] == "caller" else ""
        outcome += f", ended by {by or _ENDED_BY.get(call['ended_by'], call['ended_by'])}"
        outcome += f" after {_lasted(call)}"
    rows = [
        ("began", f"{when(call['started_at'])} on {where}"),
        ("called" if is_out else "caller", _caller(call)),
        ("outcome", outcome),
    ]
    if call["digits"]:
        rows.append(("keys", call["digits"]))
    for offer in call["offers"]:
        rang = f"{offer['ended_at'] - offer['began_at']:.1f} s" if offer["ended_at"] else "now"
        outcome = (offer["outcome"] or "rings").replace("_", " ")
        rows.append((f"rang {offer['station']}", f"{rang}, {outcome}"))
    for dial in call["dials"]:
        took = f"{dial['ended_at'] - dial['began_at']:.1f} s" if dial["ended_at"] else "now"
        outcome = (dial["outcome"] or "calls").replace("_", " ")
        rows.append((f"called {dial['number']}", f"on line {dial['line']}, {took}, {outcome}"))
    recording, message = call["recording"], call.get("message")
    if recording and recording != message:
        rows.append(("recording", f"{_seconds(recording['ms'])}, {recording['id']}"))
    if message:
        rows.append(("message", f"{_seconds(message['ms'])}, {message['id']}"))
    return rows


# --- messages --------------------------------------------------------------------------------


def _messages(options: argparse.Namespace) -> int:
    client = _client(options)

    def fetch(**page: object) -> Any:
        return client.call("messages.list", **page)

    messages = pages(fetch, "messages", options.limit)
    if options.json:
        write_json(messages)
        return 0
    rows = [
        (
            when(one["left_at"]),
            _seconds(one["ms"]),
            "heard" if one["heard"] else "new",
            one["voicemail"],
            _caller(one),
            one["call_id"],
        )
        for one in messages
    ]
    head = ("left", "length", "", "for", "caller", "call")
    sys.stdout.write(table([head, *rows]) if rows else "no messages yet\n")
    return 0


# --- words -----------------------------------------------------------------------------------


def table(rows: Sequence[Sequence[str]], indent: str = "") -> str:
    """Rows in columns as wide as they need; text of others can't move the cursor."""
    shown = [[_printable(cell) for cell in row] for row in rows]
    columns = max((len(row) for row in shown), default=0)
    widths = [max(len(row[n]) for row in shown if n < len(row)) for n in range(columns)]
    lines = ("  ".join(f"{c:<{w}}" for c, w in zip(row, widths, strict=False)) for row in shown)
    return "".join(f"{indent}{line.rstrip()}\n" for line in lines)


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def when(utc: float) -> str:
    """UTC seconds in this machine's time zone."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(utc))


def _seconds(ms: int) -> str:
    return f"{ms / 1000:.1f} s"


def _lasted(call: Mapping[str, Any]) -> str:
    return f"{call['ended_at'] - call['started_at']:.0f} s" if call["ended_at"] else "now"


def _outcome(call: Mapping[str, Any]) -> str:
    """Of a call out nothing was missed: it was answered, or what the last line told."""
    disposition = call["disposition"]
    if call["direction"] != "outbound":
        return str(disposition or "in progress").replace("_", " ")
    told = {None: "calling out", "answered": "called out", "abandoned": "called out, given up"}
    if disposition in told:
        return told[disposition]
    why = call["dials"][-1]["outcome"] if call["dials"] else disposition
    return f"called out, {str(why).replace('_', ' ')}"


def _caller(call: Mapping[str, Any]) -> str:
    caller = call.get("caller") or {}
    named = " ".join(filter(None, (caller.get("name"), caller.get("number"))))
    if named:
        return named
    return {"private": "number withheld"}.get(caller.get("presentation") or "", "unknown caller")
