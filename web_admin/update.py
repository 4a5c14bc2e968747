"""The page of updates: which release runs, a new one by file, USB stick or address, how it went."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from appliance.errors import ControlError
from web_admin.uploads import take_upload
from web_admin.visitor import client

pages = Blueprint("update", __name__)


@pages.get("/update")
def page() -> str:
    return _page()


def _page(problem: str = "") -> str:
    return render_template("update.html", state=client().call("update.state"), problem=problem)


@pages.post("/update/upload")
def upload() -> tuple[str, int]:
    """The bytes of a release. The answer is a sentence for the page."""
    return take_upload("update.upload")


@pages.post("/update/install")
def install() -> BaseResponse | tuple[str, int]:
    form = request.form
    return _asked(
        "update.install",
        source=form.get("source", ""),
        name=form.get("name", "")[:200],
        url=form.get("url", "").strip()[:2000],
        allow_older="older" in form,
    )


@pages.post("/update/look")
def look() -> BaseResponse | tuple[str, int]:
    return _asked("update.look")


@pages.post("/update/forget")
def forget() -> BaseResponse | tuple[str, int]:
    return _asked("update.forget")


def _asked(method: str, **params: object) -> BaseResponse | tuple[str, int]:
    try:
        client().call(method, **params)
    except ControlError as error:
        if error.code in (0, -32001, -32002):
            raise
        return _page(str(error)), 422
    return redirect(url_for("update.page"))
