"""One call: its table, its legs, and its way from destination to destination until it ends."""

from collections.abc import Sequence

from appliance.core.bridge import Bridge
from appliance.core.call_states import CALL_TABLE, CallInput, CallState
from appliance.core.call_story import CallStory
from appliance.core.caller import CallerId
from appliance.core.commands import MeasureLegs
from appliance.core.desk import Desk
from appliance.core.destinations import ring_station, stage_for
from appliance.core.house import House
from appliance.core.leg import Leg, LegInput
from appliance.core.machine import Machine
from appliance.core.menu import MenuStage
from appliance.core.one_way import OneWay
from appliance.core.outcome import Progress
from appliance.core.outgoing import Permission
from appliance.core.outside import OutsideStage
from appliance.core.party import Party, TalkMember
from appliance.core.plan import Plan
from appliance.core.prompt import PromptStage
from appliance.core.recording import Recording
from appliance.core.secret import HIDDEN_DIGIT, SecretDigits, asks_for_secret
from appliance.core.stage import Stage
from appliance.core.station import Station
from appliance.core.summon import SummonStage
from appliance.core.talk import Talk
from appliance.core.way_out import WayOut
from appliance.core.words import spoken_cause, spoken_endpoint, spoken_evidence

HOPS_IN_ONE_EVENT = 8  # groups whose `otherwise` lead to each other while all are busy


