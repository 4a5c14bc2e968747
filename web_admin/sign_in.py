"""Claiming the box with its one-time code, signing in and out."""

from contextlib import closing
from dataclasses import dataclass

from flask import (
    Blueprint,
    Response,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response as BaseResponse
from wtforms import PasswordField, StringField
from wtforms.validators import DataRequired, Length

from appliance.control.schema import Code
from appliance.errors import ControlError
from web_admin.visitor import begin_session, client, end_session, new_client
from web_admin.words import sentence_text, wait_text

PERSONAL = {Code.REFUSED, Code.LOCKED_OUT, Code.PARAMS}  # answers to what was typed
# A password is checked by work that costs a fast computer a tenth of a second: a small box in the
# middle of other work may need many times that.
SIGN_IN_S = 30.0

pages = Blueprint("sign_in", __name__)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why somebody was not let in. ``retry_after_s``: 0 when they may try at once."""

    text: str
    retry_after_s: float = 0.0


class SignInForm(FlaskForm):  # type: ignore[misc]
    name = StringField("Your name", validators=[DataRequired("Your name, please."), Length(max=64)])
    password = PasswordField(
        "Password", validators=[DataRequired("Your password, please."), Length(max=256)]
    )


class ClaimForm(FlaskForm):  # type: ignore[misc]
    code = StringField("Claim code", validators=[DataRequired("The code, please."), Length(max=32)])
    name = StringField("Your name", validators=[DataRequired("Your name, please."), Length(max=60)])
    password = PasswordField(
        "Choose a password",
        description="8 characters or more. Nobody can look it up: keep it safe.",
        validators=[
            DataRequired("A password, please."),
            Length(min=8, max=200, message="8 characters or more, please."),
        ],
    )


@pages.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> BaseResponse:
    if not client().call("auth.state")["claimed"]:
        return redirect(url_for("sign_in.claim"))
    if "token" in session and request.method == "GET":
        return redirect(url_for("live.now"))
    form = SignInForm()
    problem = None
    if form.validate_on_submit():
        problem = _enter("auth.sign_in", name=form.name.data, password=form.password.data)
        if problem is None:
            return redirect(url_for("live.now"))
    return _page("sign_in.html", form, problem)


@pages.route("/claim", methods=["GET", "POST"])
def claim() -> BaseResponse:
    if client().call("auth.state")["claimed"]:
        return redirect(url_for("sign_in.sign_in"))
    form = ClaimForm(data={"code": request.args.get("code", "")})
    problem = None
    if form.validate_on_submit():
        code = "".join(filter(str.isalnum, form.code.data))
        problem = _enter("auth.claim", code=code, name=form.name.data, password=form.password.data)
        if problem is None:
            return redirect(url_for("live.now"))
    return _page("claim.html", form, problem)


@pages.post("/sign-out")
def sign_out() -> BaseResponse:
    """Here first: whoever signs out is out of this page, though the daemon be away."""
    told = client()
    end_session()
    try:
        told.call("auth.sign_out")
    except ControlError:
        end_session("You are signed out here. The telephone service could not be told.")
    return redirect(url_for("sign_in.sign_in"))


def _page(template: str, form: FlaskForm, problem: Problem | None) -> Response:
    notice = session.get("notice", "")
    response = make_response(render_template(template, form=form, problem=problem, notice=notice))
    if problem is not None:
        response.status_code = 429 if problem.retry_after_s else 401
        if problem.retry_after_s:
            response.headers["Retry-After"] = str(int(problem.retry_after_s) + 1)
    elif form.errors:
        response.status_code = 400
    return response


def _enter(method: str, **params: str) -> Problem | None:
    """Sign in by ``method``; what went wrong, in words for the person, or None."""
    try:
        with closing(new_client(SIGN_IN_S)) as daemon:
            answer = daemon.call(method, **params)
    except ControlError as error:
        if error.code not in PERSONAL:
            raise
        if error.retry_after_s > 0:
            wait = wait_text(error.retry_after_s)
            return Problem(f"Too many wrong tries. Try again in {wait}.", error.retry_after_s)
        return Problem(sentence_text(str(error)))
    begin_session(answer)
    return None
