"""The day's calls with their stories, the messages people left, and the recordings' sound."""

import os
import time
from datetime import date, timedelta

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.wrappers import Response as BaseResponse
from werkzeug.wsgi import wrap_file

from web_admin import called_out, quality, stories
from web_admin.visitor import client

PAGE = 50

pages = Blueprint("calls", __name__)


@pages.get("/calls")
def day() -> str:
    today = date.today()
    chosen = _day(request.args.get("day"), today)
    before = request.args.get("before")
    answer = client().call(
        "calls.list", day=chosen.isoformat(), before=before, limit=PAGE, story=False
    )
    status = client().call("status.get")
    return render_template(
        "calls.html",
        calls=answer["calls"],
        more=answer["next"],
        paged=before is not None,
        day=chosen,
        earlier=chosen - timedelta(days=1) if chosen > date.min else None,
        later=chosen + timedelta(days=1) if chosen < today else None,
        today=today,
        status=status,
        names=stories.station_names(status),
        stories=stories,
    )


@pages.get("/calls/<call_id>")
def story(call_id: str) -> str:
    status = client().call("status.get")  # first: the page may know more than its revision says
    call = client().call("calls.get", call_id=call_id)
    names = stories.station_names(status)
    now = time.time()
    return render_template(
        "call.html",
        call=call,
        who=stories.who(call, names),
        summary=stories.summary(call, names, now),
        steps=stories.steps(call, now),
        rings=stories.rings(call, names, now),
        tried=called_out.tried(call, now),
        quality=quality.sentence(call.get("quality"), called_out.is_outbound(call)),
        names=names,
        stories=stories,
        called_out=called_out,
        status=status,
    )


@pages.get("/messages")
def messages() -> str:
    before = request.args.get("before")
    answer = client().call("messages.list", before=before, limit=PAGE)
    return render_template(
        "messages.html",
        messages=answer["messages"],
        more=answer["next"],
        paged=before is not None,
        status=client().call("status.get"),
    )


@pages.post("/messages/<recording_id>")
def mark(recording_id: str) -> BaseResponse:
    heard = request.form.get("heard") == "yes"
    client().call("messages.mark", recording_id=recording_id, heard=heard)
    return redirect(url_for("calls.messages", _anchor=f"m-{recording_id}"))


@pages.get("/recordings/<recording_id>.wav")
def recording(recording_id: str) -> Response:
    """The sound, by id, never by path; the daemon hands over the open file. Answers ranges."""
    info, descriptor = client().open_recording(recording_id)
    file = os.fdopen(descriptor, "rb")
    response = Response(
        wrap_file(request.environ, file), mimetype="audio/wav", direct_passthrough=True
    )
    response.content_length = info["bytes"]
    response.headers.set("Content-Disposition", "inline", filename=_ascii(info["name"]))
    response.headers["Cache-Control"] = "private, no-store"
    try:
        response.make_conditional(
            request.environ, accept_ranges=True, complete_length=info["bytes"]
        )
    except RequestedRangeNotSatisfiable:
        file.close()
        raise
    return response


def _ascii(name: str) -> str:
    return "".join(c if c.isascii() and c.isprintable() and c not in '"\\' else "_" for c in name)


def _day(text: str | None, today: date) -> date:
    if not text:
        return today
    try:
        return date.fromisoformat(text)
    except ValueError:
        abort(400, "A day is written like 2026-01-31.")
