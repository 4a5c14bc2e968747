"""What every page shares: the visitor's client, and how times, numbers and states are worded."""

import time
from collections.abc import Mapping
from typing import Any, cast

from flask import Flask, current_app, g, render_template, session

from appliance.control.client import Client

OUTCOMES = {
    "answered": ("Answered", "good"),
    "voicemail": ("Left a message", "note"),
    "abandoned": ("Hung up", "bad"),
    "no_answer": ("Nobody answered", "bad"),
    "busy": ("All busy", "bad"),
    "failed": ("Failed", "bad"),
    "interrupted": ("Interrupted", "bad"),
}
STATES = {
    "ready": ("Ready", "good"),
    "ringing": ("Ringing", "live"),
    "in_call": ("In a call", "live"),
    "initialising": ("Starting", "wait"),
    "retrying": ("Trying again", "bad"),
    "fault": ("Fault", "bad"),
    "down": ("Not connected", "bad"),
    "idle": ("Free", "good"),
    "dialing": ("Dialling", "wait"),
    "calling": ("Calling", "live"),
    "talking": ("Talking", "live"),
    "busy": ("Hearing busy tone", "wait"),
    "off_hook": ("Left off the hook", "bad"),
}
STEPS = {
    "ringing": "is ringing",
    "answering": "is being answered",
    "menu": "is in the menu",
    "playing": "is hearing a message",
    "offered": "is waiting, handsets are ringing",
    "talking": "is talking",
    "voicemail": "is leaving a message",
    "ending": "is hanging up",
}


def client() -> Client:
    """This request's connection to the daemon, with the visitor's token."""
    if "client" not in g:
        g.client = Client(current_app.config["CONTROL_SOCKET"], token=session.get("token"))
    return cast(Client, g.client)


def message_page(title: str, text: str) -> str:
    return render_template("message.html", title=title, text=text)


def caller_text(caller: Mapping[str, Any] | None) -> str:
    """A caller as a person would say it: the name, else the number, else why there is none."""
    if not caller:
        return "Unknown caller"
    if caller.get("name") or caller.get("number"):
        return str(caller.get("name") or caller.get("number"))
    return {"private": "Private number"}.get(str(caller.get("presentation")), "Unknown caller")


def duration_text(seconds: float | None) -> str:
    """75.2 as 1:15; None as an empty text."""
    if seconds is None:
        return ""
    whole = max(0, int(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, seconds_left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{seconds_left:02}" if hours else f"{minutes}:{seconds_left:02}"


def clock_text(utc: float | None) -> str:
    """UTC seconds as the box's hour and minute; the page's script makes it the phone's."""
    return "" if utc is None else time.strftime("%H:%M", time.localtime(utc))


def register(app: Flask) -> None:
    """Give templates these words."""
    app.jinja_env.filters.update(caller=caller_text, duration=duration_text, clock=clock_text)
    app.jinja_env.globals.update(OUTCOMES=OUTCOMES, STATES=STATES, STEPS=STEPS)
