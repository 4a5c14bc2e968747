"""One call, as its lines and stations see it: what they do to it."""

from collections.abc import Sequence

from appliance.core.call_course import CallCourse
from appliance.core.call_states import CallInput, CallState
from appliance.core.caller import CallerId
from appliance.core.destinations import ring_station
from appliance.core.leg import LegInput
from appliance.core.menu import MenuStage
from appliance.core.outgoing import Permission
from appliance.core.outside import OutsideStage
from appliance.core.party import CallOfStation, Party, TalkMember
from appliance.core.prompt import PromptStage
from appliance.core.secret import HIDDEN_DIGIT, asks_for_secret
from appliance.core.station import Station
from appliance.core.summon import SummonStage
from appliance.core.words import spoken_cause, spoken_endpoint, spoken_evidence


class Call(CallCourse):
    """A call from a line, or from a station."""

    @property
    def _whole(self) -> CallOfStation:
        return self

    # --- a call from a line -----------------------------------------------------------------------

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

    def _announced(self, reason: str) -> None:
        if reason == "finished":
            self._record(self.endpoint)
        else:
            text = f"Not recorded: the notice was not heard to its end ({reason})"
            self._story.note(text)
        self.go(self._first_destination)
        if isinstance(self._stage, MenuStage) and self._stage.has_key(self._key_ahead):
            self._stage.digit(self._key_ahead)  # who knows the menu need not hear it

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

    def rings_stopped(self, rings: int) -> None:
        self._story.note(f"The rings stopped after {rings}", rings=rings)
        self._end("caller", "the caller gave up before the call was answered")

    def far_end_hung_up(self, line: Party, evidence: str, tone_s: float) -> None:
        """The caller, or who was called outside. ``tone_s``: of the exchange's tone at the end."""
        how = spoken_evidence(evidence)
        if line.endpoint == self.caller_endpoint:
            self.progress.tone_s = tone_s
            self._end("caller", f"the caller hung up ({how})")
        elif not self._goes_on_without(line, "far_end"):
            self._end("far_end", f"the far end hung up ({how})")

    def line_failed(self, line: Party, reason: str) -> None:
        if line.endpoint == self.caller_endpoint or not self._goes_on_without(line, "line"):
            self._end("line", reason, failed=True)

    # --- a call from a station --------------------------------------------------------------------

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

    def _not_reached(self, cause: str) -> None:
        self.hang_up(f"the number was not reached: {spoken_cause(cause)}")

    # --- what the stations do ---------------------------------------------------------------------

    def station_hung_up(self, extension: str) -> None:
        if not self._goes_on_without_station(extension):
            by_caller = self.caller_endpoint == f"station:{extension}"
            self._end("caller" if by_caller else "station", f"station {extension} hung up")

    def station_failed(self, extension: str, reason: str) -> None:
        """The caller of a station that is gone is sent to the same destination again.

        Who was called outside is sent to the station that called.
        """
        self._story.note(f"Station {extension} is gone while talking: {reason}")
        if self._goes_on_without_station(extension):
            return
        if not self._serves_the_outside or self.peer is None:
            self._end("station", reason, failed=True)
            return
        self._part("station")
        self.go(self.destination if self.line else self.caller_endpoint)

    def station_digit(self, extension: str, digit: str, is_silent: bool) -> None:
        """A tone in the sound reaches the far end by itself: sent too, it would be two keys."""
        if self._talk is None:
            if self._stage is not None and is_silent:
                self._stage.digit(digit)
        elif self._talk.key(extension, digit, is_silent):
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

    # --- hold, three-way and transfer -------------------------------------------------------------

    @property
    def _other_one(self) -> str:
        """Who is served, in words."""
        return "caller" if self.endpoint == self.caller_endpoint else "other side"

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
        self._talk.remove(f"station:{extension}", "station")
        self._follow_lead()
        to = ", ".join(spoken_endpoint(member.endpoint) for member in members)
        self._story.note(f"Station {extension} handed the {self._other_one} to {to}")

    def send_on(self, extension: str, target: str) -> None:
        if self._talk is None or self._goes_on_without_station(extension):
            return
        if f"station:{extension}" == self.endpoint:
            self._talk.remove(self.endpoint, "station")
            self._follow_lead()
        if self._talk.is_away(self.endpoint):
            self._end("station", f"station {extension} hung up while the other was on hold")
            return
        if not target.isdecimal():
            target = extension  # an outside number that has not answered: not for others to wait
        back = f"again, because it hung up with the {self._other_one} on hold"
        how = back if target == extension else f"as station {extension} asked"
        self._story.note(f"Ringing station {target} {how}")
        self._part("station")
        self.destination = f"station:{target}"
        self._caller.wait_for_another(self)
        self.serve(ring_station(self, target, lambda _: self.go(f"station:{extension}")))

    def hand_over(self) -> list[TalkMember]:
        if self._talk is None or self._talk.is_on_hold or self._talk.is_anybody_away:
            return []
        return self._end("caller", "its parties went on in another call", quiet=True)

    def give_up(self) -> None:
        self._end("caller", "the caller went back to the call on hold", quiet=True)
