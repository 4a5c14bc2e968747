"""Makes the Flask application: every route denied unless signed in, CSRF on every form."""

import os
from ipaddress import ip_address
from pathlib import Path
from threading import BoundedSemaphore

from flask import Flask, Response, abort, redirect, request, session, url_for
from flask_wtf.csrf import CSRFProtect
from werkzeug.wrappers import Response as BaseResponse

from web_admin import (
    backup,
    box,
    calls,
    line_check,
    line_page,
    live,
    network,
    sign_in,
    texts,
    trial,
    troubles,
    update,
    uploads,
    visitor,
    words,
)
from web_admin.secret import read_or_make_secret

OPEN_ENDPOINTS = {"static", "sign_in.sign_in", "sign_in.claim"}
HOME_DOMAINS = {"lan", "home", "home.arpa", "internal"}  # of routers; nobody can register in them
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # behind https, CSRF checks read it
    "Cross-Origin-Resource-Policy": "same-origin",
}


def create_app(control_socket: Path, secret_file: Path) -> Flask:
    """The page of the daemon behind ``control_socket``.

    ``secret_file`` holds the key that signs cookies; it is made (mode 0600) when missing.
    """
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=read_or_make_secret(secret_file),
        CONTROL_SOCKET=control_socket,
        MAX_CONTENT_LENGTH=64 * 1024,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_NAME="counterbell",
        PERMANENT_SESSION_LIFETIME=30 * 24 * 3600,
        WTF_CSRF_TIME_LIMIT=None,  # a page left open over night still works; the session bounds it
    )
    app.extensions["streams"] = BoundedSemaphore(live.MOST_STREAMS)
    app.before_request(_check_host)
    app.before_request(uploads.allow_upload)
    CSRFProtect(app)
    words.register(app)
    trial.register(app)
    app.register_blueprint(sign_in.pages)
    app.register_blueprint(live.pages)
    app.register_blueprint(calls.pages)
    app.register_blueprint(line_check.pages)
    app.register_blueprint(line_page.pages)
    app.register_blueprint(texts.pages)
    app.register_blueprint(backup.pages)
    app.register_blueprint(network.pages)
    app.register_blueprint(box.pages)
    app.register_blueprint(update.pages)
    app.register_blueprint(trial.pages)
    app.before_request(_require_sign_in)
    app.after_request(_set_headers)
    app.teardown_appcontext(visitor.close_client)
    troubles.register(app)
    return app


def _check_host() -> None:
    """Refuse foreign host names: no page elsewhere may rebind its own name to the box."""
    name = request.host.lower()
    host = name.partition("]")[0].lstrip("[") if name.startswith("[") else name.partition(":")[0]
    own, _, domain = host.partition(".")
    if host == "localhost" or host.endswith(".local"):
        return
    if own == os.uname().nodename.lower() and (not domain or domain in HOME_DOMAINS):
        return
    try:
        ip_address(host)
    except ValueError:
        abort(400, "Open this page by the box's address or its .local name.")


def _require_sign_in() -> BaseResponse | None:
    if request.endpoint in OPEN_ENDPOINTS or "token" in session:
        return None
    if request.endpoint == "live.events":
        return Response(status=401)
    return redirect(url_for("sign_in.sign_in"))


def _set_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers[name] = value
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    return response
