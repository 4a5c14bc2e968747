"""One call: its table, its legs, and its way from destination to destination until it ends."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from appliance.core.commands import MeasureLegs
from appliance.core.desk import Desk
from appliance.core.destinations import ring_station, stage_for
from appliance.core.leg import Leg, LegInput
from appliance.core.machine import Machine
from appliance.core.menu import MenuStage
from appliance.core.one_way import OneWay
from appliance.core.outcome import Progress, disposition
from appliance.core.party import Party
from appliance.core.plan import Plan
from appliance.core.prompt import PromptStage
from appliance.core.recording import Recording
from appliance.core.secret import HIDDEN_DIGIT, SecretDigits, asks_for_secret
from appliance.core.stage import Stage
from appliance.core.station import Station
from appliance.core.talk import Talk
from appliance.core.words import spoken_evidence

HOPS_IN_ONE_EVENT = 8  # groups whose `otherwise` lead to each other while all are busy


class CallState(Enum):
    RINGING = "ringing"
    ANSWERING = "answering"
    SERVED = "served"
    TALKING = "talking"
    ENDED = "ended"


class CallInput(Enum):
    ANSWER = "the decision to answer"
    SERVE = "a destination"
    CONNECT = "a connection"
    END = "the end"


CALL_TABLE: dict[tuple[CallState, CallInput], CallState] = {
    (CallState.RINGING, CallInput.ANSWER): CallState.ANSWERING,
    (CallState.ANSWERING, CallInput.SERVE): CallState.SERVED,
    (CallState.SERVED, CallInput.SERVE): CallState.SERVED,
    (CallState.SERVED, CallInput.CONNECT): CallState.TALKING,
    (CallState.TALKING, CallInput.SERVE): CallState.SERVED,  # the station's equipment failed
    **{(state, CallInput.END): CallState.ENDED for state in CallState if state.value != "ended"},
}


@dataclass(frozen=True, slots=True)
class CallerId:
    """Who calls. ``presentation``: allowed, private or unavailable."""

    number: str = ""
    name: str = ""
    presentation: str = "unavailable"


class Call:
    """A call from a line (``line``), or from a station (``line`` is empty)."""

    def __init__(
        self,
        desk: Desk,
        caller: Party,
        line: str,
        station: Callable[[str], Station | None],
        over: "Callable[[Call], None]",
    ) -> None:
        self.desk = desk
        self.plan: Plan = desk.plan
        self.call_id = desk.new_id("call")
        self.line = line
        self.endpoint = caller.endpoint
        self.caller_id: CallerId | None = None
        self.began = desk.now
        self.answered_at: float | None = None
        self.progress = Progress()
        self.station = station
        self.leg = Leg(desk, self.call_id, caller.endpoint)
        self._caller = caller
        self._over = over
        self._talk: Talk | None = None
        self._stage: Stage | None = None
        self._recording: Recording | None = None
        self.destination = ""
        self._digits = ""
        self._secret = SecretDigits(desk, self.call_id, caller.endpoint)
        self._one_way: OneWay | None = None
        self._key_ahead = ""  # pressed during the recording notice
        self._hops = (0, 0)
        self._timer = desk.timer(f"call:{self.call_id}")
        state = CallState.RINGING if line else CallState.SERVED
        self._machine = Machine(f"call on {caller.endpoint}", CALL_TABLE, state)

    @property
    def state(self) -> CallState:
        return self._machine.state

    @property
    def peer(self) -> Station | None:
        """The station that the caller talks with, or waits for: the first of several."""
        return self._talk.stations[0] if self._talk is not None and self._talk.stations else None

    @property
    def caller_number(self) -> str:
        return self.caller_id.number if self.caller_id is not None else ""

    @property
    def caller_name(self) -> str:
        return self.caller_id.name if self.caller_id is not None else ""

    # --- a call from a line ---------------------------------------------------------------------

    def ring(self) -> None:
        """The first ring."""
        self._begin("inbound", "")
        self.leg.begin(LegInput.RING)
        self.desk.note(self.call_id, f"Line {self.line} rings")

    def identified(self, caller: CallerId) -> None:
        if caller == self.caller_id:
            return
        self.caller_id = caller
        self.desk.fact(
            self.call_id,
            "call_identified",
            number=caller.number,
            name=caller.name,
            presentation=caller.presentation,
        )

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
            self._record()
        self.go(self._first_destination)

    def digit(self, digit: str, source: str) -> None:
        """A key; what the caller presses while talking to a person is nobody's business."""
        if self.state is CallState.SERVED and self._stage is not None:
            is_ahead = self._stage.leg_input is LegInput.ANNOUNCE  # perhaps for the first menu
            hide = is_ahead and asks_for_secret(self.plan, self._first_destination)
            shown = HIDDEN_DIGIT if hide else self._secret.shown(digit)
            self._digits += shown
            self.desk.fact(self.call_id, "digit", digit=shown, source=source)
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
        return endpoint == self.endpoint or self._talk.takes_part(endpoint.partition(":")[2])

    def one_way_heard(self, endpoint: str, ms: int, over: bool) -> None:
        """Nothing comes from one who takes part in the talk, or comes again."""
        if self._one_way is not None:
            self._one_way.heard(endpoint, ms, over)

    @property
    def trouble(self) -> str:
        """What is wrong with the talk at this moment, or ""."""
        return self._one_way.trouble if self._one_way is not None else ""

    def rings_stopped(self, rings: int) -> None:
        self.desk.note(self.call_id, f"The rings stopped after {rings}", rings=rings)
        self._end("caller", "the caller gave up before the call was answered")

    def caller_hung_up(self, evidence: str) -> None:
        self._end("caller", f"the caller hung up ({spoken_evidence(evidence)})")

    def line_failed(self, reason: str) -> None:
        self._end("line", reason, failed=True)

    # --- a call from a station ------------------------------------------------------------------

    def dial(self, extension: str, caller: CallerId) -> None:
        """A station dialed another one."""
        self._begin("internal", caller.number)
        self.identified(caller)
        self.leg.begin(LegInput.OFFER)
        self._timer.start(self.plan.telephony.max_call_s, self._too_long)
        self.go(f"station:{extension}")

    # --- what the stations do -------------------------------------------------------------------

    def station_hung_up(self, extension: str) -> None:
        by_caller = self.endpoint == f"station:{extension}"
        if by_caller or not self._goes_on_without(extension):
            self._end("caller" if by_caller else "station", f"station {extension} hung up")

    def station_failed(self, extension: str, reason: str) -> None:
        """The caller of a station that is gone is sent to the same destination again."""
        self.desk.note(self.call_id, f"Station {extension} is gone while talking: {reason}")
        if self.endpoint != f"station:{extension}" and self._goes_on_without(extension):
            return
        if not self.line or self.peer is None:
            self._end("station", reason, failed=True)
            return
        self._part("station")
        self.go(self.destination)

    def station_digit(self, extension: str, digit: str) -> None:
        if self._talk is not None:
            self._talk.key(extension, digit)

    def listen(self, station: Station, beside: str) -> bool:
        """Let the station listen in, beside whom it may whisper to. False: nobody talks now."""
        return self._talk is not None and self._talk.listen(station, beside)

    # --- hold, three-way and transfer -----------------------------------------------------------

    def hold(self, extension: str) -> bool:
        return self._talk is not None and self._talk.hold(extension)

    def come_back(self, extension: str, joined: Sequence[Station]) -> None:
        if self._talk is None:
            return
        self._talk.come_back(extension)
        self._join(joined)
        who = "".join(f", with station {station.extension}" for station in joined)
        self.desk.note(self.call_id, f"Station {extension} is back in the call{who}")

    def hand_to(self, extension: str, stations: Sequence[Station]) -> None:
        if self._talk is None:
            return
        self._join(stations)
        if f"station:{extension}" == self.endpoint:  # who called can't leave his own call
            self._end("caller", f"station {extension} hung up")
            return
        self._talk.remove(extension, "station")
        to = ", ".join(station.extension for station in stations)
        self.desk.note(self.call_id, f"Station {extension} handed the caller to station {to}")

    def send_on(self, extension: str, target: str) -> None:
        if self._goes_on_without(extension):
            return
        if not self.line:
            self._end("station", f"station {extension} hung up while the other was on hold")
            return
        back = "again, because it hung up with the caller on hold"
        how = back if target == extension else f"as station {extension} asked"
        self.desk.note(self.call_id, f"Ringing station {target} {how}")
        self._part("station")
        self.destination = f"station:{target}"
        self.serve(ring_station(self, target, lambda _: self.go(f"station:{extension}")))

    def hand_over(self) -> list[Station]:
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

    def connect(self, station: Station) -> None:
        self._machine.move(CallInput.CONNECT)
        if self._stage is not None:
            self._stage.leave()
            self._stage = None
        self.desk.silence(self.endpoint)
        self._talk = Talk(self.desk, self, self.leg)
        leg_id = self._talk.add(station)
        self._caller.call_connected()
        if self.answered_at is None:
            self._answered()
        self._one_way = OneWay(self.desk, self.call_id, self.desk.now)
        self._told_connected(station, leg_id)

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

    def _begin(self, direction: str, station: str) -> None:
        self.desk.fact(
            self.call_id,
            "call_began",
            direction=direction,
            line=self.line,
            station=station,
            generation=self.plan.generation,
        )

    def _answered(self) -> None:
        self.answered_at = self.desk.now
        self.desk.fact(self.call_id, "call_answered")
        self._timer.start(self.plan.telephony.max_call_s, self._too_long)

    def _announced(self, reason: str) -> None:
        if reason == "finished":
            self._record()
        else:
            text = f"Not recorded: the notice was not heard to its end ({reason})"
            self.desk.note(self.call_id, text)
        self.go(self._first_destination)
        if isinstance(self._stage, MenuStage) and self._stage.has_key(self._key_ahead):
            self._stage.digit(self._key_ahead)  # who knows the menu need not hear it

    def _record(self) -> None:
        if not self._first_destination.startswith("voicemail:"):  # a message is recorded by itself
            self._recording = Recording(self.desk, self.call_id, self.endpoint, "call")

    def _is_running_in_circles(self) -> bool:
        passes, hops = self._hops
        hops = hops + 1 if passes == self.desk.passes else 0
        self._hops = (self.desk.passes, hops)
        return hops == HOPS_IN_ONE_EVENT

    def _told_connected(self, station: Station, leg_id: str) -> None:
        self.progress.talked = True
        extension, seconds = station.extension, self.desk.now - self.began
        self.desk.fact(self.call_id, "call_connected", station=extension, leg_id=leg_id)
        text = f"Station {extension} answered {seconds:.1f} s after the call began"
        self.desk.note(self.call_id, text, station=extension, seconds=round(seconds, 3))

    def _too_long(self) -> None:
        self.hang_up(f"the longest call is {self.plan.telephony.max_call_s:g} s")

    def _goes_on_without(self, extension: str) -> bool:
        return self._talk is not None and self._talk.goes_on_without(extension)

    def _join(self, stations: Sequence[Station]) -> None:
        for station in stations:
            if self._talk is not None:
                self._told_connected(station, self._talk.add(station))

    def _part(self, reason: str) -> list[Station]:
        if self.peer is not None:
            self.desk.emit(MeasureLegs(self.call_id, self.endpoint, self.peer.endpoint))
        talk, self._talk, self._one_way = self._talk, None, None
        return talk.end(reason) if talk is not None else []

    def _end(
        self, ended_by: str, reason: str, failed: bool = False, quiet: bool = False
    ) -> list[Station]:
        """``quiet``: the parties are in another call from here on. Returns the stations called."""
        self._machine.move(CallInput.END)
        if self._stage is not None:
            self._stage.leave()
        self._timer.cancel()
        stations = self._part(ended_by)
        self.stop_recording()
        self._secret.end()
        self.desk.silence(self.endpoint)
        for party in () if quiet else (self._caller, *stations):
            party.call_over(self, "busy")
        self.leg.end(ended_by)
        self._tell_end(ended_by, reason, failed)
        self._over(self)
        return stations

    def _tell_end(self, ended_by: str, reason: str, failed: bool) -> None:
        seconds = self.desk.now - self.began
        self.desk.note(
            self.call_id,
            f"The call ended after {seconds:.1f} s: {reason}",
            seconds=round(seconds, 3),
        )
        self.desk.fact(
            self.call_id,
            "call_ended",
            disposition=disposition(self.progress, ended_by, failed),
            ended_by=ended_by,
            reason=reason,
            digits=self._digits,
            offers=self.progress.offers,
        )
