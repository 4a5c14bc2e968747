"""Watches an exchange from outside, and fails when one of the core's promises is broken."""

from collections import defaultdict
from typing import Any

from appliance.core import commands as cmd
from appliance.core import events as ev
from appliance.core.status import Snapshot
from tests.core_shop import Bench

MAY_FOLLOW_THE_END = {"recording", "message_left", "message_empty", "quality"}
LIFTED = {"dialing", "calling", "talking", "busy", "off_hook"}


class Invariants:
    """Drives a bench and watches it. Every check is on what the outside can see."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.paths: set[tuple[str, str]] = set()  # (speaker, hearer)
        self.ringing: set[str] = set()
        self.sounding: set[str] = set()
        self.facts: dict[str, list[cmd.HistoryFact]] = defaultdict(list)
        self.legs: dict[str, list[str]] = defaultdict(list)
        self.open_legs: dict[str, str] = {}
        self.offers: dict[str, str] = {}
        self.open_offers: set[str] = set()
        self.dials: dict[str, str] = {}
        self.recording: dict[str, str] = {}
        self.off_hook: set[str] = set()

    def send(self, event: ev.Event) -> None:
        before = self.bench.exchange.snapshot()
        self.see_event(event)
        if isinstance(event, ev.TimerExpired):
            self.bench.due.pop(event.timer_id, None)
        commands = self.bench.send(event)
        after = self.bench.exchange.snapshot()
        for command in commands:
            self.see_command(command)
        self.check(after)
        refused = [c for c in commands if isinstance(c, cmd.StoryNote) and "Ignored" in c.text]
        if refused:
            assert commands == refused, event
            assert before == after, event

    def advance(self, seconds: float) -> None:
        end = self.bench.now + seconds
        while self.bench.due:
            timer_id = min(self.bench.due, key=lambda key: (self.bench.due[key], key))
            if self.bench.due[timer_id] > end:
                break
            self.bench.now = self.bench.due[timer_id]
            self.send(ev.TimerExpired(timer_id))
        self.bench.now = end

    # --- what goes by -------------------------------------------------------------------------

    def see_event(self, event: ev.Event) -> None:
        if isinstance(event, ev.StationLifted | ev.StationFailed | ev.StationBecameReady):
            self.ringing.discard(event.station)  # a port that restarts rings no more
        if isinstance(event, ev.LineFailed | ev.LineReleased | ev.LineBecameReady):
            self.off_hook.discard(event.line)
        if isinstance(event, ev.RecordingFailed | ev.RecordingStopped):
            self.recording.pop(event.recording_id, None)

    def see_command(self, command: cmd.Command) -> None:
        handler = getattr(self, f"see_{type(command).__name__}", None)
        if handler is not None:
            handler(command)

    def see_AnswerLine(self, command: cmd.AnswerLine) -> None:
        assert command.line not in self.off_hook
        self.off_hook.add(command.line)

    def see_DialLine(self, command: cmd.DialLine) -> None:
        assert command.line not in self.off_hook
        self.off_hook.add(command.line)

    def see_SendDigit(self, command: cmd.SendDigit) -> None:
        assert command.line in self.off_hook

    def see_ReleaseLine(self, command: cmd.ReleaseLine) -> None:
        assert command.line in self.off_hook
        self.off_hook.discard(command.line)

    def see_RingStations(self, command: cmd.RingStations) -> None:
        for station in command.stations:
            assert station not in self.ringing
            assert f"station:{station}" not in self.bridged
            self.ringing.add(station)

    def see_StopRinging(self, command: cmd.StopRinging) -> None:
        assert command.stations
        self.ringing -= set(command.stations)

    def see_BridgeLegs(self, command: cmd.BridgeLegs) -> None:
        self.open_path(command.first, command.second)
        self.open_path(command.second, command.first)

    def see_UnbridgeLegs(self, command: cmd.UnbridgeLegs) -> None:
        self.paths.remove((command.first, command.second))
        self.paths.remove((command.second, command.first))

    def see_HearLeg(self, command: cmd.HearLeg) -> None:
        self.open_path(command.source, command.listener)

    def see_UnhearLeg(self, command: cmd.UnhearLeg) -> None:
        self.paths.remove((command.source, command.listener))

    def open_path(self, speaker: str, hearer: str) -> None:
        assert speaker != hearer
        assert (speaker, hearer) not in self.paths
        self.paths.add((speaker, hearer))

    @property
    def bridged(self) -> set[str]:
        return {endpoint for path in self.paths for endpoint in path}

    def see_StartRecording(self, command: cmd.StartRecording) -> None:
        assert command.call_id not in self.recording.values(), "two recordings at once"
        self.recording[command.recording_id] = command.call_id

    def see_StopRecording(self, command: cmd.StopRecording) -> None:
        assert self.recording.pop(command.recording_id)

    def see_HistoryFact(self, fact: cmd.HistoryFact) -> None:
        told = self.facts[fact.call_id]
        assert bool(told) != (fact.kind == "call_began"), fact
        if any(one.kind == "call_ended" for one in told):
            assert fact.kind in MAY_FOLLOW_THE_END, fact
        told.append(fact)
        handler = getattr(self, f"fact_{fact.kind}", None)
        if handler is not None:
            handler(fact.call_id, **fact.data)

    def fact_leg_began(self, call_id: str, leg_id: str, endpoint: str) -> None:
        assert leg_id not in self.legs
        self.legs[leg_id] = []
        self.open_legs[leg_id] = call_id

    def fact_leg_state(self, call_id: str, leg_id: str, state: str) -> None:
        assert self.open_legs[leg_id] == call_id
        assert self.legs[leg_id][-1:] != [state], "a state follows itself"
        self.legs[leg_id].append(state)

    def fact_leg_ended(self, call_id: str, leg_id: str, reason: str) -> None:
        assert self.legs[leg_id], "a leg without a state"
        assert self.open_legs.pop(leg_id) == call_id

    def fact_offer_began(self, call_id: str, offer_id: str, station: str) -> None:
        assert station not in self.offers.values(), "offered twice"
        self.offers[offer_id] = station

    def fact_offer_ended(self, call_id: str, offer_id: str, outcome: str) -> None:
        del self.offers[offer_id]

    def fact_dial_began(self, call_id: str, dial_id: str, line: str, number: str) -> None:
        assert line not in self.dials.values(), "two calls dialled on one line"
        self.dials[dial_id] = line

    def fact_dial_ended(self, call_id: str, dial_id: str, outcome: str) -> None:
        del self.dials[dial_id]

    def fact_call_ended(self, call_id: str, **data: Any) -> None:
        assert call_id not in self.open_legs.values()
        assert call_id not in self.recording.values()
        kinds = [fact.kind for fact in self.facts[call_id]]
        assert kinds.count("call_ended") == 1
        assert kinds.count("dial_began") == kinds.count("dial_ended")
        assert kinds.count("offer_began") == kinds.count("offer_ended") == data["offers"]
        assert ("call_connected" not in kinds) or data["disposition"] == "answered"

    # --- what is true between events ------------------------------------------------------------

    def check(self, status: Snapshot) -> None:
        calls = {call.call_id: call for call in status.calls}
        open_calls = {
            call_id
            for call_id, facts in self.facts.items()
            if call_id and not any(fact.kind == "call_ended" for fact in facts)
        }
        assert set(calls) == open_calls
        self.check_timers(set(calls), status)
        self.check_lines(status)
        self.check_stations(status)
        for call in status.calls:
            legs = list(self.open_legs.values()).count(call.call_id)
            is_talking = call.state in ("talking", "held")
            assert legs >= 2 if is_talking else legs == 1
            assert bool(call.station) == (is_talking or call.direction == "outbound")

    def check_timers(self, calls: set[str], status: Snapshot) -> None:
        owners = {f"call:{call_id}" for call_id in calls}
        owners |= {f"line:{line.name}" for line in status.lines}
        owners |= {f"station:{station.extension}" for station in status.stations}
        running = self.bench.exchange.running_timers()
        assert set(running.values()) <= owners
        assert running.keys() == self.bench.due.keys()

    def check_lines(self, status: Snapshot) -> None:
        open_calls = {call.call_id for call in status.calls}
        for line in status.lines:
            if line.state in ("ready", "fault", "down"):
                assert not line.call_id
                assert f"line:{line.name}" not in self.bridged
            assert not line.call_id or line.call_id in open_calls

    def check_stations(self, status: Snapshot) -> None:
        held = {call.call_id for call in status.calls if call.state == "held"}
        talking = {f"station:{s.extension}" for s in status.stations if s.state == "talking"}
        waiting = {f"station:{s.extension}" for s in status.stations if s.call_id in held}
        bridged = {endpoint for endpoint in self.bridged if endpoint.startswith("station:")}
        outside = {c.call_id for c in status.calls if c.direction == "outbound"}
        hearing = {  # a dialled far end is heard before it has answered
            f"station:{s.extension}"
            for s in status.stations
            if s.state == "calling" and s.call_id in outside
        }
        assert bridged <= talking | hearing
        assert talking <= bridged | waiting
        ringing = {s.extension for s in status.stations if s.state == "ringing"}
        assert ringing == set(self.offers.values()) == self.ringing
