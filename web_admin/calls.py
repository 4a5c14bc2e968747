"""The day's calls with their stories, the messages people left, and the recordings' sound."""

import os
from datetime import date, timedelta

from flask import Blueprint, abort, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response

from web_admin.words import client

PAGE = 50

pages = Blueprint("calls", __name__)


@pages.get("/calls")
def day() -> str:
    chosen = _day(request.args.get("day"))
    answer = client().call(
        "calls.list", day=chosen.isoformat(), before=request.args.get("before"), limit=PAGE
    )
    today = date.today()
    return render_template(
        "calls.html",
        calls=answer["calls"],
        more=answer["next"],
        day=chosen,
        earlier=chosen - timedelta(days=1),
        later=chosen + timedelta(days=1) if chosen < today else None,
        today=today,
    )


@pages.get("/calls/<call_id>")
def story(call_id: str) -> str:
    return render_template("call.html", call=client().call("calls.get", call_id=call_id))


@pages.get("/messages")
def messages() -> str:
    answer = client().call("messages.list", before=request.args.get("before"), limit=PAGE)
    return render_template("messages.html", messages=answer["messages"], more=answer["next"])


@pages.post("/messages/<recording_id>")
def mark(recording_id: str) -> Response:
    client().call(
        "messages.mark", recording_id=recording_id, heard=request.form.get("heard") == "yes"
    )
    return redirect(url_for("calls.messages"))


@pages.get("/recordings/<recording_id>.wav")
def recording(recording_id: str) -> Response:
    """The sound, by id, never by path; the daemon hands over the open file."""
    _info, descriptor = client().open_recording(recording_id)
    return send_file(
        os.fdopen(descriptor, "rb"),
        mimetype="audio/wav",
        conditional=True,
        etag=False,
        max_age=0,
        download_name=f"{recording_id}.wav",
    )


def _day(text: str | None) -> date:
    if not text:
        return date.today()
    try:
        return date.fromisoformat(text)
    except ValueError:
        abort(400, "A day is written like 2026-01-31.")
