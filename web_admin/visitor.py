"""The visitor's connection to the daemon, and their session on this page."""

from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlsplit

from flask import current_app, g, render_template, request, session

from appliance.control.client import Client

PATIENCE_S = 4.0  # a daemon that hangs gets a friendly page, not a click that seems dead


def client() -> Client:
    """This request's connection, with the visitor's token."""
    if "client" not in g:
        g.client = new_client()
    return cast(Client, g.client)


def new_client(patience_s: float = PATIENCE_S) -> Client:
    """A connection of its own: for what outlives the request's work, or takes long."""
    socket_path = current_app.config["CONTROL_SOCKET"]
    return Client(socket_path, token=session.get("token"), timeout_s=patience_s)


def close_client(_error: BaseException | None) -> None:
    """At the request's end."""
    opened = g.pop("client", None)
    if opened is not None:
        opened.close()


def begin_session(signed_in: Mapping[str, Any]) -> None:
    """Remember who signed in; nothing of the visit before is kept."""
    session.clear()
    session.permanent = True
    for key in ("token", "name", "role"):
        session[key] = signed_in[key]


def end_session(notice: str = "") -> None:
    """Forget who signed in; ``notice`` is shown on the sign-in page."""
    session.clear()
    if notice:
        session["notice"] = notice


def came_from() -> str:
    """The page of ours on which the visitor was, as a path; "" when that is not known."""
    before = urlsplit(request.referrer or "")
    is_ours = before.netloc == request.host and before.path.startswith("/")
    ours = f"{before.path}?{before.query}" if before.query else before.path
    return ours if is_ours and not ours.startswith("//") else ""


def message_page(title: str, text: str, retry: bool = False, back: str = "") -> str:
    """A page with a title and a sentence. ``retry``: it loads again by itself after 5 s.

    ``back``: where its button leads, else to the front page.
    """
    return render_template(
        "message.html", title=title, text=text, retry=retry, back=back, is_message=True
    )
