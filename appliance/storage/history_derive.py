"""Folds each history fact into the tables of calls, legs, offers, recordings and messages.

Short messages and the lines have files of their own: history_texts, history_lines.

The facts and their keys are listed in appliance/core/README.md. A fact with missing keys still
counts as far as it goes: the log keeps it whole in any case.
"""

import json
import sqlite3
from collections.abc import Callable, Mapping

from appliance.storage import history_clock, history_lines, history_texts
from appliance.storage.history_facts import Fact, Moment, Row

_SHORTEST_MESSAGE_MS = 1500  # as in the core: shorter ones hold nobody's words


def append(db: sqlite3.Connection, row: Row, moment: Moment) -> None:
    """Add one row to the log and fold it into the derived tables, inside a transaction."""
    db.execute(
        "INSERT INTO event (id, call_id, kind, data, utc, monotonic, boot_id)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (row.id, row.call_id, row.kind, row.data, moment.utc, moment.monotonic, moment.boot_id),
    )
    _fold(db, row.call_id, row.kind, row.data, moment)


def _fold(db: sqlite3.Connection, call_id: str, kind: str, raw: str, moment: Moment) -> None:
    apply = FOLDS.get(kind)
    if apply is None:
        return
    data = json.loads(raw)
    apply(db, Fact(call_id, data, moment, _time_in_call(db, call_id, data, moment)))


def _time_in_call(
    db: sqlite3.Connection, call_id: str, data: Mapping[str, object], moment: Moment
) -> float:
    """The call's start plus what the monotonic clock counted since: a clock jump is nothing."""
    told = data.get("at")  # a call closed at boot ended when it was last heard of
    if isinstance(told, float):
        return told
    row = db.execute(
        "SELECT started_at, began_monotonic, boot_id FROM call WHERE call_id = ?", (call_id,)
    ).fetchone()
    if row is None or row[2] != moment.boot_id:
        return moment.utc
    return float(row[0]) + moment.monotonic - float(row[1])


def _call_began(db: sqlite3.Connection, fact: Fact) -> None:
    db.execute(
        "INSERT OR IGNORE INTO call (call_id, boot_id, began_monotonic, direction, line, station,"
        " started_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            fact.call_id,
            fact.moment.boot_id,
            fact.moment.monotonic,
            fact.text("direction", "inbound"),
            fact.text("line"),
            fact.text("station"),
            fact.moment.utc,
        ),
    )


def _call_identified(db: sqlite3.Connection, fact: Fact) -> None:
    db.execute(
        "UPDATE call SET number = ?, name = ?, presentation = ? WHERE call_id = ?",
        (
            fact.text("number"),
            fact.text("name"),
            fact.text("presentation", "allowed"),
            fact.call_id,
        ),
    )


def _call_answered(db: sqlite3.Connection, fact: Fact) -> None:
    db.execute(
        "UPDATE call SET answered_at = ? WHERE call_id = ? AND answered_at IS NULL",
        (fact.at - (fact.seconds("ago_s") or 0.0), fact.call_id),
    )


def _call_connected(db: sqlite3.Connection, fact: Fact) -> None:
    db.execute(
        "UPDATE call SET connected_at = ? WHERE call_id = ? AND connected_at IS NULL",
        (fact.at, fact.call_id),
    )


def _digit(db: sqlite3.Connection, fact: Fact) -> None:
    db.execute(
        "UPDATE call SET digits = digits || ? WHERE call_id = ?", (fact.text("digit"), fact.call_id)
    )


def _leg_began(db: sqlite3.Connection, fact: Fact) -> None:
    db.execute(
        "INSERT OR IGNORE INTO leg (leg_id, call_id, endpoint, began_at) VALUES (?, ?, ?, ?)",
        (fact.text("leg_id"), fact.call_id, fact.text("endpoint"), fact.at),
    )


def _leg_state(db: sqlite3.Connection, fact: Fact) -> None:
    state = json.dumps({"state": fact.text("state"), "at": fact.at})
    db.execute(
        "UPDATE leg SET states = json_insert(states, '$[#]', json(?)) WHERE leg_id = ?",
        (state, fact.text("leg_id")),
    )


def _leg_ended(db: sqlite3.Connection, fact: Fact) -> None:
    db.execute(
        "UPDATE leg SET ended_at = ?, reason = ? WHERE leg_id = ? AND ended_at IS NULL",
        (fact.at, fact.text("reason"), fact.text("leg_id")),
    )


