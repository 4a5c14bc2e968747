"""Makes the Flask application: every route denied unless signed in, CSRF on every form."""

import os
import secrets
from ipaddress import ip_address
from pathlib import Path

from flask import Flask, Response, abort, g, redirect, request, session, url_for
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.wrappers import Response as BaseResponse

from appliance.errors import ControlError, DaemonNotRunning, PermissionDenied
from web_admin import calls, live, sign_in, words

OPEN_ENDPOINTS = {"static", "sign_in.sign_in", "sign_in.claim"}
CONTENT_POLICY = (
    "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; form-action 'self'"
)


def create_app(control_socket: Path, secret_file: Path) -> Flask:
    """The page of the daemon behind ``control_socket``.

    ``secret_file`` holds the key that signs cookies; it is made (mode 0600) when missing.
    """
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=_secret(secret_file),
        CONTROL_SOCKET=control_socket,
        MAX_CONTENT_LENGTH=64 * 1024,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_NAME="counterbell",
        PERMANENT_SESSION_LIFETIME=30 * 24 * 3600,
        WTF_CSRF_TIME_LIMIT=None,  # a page left open over night still works; the session bounds it
    )
    CSRFProtect(app)
    words.register(app)
    app.register_blueprint(sign_in.pages)
    app.register_blueprint(live.pages)
    app.register_blueprint(calls.pages)
    app.before_request(_check_host)
    app.before_request(_require_sign_in)
    app.after_request(_set_headers)
    app.teardown_appcontext(_close_client)
    app.register_error_handler(DaemonNotRunning, _daemon_away)
    app.register_error_handler(PermissionDenied, _signed_out)
    app.register_error_handler(CSRFError, _form_expired)
    app.register_error_handler(ControlError, _refused)
    for status in (400, 404, 405, 413, 500):
        app.register_error_handler(status, _plain_error)
    return app


def _secret(path: Path) -> str:
    if path.exists():
        return path.read_text().strip()
    secret = secrets.token_urlsafe(32)
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secret)
    return secret


def _check_host() -> None:
    """Refuse foreign host names: no page elsewhere may rebind its own name to the box."""
    host = request.host.rsplit(":", 1)[0].strip("[]").lower()
    if host == "localhost" or host.endswith(".local") or host == os.uname().nodename.lower():
        return
    try:
        ip_address(host)
    except ValueError:
        abort(400, "Open this page by the box's address or its .local name.")


def _require_sign_in() -> BaseResponse | None:
    if request.endpoint in OPEN_ENDPOINTS or "token" in session:
        return None
    if request.endpoint == "live.events":
        abort(401)
    return redirect(url_for("sign_in.sign_in"))


def _set_headers(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", CONTENT_POLICY)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def _close_client(_error: BaseException | None) -> None:
    client = g.pop("client", None)
    if client is not None:
        client.close()


def _daemon_away(_error: DaemonNotRunning) -> tuple[str, int]:
    return words.message_page(
        "The telephone service is not running",
        "It restarts by itself within seconds. Calls in progress were ended. Try again soon.",
    ), 503


def _signed_out(_error: PermissionDenied) -> BaseResponse | tuple[str, int]:
    if _error_is_role(_error):
        return words.message_page("Not for your role", "Ask the owner to do this."), 403
    session.clear()
    return redirect(url_for("sign_in.sign_in"))


def _error_is_role(error: PermissionDenied) -> bool:
    return getattr(error, "code", 0) == -32002


def _form_expired(_error: CSRFError) -> tuple[str, int]:
    return words.message_page(
        "That form was too old", "Go back, reload the page and try again."
    ), 400


def _refused(error: ControlError) -> tuple[str, int]:
    status = 404 if getattr(error, "code", 0) == -32003 else 400
    return words.message_page("That did not work", str(error)), status


def _plain_error(error: Exception) -> tuple[str, int]:
    status = getattr(error, "code", 500) or 500
    title = {404: "There is no such page", 413: "That was too large"}.get(
        status, "Something went wrong"
    )
    return words.message_page(
        title, getattr(error, "description", "") if status == 400 else ""
    ), status
