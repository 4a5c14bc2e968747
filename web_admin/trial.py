"""Settings on trial: what the owner sees of them on every page, and the two buttons."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Flask, redirect, request, session, url_for
from werkzeug.wrappers import Response as BaseResponse

from appliance.errors import ControlError
from web_admin.visitor import client
from web_admin.words import wait_text

pages = Blueprint("trial", __name__)


@pages.post("/settings/trial")
def decide() -> BaseResponse:
    """Keep what is on trial, if it is still what the owner saw, or go back from it."""
    if request.form.get("decision") == "keep":
        shown = request.form.get("generation", type=int)
        client().call("config.confirm", generation=shown)
        return redirect(url_for("live.now", settings="kept"))
    client().call("config.revert")
    return redirect(url_for("live.now", settings="back"))


def shown_trial(status: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """The trial that runs, for the owner; ``status``: what the page was made of, or it is asked."""
    if session.get("role") != "owner":
        return None
    try:
        known = client().call("status.get") if status is None else status
    except ControlError:  # the page itself says what is wrong, where it needs the daemon
        return None
    found: Mapping[str, Any] | None = known.get("on_trial")
    return found


def register(app: Flask) -> None:
    """Give templates the banner's words."""
    app.jinja_env.globals.update(shown_trial=shown_trial)
    app.jinja_env.filters.update(wait=wait_text)
