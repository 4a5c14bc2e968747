"""How calls from the shop to outside numbers are worded: who called, on which lines, what came."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from web_admin.words import duration_text

Call = Mapping[str, Any]
Names = Mapping[str, str]

OUTCOMES = {  # of the call: what it is called, its mood and its icon; none of them lost a customer
    "answered": ("Called out", "good", "out"),
    "abandoned": ("Called out, given up", "wait", "out"),
    "no_answer": ("Called out, not reached", "wait", "out"),
    "busy": ("Called out, busy", "wait", "out"),
    "failed": ("Called out, failed", "bad", "fault"),
    "interrupted": ("Called out, interrupted", "bad", "fault"),
}
STEPS = {
    "summoned": "Ringing the handset first",
    "offered": "Calling",
    "talking": "Talking",
    "held": "On hold",
    "ending": "Hanging up",
}
CAUSES = {
    "busy": "busy",
    "no_answer": "nobody answered",
    "rejected": "the call was refused there",
    "unobtainable": "the number can't be reached",
    "number": "the line can't dial this number",
    "ended": "the network ended it",
    "no_dial_tone": "no dial tone",
    "congestion": "network full",
    "no_service": "no network",
    "line_in_use": "another telephone in use",
    "incoming_call": "a call just coming in",
    "failed": "the line failed",
}
# Of the line, not of the number: the lines that were tried are named.
LINES_FAULTS = {
    "no_dial_tone",
    "congestion",
    "no_service",
    "line_in_use",
    "incoming_call",
    "failed",
}


@dataclass(frozen=True, slots=True)
class Tried:
    """A line on which the number was dialled."""

    line: str
    number: str
    mood: str
    text: str


def is_outbound(call: Call) -> bool:
    """Also of a call in the status."""
    return bool(call["direction"] == "outbound")


def caller_name(call: Call, names: Names) -> str:
    """The handset that called out."""
    extension = call["station"]
    return names.get(extension, f"Extension {extension}" if extension else "A handset")


def summary(call: Call, names: Names, now: float) -> str:
    """How it went, in one short sentence without its full stop."""
    by = caller_name(call, names)
    if call["disposition"] is None:
        return _now(call, by)
    end = call["ended_at"] or now
    if call["disposition"] == "answered" and call["answered_at"]:
        return f"Called out by {by}, talked {duration_text(end - call['answered_at'])}"
    why = _why(call, end)
    return f"Called out by {by}{',' if why.startswith('not reached') else ':'} {why}"


def tried(call: Call, now: float) -> list[Tried]:
    """Each line that was dialled on, and what came of it."""
    return [Tried(d["line"], d["number"], *_outcome(d, now)) for d in call["dials"]]


def states(call: Call) -> list[Mapping[str, Any]]:
    """Of the calling handset; one that was rung first was not yet calling."""
    leg = call["legs"][0] if call["legs"] else None
    found = list(leg["states"]) if leg is not None else []
    if not found or not call["offers"]:
        return found
    begun = [{"state": "offered", "at": d["began_at"]} for d in call["dials"][:1]]
    return [{"state": "summoned", "at": found[0]["at"]}, *begun, *found[1:]]


def live_words(call: Call, status: Mapping[str, Any]) -> str:
    """What the front page says of a call that is up, after the name of who calls."""
    ringing = {s["extension"] for s in status["stations"] if s["state"] == "ringing"}
    if call["state"] == "offered" and call["station"] in ringing:
        return "rings first: lift it to call"
    return {"offered": "is calling", "talking": "is talking", "held": "is on hold"}.get(
        call["state"], "is calling out"
    )


# --- within ------------------------------------------------------------------------------------


def _now(call: Call, by: str) -> str:
    state = states(call)[-1]["state"] if states(call) else ""
    if state == "summoned":
        return f"{by} rings first"
    if state in ("talking", "held"):
        return f"{by} is talking"
    line = f", line {call['line']}" if call["line"] else ""
    return f"{by} is calling{line}"


def _why(call: Call, end: float) -> str:
    disposition, dials = call["disposition"], call["dials"]
    if disposition == "interrupted":
        return "the box stopped during it"
    if disposition == "abandoned":
        return f"given up after {duration_text(end - call['started_at'])}"
    if not dials:
        lifted = any(offer["outcome"] == "answered" for offer in call["offers"])
        if call["offers"] and not lifted:
            return "the handset rang, nobody lifted it"
        return "the handset failed" if disposition == "failed" else "no line was free"
    cause = dials[-1]["outcome"]
    if disposition == "failed" and cause not in LINES_FAULTS:
        return "the line or its equipment failed"
    return f"not reached: {_chain(dials)}" if cause in LINES_FAULTS else _cause(cause)


def _chain(dials: Sequence[Mapping[str, Any]]) -> str:
    """ "no dial tone on landline, then mobile"."""
    parts = []
    for outcome, same in groupby(dials, lambda dial: dial["outcome"]):
        parts.append(f"{_cause(outcome)} on {', then '.join(dial['line'] for dial in same)}")
    return ", then ".join(parts)


def _cause(outcome: str | None) -> str:
    return CAUSES.get(outcome or "", (outcome or "not reached").replace("_", " "))


def _outcome(dial: Mapping[str, Any], now: float) -> tuple[str, str]:
    took = duration_text((dial["ended_at"] or now) - dial["began_at"])
    if not dial["ended_at"]:
        return "live", "calling now"
    if dial["outcome"] == "answered":
        return "good", f"answered after {took}"
    if dial["outcome"] == "cancelled":
        return "wait", f"called {took}, then given up"
    mood = "bad" if dial["outcome"] in LINES_FAULTS else "wait"
    return mood, f"{_cause(dial['outcome'])}, after {took}"
