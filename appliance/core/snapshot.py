"""Takes the picture that the status page shows."""

from collections.abc import Iterable

from appliance.core.call import Call
from appliance.core.line import Line
from appliance.core.line_states import LineState
from appliance.core.plan import Plan
from appliance.core.station import Station, StationState
from appliance.core.status import CallStatus, LineStatus, Snapshot, StationStatus

SHOWN_LINE_STATES = {
    LineState.ANSWERING: "in_call",
    LineState.DIALLING: "in_call",
    LineState.CALLING: "in_call",
    LineState.RELEASING: "in_call",
    LineState.STUCK: "fault",
}
SHOWN_STATION_STATES = {
    StationState.DIAL_TONE: "dialing",
    StationState.BUSY_TONE: "busy",
    StationState.HOWLER: "off_hook",
}


def take_snapshot(
    plan: Plan, calls: Iterable[Call], lines: Iterable[Line], stations: Iterable[Station]
) -> Snapshot:
    calls = tuple(calls)
    by_id = {call.call_id: call for call in calls}
    return Snapshot(
        plan.generation,
        tuple(_call_status(call) for call in calls),
        tuple(_line_status(line) for line in sorted(lines, key=lambda line: line.name)),
        tuple(
            _station_status(plan, station, by_id)
            for station in sorted(stations, key=lambda station: station.extension)
        ),
    )


def _call_status(call: Call) -> CallStatus:
    caller = call.caller_id
    return CallStatus(
        call_id=call.call_id,
        direction=call.direction,
        line=call.line or call.way_out.line,
        number=call.caller_number,
        name=call.caller_name,
        presentation=caller.presentation if caller is not None else "unavailable",
        state=call.leg.state.value,
        since=call.leg.since,
        began=call.began,
        answered=call.answered_at,
        station=_station_of(call),
        trouble=call.trouble,
    )


def _station_of(call: Call) -> str:
    """The one at the shop: who called out, until another has taken over; else who talks."""
    if call.direction == "outbound" and (call.is_with_caller or call.peer is None):
        return call.caller_endpoint.removeprefix("station:")
    return call.peer.extension if call.peer is not None else ""


def _line_status(line: Line) -> LineStatus:
    state = SHOWN_LINE_STATES.get(line.state, line.state.value)
    return LineStatus(
        name=line.name,
        state="fault" if line.state is LineState.DOWN and line.reason else state,
        since=line.since,
        reason=line.reason,
        call_id=line.call.call_id if line.call is not None else "",
        number_now=line.call.caller_number if line.call is not None else "",
    )


def _station_status(plan: Plan, station: Station, calls: dict[str, Call]) -> StationStatus:
    call_id = ""
    if station.call is not None:
        call_id = station.call.call_id
    elif station.offer is not None:
        call_id = station.offer.call_id
    known = plan.stations.get(station.extension)
    return StationStatus(
        extension=station.extension,
        name=known.name if known is not None else "",
        state=SHOWN_STATION_STATES.get(station.state, station.state.value),
        since=station.since,
        reason=station.reason,
        call_id=call_id,
        peer=_peer(station, calls[call_id]) if call_id in calls else "",
    )


def _peer(station: Station, call: Call) -> str:
    """The other end, as this station would name it."""
    if call.endpoint == station.endpoint and call.is_with_caller:
        return call.destination.partition(":")[2]
    if call.direction == "internal" and not call.is_with_caller:
        return call.other_than(station.endpoint).partition(":")[2]
    return call.caller_number
