"""The course of one call: its table, its legs, and its way from destination to destination."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from appliance.core.bridge import Bridge
from appliance.core.call_states import CALL_TABLE, CallInput, CallState
from appliance.core.call_story import CallStory
from appliance.core.caller import CallerId
from appliance.core.commands import MeasureLegs
from appliance.core.desk import Desk
from appliance.core.destinations import stage_for
from appliance.core.house import House
from appliance.core.leg import Leg
from appliance.core.machine import Machine
from appliance.core.one_way import OneWay
from appliance.core.outcome import Progress
from appliance.core.outgoing import Permission
from appliance.core.party import CallOfStation, Party, TalkMember
from appliance.core.plan import Plan
from appliance.core.prompt import PromptStage
from appliance.core.recording import Recording
from appliance.core.secret import SecretDigits
from appliance.core.stage import Stage
from appliance.core.station import Station
from appliance.core.talk import Talk
from appliance.core.way_out import WayOut

HOPS_IN_ONE_EVENT = 8  # groups whose `otherwise` lead to each other while all are busy


class CallCourse(ABC):
    """A call from a line (``line``), or from a station (``line`` is empty).

    What its lines and stations do to it is core.call's.
    """

    def __init__(self, desk: Desk, caller: Party, line: str, house: House) -> None:
        self.desk = desk
        self.plan: Plan = desk.plan
        self.call_id = desk.new_id("call")
        self.line = line
        self.endpoint = caller.endpoint  # of who is served: who called, or who is left of them
        self.caller_endpoint = caller.endpoint
        self.caller_id: CallerId | None = None
        self.began = desk.now
        self.answered_at: float | None = None
        self.progress = Progress()
        self.station = house.station
        self.line_of = house.line
        self.leg = Leg(desk, self.call_id, caller.endpoint)
        self._story = CallStory(desk, self.call_id)
        self._caller = caller
        self._house = house
        self._talk: Talk | None = None
        self._stage: Stage | None = None
        self._recording: Recording | None = None
        self.destination = ""
        self._secret = SecretDigits(desk, self.call_id, caller.endpoint)
        self._one_way: OneWay | None = None
        self._key_ahead = ""  # pressed during the recording notice
        self._hops = (0, 0)
        self._timer = desk.timer(f"call:{self.call_id}")
        self.way_out = WayOut()
        state = CallState.RINGING if line else CallState.SERVED
        self._machine = Machine(f"call on {caller.endpoint}", CALL_TABLE, state)

    @property
    def state(self) -> CallState:
        return self._machine.state

    @property
    def peer(self) -> Station | None:
        """The station that talks with who called, or was called: the first of several."""
        talking = self._talk.members if self._talk is not None else []
        return next((member for member in talking if isinstance(member, Station)), None)

    @property
    def is_with_caller(self) -> bool:
        """Who called is in it still, and has not left it to others."""
        return self.endpoint == self.caller_endpoint

    def other_than(self, endpoint: str) -> str:
        """Another one who talks, or is to talk, in this call."""
        parties = [self.endpoint]
        if self._talk is not None:
            parties += [member.endpoint for member in self._talk.members]
        others = (party for party in parties if party != endpoint)
        return next(others, self.destination)

    @property
    def direction(self) -> str:
        """inbound, internal or outbound."""
        if self.line:
            return "inbound"
        return "outbound" if self.way_out.permission is not None else "internal"

    @property
    def caller_number(self) -> str:
        return self.caller_id.number if self.caller_id is not None else ""

    @property
    def caller_name(self) -> str:
        return self.caller_id.name if self.caller_id is not None else ""

    @property
    def trouble(self) -> str:
        """What is wrong with the talk at this moment, or ""."""
        return self._one_way.trouble if self._one_way is not None else ""

    # --- from stage to stage ----------------------------------------------------------------------

    def serve(self, stage: Stage) -> None:
        self._machine.move(CallInput.SERVE)
        if self._stage is not None:
            self._stage.leave()
        self._stage = stage
        self.leg.move(stage.leg_input)
        stage.begin()

    def go(self, destination: str, back_to: str = "") -> None:
        if self._is_running_in_circles():
            self.nobody("the destinations lead to each other and nobody is there")
            return
        self.destination = destination
        stage = stage_for(self, destination, back_to)
        if stage is not None:
            self.serve(stage)
        elif destination == "hang_up":
            self.hang_up("the plan ends the call here")
        else:
            self.hang_up(f"the plan holds no {destination}")

    def connect(
        self, member: TalkMember, bridge: Bridge | None = None, since: float | None = None
    ) -> None:
        self._machine.move(CallInput.CONNECT)
        is_first = self.answered_at is None
        if self._stage is not None:
            self._stage.leave()
            self._stage = None
        self.desk.silence(self.endpoint)
        self._talk = Talk(self.desk, self._whole, (self._caller, self.leg), bridge)
        leg_id = self._talk.add(member)
        self._caller.call_connected()
        if is_first:
            self._answered(since)
        self._one_way = OneWay(self.desk, self.call_id, self.desk.now, self.caller_endpoint)
        self._told_connected(member, leg_id)
        if is_first and self.direction == "outbound":
            self._secret.follow(member.endpoint)
            if self.plan.telephony.recording == "always":
                self._record(member.endpoint)

    def nobody(self, reason: str) -> None:
        if self._serves_the_outside:
            words = ("nobody_available", "goodbye")
            self.serve(PromptStage(self, words, lambda _: self.hang_up(reason)))
        else:
            self.hang_up(reason)

    def hang_up(self, reason: str) -> None:
        self._end("box", reason)

    def stop_recording(self) -> None:
        if self._recording is not None:
            self._recording.stop()
            self._recording = None

    def keep_secret(self, on: bool) -> None:
        self._secret.menu(on)

    def permission(self, number: str) -> Permission:
        """Whether and how this caller may be sent to an outside number now, by the plan alone."""
        return self._house.permission(number, True)

    # --- for core.call ----------------------------------------------------------------------------

    @property
    @abstractmethod
    def _whole(self) -> CallOfStation:
        """This call, as those who take part in it see it."""

    @property
    def _first_destination(self) -> str:
        return self.plan.lines[self.line].answer

    def _begin(self, station: str) -> None:
        self._story.began(self.direction, self.line, station, self.plan.generation)

    def _answered(self, since: float | None = None) -> None:
        self.answered_at = self.desk.now if since is None else since
        self._story.answered(self.desk.now - self.answered_at)
        if not self.way_out.is_emergency:
            self._timer.start(self.plan.telephony.max_call_s, self._too_long)

    def _record(self, endpoint: str) -> None:
        """``endpoint``: of the one outside; the left channel is what comes from there."""
        if self.line and self._first_destination.startswith("voicemail:"):
            return  # a message is recorded by itself
        self._recording = Recording(self.desk, self.call_id, endpoint, "call")

    def _is_running_in_circles(self) -> bool:
        passes, hops = self._hops
        hops = hops + 1 if passes == self.desk.passes else 0
        self._hops = (self.desk.passes, hops)
        return hops == HOPS_IN_ONE_EVENT

    def _told_connected(self, member: TalkMember, leg_id: str) -> None:
        self.progress.talked = True
        self._story.connected(member.endpoint, leg_id)

    def _too_long(self) -> None:
        self.hang_up(f"the longest call is {self.plan.telephony.max_call_s:g} s")

    @property
    def _serves_the_outside(self) -> bool:
        """A caller, or who was called and left to us by who called."""
        return self.endpoint.startswith("line:")

    def _goes_on_without_station(self, extension: str) -> bool:
        return self._others_go_on(f"station:{extension}", "station")

    def _others_go_on(self, endpoint: str, reason: str) -> bool:
        if self._talk is None or not self._talk.goes_on_without(endpoint, reason):
            return False
        self._follow_lead()
        return True

    def _follow_lead(self) -> None:
        """Who called may have left the talk: the call is another's from here on."""
        if self._talk is None or self._talk.lead[1] is self.leg:
            return
        self._caller, self.leg = self._talk.lead
        self.endpoint = self._caller.endpoint

    def _goes_on_without(self, line: Party, reason: str) -> bool:
        """A line that was dialled leaves; it is released."""
        if not self._others_go_on(line.endpoint, reason):
            return False
        line.call_over(self._whole, "busy")
        return True

    def _join(self, members: Sequence[TalkMember]) -> None:
        for member in members:
            if self._talk is not None:
                self._told_connected(member, self._talk.add(member))

    def _part(self, reason: str) -> list[TalkMember]:
        if self._talk is not None and self._talk.members:
            other = self._talk.members[0].endpoint
            self.desk.emit(MeasureLegs(self.call_id, self.endpoint, other))
        talk, self._talk, self._one_way = self._talk, None, None
        return talk.end(reason) if talk is not None else []

    def _end(
        self, ended_by: str, reason: str, failed: bool = False, quiet: bool = False
    ) -> list[TalkMember]:
        """``quiet``: the parties are in another call from here on. Returns who was called."""
        self._machine.move(CallInput.END)
        if self._stage is not None:
            self._stage.leave()
        self._timer.cancel()
        members = self._part(ended_by)
        self.stop_recording()
        self._secret.end()
        self.desk.silence(self.endpoint)
        for party in () if quiet else (self._caller, *members):
            party.call_over(self._whole, "busy")
        self.leg.end(ended_by)
        self._story.ended(self.progress, ended_by, reason, failed)
        self._house.call_over(self._whole)
        return members