def _offer_began(db: sqlite3.Connection, fact: Fact) -> None:
    db.execute(
        "INSERT OR IGNORE INTO offer (offer_id, call_id, station, began_at) VALUES (?, ?, ?, ?)",
        (fact.text("offer_id"), fact.call_id, fact.text("station"), fact.at),
    )


def _offer_ended(db: sqlite3.Connection, fact: Fact) -> None:
    db.execute(
        "UPDATE offer SET ended_at = ?, outcome = ? WHERE offer_id = ? AND ended_at IS NULL",
        (fact.at, fact.text("outcome"), fact.text("offer_id")),
    )


def _dial_began(db: sqlite3.Connection, fact: Fact) -> None:
    """The line of a call from a handset is the one it was dialled on last."""
    db.execute(
        "INSERT OR IGNORE INTO dial (dial_id, call_id, line, number, began_at)"
        " VALUES (?, ?, ?, ?, ?)",
        (fact.text("dial_id"), fact.call_id, fact.text("line"), fact.text("number"), fact.at),
    )
    db.execute(
        "UPDATE call SET line = ? WHERE call_id = ? AND direction = 'outbound'",
        (fact.text("line"), fact.call_id),
    )


def _dial_ended(db: sqlite3.Connection, fact: Fact) -> None:
    db.execute(
        "UPDATE dial SET ended_at = ?, outcome = ? WHERE dial_id = ? AND ended_at IS NULL",
        (fact.at, fact.text("outcome"), fact.text("dial_id")),
    )


def _recording(db: sqlite3.Connection, fact: Fact) -> None:
    db.execute(
        "INSERT INTO recording (recording_id, call_id, kind, outcome, ms, reason, began_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (recording_id) DO UPDATE SET"
        " outcome = excluded.outcome, ms = excluded.ms, reason = excluded.reason",
        (
            fact.text("recording_id"),
            fact.call_id,
            fact.text("kind", "call"),
            fact.text("outcome"),
            fact.whole("ms"),
            fact.text("reason"),
            fact.at,
        ),
    )


def _recording_repaired(db: sqlite3.Connection, fact: Fact) -> None:
    """A crash left it open. A message among them reaches the owner like any other."""
    recording_id, ms = fact.text("recording_id"), fact.whole("ms")
    db.execute(
        "UPDATE recording SET outcome = 'stopped', ms = ?"
        " WHERE recording_id = ? AND outcome = 'started'",
        (ms, recording_id),
    )
    if ms >= _SHORTEST_MESSAGE_MS:
        db.execute(
            "INSERT OR IGNORE INTO message (recording_id, call_id, voicemail, ms, left_at)"
            " SELECT recording_id, call_id, '', ?, began_at + ? FROM recording"
            " WHERE recording_id = ? AND kind = 'message'",
            (ms, ms / 1000, recording_id),
        )


def _message_left(db: sqlite3.Connection, fact: Fact) -> None:
    db.execute(
        "INSERT OR IGNORE INTO message (recording_id, call_id, voicemail, ms, left_at)"
        " VALUES (?, ?, ?, ?, ?)",
        (
            fact.text("recording_id"),
            fact.call_id,
            fact.text("voicemail"),
            fact.whole("ms"),
            fact.at,
        ),
    )


def _message_marked(db: sqlite3.Connection, fact: Fact) -> None:
    db.execute(
        "UPDATE message SET heard = ? WHERE recording_id = ?",
        (int(bool(fact.data.get("heard"))), fact.text("recording_id")),
    )


def _call_ended(db: sqlite3.Connection, fact: Fact) -> None:
    db.execute(
        "UPDATE call SET ended_at = ?, disposition = ?, ended_by = ?, reason = ?"
        " WHERE call_id = ? AND ended_at IS NULL",
        (
            fact.at,
            fact.text("disposition"),
            fact.text("ended_by"),
            fact.text("reason"),
            fact.call_id,
        ),
    )


FOLDS: Mapping[str, Callable[[sqlite3.Connection, Fact], None]] = {
    "call_began": _call_began,
    "call_identified": _call_identified,
    "call_answered": _call_answered,
    "call_connected": _call_connected,
    "digit": _digit,
    "leg_began": _leg_began,
    "leg_state": _leg_state,
    "leg_ended": _leg_ended,
    "offer_began": _offer_began,
    "offer_ended": _offer_ended,
    "dial_began": _dial_began,
    "dial_ended": _dial_ended,
    "recording": _recording,
    "recording_repaired": _recording_repaired,
    "message_left": _message_left,
    "message_marked": _message_marked,
    "call_ended": _call_ended,
    **history_texts.FOLDS,
    **history_lines.FOLDS,
    **history_clock.FOLDS,
}
