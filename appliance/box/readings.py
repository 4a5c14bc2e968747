"""Every reading of the machine at once, and how they are written down."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from appliance.box import card, heat, power, services
from appliance.box.clock import clock_reading
from appliance.box.notes import FORGET_S, PowerNote, read_power_note
from appliance.box.reading import KernelLine, Look, Reading, kernel_log


def read_box(look: Look) -> list[Reading]:
    """All of them; asks programs, so it takes a second or two."""
    log = kernel_log(look)
    return [*quick_readings(look, log), *slow_readings(look)]


def quick_readings(look: Look, log: Sequence[KernelLine] | None = None) -> list[Reading]:
    """Those that need no program, for the daemon. ``log``: None where it may not be read."""
    note = read_power_note(look.state)
    return [
        power.supply_reading(look, power.supply(look, log), _noted(note, look.utc)),
        heat.heat_reading(look),
        clock_reading(look),
        card.space_reading(look),
        card.wear_reading(look, log),
        card.root_reading(look),
    ]


def slow_readings(look: Look) -> list[Reading]:
    return [services.watchdog_reading(look), *services.service_readings(look)]


def _noted(note: PowerNote | None, now: float) -> tuple[float, float] | None:
    if note is None or now - note.last_at > FORGET_S:
        return None
    return note.first_at, note.last_at


def as_rows(readings: Iterable[Reading]) -> list[dict[str, Any]]:
    """For JSON."""
    return [{**asdict(one), "facts": dict(one.facts)} for one in readings]


def from_rows(rows: Iterable[Mapping[str, Any]]) -> list[Reading]:
    """Raises TypeError or ValueError for what another release wrote."""
    return [Reading(**row) for row in rows]
