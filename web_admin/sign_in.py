"""Claiming the box with its one-time code, signing in and out."""

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import PasswordField, StringField
from wtforms.validators import DataRequired, Length

from appliance.errors import ControlError, DaemonNotRunning
from web_admin.words import client

pages = Blueprint("sign_in", __name__)


class SignInForm(FlaskForm):  # type: ignore[misc]
    name = StringField("Your name", validators=[DataRequired(), Length(max=64)])
    password = PasswordField("Password", validators=[DataRequired(), Length(max=256)])


class ClaimForm(FlaskForm):  # type: ignore[misc]
    code = StringField("Claim code", validators=[DataRequired(), Length(max=32)])
    name = StringField("Your name", validators=[DataRequired(), Length(max=64)])
    password = PasswordField(
        "Choose a password (8 characters or more)",
        validators=[
            DataRequired(),
            Length(min=8, max=256, message="8 characters or more, please."),
        ],
    )


@pages.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> str | Response | tuple[str, int]:
    if not client().call("auth.state")["claimed"]:
        return redirect(url_for("sign_in.claim"))
    form = SignInForm()
    problem = ""
    if form.validate_on_submit():
        problem = _enter("auth.sign_in", name=form.name.data, password=form.password.data)
        if not problem:
            return redirect(url_for("live.now"))
    return render_template("sign_in.html", form=form, problem=problem), 401 if problem else 200


@pages.route("/claim", methods=["GET", "POST"])
def claim() -> str | Response | tuple[str, int]:
    if client().call("auth.state")["claimed"]:
        return redirect(url_for("sign_in.sign_in"))
    form = ClaimForm(data={"code": request.args.get("code", "")})
    problem = ""
    if form.validate_on_submit():
        code = "".join(filter(str.isalnum, form.code.data))
        problem = _enter("auth.claim", code=code, name=form.name.data, password=form.password.data)
        if not problem:
            return redirect(url_for("live.now"))
    return render_template("claim.html", form=form, problem=problem), 401 if problem else 200


@pages.post("/sign-out")
def sign_out() -> Response:
    client().call("auth.sign_out")
    session.clear()
    return redirect(url_for("sign_in.sign_in"))


def _enter(method: str, **params: str) -> str:
    """Sign in by ``method``; returns what went wrong in the daemon's words, or an empty text."""
    try:
        answer = client().call(method, **params)
    except DaemonNotRunning:
        raise
    except ControlError as error:
        return str(error)
    session.clear()
    session.permanent = True
    session["token"] = answer["token"]
    session["name"] = answer["name"]
    session["role"] = answer["role"]
    return ""
