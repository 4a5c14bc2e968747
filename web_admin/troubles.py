"""What a visitor is shown when something goes wrong: a page with a sentence, never a trace."""

from flask import Flask, Response, make_response, redirect, request, url_for
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from appliance.control.schema import Code
from appliance.errors import ControlError, DaemonNotRunning, PermissionDenied
from web_admin.visitor import end_session, message_page
from web_admin.words import sentence_text, wait_text

RETRY_S = 5

_TITLES = {
    404: "There is no such page",
    405: "That does not work here",
    413: "That was too large",
    416: "The recording is shorter than that",
}


def register(app: Flask) -> None:
    """Give ``app`` its error pages."""
    app.register_error_handler(DaemonNotRunning, _daemon_away)
    app.register_error_handler(PermissionDenied, _denied)
    app.register_error_handler(ControlError, _refused)
    app.register_error_handler(CSRFError, _form_expired)
    app.register_error_handler(HTTPException, _plain_error)


def _away(title: str, text: str) -> Response:
    """503, and the page loads again by itself; the front page if this was no page to load."""
    response = make_response(message_page(title, text, retry=True), 503)
    response.headers["Retry-After"] = str(RETRY_S)
    where = "" if request.method == "GET" else f"; url={url_for('live.now')}"
    response.headers["Refresh"] = f"{RETRY_S}{where}"
    return response


def _daemon_away(_error: DaemonNotRunning) -> Response:
    return _away(
        "The telephone service is not running",
        "It starts again by itself, usually within seconds. This page keeps trying.",
    )


def _denied(error: PermissionDenied) -> BaseResponse:
    if error.code == Code.ROLE_TOO_LOW:
        return make_response(message_page("Not for your role", "Ask the owner to do this."), 403)
    if error.code == Code.NOT_SIGNED_IN:
        end_session("You were signed out. Please sign in again.")
        return redirect(url_for("sign_in.sign_in"))
    return _away(
        "This page may not reach the telephone service",
        "Ask your technician to look at the permissions of its control socket.",
    )


def _refused(error: ControlError) -> Response:
    if error.code == 0:  # no answer at all, or none that makes sense
        return _away(
            "The telephone service does not answer",
            "It may be busy. This page keeps trying.",
        )
    if error.code in (Code.NOT_FOUND, Code.PARAMS):
        text = "It may have been deleted, or the address was cut short."
        return make_response(message_page("There is nothing here", text), 404)
    if error.code == Code.LOCKED_OUT:
        text = f"Try again in {wait_text(error.retry_after_s)}."
        return make_response(message_page("Too many tries", text), 429)
    if error.code == Code.REFUSED:
        return make_response(message_page("That did not work", sentence_text(str(error))), 400)
    text = "The telephone service could not do this. Calls are not affected."
    return make_response(message_page("Something went wrong", text), 500)


def _form_expired(_error: CSRFError) -> Response:
    text = "Open the page again and try once more. Cookies must be allowed for it."
    return make_response(message_page("That form was too old", text), 400)


def _plain_error(error: HTTPException) -> BaseResponse:
    status = error.code or 500
    if status < 400:
        return error.get_response()
    title = _TITLES.get(status, "Something went wrong")
    text = {
        400: error.description or "",
        500: "This page made a mistake. Calls are not affected.",
    }.get(status, "")
    response = make_response(message_page(title, text), status)
    if status == 416:
        response.headers["Content-Range"] = error.get_response().headers.get("Content-Range", "*")
    return response
