"""What one call looked like to a person: who called, how it went, who was rung, where time went."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from web_admin import called_out
from web_admin.words import ENDED_BY, IN_PROGRESS, OUTCOMES, STEPS, caller_text, duration_text

Call = Mapping[str, Any]
Names = Mapping[str, str]

_HUNG_UP = {
    "ringing": "before the call was answered",
    "answering": "before the call was answered",
    "announcement": "during the first words",
    "menu": "in the menu",
    "playing": "during an announcement",
    "offered": "while handsets were ringing",
    "outside": "while an outside number was called",
    "voicemail": "without leaving a message",
}
_ENDS = {
    "voicemail": "Left a message",
    "busy": "Every handset was busy",
    "no_answer": "Nobody answered",
    "failed": "The line or its equipment failed",
    "interrupted": "The box stopped during this call",
}
_KINDS = {
    "talking": "good",
    "voicemail": "note",
    "offered": "live",
    "outside": "live",
    "summoned": "live",
}


@dataclass(frozen=True, slots=True)
class Step:
    """A part of the call. ``start`` and ``width`` are percent of the whole call."""

    label: str
    kind: str
    seconds: float
    start: float
    width: float


@dataclass(frozen=True, slots=True)
class Ring:
    """A handset that was rung for this call."""

    name: str
    mood: str
    text: str


def station_names(status: Mapping[str, Any]) -> dict[str, str]:
    """Extension to the name people use."""
    return {s["extension"]: s["name"] or s["extension"] for s in status["stations"]}


def who(call: Call, names: Names) -> str:
    """Who called, or was called out: somebody outside, or one of the shop's own handsets."""
    if call["direction"] != "internal":
        return caller_text(call["caller"])
    extension = call["caller"]["number"]
    return names.get(extension, f"Extension {extension}" if extension else "A handset")


def live_step(call: Call, status: Mapping[str, Any]) -> str:
    """Where a caller of the status is now."""
    rings = any(station["state"] == "ringing" for station in status["stations"])
    state = "outside" if call["state"] == "offered" and not rings else call["state"]
    return STEPS.get(state, state)


def outcome(call: Call) -> tuple[str, str, str]:
    """What the call's end is called, its mood and its icon."""
    known = called_out.OUTCOMES if called_out.is_outbound(call) else OUTCOMES
    return known.get(call["disposition"], IN_PROGRESS)


def summary(call: Call, names: Names, now: float) -> str:
    """How the call went, in one short sentence without its full stop."""
    if called_out.is_outbound(call):
        return called_out.summary(call, names, now)
    talks = [leg for leg in call["legs"] if _is_answering(leg, call)]
    disposition = call["disposition"]
    if talks and disposition in (None, "answered"):
        last_end = max(leg["ended_at"] or now for leg in talks)
        spoken = duration_text(last_end - min(leg["began_at"] for leg in talks))
        people = " and ".join(dict.fromkeys(_name(leg, call, names) for leg in talks))
        return f"Talked with {people}, {spoken}" if call["ended_at"] else f"Talking with {people}"
    if disposition is None:
        return STEPS.get(_last_state(call), "On the line now")
    if disposition == "abandoned":
        return f"Hung up {_HUNG_UP.get(_last_state(call), 'early')}"
    return _ENDS.get(disposition, "Heard the announcement")


def steps(call: Call, now: float) -> list[Step]:
    """The way through the call of who called, in order; the widths add up to 100."""
    leg = _caller_leg(call)
    if leg is None or not leg["states"]:
        return []
    end = leg["ended_at"] or call["ended_at"] or now
    states = called_out.states(call) if called_out.is_outbound(call) else _put_through(call, leg)
    return list(_steps(states, end, called_out.STEPS if called_out.is_outbound(call) else STEPS))


def ended_by(call: Call, names: Names) -> str:
    """Who ended it."""
    by = call["ended_by"]
    if by == "caller" and called_out.is_outbound(call):
        return called_out.caller_name(call, names)
    return ENDED_BY.get(by, str(by))


def rings(call: Call, names: Names, now: float) -> list[Ring]:
    """Each handset that was rung, for how long, and what came of it."""
    return [
        Ring(names.get(o["station"], o["station"]), *_ring_outcome(o, now)) for o in call["offers"]
    ]


# --- within ------------------------------------------------------------------------------------


def _put_through(call: Call, leg: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """A caller who is sent to an outside number hears ringback too, but no handset rings."""
    began = [dial["began_at"] for dial in call["dials"]]
    ends = [*(state["at"] for state in leg["states"][1:]), float("inf")]
    return [
        {**state, "state": "outside"}
        if state["state"] == "offered" and any(state["at"] <= at < until for at in began)
        else state
        for state, until in zip(leg["states"], ends, strict=True)
    ]


def _steps(
    states: Sequence[Mapping[str, Any]], end: float, words: Mapping[str, str]
) -> Iterator[Step]:
    first = states[0]["at"]
    whole = max(end - first, 0.001)
    ends = [*(state["at"] for state in states[1:]), end]
    for state, until in zip(states, ends, strict=True):
        seconds = max(0.0, until - state["at"])
        kind = _KINDS.get(state["state"], "wait")
        label = words.get(state["state"], state["state"])
        start, width = (state["at"] - first) / whole * 100, seconds / whole * 100
        yield Step(label, kind, seconds, round(start, 2), round(width, 2))


def _ring_outcome(offer: Mapping[str, Any], now: float) -> tuple[str, str]:
    rang = duration_text((offer["ended_at"] or now) - offer["began_at"])
    if not offer["ended_at"]:
        return "live", "ringing now"
    return {
        "answered": ("good", f"lifted after {rang}"),
        "no_answer": ("bad", f"rang {rang}, nobody lifted"),
        "cancelled": ("wait", f"rang {rang}, stopped"),
        "failed": ("bad", f"rang {rang}, then was lost"),
        "declined": ("bad", f"declined after {rang}"),
    }.get(offer["outcome"], ("wait", f"rang {rang}"))


def _caller_leg(call: Call) -> Mapping[str, Any] | None:
    return call["legs"][0] if call["legs"] else None  # the caller's begins with the call


def _is_answering(leg: Mapping[str, Any], call: Call) -> bool:
    """Somebody at a handset, or an outside number to which the caller was sent."""
    if leg is _caller_leg(call):
        return False
    listened = any(state["state"] == "listening" for state in leg["states"])
    return not listened and leg["endpoint"].startswith(("station:", "line:"))


def _last_state(call: Call) -> str:
    leg = _caller_leg(call)
    return str(_put_through(call, leg)[-1]["state"]) if leg and leg["states"] else "ringing"


def _name(leg: Mapping[str, Any], call: Call, names: Names) -> str:
    kind, _, name = leg["endpoint"].partition(":")
    if kind == "station":
        return names.get(name, name)
    dialled = (dial["number"] for dial in call["dials"] if dial["line"] == name)
    return next(dialled, f"somebody on line {name}")
