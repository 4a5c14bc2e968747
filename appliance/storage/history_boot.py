"""Finds the calls that a crash or a power cut left open, and says how each of them ended."""

import sqlite3
from collections.abc import Iterator

Closing = list[tuple[str, str, dict[str, object]]]  # facts: call id, kind, data

REASON = "the box stopped during this call"


def interrupted_calls(db: sqlite3.Connection) -> list[Closing]:
    """For each open call, the facts that close it when it was last heard of, in order.

    ``at`` in a fact's data is that moment in UTC seconds: it overrides the time of the row.
    """
    rows = db.execute(
        "SELECT call_id, started_at, began_monotonic, boot_id, digits FROM call"
        " WHERE ended_at IS NULL ORDER BY seq"
    ).fetchall()
    return [
        list(_closing(db, call_id, _last_heard(db, call_id, started, began, boot), digits))
        for call_id, started, began, boot, digits in rows
    ]


def _last_heard(
    db: sqlite3.Connection, call_id: str, started: float, began: float, boot: str
) -> float:
    row = db.execute(
        "SELECT monotonic FROM event WHERE call_id = ? AND boot_id = ? ORDER BY seq DESC LIMIT 1",
        (call_id, boot),
    ).fetchone()
    return started + (float(row[0]) - began if row else 0.0)


def _closing(
    db: sqlite3.Connection, call_id: str, at: float, digits: str
) -> Iterator[tuple[str, str, dict[str, object]]]:
    offers = db.execute(
        "SELECT offer_id FROM offer WHERE call_id = ? AND ended_at IS NULL", (call_id,)
    )
    for (offer_id,) in offers.fetchall():
        yield call_id, "offer_ended", {"offer_id": offer_id, "outcome": "failed", "at": at}
    legs = db.execute("SELECT leg_id FROM leg WHERE call_id = ? AND ended_at IS NULL", (call_id,))
    for (leg_id,) in legs.fetchall():
        yield call_id, "leg_ended", {"leg_id": leg_id, "reason": "box", "at": at}
    yield call_id, "note", {"text": f"Interrupted: {REASON}.", "figures": {}, "at": at}
    ended = {"disposition": "interrupted", "ended_by": "box", "reason": REASON, "digits": digits}
    yield call_id, "call_ended", {**ended, "at": at}
