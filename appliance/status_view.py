"""Puts the status snapshot together (docs/control-api.md) from the core and its drivers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from appliance.core.status import CallStatus, LineStatus, Snapshot, StationStatus
from appliance.interfaces import LineDriver, StationDriver
from appliance.line_facts import line_facts
from appliance.settings import Settings

DRIVER_TROUBLE = {
    "fault",
    "retrying",
    "down",
    "initialising",
}  # the driver knows better than the core


@dataclass(frozen=True, slots=True)
class StatusSources:
    """What a snapshot is made of. ``utc_offset_s``: UTC minus monotonic time, now.

    ``line_problems``: by line, as line_watch has them.
    """

    settings: Settings
    snapshot: Snapshot
    lines: Mapping[str, LineDriver]
    stations: Mapping[str, StationDriver]
    today: Mapping[str, int]
    free_bytes: int
    storage_problems: tuple[str, ...]
    other_problems: tuple[str, ...]
    sound_cards: Sequence[Mapping[str, Any]]
    at: float
    utc_offset_s: float
    line_problems: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    texts_revision: int = 0
    on_trial: Mapping[str, Any] | None = None


def compose(sources: StatusSources) -> dict[str, Any]:
    """The snapshot without its revision; times are UTC seconds."""
    offset = sources.utc_offset_s
    lines = {line.name: line for line in sources.snapshot.lines}
    stations = {station.extension: station for station in sources.snapshot.stations}
    drivers = {line.name: line.driver for line in sources.settings.lines}
    return {
        "at": sources.at,
        "shop": sources.settings.shop.name,
        "lines": [_line(sources, lines[name], drivers.get(name, "")) for name in sorted(lines)],
        "stations": [
            _station(stations[extension], _health(sources.stations, extension), offset)
            for extension in sorted(stations)
        ],
        "sound_cards": [dict(card) for card in sources.sound_cards],
        "calls": [_call(call, offset) for call in sources.snapshot.calls],
        "today": dict(sources.today),
        "storage": {
            "free_bytes": sources.free_bytes,
            "recording": sources.settings.recording.mode,
            "problem": next(iter(sources.storage_problems), ""),
        },
        "texts_revision": sources.texts_revision,
        "on_trial": dict(sources.on_trial) if sources.on_trial else None,
        "problems": [
            *(_in_words(one) for name, one in sources.line_problems.items() if name in lines),
            *sources.storage_problems,
            *sources.other_problems,
        ],
    }


def _health(
    drivers: Mapping[str, LineDriver] | Mapping[str, StationDriver], name: str
) -> Mapping[str, Any]:
    driver = drivers.get(name)
    return driver.health if driver is not None else {}


def _line(sources: StatusSources, line: LineStatus, driver: str) -> dict[str, Any]:
    health = _health(sources.lines, line.name)
    shown = {
        "name": line.name,
        "driver": driver,
        "state": line.state,
        "since": line.since + sources.utc_offset_s,
        "reason": line.reason,
        "model": str(health.get("model") or ""),
        "number_now": line.number_now,
        "facts": line_facts(sources.lines.get(line.name), health),
        "problem": dict(sources.line_problems[line.name])
        if line.name in sources.line_problems
        else None,
    }
    if health.get("state") in DRIVER_TROUBLE and line.state in {"down", "fault"}:
        shown |= {"state": health["state"], "reason": str(health.get("reason") or line.reason)}
    return shown


def _in_words(problem: Mapping[str, Any]) -> str:
    return ": ".join(filter(None, (problem["text"], problem["advice"])))


def _station(station: StationStatus, health: Mapping[str, Any], offset: float) -> dict[str, Any]:
    reason = station.reason
    if station.state == "down":
        reason = str(health.get("reason") or reason)
    return {
        "extension": station.extension,
        "name": station.name,
        "state": station.state,
        "since": station.since + offset,
        "reason": reason,
        "peer": station.peer,
    }


def _call(call: CallStatus, offset: float) -> dict[str, Any]:
    return {
        "call_id": call.call_id,
        "line": call.line,
        "caller": {
            "number": call.number,
            "name": call.name,
            "presentation": call.presentation,
        },
        "state": call.state,
        "since": call.since + offset,
        "started_at": call.began + offset,
        "station": call.station,
        "trouble": call.trouble,
        "direction": call.direction,
    }
