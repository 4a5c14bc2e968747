"""The upkeep's look at the machine, from outside of the daemon: what only the journal, systemd and
the firmware's own program tell is kept for the page."""

from collections.abc import Sequence

from appliance.box.notes import HEALTH, note_weak_power, read_note, write_note
from appliance.box.power import supply
from appliance.box.reading import Look, Reading, kernel_log
from appliance.box.readings import as_rows, quick_readings, slow_readings

FRESH_S = 6 * 3600.0  # so long a look that tells nothing new is not written: the card wears


def look_after(look: Look) -> list[Reading]:
    """Look at everything, keep it for the page, remember when the supply sagged. Raises OSError."""
    log = kernel_log(look)
    seen = supply(look, log)
    weak_at = (*seen.seen, *((look.utc,) if seen.is_low_now else ()))
    for at in weak_at[:1] + weak_at[-1:]:
        note_weak_power(look.state, at)
    readings = [*quick_readings(look, log), *slow_readings(look)]
    before = read_note(look.state, HEALTH)
    is_old = not 0 <= look.utc - float(before.get("at") or 0.0) < FRESH_S
    rows = as_rows(readings)
    if is_old or _gist(before.get("readings", ())) != _gist(rows):
        write_note(look.state, HEALTH, {"at": look.utc, "readings": rows})
    return readings


def _gist(rows: Sequence[object]) -> list[tuple[object, ...]]:
    """What makes a look news: not the temperature, nor the bytes written."""
    return [
        tuple(row.get(key) for key in ("kind", "name", "verdict", "reason"))
        for row in rows
        if isinstance(row, dict)
    ]
