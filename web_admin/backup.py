"""The shop in one file: saved to the visitor's computer, or brought back from it."""

import socket
import time
from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from appliance.control.client import Client
from appliance.errors import ControlError
from web_admin.uploads import PIECE, take_upload
from web_admin.visitor import client, end_session, new_client

pages = Blueprint("backup", __name__)

ENDING_S = 5.0  # until the daemon knows how the work ended whose last byte we have
_LOOK_S = 0.1
_RAW = "application/octet-stream"
AFTERWARDS = (
    "The box starts anew. Then sign in with a name and password of the shop that was brought back."
)


@pages.get("/backup")
def page() -> str:
    return _page()


def _page(problem: str = "") -> str:
    state = client().call("backup.state")
    return render_template("backup.html", state=state, problem=problem or state["problem"])


@pages.post("/backup/make")
def make() -> BaseResponse | tuple[str, int]:
    """The file, as it is made. What fails before its first byte is told on the page."""
    passphrase = request.form.get("passphrase", "")
    if passphrase != request.form.get("again", ""):
        return _page("the two passphrases are not the same"), 422
    wanted = "recordings" in request.form
    watcher = new_client()
    try:
        info, descriptor = watcher.open_file(
            "backup.make", passphrase=passphrase, recordings=wanted
        )
        source = socket.socket(fileno=descriptor)
        first = source.recv(PIECE)
        if not first:
            source.close()
            problem = _how_it_ended(watcher) or "the file could not be made"
            watcher.close()
            return _page(problem), 422
    except ControlError as error:
        watcher.close()
        if error.code in (0, -32001, -32002):
            raise
        return _page(str(error)), 422
    response = Response(_pieces(first, source, watcher), mimetype=_RAW)
    response.headers.set("Content-Disposition", "attachment", filename=info["name"])
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _pieces(first: bytes, source: socket.socket, watcher: Client) -> Iterator[bytes]:
    """To the end, or to an error: then the browser's download fails instead of ending too soon."""
    with watcher, source:
        data = first
        while data:
            yield data
            data = source.recv(PIECE)
        problem = _how_it_ended(watcher)
        if problem:
            raise ConnectionAbortedError(problem)


def _how_it_ended(watcher: Client) -> str:
    """What the daemon says of the work that is over: "" when it went well."""
    deadline = time.monotonic() + ENDING_S
    state: dict[str, Any] = watcher.call("backup.state")
    while state["doing"] == "making" and time.monotonic() < deadline:
        time.sleep(_LOOK_S)  # gevent's: nobody else waits
        state = watcher.call("backup.state")
    return "" if state["doing"] == "making" else str(state["problem"])


@pages.post("/backup/upload")
def upload() -> tuple[str, int]:
    """The bytes of a saved shop, straight to the card. The answer is a sentence for the page."""
    return take_upload("backup.upload")


@pages.post("/backup/restore")
def restore() -> BaseResponse | tuple[str, int]:
    try:
        client().call("backup.restore", passphrase=request.form.get("passphrase", ""))
    except ControlError as error:
        if error.code in (0, -32001, -32002):
            raise
        return _page(str(error)), 422
    return redirect(url_for("backup.page"))


@pages.post("/backup/forget")
def forget() -> BaseResponse:
    client().call("backup.forget")
    return redirect(url_for("backup.page"))


@pages.post("/backup/restart")
def restart() -> BaseResponse:
    client().call("backup.restart")
    end_session(AFTERWARDS)
    return redirect(url_for("sign_in.sign_in"))
