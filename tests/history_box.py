"""One run of the daemon as far as history goes, and a whole call told to it, for tests."""

import datetime
from pathlib import Path

from appliance.core.commands import AnswerLine, Command, HistoryFact, StoryNote
from appliance.loop import InlineWorker, VirtualClock
from appliance.storage.history import History
from appliance.storage.history_queries import HistoryReader
from appliance.storage.history_schema import open_writer

START = 1_800_000_000.0
ROSA = {"number": "09171234567", "name": "ROSA", "presentation": "allowed"}


class Box:
    """One run of the daemon, as far as history goes."""

    def __init__(self, folder: Path, clock: VirtualClock | None = None, connect=open_writer):
        self.clock = clock or VirtualClock(START)
        self.worker = InlineWorker()
        self.path = folder / "history.sqlite"
        self.history = History(self.path, self.worker, self.clock, connect=connect)
        self.reader = HistoryReader(self.path, datetime.UTC)

    def tell(self, *commands: Command, after_s: float = 0.0):
        self.clock.advance(after_s)
        return self.history.remember(commands, self.clock.utc(), self.clock.monotonic())

    def fact(self, call_id: str, kind: str, after_s: float = 0.0, /, **data: object):
        return self.tell(HistoryFact(call_id, kind, data), after_s=after_s)

    def crash(self) -> None:
        self.history.close().result()
        self.reader.close()
        self.worker.close()


def answered_call(box: Box, call_id: str = "c1") -> None:
    """Rings, menu, two offers, one lifted, a talk, recorded."""
    box.tell(
        HistoryFact(call_id, "call_began", {"direction": "inbound", "line": "landline"}),
        HistoryFact(call_id, "leg_began", {"leg_id": "l1" + call_id, "endpoint": "line:landline"}),
        HistoryFact(call_id, "leg_state", {"leg_id": "l1" + call_id, "state": "ringing"}),
    )
    box.fact(call_id, "call_identified", 2, **ROSA)
    box.tell(
        HistoryFact(call_id, "call_answered", {}),
        HistoryFact(call_id, "leg_state", {"leg_id": "l1" + call_id, "state": "menu"}),
        StoryNote(call_id, "Answered after 2 rings.", {"rings": 2}),
        AnswerLine("landline"),
        after_s=3,
    )
    box.fact(call_id, "recording", recording_id="r" + call_id, kind="call", outcome="started", ms=0)
    box.fact(call_id, "digit", 4, digit="1", source="in_band")
    for station in ("11", "12"):
        box.fact(call_id, "offer_began", offer_id=station + call_id, station=station)
    box.tell(
        HistoryFact(call_id, "offer_ended", {"offer_id": "12" + call_id, "outcome": "answered"}),
        HistoryFact(call_id, "offer_ended", {"offer_id": "11" + call_id, "outcome": "cancelled"}),
        HistoryFact(call_id, "call_connected", {"station": "12", "leg_id": "l2" + call_id}),
        after_s=5,
    )
    ended = {"disposition": "answered", "ended_by": "caller", "reason": "Hung up.", "digits": "1"}
    box.tell(
        HistoryFact(call_id, "leg_ended", {"leg_id": "l1" + call_id, "reason": "caller"}),
        HistoryFact(call_id, "call_ended", ended),
        after_s=60,
    )
    box.fact(
        call_id,
        "recording",
        1,
        recording_id="r" + call_id,
        kind="call",
        outcome="stopped",
        ms=66000,
    )


def day_of(utc: float) -> str:
    return datetime.datetime.fromtimestamp(utc, datetime.UTC).date().isoformat()
