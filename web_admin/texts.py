"""Short messages: the conversations, one of them with its reply box, and what is sent from here."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response as BaseResponse

from appliance.control.schema import Code
from appliance.errors import ControlError, PermissionDenied
from web_admin import stories
from web_admin.visitor import came_from, client, message_page
from web_admin.words import dial_text, sentence_text

PAGE = 50
STATES = {  # of a text that went out, with the mood it is shown in
    "queued": ("Waits for the line", "wait"),
    "sending": ("Being sent", "wait"),
    "sent": ("Sent", "good"),
    "delivered": ("Delivered", "good"),
    "failed": ("Not sent", "bad"),
    "perhaps_sent": ("Perhaps sent", "bad"),
}

pages = Blueprint("texts", __name__)


@pages.get("/texts")
def conversations() -> str:
    return _conversations()


@pages.get("/texts/with")
def conversation() -> str:
    return _conversation(request.args.get("contact", ""))


@pages.post("/texts/send")
def send() -> BaseResponse | tuple[str, int]:
    """Sends, and shows the conversation; refused, the words are still in their box."""
    form = request.form
    contact, number = form.get("contact", ""), form.get("number", "")
    text = form.get("text", "").replace("\r\n", "\n")  # as browsers send a line's end
    try:
        sent = client().call("texts.send", line=form.get("line", ""), number=number, text=text)
    except PermissionDenied:
        raise
    except ControlError as error:
        if error.code not in (Code.REFUSED, Code.PARAMS):
            raise
        reason = str(error) if error.code == Code.REFUSED else "write a number and some words"
        problem = sentence_text(reason)
        if contact:
            return _conversation(contact, problem, text), 400
        return _conversations(problem, text, number), 400
    answer = client().call("texts.list", limit=PAGE)["texts"]
    found = next((one["contact"] for one in answer if one["text_id"] == sent["text_id"]), "")
    return redirect(url_for("texts.conversation", contact=found or contact, _anchor="end"))


@pages.post("/texts/<text_id>/read")
def mark_read(text_id: str) -> BaseResponse:
    client().call("texts.mark_read", text_id=text_id)
    return redirect(url_for("texts.conversation", contact=request.form.get("contact", "")))


@pages.post("/texts/<text_id>/delete")
def delete(text_id: str) -> BaseResponse:
    client().call("texts.delete", text_id=text_id)
    contact = request.form.get("contact", "")
    return redirect(url_for("texts.conversation", contact=contact, tidy=1))


@pages.post("/calls/place")
def place() -> BaseResponse | tuple[str, int]:
    """A handset of the shop rings; when it is lifted, the number is called."""
    form = request.form
    station, number = form.get("station", ""), form.get("number", "")
    reason = "this handset can't call now: try another one"
    try:
        if client().call("calls.place", station=station, number=number)["accepted"]:
            return redirect(url_for("live.now"))
    except PermissionDenied:
        raise
    except ControlError as error:
        if error.code not in (Code.REFUSED, Code.PARAMS):
            raise
        reason = str(error) if error.code == Code.REFUSED else "choose a handset and a number"
    return message_page("The call was not made", sentence_text(reason), back=came_from()), 400


def _conversations(problem: str = "", draft: str = "", number: str = "") -> str:
    status = client().call("status.get")  # first: the page may know more than its revision says
    before = request.args.get("before")
    answer = client().call("texts.conversations", before=before, limit=PAGE)
    return render_template(
        "texts.html",
        conversations=answer["conversations"],
        more=answer["next"],
        paged=before is not None,
        lines=_text_lines(status),
        problem=problem,
        draft=draft,
        number=number,
        states=STATES,
        status=status,
    )


def _conversation(contact: str, problem: str = "", draft: str = "") -> str:
    status = client().call("status.get")
    answer = client().call(
        "texts.list", contact=contact, before=request.args.get("before"), limit=PAGE
    )
    texts = answer["texts"][::-1]
    newest_in = next((one for one in answer["texts"] if one["direction"] == "in"), None)
    unread = [one for one in texts if not one["is_read"]]
    return render_template(
        "conversation.html",
        contact=contact,
        texts=texts,
        more=answer["next"],
        paged="before" in request.args,
        number=_answerable((newest_in or {"number": contact})["number"]),
        lines=_text_lines(status, texts[-1]["line"] if texts else ""),
        newest_unread=unread[-1]["text_id"] if unread else "",
        tidy="tidy" in request.args and session.get("role") == "owner",
        problem=problem,
        draft=draft,
        states=STATES,
        names=stories.station_names(status),
        status=status,
    )


def _answerable(number: str) -> str:
    """A number that can be texted and called; "" for a sender that is a name."""
    kept = dial_text(number)
    return kept if kept == number else ""


def _text_lines(status: Mapping[str, Any], first: str = "") -> list[str]:
    """The lines that carry texts, the one used last before the others."""
    lines = [line["name"] for line in status["lines"] if line["facts"]["texts"]]
    return sorted(lines, key=lambda name: name != first)