class Call:
    """A call from a line (``line``), or from a station (``line`` is empty)."""

    def __init__(self, desk: Desk, caller: Party, line: str, house: House) -> None:
        self.desk = desk
        self.plan: Plan = desk.plan
        self.call_id = desk.new_id("call")
        self.line = line
        self.endpoint = caller.endpoint
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

    # --- a call from a line ---------------------------------------------------------------------

    def ring(self) -> None:
        """The first ring."""
        self._begin("")
        self.leg.begin(LegInput.RING)
        self._story.note(f"Line {self.line} rings")

    def identified(self, caller: CallerId) -> None:
        if caller == self.caller_id:
            return
        self.caller_id = caller
        self._story.identified(caller)

    def answering(self) -> None:
        """The line was told to answer."""
        self._machine.move(CallInput.ANSWER)
        self.leg.move(LegInput.ANSWER)

    def line_answered(self) -> None:
        """The caller hears us from here on."""
        self._answered()
        mode = self.plan.telephony.recording
        if mode == "announce":
            notice = (self.plan.telephony.announcement,)
            self.serve(PromptStage(self, notice, self._announced, LegInput.ANNOUNCE))
            return
        if mode == "always":
            self._record(self.endpoint)
        self.go(self._first_destination)

    def digit(self, digit: str, source: str) -> None:
        """A key; what the caller presses while talking to a person is nobody's business."""
        if self.state is CallState.SERVED and self._stage is not None:
            is_ahead = self._stage.leg_input is LegInput.ANNOUNCE  # perhaps for the first menu
            hide = is_ahead and asks_for_secret(self.plan, self._first_destination)
            shown = HIDDEN_DIGIT if hide else self._secret.shown(digit)
            self._story.digit(shown, source)
            self._stage.digit(digit)
            if self._stage.leg_input is LegInput.ANNOUNCE:
                self._key_ahead = digit

    def keep_secret(self, on: bool) -> None:
        self._secret.menu(on)

    def secret_asked(self, on: bool) -> None:
        """Somebody at the shop wants the caller's keys kept out of everything, or no longer."""
        self._secret.shop(on)

    def has_talking(self, endpoint: str) -> bool:
        """Whether this endpoint takes part in the call's talk."""
        if self._talk is None:
            return False
        return self._talk.takes_part(endpoint)

    def one_way_heard(self, endpoint: str, ms: int, over: bool) -> None:
        """Nothing comes from one who takes part in the talk, or comes again."""
        if self._one_way is not None:
            self._one_way.heard(endpoint, ms, over)

    @property
    def trouble(self) -> str:
        """What is wrong with the talk at this moment, or ""."""
        return self._one_way.trouble if self._one_way is not None else ""

    def rings_stopped(self, rings: int) -> None:
        self._story.note(f"The rings stopped after {rings}", rings=rings)
        self._end("caller", "the caller gave up before the call was answered")

    def far_end_hung_up(self, line: Party, evidence: str, tone_s: float) -> None:
        """The caller, or who was called outside. ``tone_s``: of the exchange's tone at the end."""
        how = spoken_evidence(evidence)
        if line.endpoint == self.endpoint:
            self.progress.tone_s = tone_s
            self._end("caller", f"the caller hung up ({how})")
        elif not self._goes_on_without(line, "far_end"):
            self._end("far_end", f"the far end hung up ({how})")

    def line_failed(self, line: Party, reason: str) -> None:
        if line.endpoint == self.endpoint or not self._goes_on_without(line, "line"):
            self._end("line", reason, failed=True)

    # --- a call from a station ------------------------------------------------------------------

    def dial(self, extension: str, caller: CallerId) -> None:
        """A station dialed another one."""
        self._begin(caller.number)
        self.identified(caller)
        self.leg.begin(LegInput.OFFER)
        self._timer.start(self.plan.telephony.max_call_s, self._too_long)
        self.go(f"station:{extension}")

    def dial_outside(self, number: str, permission: Permission, station: str) -> None:
        """A station dialed an outside number, and may."""
        self._begin_outside(number, permission, station)
        self.serve(OutsideStage(self, number, permission, self._not_reached))

    def summon(self, station: Station, number: str, permission: Permission) -> None:
        """Somebody wants a number called from this station: ring it, then dial."""
        self._begin_outside(number, permission, station.extension)
        outside = OutsideStage(self, number, permission, self._not_reached)

        def lifted() -> None:
            station.begin_call(self)
            self.serve(outside)

        self.serve(SummonStage(self, station, number, lifted))

    def _begin_outside(self, number: str, permission: Permission, station: str) -> None:
        self.way_out.permission = permission
        self._begin(station)
        self.identified(CallerId(number, "", "allowed"))
        self.leg.begin(LegInput.OFFER)
        self.destination = f"outside:{number}"
        if not permission.is_emergency:
            self._timer.start(self.plan.telephony.max_call_s, self._too_long)

    def permission(self, number: str) -> Permission:
        """Whether and how this caller may be sent to an outside number now, by the plan alone."""
        return self._house.permission(number, True)

    def _not_reached(self, cause: str) -> None:
        self.hang_up(f"the number was not reached: {spoken_cause(cause)}")

    # --- what the stations do -------------------------------------------------------------------

    def station_hung_up(self, extension: str) -> None:
        by_caller = self.endpoint == f"station:{extension}"
        if by_caller or not self._goes_on_without_station(extension):
            self._end("caller" if by_caller else "station", f"station {extension} hung up")

    def station_failed(self, extension: str, reason: str) -> None:
        """The caller of a station that is gone is sent to the same destination again."""
        self._story.note(f"Station {extension} is gone while talking: {reason}")
        if self.endpoint != f"station:{extension}" and self._goes_on_without_station(extension):
            return
        if not self.line or self.peer is None:
            self._end("station", reason, failed=True)
            return
        self._part("station")
        self.go(self.destination)

    def station_digit(self, extension: str, digit: str, is_silent: bool) -> None:
        """A tone in the sound reaches the far end by itself: sent too, it would be two keys."""
        if self._talk is None:
            if self._stage is not None and is_silent:
                self._stage.digit(digit)
        elif self._talk.key(extension, digit, is_silent) and self.line:
            self._caller.send_digit(digit)

    def flash_far_end(self) -> bool:
        line = self.line_of(self.line or self.way_out.line)
        if line is None or self._talk is None:
            return False
        line.flash()
        self._story.note(f"The hook of line {line.name} was tapped, as asked")
        return True

    def listen(self, station: Station, beside: str) -> bool:
        """Let the station listen in, beside whom it may whisper to. False: nobody talks now."""
        return self._talk is not None and self._talk.listen(station, beside)

    # --- hold, three-way and transfer -----------------------------------------------------------

    def hold(self, extension: str) -> bool:
        return self._talk is not None and self._talk.hold(extension)

    def come_back(self, extension: str, joined: Sequence[TalkMember]) -> None:
        if self._talk is None:
            return
        self._talk.come_back(extension)
        self._join(joined)
        who = "".join(f", with {spoken_endpoint(member.endpoint)}" for member in joined)
        self._story.note(f"Station {extension} is back in the call{who}")

    def hand_to(self, extension: str, members: Sequence[TalkMember]) -> None:
        if self._talk is None:
            return
        self._join(members)
        if f"station:{extension}" == self.endpoint:  # who called can't leave his own call
            self._end("caller", f"station {extension} hung up")
            return
        self._talk.remove(f"station:{extension}", "station")
        to = ", ".join(spoken_endpoint(member.endpoint) for member in members)
        self._story.note(f"Station {extension} handed the caller to {to}")

    def send_on(self, extension: str, target: str) -> None:
        if self._goes_on_without_station(extension):
            return
        if not self.line or not target.isdecimal():
            self._end("station", f"station {extension} hung up while the other was on hold")
            return
        back = "again, because it hung up with the caller on hold"
        how = back if target == extension else f"as station {extension} asked"
        self._story.note(f"Ringing station {target} {how}")
        self._part("station")
        self.destination = f"station:{target}"
        self.serve(ring_station(self, target, lambda _: self.go(f"station:{extension}")))

    def hand_over(self) -> list[TalkMember]:
        if self._talk is None or self._talk.is_on_hold:
            return []
        return self._end("caller", "its parties went on in another call", quiet=True)

    def give_up(self) -> None:
        self._end("caller", "the caller went back to the call on hold", quiet=True)

    # --- from stage to stage --------------------------------------------------------------------

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
        if self._stage is not None:
            self._stage.leave()
            self._stage = None
        self.desk.silence(self.endpoint)
        self._talk = Talk(self.desk, self, self.leg, bridge)
        leg_id = self._talk.add(member)
        self._caller.call_connected()
        if self.answered_at is None:
            self._answered(since)
        self._one_way = OneWay(self.desk, self.call_id, self.desk.now, self.endpoint)
        self._told_connected(member, leg_id)
        if self.direction == "outbound" and self.plan.telephony.recording == "always":
            self._record(member.endpoint)

    def nobody(self, reason: str) -> None:
        if self.line:
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

    # --- inside ---------------------------------------------------------------------------------

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

    def _announced(self, reason: str) -> None:
        if reason == "finished":
            self._record(self.endpoint)
        else:
            text = f"Not recorded: the notice was not heard to its end ({reason})"
            self._story.note(text)
        self.go(self._first_destination)
        if isinstance(self._stage, MenuStage) and self._stage.has_key(self._key_ahead):
            self._stage.digit(self._key_ahead)  # who knows the menu need not hear it

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

    def _goes_on_without_station(self, extension: str) -> bool:
        return self._talk is not None and self._talk.goes_on_without(f"station:{extension}")

    def _goes_on_without(self, line: Party, reason: str) -> bool:
        """A line that was dialled leaves; it is released."""
        if self._talk is None or not self._talk.goes_on_without(line.endpoint, reason):
            return False
        line.call_over(self, "busy")
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
            party.call_over(self, "busy")
        self.leg.end(ended_by)
        self._story.ended(self.progress, ended_by, reason, failed)
        self._house.call_over(self)
        return members
