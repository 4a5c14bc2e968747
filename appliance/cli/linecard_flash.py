"""`counterbell linecard flash`: new firmware for a line card, with the daemon up or down."""

import argparse
import asyncio
import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from appliance.cli.config import stored_toml
from appliance.cli.progress import Progress
from appliance.control.client import Client
from appliance.errors import DaemonNotRunning, LinkError
from appliance.linecard.update import Updater
from appliance.serial_port import open_linecard
from appliance.settings import resolve_port
from appliance.settings.toml import read_toml

_RENEW_EVERY_S = 2.0
_FREE_WITHIN_S = 5.0

Renew = Callable[[str], Any]  # the reason; what `linecard.lend` answers


def add_parser(inner: Any, shared: argparse.ArgumentParser) -> None:
    """Add `flash` to `linecard`'s sub-commands; ``shared`` brings ``--state``."""
    about = "install new firmware; the card keeps what it has when anything goes wrong"
    flash = inner.add_parser("flash", parents=[shared], help=about, description=about)
    flash.add_argument("file", type=Path, metavar="FILE", help="the signed firmware file")
    flash.add_argument("--linecard", default="", metavar="NAME", help="which, when there are more")
    flash.add_argument("--port", type=Path, metavar="PATH", help="a card that is not configured")
    flash.add_argument(
        "--allow-older", action="store_true", help="install it though the card runs a newer one"
    )
    flash.set_defaults(run=_flash)


def _flash(options: argparse.Namespace) -> int:
    """Install and say what came of it. Raises CounterbellError and OSError: code 1."""
    loop = asyncio.new_event_loop()
    try:
        with Progress(sys.stderr) as bar, _port(options) as (port, renew):
            lease = _Lease(renew)

            def show(percent: int) -> None:
                lease.renew(percent)
                if percent % 5 == 0 and percent != lease.shown:
                    lease.shown = percent
                    bar.show(percent, 100, "sent" if percent < 100 else "sent; the card checks it")

            updater = Updater(
                loop,
                options.file.read_bytes(),
                allow_older=options.allow_older,
                progress=show,
                waiting=lease.wait,
            )
            done = loop.run_until_complete(updater.run(port, open_linecard))
    finally:
        loop.close()
    sys.stdout.write(f"{done}\n")
    return 0


class _Lease:
    """Tells the daemon every other second that we still need the port."""

    def __init__(self, renew: Renew) -> None:
        self._renew = renew
        self._told_s = time.monotonic()
        self._reason = "its firmware is being updated"
        self.shown = -1

    def renew(self, percent: int) -> None:
        self._reason = f"its firmware is being updated: {percent // 10 * 10} %"
        self.wait()

    def wait(self) -> None:
        if time.monotonic() - self._told_s >= _RENEW_EVERY_S:
            self._told_s = time.monotonic()
            self._renew(self._reason)


@contextlib.contextmanager
def _port(options: argparse.Namespace) -> Iterator[tuple[str, Renew]]:
    """The card's port, free for us, and how to keep it so. Raises CounterbellError."""
    if options.port is not None:
        yield str(options.port), lambda _reason: None
        return
    with Client(options.state / "control.sock") as client:

        def lend(reason: str) -> Any:
            return client.call("linecard.lend", linecard=options.linecard, reason=reason)

        try:
            lent = lend("its firmware is being updated")
        except DaemonNotRunning:
            yield _configured_port(options), lambda _reason: None
            return
        try:
            _until_free(lent, lend)
            yield lent["port"], lend
        finally:
            client.call("linecard.take_back", linecard=lent["linecard"])


def _until_free(lent: Any, lend: Renew) -> None:
    deadline = time.monotonic() + _FREE_WITHIN_S
    while not lent["free"]:
        if time.monotonic() > deadline:
            raise LinkError("the daemon does not let go of the card: try again")
        time.sleep(0.05)
        lent = lend("its firmware is being updated")


def _configured_port(options: argparse.Namespace) -> str:
    """From the stored configuration: no daemon runs. Raises LinkError."""
    cards = read_toml(stored_toml(options.state)).linecards
    found = [card for card in cards if options.linecard in ("", card.name)]
    if len(found) != 1:
        named = ", ".join(card.name for card in cards) or "none"
        raise LinkError(f"say which line card with --linecard: {named} is configured")
    return resolve_port(options.state, found[0].port)
