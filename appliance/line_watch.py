"""Watches whether the lines work: what the owner is told now, and what the history keeps.

A line that does not work for longer than it may is noted in the history, with the moment it began,
and shown to the owner when it has lasted; what needs a person's hand is shown at once.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Protocol

from appliance.interfaces import Clock

NOTED_AFTER_S = 10.0  # a shorter gap is a hiccup, which the line's counters show
STARTS_WITHIN_S = 60.0  # a modem that is being set up, after a start of the box
TOLD_AFTER_S = 120.0  # by then it does not mend itself soon
_TROUBLE = frozenset({"down", "fault", "retrying", "initialising"})

# What to do about a SIM card, by its state; nothing of it mends itself.
_SIM_ADVICE = {
    "missing": "push the SIM card in until it clicks, then plug the modem out and in again",
    "pin_wanted": 'write the SIM\'s PIN into the configuration: pin = "…" of this line',
    "pin_wrong": "write the right PIN into the configuration; it is not tried again before that, "
    "because three wrong tries lock the card",
    "puk_wanted": "the card is locked: unlock it in a telephone with the PUK on its paper",
    "failed": "clean the SIM card's contacts, or try another card",
}
_REFUSED = frozenset({"denied", "emergency_only"})
_DENIED_ADVICE = "the network refuses this card: ask its operator whether it is active and paid"
_NO_NETWORK_ADVICE = "it finds no network: move the antenna, or ask the operator about a failure"
_NO_SOUND = "no sound: "  # a driver's reason begins so
_NO_SOUND_ADVICE = "callers could not be heard, so no call is answered: look at the plug and the \
cable of what its sound comes through; 'counterbell doctor' shows the sound cards there are"
_STATE_ADVICE = {
    "down": "look at its plug and its power",
    "fault": "look at its plug and its power; the box tries again by itself",
    "retrying": "the box tries again by itself; look at its plug and its power if this stays",
    "initialising": "it does not get ready: plug it out and in again",
}


class Remembers(Protocol):
    """storage.history.History, as far as it is needed here."""

    def remember_fact(self, kind: str, data: Mapping[str, object]) -> "Future[None]": ...


@dataclass(slots=True)
class _Trouble:
    """``began``: monotonic; ``trouble_id``: "" until it is in the history."""

    began: float
    began_at: float
    state: str
    reason: str
    trouble_id: str = ""


class LineWatch:
    """Show it the lines of the status snapshot every second. Main thread only."""

    def __init__(self, history: Remembers, clock: Clock, new_id: Callable[[], str]) -> None:
        self._history = history
        self._clock = clock
        self._new_id = new_id
        self._troubles: dict[str, _Trouble] = {}
        self._warned: dict[str, tuple[str, float]] = {}  # warning, since (UTC)
        self._was_ready: set[str] = set()
        self.problems: dict[str, dict[str, Any]] = {}
        """By line, what its owner should do: ``{text, advice, since}``, ``since`` in UTC."""

    def look(self, lines: Sequence[Mapping[str, Any]]) -> None:
        """``lines``: of the status snapshot, docs/control-api.md."""
        names = {line["name"] for line in lines}
        for gone in [name for name in self._troubles if name not in names]:
            self._over(gone, "removed")
        problems: dict[str, dict[str, Any]] = {}
        for line in lines:
            problem = self._look_at(line) or self._warning(line)
            if problem is not None:
                problems[line["name"]] = problem
        self.problems = problems

    def _look_at(self, line: Mapping[str, Any]) -> dict[str, Any] | None:
        name, state = line["name"], line["state"]
        if state not in _TROUBLE:
            self._was_ready.add(name)
            self._over(name, "line")
            return None
        now = self._clock.monotonic()
        trouble = self._troubles.get(name)
        if trouble is None:
            trouble = _Trouble(now, self._clock.utc(), state, line["reason"])
            self._troubles[name] = trouble
        lasted = now - trouble.began
        is_starting = state == "initialising" and name not in self._was_ready
        if lasted >= (STARTS_WITHIN_S if is_starting else NOTED_AFTER_S):
            self._note(name, trouble, line)
        advice = _hands_advice(line["facts"]) or _sound_advice(trouble.reason)
        if not trouble.trouble_id or (lasted < TOLD_AFTER_S and not advice):
            return None
        what = trouble.reason or "does not work"
        return {
            "text": f"line {name}: {what}",
            "advice": advice or _lasting_advice(line),
            "since": trouble.began_at,
        }

    def _note(self, name: str, trouble: _Trouble, line: Mapping[str, Any]) -> None:
        """Keep it in the history, and again when its reason changes; a try is no news."""
        state, reason = line["state"], line["reason"] or trouble.reason
        if not trouble.trouble_id:
            trouble.trouble_id, kind = self._new_id(), "line_trouble_began"
        elif reason != trouble.reason:
            kind = "line_trouble_changed"
        else:
            return
        trouble.state, trouble.reason = state, reason
        fact = {"trouble_id": trouble.trouble_id, "line": name, "state": state, "reason": reason}
        self._history.remember_fact(kind, fact | {"began_at": trouble.began_at})

    def _over(self, name: str, ended_by: str) -> None:
        """``ended_by``: line (it works again), removed (from the configuration)."""
        trouble = self._troubles.pop(name, None)
        if trouble is None or not trouble.trouble_id:
            return
        ended_at = trouble.began_at + self._clock.monotonic() - trouble.began
        fact = {"trouble_id": trouble.trouble_id, "line": name, "ended_at": ended_at}
        self._history.remember_fact("line_trouble_ended", fact | {"ended_by": ended_by})

    def _warning(self, line: Mapping[str, Any]) -> dict[str, Any] | None:
        """Something is wrong with a line that works, such as a SIM card full of texts."""
        name, text = line["name"], line["facts"]["warning"]
        if not text or line["state"] in _TROUBLE:
            self._warned.pop(name, None)
            return None
        if self._warned.get(name, ("", 0.0))[0] != text:
            self._warned[name] = (text, self._clock.utc())
        advice = _hands_advice(line["facts"])
        return {"text": f"line {name}: {text}", "advice": advice, "since": self._warned[name][1]}


def _hands_advice(facts: Mapping[str, Any]) -> str:
    """What only a person can mend, and how; "" when it may mend itself."""
    denied = _DENIED_ADVICE if facts["registration"] in _REFUSED else ""
    return _SIM_ADVICE.get(facts["sim"], denied)


def _sound_advice(reason: str) -> str:
    return _NO_SOUND_ADVICE if reason.startswith(_NO_SOUND) else ""


def _lasting_advice(line: Mapping[str, Any]) -> str:
    facts = line["facts"]
    finds_none = facts["registration"] == "none" and "network" in line["reason"]
    if facts["registration"] == "searching" or finds_none:
        return _NO_NETWORK_ADVICE
    return _STATE_ADVICE[line["state"]]
