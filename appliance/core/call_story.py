"""What one call tells the history and its story: the facts of its life, each in one place."""

from appliance.core.caller import CallerId
from appliance.core.commands import Figure
from appliance.core.desk import Desk
from appliance.core.outcome import Progress, disposition
from appliance.core.words import spoken_endpoint


class CallStory:
    """Of the call ``call_id``, which begins now."""

    def __init__(self, desk: Desk, call_id: str) -> None:
        self._desk = desk
        self._call_id = call_id
        self._began = desk.now
        self._digits = ""

    def note(self, text: str, **figures: Figure) -> None:
        """One line of the story."""
        self._desk.note(self._call_id, text, **figures)

    def began(self, direction: str, line: str, station: str, generation: int) -> None:
        """``line``: of a caller from outside; ``station``: the one that calls."""
        self._fact(
            "call_began", direction=direction, line=line, station=station, generation=generation
        )

    def identified(self, caller: CallerId) -> None:
        self._fact(
            "call_identified",
            number=caller.number,
            name=caller.name,
            presentation=caller.presentation,
        )

    def answered(self, ago_s: float) -> None:
        """``ago_s``: it was so long ago, and became certain only now."""
        self._fact("call_answered", **({"ago_s": round(ago_s, 3)} if ago_s else {}))

    def digit(self, shown: str, source: str) -> None:
        self._digits += shown
        self._fact("digit", digit=shown, source=source)

    def connected(self, endpoint: str, leg_id: str) -> None:
        """Somebody who was called begins to talk: a station, or an outside number."""
        kind, _, name = endpoint.partition(":")
        station = name if kind == "station" else ""
        seconds = self._desk.now - self._began
        self._fact("call_connected", station=station, leg_id=leg_id)
        who = spoken_endpoint(endpoint)
        text = f"{who[:1].upper()}{who[1:]} answered {seconds:.1f} s after the call began"
        self.note(text, station=station, seconds=round(seconds, 3))

    def ended(self, progress: Progress, ended_by: str, reason: str, failed: bool) -> None:
        seconds = self._desk.now - self._began
        self.note(f"The call ended after {seconds:.1f} s: {reason}", seconds=round(seconds, 3))
        self._fact(
            "call_ended",
            disposition=disposition(progress, ended_by, failed),
            ended_by=ended_by,
            reason=reason,
            digits=self._digits,
            offers=progress.offers,
        )

    def _fact(self, kind: str, **data: object) -> None:
        self._desk.fact(self._call_id, kind, **data)
