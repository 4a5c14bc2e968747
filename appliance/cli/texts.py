"""`counterbell texts [list|send|delete]` and `counterbell ussd`: short messages, balance checks."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from appliance.cli.data import count, pages, table, when, write_json
from appliance.control.client import Client

NETWORK_S = 70.0  # the daemon itself gives the network 50


def add_parsers(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add `texts` and `ussd` to the command line; ``shared`` brings ``--state``."""
    common = argparse.ArgumentParser(add_help=False)
    state = next(action for action in shared._actions if action.dest == "state")
    common.add_argument(  # given after the inner word too, without undoing what stood before it
        "--state", type=Path, default=argparse.SUPPRESS, metavar="DIR", help=state.help
    )
    common.add_argument(
        "--json", action="store_true", default=argparse.SUPPRESS, help="as JSON, for programs"
    )
    about = "short messages, newest first; 'send' and 'delete' do what they say"
    texts = commands.add_parser("texts", parents=[shared], help=about, description=about)
    texts.add_argument("--json", action="store_true", help="the same as JSON, for programs")
    texts.set_defaults(run=_list, limit=50, number=None)
    inner = texts.add_subparsers(metavar="COMMAND")
    about = "short messages that came in and went out"
    listing = inner.add_parser("list", parents=[common], help=about, description=about)
    listing.add_argument("--number", metavar="NUMBER", help="only with this number")
    listing.add_argument(
        "--limit", type=count, default=50, metavar="N", help="at most so many (default 50)"
    )
    listing.set_defaults(run=_list)
    about = "send a short message; how it fared is in the list"
    sending = inner.add_parser("send", parents=[common], help=about, description=about)
    sending.add_argument("line", metavar="LINE", help="the mobile line to send it on")
    sending.add_argument("number", metavar="NUMBER", help="to whom")
    sending.add_argument("text", metavar="TEXT", help="what it says; long texts go in parts")
    sending.set_defaults(run=_send)
    about = "forget a short message, in the history too"
    deleting = inner.add_parser("delete", parents=[common], help=about, description=about)
    deleting.add_argument("text_id", metavar="ID", help="as 'counterbell texts' prints it")
    deleting.set_defaults(run=_delete)

    about = "ask a mobile line's network by a code such as *143#: the balance, mostly"
    ussd = commands.add_parser("ussd", parents=[shared], help=about, description=about)
    ussd.add_argument("line", metavar="LINE", help="the mobile line to ask on")
    ussd.add_argument("code", metavar="CODE", help="in quotes: the shell reads * and # itself")
    ussd.add_argument("--json", action="store_true", help="the answer as JSON, for programs")
    ussd.set_defaults(run=_ussd)


def _client(options: argparse.Namespace) -> Client:
    return Client(options.state / "control.sock", timeout_s=NETWORK_S)


def _list(options: argparse.Namespace) -> int:
    client = _client(options)

    def fetch(**page: object) -> Any:
        return client.call("texts.list", contact=options.number, **page)

    texts = pages(fetch, "texts", options.limit)
    if options.json:
        write_json(texts)
        return 0
    rows = [(when(one["at"]), one["line"], _way(one), _words(one), one["text_id"]) for one in texts]
    head = ("when", "line", "with", "text", "id")
    sys.stdout.write(table([head, *rows]) if rows else "no texts yet\n")
    return 0


def _way(text: Mapping[str, Any]) -> str:
    return f"{'from' if text['direction'] == 'in' else 'to'} {text['number']}"


def _words(text: Mapping[str, Any]) -> str:
    """The beginning, and how it fares."""
    words = " ".join(text["text"].split())
    shown = words if len(words) <= 60 else f"{words[:59]}…"
    if text["direction"] == "in":
        return shown if text["is_read"] else f"{shown} [new]"
    reason = f": {text['reason']}" if text["reason"] else ""
    return f"{shown} [{text['state'].replace('_', ' ')}{reason}]"


def _send(options: argparse.Namespace) -> int:
    sent = _client(options).call(
        "texts.send", line=options.line, number=options.number, text=options.text
    )
    if options.json:
        write_json(sent)
        return 0
    parts = "" if sent["parts"] == 1 else f", in {sent['parts']} parts"
    sys.stdout.write(f"queued for {sent['number']}{parts}: {sent['text_id']}\n")
    return 0


def _delete(options: argparse.Namespace) -> int:
    _client(options).call("texts.delete", text_id=options.text_id)
    if options.json:
        write_json({})
    else:
        sys.stdout.write("deleted\n")
    return 0


def _ussd(options: argparse.Namespace) -> int:
    answer = _client(options).call("line.ussd", line=options.line, code=options.code)
    if options.json:
        write_json(answer)
        return 0
    shown = "".join(c if c.isprintable() or c == "\n" else "?" for c in answer["text"])
    sys.stdout.write(f"{shown}\n")
    return 0
