"""How times, callers, states and what the daemon says are worded for the people of a shop."""

import re
import time
from collections.abc import Mapping
from typing import Any

from flask import Flask

OUTCOMES = {
    "answered": ("Answered", "good", "answered"),
    "voicemail": ("Left a message", "note", "voicemail"),
    "abandoned": ("Missed: hung up", "bad", "missed"),
    "no_answer": ("Missed: nobody answered", "bad", "missed"),
    "busy": ("Missed: all busy", "bad", "missed"),
    "failed": ("Failed", "bad", "fault"),
    "interrupted": ("Interrupted", "bad", "fault"),
}
IN_PROGRESS = ("On the line now", "live", "live")
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
    "busy": ("Hears busy tone", "wait"),
    "off_hook": ("Left off the hook", "bad"),
}
STEPS = {  # of a caller; of the status snapshot's calls and of the caller's leg
    "ringing": "Ringing",
    "answering": "Being answered",
    "announcement": "Told about recording",
    "menu": "In the menu",
    "playing": "Listening to an announcement",
    "offered": "Waiting, handsets are ringing",
    "outside": "Waiting, an outside number is called",
    "talking": "Talking",
    "held": "On hold",
    "listening": "Listening in",
    "voicemail": "Leaving a message",
    "ending": "Hanging up",
}
SIMS = {
    "ready": "In place and unlocked",
    "missing": "There is none",
    "pin_wanted": "Wants its PIN",
    "pin_wrong": "Its PIN was wrong",
    "puk_wanted": "Locked: wants its PUK",
    "failed": "Can't be read",
}
REGISTRATIONS = {
    "home": "Its own",
    "roaming": "Roaming, in another operator's network",
    "searching": "Searching",
    "denied": "Refused by the network",
    "emergency_only": "Emergency calls only",
    "none": "None found",
}
# From so many dBm on (RSSI, 3GPP TS 27.007 §8.5: -113 to -51): bars of four, and a word.
_SIGNALS = (
    (-73, 4, "strong"),
    (-85, 3, "good"),
    (-97, 2, "fair"),
    (-109, 1, "weak: move the antenna"),
    (-999, 0, "almost none: move the antenna"),
)
ENDED_BY = {
    "caller": "The caller",
    "station": "The shop",
    "far_end": "The other side",
    "box": "The box",
    "line": "The line",
}
_CLOCKS = {
    "time": "%H:%M",
    "seconds": "%H:%M:%S",
    "day": "%d %b, %H:%M",
    "full": "%a %d %b %Y, %H:%M:%S",
}
_NOT_DIALLED = re.compile(r"[^0-9+*#]")


def caller_text(caller: Mapping[str, Any] | None) -> str:
    """A caller as a person would say it: the name, else the number, else why there is none."""
    caller = caller or {}
    named = str(caller.get("name") or "").strip() or str(caller.get("number") or "").strip()
    return named or {"private": "Private number"}.get(
        str(caller.get("presentation")), "Unknown number"
    )


def dial_text(number: str | None) -> str:
    """What a phone's tel: link may hold of a number; empty when too little is left to dial."""
    kept = _NOT_DIALLED.sub("", number or "")[:20]
    return kept if len(kept) >= 3 else ""


def duration_text(seconds: float | None) -> str:
    """75.2 as 1:15; None as an empty text."""
    if seconds is None:
        return ""
    whole = max(0, int(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, seconds_left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{seconds_left:02}" if hours else f"{minutes}:{seconds_left:02}"


def clock_text(utc: float | None, style: str = "time") -> str:
    """UTC seconds in the box's time zone; the page's script makes it the phone's."""
    return "" if utc is None else time.strftime(_CLOCKS[style], time.localtime(utc))


def wait_text(seconds: float) -> str:
    """42.3 as '43 seconds', 300 as '5 minutes'."""
    whole = max(1, int(seconds) + (seconds > int(seconds)))
    if whole < 120:
        return "1 second" if whole == 1 else f"{whole} seconds"
    return f"{-(-whole // 60)} minutes"


def sentence_text(text: str) -> str:
    """The daemon's words as a sentence of their own."""
    text = text.strip()
    if not text:
        return ""
    return text[0].upper() + text[1:] + ("" if text[-1] in ".!?…" else ".")


def line_words(status: Mapping[str, Any]) -> set[str]:
    """Those of the status's problems that its lines tell themselves, with more."""
    found = [line["problem"] for line in status["lines"] if line["problem"]]
    return {": ".join(filter(None, (one["text"], one["advice"]))) for one in found}


def signal_bars(dbm: int) -> int:
    """How many of four bars a signal fills."""
    return next(bars for least, bars, _ in _SIGNALS if dbm >= least)


def signal_text(dbm: int) -> str:
    """-103 as 'weak: move the antenna'."""
    return next(word for least, _, word in _SIGNALS if dbm >= least)


def register(app: Flask) -> None:
    """Give templates these words."""
    app.jinja_env.filters.update(
        caller=caller_text,
        dial=dial_text,
        duration=duration_text,
        clock=clock_text,
        sentence=sentence_text,
        bars=signal_bars,
        signal=signal_text,
    )
    app.jinja_env.globals.update(
        STATES=STATES,
        STEPS=STEPS,
        SIMS=SIMS,
        line_words=line_words,
        REGISTRATIONS=REGISTRATIONS,
        now=time.time,
    )
