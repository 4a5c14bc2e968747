"""The exchange: routes each event to its machine, and lives on when a machine refuses one."""

from collections.abc import Callable
from typing import Any

from appliance.core import events as ev
from appliance.core.call import Call
from appliance.core.caller import CallerId
from appliance.core.commands import Command
from appliance.core.desk import Desk
from appliance.core.line import Line
from appliance.core.line_states import LineState
from appliance.core.outgoing import LocalTime, Permission, Usage, Used, Wish, judge
from appliance.core.party import CallOfStation
from appliance.core.plan import Plan
from appliance.core.snapshot import take_snapshot
from appliance.core.station import Station, StationState
from appliance.core.status import Snapshot
from appliance.errors import IllegalEvent

SAME_NOTE_S = 60.0  # the same illegal event is told once a minute, not ten times a second
LINE_AT_REST = (LineState.DOWN, LineState.READY, LineState.STUCK)
STATION_AT_REST = (StationState.DOWN, StationState.IDLE, StationState.OFF_HOOK)


class Exchange:
    """The call logic of one box. Not thread-safe; ``new_id(kind)`` gives globally unique ids."""

    def __init__(self, plan: Plan, new_id: Callable[[str], str]) -> None:
        self._desk = Desk(plan, new_id)
        self._lines: dict[str, Line] = {}
        self._stations: dict[str, Station] = {}
        self._calls: dict[str, Call] = {}
        self._leaving = False
        self._told: tuple[str, float] = ("", 0.0)
        self._usage = Usage()
        self._local: tuple[float, LocalTime] = (0.0, LocalTime("", 0.0))
        self._routes: dict[type[ev.Event], Callable[[Any], None]] = {
            ev.LineBecameReady: lambda e: self._line(e.line).became_ready(),
            ev.LineFailed: lambda e: self._line(e.line).failed(e.reason, e.back_soon),
            ev.RingDetected: lambda e: self._line(e.line).rang(),
            ev.RingsStopped: lambda e: self._line(e.line).rings_stopped(),
            ev.CallerIdReceived: self._caller_id,
            ev.CallWaitingReceived: self._call_waiting,
            ev.LineAnswered: lambda e: self._line(e.line).answered(),
            ev.LineDialled: lambda e: self._line(e.line).dialled(e.audible),
            ev.AudioBegan: lambda e: self._line(e.line).audio_began(),
            ev.AnswerSignHeard: lambda e: self._line(e.line).answer_sign(e.sign, e.figures),
            ev.DialFailed: lambda e: self._line(e.line).dial_failed(e.cause),
            ev.HangUpSignHeard: lambda e: self._line(e.line).hang_up_sign(e.sign, e.figures),
            ev.SilenceHeard: lambda e: self._line(e.line).silent(e.seconds, e.limit_s),
            ev.CallerHungUp: lambda e: self._line(e.line).caller_hung_up(e.evidence),
            ev.LineReleased: lambda e: self._line(e.line).released(),
            ev.StationBecameReady: lambda e: self._station(e.station).became_ready(e.off_hook),
            ev.StationFailed: lambda e: self._station(e.station).failed(e.reason),
            ev.StationLifted: lambda e: self._station(e.station).lifted(),
            ev.StationHungUp: lambda e: self._station(e.station).hung_up(),
            ev.StationFlashed: lambda e: self._station(e.station).flashed(),
            ev.DigitReceived: self._digit,
            ev.PlaybackFinished: lambda e: self._desk.playback_finished(e.playback_id, e.reason),
            ev.TimerExpired: lambda e: self._desk.timers.expire(e.timer_id),
            ev.RecordingStarted: lambda e: self._desk.recording(e.recording_id).started(),
            ev.RecordingFailed: lambda e: self._desk.recording(e.recording_id).failed(e.reason),
            ev.RecordingStopped: lambda e: self._desk.recording(e.recording_id).stopped(e.ms),
            ev.DigitsBlanked: lambda e: self._desk.recording(e.recording_id).blanked(
                e.from_ms, e.to_ms
            ),
            ev.SecretDigitsAsked: self._secret_asked,
            ev.OneWayHeard: self._one_way,
            ev.QualityMeasured: lambda e: self._desk.fact(e.call_id, "quality", **e.figures),
            ev.SpeechEnded: lambda e: self._desk.recording(e.recording_id).speech_ended(),
            ev.LocalTimeTold: self._local_time,
            ev.CallsCounted: lambda e: self._usage.count(e.day, e.line, e.calls, e.seconds),
            ev.CallAsked: self._call_asked,
            ev.WelcomeTold: self._welcome_told,
            ev.ConfigApplied: self._config_applied,
        }
        self._fit_to_plan()

    def handle(self, event: ev.Event, now: float) -> list[Command]:
        """Apply one event; return the commands it causes, in order. ``now``: monotonic seconds.

        Raises nothing: an event that a machine's table does not hold becomes a StoryNote.
        """
        self._desk.begin(now)
        try:
            self._routes[type(event)](event)
        except IllegalEvent as refusal:
            self._tell_refusal(str(refusal))
        if self._leaving:
            self._drop_what_left()
        return self._desk.finish()

    @property
    def plan(self) -> Plan:
        """The one in force for calls that begin now."""
        return self._desk.plan

    def snapshot(self) -> Snapshot:
        """The state of everything, for the status page."""
        lines, stations = self._lines.values(), self._stations.values()
        return take_snapshot(self._desk.plan, self._calls.values(), lines, stations)

    def running_timers(self) -> dict[str, str]:
        """The owner (``call:``, ``line:`` or ``station:`` and its name) of each running timer."""
        return self._desk.timers.owners()

    # --- events that need more than a name ------------------------------------------------------

    def _caller_id(self, event: ev.CallerIdReceived) -> None:
        caller = CallerId(event.number, event.name, event.presentation)
        self._line(event.line).identified(caller)

    def _call_waiting(self, event: ev.CallWaitingReceived) -> None:
        caller = CallerId(event.number, event.name, event.presentation)
        self._line(event.line).another_waits(caller)

    def _digit(self, event: ev.DigitReceived) -> None:
        kind, _, name = event.endpoint.partition(":")
        if kind == "line":
            self._line(name).digit(event.digit, event.source)
        else:
            self._station(name).digit(event.digit, event.source)

    def _secret_asked(self, event: ev.SecretDigitsAsked) -> None:
        call = self._calls.get(event.call_id)
        if call is not None:  # over meanwhile
            call.secret_asked(event.on)

    def _one_way(self, event: ev.OneWayHeard) -> None:
        for call in self._calls.values():
            if call.has_talking(event.endpoint):
                call.one_way_heard(event.endpoint, event.ms, event.over)

    def _welcome_told(self, event: ev.WelcomeTold) -> None:
        self._desk.welcome = event.prompts

    def _config_applied(self, event: ev.ConfigApplied) -> None:
        self._desk.plan = event.plan
        self._fit_to_plan()
        self._desk.note("", f"Configuration {event.plan.generation} is in force for new calls")

    # --- who is there ---------------------------------------------------------------------------

    def _line(self, name: str) -> Line:
        line = self._lines.get(name)
        if line is None:
            raise IllegalEvent(f"line {name} is not in the configuration")
        return line

    def _station(self, extension: str) -> Station:
        station = self._stations.get(extension)
        if station is None:
            raise IllegalEvent(f"station {extension} is not in the configuration")
        return station

    def _fit_to_plan(self) -> None:
        desk, plan = self._desk, self._desk.plan
        for name in plan.lines.keys() - self._lines.keys():
            self._lines[name] = Line(desk, name, self._open_call, self._count)
        for extension in plan.stations.keys() - self._stations.keys():
            self._stations[extension] = Station(desk, extension, self)
        self._leaving = True

    def _drop_what_left(self) -> None:
        """Lines and stations that left the configuration go once they are at rest."""
        plan = self._desk.plan
        for name in self._lines.keys() - plan.lines.keys():
            if self._lines[name].state in LINE_AT_REST:
                del self._lines[name]
        for extension in self._stations.keys() - plan.stations.keys():
            if self._stations[extension].state in STATION_AT_REST:
                del self._stations[extension]
        self._leaving = not (
            self._lines.keys() <= plan.lines.keys()
            and self._stations.keys() <= plan.stations.keys()
        )

    # --- calls ----------------------------------------------------------------------------------

    def _open_call(self, line: Line) -> Call:
        call = self._begin_call(line, line.name)
        call.ring()
        return call

    def _begin_call(self, caller: Line | Station, line: str = "") -> Call:
        call = Call(self._desk, caller, line, self)
        self._calls[call.call_id] = call
        return call

    def call_extension(self, station: Station, extension: str) -> None:
        call = self._begin_call(station)
        station.join(call)
        known = self._desk.plan.stations.get(station.extension)
        name = known.name if known is not None else ""
        call.dial(extension, CallerId(station.extension, name, "allowed"))

    def call_outside(self, station: Station, number: str) -> None:
        permission = self.permission(number, is_automatic=False)
        if not permission.lines:
            self._refuse(station.extension, number, permission)
            station.turned_away("reorder")
            return
        call = self._begin_call(station)
        station.join(call)
        call.dial_outside(number, permission, station.extension)

    def listen_in(self, station: Station, extension: str) -> bool:
        target = self._stations.get(extension)
        call = self._calls.get(target.call.call_id) if target and target.call else None
        return call is not None and call.listen(station, extension)

    def _call_asked(self, event: ev.CallAsked) -> None:
        station = self._station(event.station)
        permission = self.permission(event.number, event.is_automatic)
        if permission.is_emergency:
            text = f"{event.number} is an emergency number: it must be dialed at a handset"
            permission = Permission((), text, is_emergency=True)
        if not permission.lines or not station.is_idle:
            busy = Permission((), f"station {event.station} is not free")
            self._refuse(event.station, event.number, permission if not permission.lines else busy)
            return
        call = self._begin_call(station)
        call.summon(station, event.number, permission)

    def _refuse(self, extension: str, number: str, permission: Permission) -> None:
        text = f"Station {extension} may not call {number}: {permission.reason}"
        self._desk.note("", text, number=number, station=extension)

    # --- what calls ask of the house --------------------------------------------------------------

    def station(self, extension: str) -> Station | None:
        """One that may be offered a call: it is in the configuration in force."""
        known = extension in self._desk.plan.stations
        return self._stations.get(extension) if known else None

    def line(self, name: str) -> Line | None:
        """One that may be dialled on: it is in the configuration in force."""
        return self._lines.get(name) if name in self._desk.plan.lines else None

    def permission(self, number: str, is_automatic: bool) -> Permission:
        """Whether and how an outside number may be called now."""
        return judge(self._desk.plan, Wish(number, is_automatic), self._local_now, self._usage)

    def used_today(self, line: str = "") -> Used:
        """What went out on one line, or on all; a call that is up counts when it is over."""
        return self._usage.of(self._local_now.day, (line,) if line else self._usage.lines)

    def _count(self, line: str, calls: int, seconds: float) -> None:
        self._usage.count(self._local_now.day, line, calls, seconds)

    def call_over(self, call: CallOfStation) -> None:
        del self._calls[call.call_id]

    @property
    def _local_now(self) -> LocalTime:
        told, local = self._local
        return local.later(self._desk.now - told)

    def _local_time(self, event: ev.LocalTimeTold) -> None:
        self._local = (self._desk.now, LocalTime(event.day, event.second))
        self._usage.begin(event.day)

    def _tell_refusal(self, text: str) -> None:
        told, at = self._told
        if text != told or self._desk.now - at >= SAME_NOTE_S:
            self._told = (text, self._desk.now)
            self._desk.note("", f"Ignored: {text}")
