"""The front page: who calls now, what each line and handset does; live by an event stream."""

from collections.abc import Callable, Iterator
from threading import BoundedSemaphore
from typing import Any, cast

from flask import (
    Blueprint,
    Flask,
    Response,
    current_app,
    render_template,
    request,
)

from appliance.control.client import Client
from appliance.errors import ControlError, PermissionDenied
from web_admin import called_out, stories
from web_admin.trial import shown_trial
from web_admin.visitor import client, end_session, new_client

LONG_POLL_S = 10.0  # then a beat is sent: a page that hears nothing for 25 s knows it is cut off
MOST_STREAMS = 64  # each holds a connection of the daemon, which gives this process 96

pages = Blueprint("live", __name__)


@pages.get("/")
def now() -> str:
    status = client().call("status.get")
    return render_template("now.html", **_shown(status))


@pages.get("/events")
def events() -> Response:
    """Server-sent events: each `live` event is the front page's moving part, rendered anew.

    A `trial` event is the owner's banner of settings on trial, empty when there are none.

    Answers 401 to who is not signed in (any more), 503 while the daemon is away or too many watch.
    A HEAD request asks only which of these it would be.
    """
    connection = new_client()
    try:
        status = connection.call("status.get")
    except PermissionDenied as error:
        connection.close()
        if not error.code:
            raise
        end_session("You were signed out. Please sign in again.")
        return Response(status=401)
    if request.method == "HEAD":
        connection.close()
        return Response(mimetype="text/event-stream")
    streams = cast(BoundedSemaphore, current_app.extensions["streams"])
    if not streams.acquire(blocking=False):
        connection.close()
        return Response(status=503, headers={"Retry-After": "5"})
    response = Response(
        _changes(connection, status, _renderer()),
        mimetype="text/event-stream",
        headers={"X-Accel-Buffering": "no"},
    )
    response.call_on_close(connection.close)
    response.call_on_close(streams.release)
    return response


def _shown(status: dict[str, Any]) -> dict[str, Any]:
    """What the front page is made of."""
    names = stories.station_names(status)
    return {"status": status, "names": names, "stories": stories, "called_out": called_out}


def _renderer() -> Callable[..., str]:
    """Renders a template of a status in this request's context, entered anew for each event.

    A context that stays entered between events is left in the wrong order when streams end.
    """
    application = cast(Flask, current_app._get_current_object())  # type: ignore[attr-defined]
    environment = request.environ

    def render(status: dict[str, Any], template: str = "_live.html") -> str:
        with application.request_context(environment):
            return render_template(template, **_shown(status), trial=shown_trial(status))

    return render


def _changes(
    connection: Client, status: dict[str, Any], render: Callable[..., str]
) -> Iterator[str]:
    told: object = ""  # nothing yet
    try:
        while True:
            revision = status["revision"]
            yield _event("live", render(status), revision)
            if told != status.get("on_trial"):
                told = status.get("on_trial")
                yield _event("trial", render(status, "_trial.html"))
            while status["revision"] == revision:
                status = connection.call("status.changes", since=revision, wait_s=LONG_POLL_S)
                if status["revision"] == revision:
                    yield _event("beat", "")
    except ControlError:
        return  # the page asks again, and then hears why


def _event(name: str, data: str, revision: int = 0) -> str:
    lines = "".join(f"data: {line}\n" for line in data.splitlines() or [""])
    number = f"id: {revision}\n" if revision else ""
    return f"event: {name}\n{number}{lines}\n"
