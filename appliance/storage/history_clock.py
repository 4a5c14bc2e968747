"""Moves the times of calls that were noted by a clock nobody had set, once it is right."""

import json
import sqlite3
from collections.abc import Callable, Mapping

from appliance.storage.history_facts import Fact

# The columns of UTC times that belong to a call.
_TIMES = {
    "leg": ("began_at", "ended_at"),
    "offer": ("began_at", "ended_at"),
    "dial": ("began_at", "ended_at"),
    "recording": ("began_at",),
    "message": ("left_at",),
    "call": ("started_at", "answered_at", "connected_at", "ended_at"),
}
_OURS = "SELECT call_id FROM call WHERE boot_id = ? AND began_monotonic < ?"


def _clock_corrected(db: sqlite3.Connection, fact: Fact) -> None:
    """Those of this run that began before the jump at ``before_monotonic``, by ``by_s`` seconds."""
    by_s, before = fact.seconds("by_s"), fact.seconds("before_monotonic")
    if by_s is None or before is None:
        return
    ours = (fact.moment.boot_id, before)
    legs = db.execute(f"SELECT leg_id, states FROM leg WHERE call_id IN ({_OURS})", ours)
    for leg_id, states in legs.fetchall():
        moved = [{**one, "at": one["at"] + by_s} for one in json.loads(states)]
        db.execute("UPDATE leg SET states = ? WHERE leg_id = ?", (json.dumps(moved), leg_id))
    for table, columns in _TIMES.items():
        sets = ", ".join(f"{column} = {column} + ?" for column in columns)
        values = ((by_s,) * len(columns)) + ours
        db.execute(f"UPDATE {table} SET {sets} WHERE call_id IN ({_OURS})", values)


def _recording_deleted(db: sqlite3.Connection, fact: Fact) -> None:
    """Its file is gone, for its age. The call stays; a message goes with its sound."""
    recording_id = (fact.text("recording_id"),)
    db.execute("UPDATE recording SET outcome = 'deleted' WHERE recording_id = ?", recording_id)
    db.execute("DELETE FROM message WHERE recording_id = ?", recording_id)


FOLDS: Mapping[str, Callable[[sqlite3.Connection, Fact], None]] = {
    "clock_corrected": _clock_corrected,
    "recording_deleted": _recording_deleted,
}
