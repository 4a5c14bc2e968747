"""Folds what happened to the lines themselves: when they did not work, and networks' answers."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from appliance.storage.history_facts import Fact


def _began(db: sqlite3.Connection, fact: Fact) -> None:
    began_at = fact.seconds("began_at")
    db.execute(
        "INSERT OR IGNORE INTO line_trouble (trouble_id, line, state, reason, began_at)"
        " VALUES (?, ?, ?, ?, ?)",
        (
            fact.text("trouble_id"),
            fact.text("line"),
            fact.text("state"),
            fact.text("reason"),
            fact.at if began_at is None else began_at,
        ),
    )


def _changed(db: sqlite3.Connection, fact: Fact) -> None:
    db.execute(
        "UPDATE line_trouble SET state = ?, reason = ? WHERE trouble_id = ? AND ended_at IS NULL",
        (fact.text("state"), fact.text("reason"), fact.text("trouble_id")),
    )


def _ended(db: sqlite3.Connection, fact: Fact) -> None:
    ended_at = fact.seconds("ended_at")
    db.execute(
        "UPDATE line_trouble SET ended_at = max(began_at, ?), ended_by = ?"
        " WHERE trouble_id = ? AND ended_at IS NULL",
        (
            fact.at if ended_at is None else ended_at,
            fact.text("ended_by", "line"),
            fact.text("trouble_id"),
        ),
    )


def _answered(db: sqlite3.Connection, fact: Fact) -> None:
    db.execute(
        "INSERT INTO network_answer (line, code, answer, at) VALUES (?, ?, ?, ?) ON CONFLICT (line)"
        " DO UPDATE SET code = excluded.code, answer = excluded.answer, at = excluded.at",
        (fact.text("line"), fact.text("code"), fact.text("answer"), fact.at),
    )


def open_troubles(db: sqlite3.Connection) -> Iterator[tuple[str, str, dict[str, object]]]:
    """The facts (call id, kind, data) that end what the box's own stop left open."""
    rows = db.execute("SELECT trouble_id FROM line_trouble WHERE ended_at IS NULL").fetchall()
    if not rows:
        return
    (last,) = db.execute("SELECT utc FROM event ORDER BY seq DESC LIMIT 1").fetchone()
    for (trouble_id,) in rows:
        ended = {"trouble_id": trouble_id, "ended_at": last, "ended_by": "box"}
        yield "", "line_trouble_ended", ended


FOLDS: Mapping[str, Callable[[sqlite3.Connection, Fact], None]] = MappingProxyType(
    {
        "line_trouble_began": _began,
        "line_trouble_changed": _changed,
        "line_trouble_ended": _ended,
        "network_answered": _answered,
    }
)
