"""The box's Wi-Fi: asked for by the owner, and what came of it."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from appliance.errors import ControlError
from web_admin.visitor import client

pages = Blueprint("network", __name__)


@pages.get("/network")
def page() -> str:
    return _page()


def _page(problem: str = "") -> str:
    """What was typed comes back after a refusal, but for the password."""
    typed = {name: request.form.get(name, "") for name in ("ssid", "country")}
    state = client().call("network.state")
    return render_template("network.html", state=state, problem=problem, typed=typed)


@pages.post("/network/join")
def join() -> BaseResponse | tuple[str, int]:
    wanted = {name: request.form.get(name, "") for name in ("ssid", "password", "country")}
    try:
        client().call("network.join", **wanted)
    except ControlError as error:
        if error.code in (0, -32001, -32002):
            raise
        return _page(str(error)), 422
    return redirect(url_for("network.page"))
