"""The front page: who calls now, what each line and handset does; live by an event stream."""

from collections.abc import Iterator
from pathlib import Path

from flask import Blueprint, Response, current_app, render_template, session, stream_with_context

from appliance.control.client import Client
from appliance.errors import ControlError
from web_admin.words import client

LONG_POLL_S = 20.0  # below the idle limits of phones' browsers; the stream then sends a comment

pages = Blueprint("live", __name__)


@pages.get("/")
def now() -> str:
    return render_template("now.html", status=client().call("status.get"))


@pages.get("/events")
def events() -> Response:
    """Server-sent events: each `live` event is the front page's moving part, rendered anew."""
    return Response(
        stream_with_context(_changes(current_app.config["CONTROL_SOCKET"], session["token"])),
        mimetype="text/event-stream",
        headers={"X-Accel-Buffering": "no"},
    )


def _changes(socket_path: Path, token: str) -> Iterator[str]:
    revision = -1
    yield "retry: 1500\n\n"
    try:
        connection = Client(socket_path, token=token)
        try:
            while True:
                status = connection.call("status.changes", since=revision, wait_s=LONG_POLL_S)
                if status["revision"] == revision:
                    yield ": still here\n\n"
                    continue
                revision = status["revision"]
                yield _event(render_template("_live.html", status=status))
        finally:
            connection.close()
    except ControlError:
        return  # the browser reconnects by itself; an ended session then answers 401


def _event(html: str) -> str:
    lines = "".join(f"data: {line}\n" for line in html.splitlines() if line.strip())
    return f"event: live\n{lines}\n"
