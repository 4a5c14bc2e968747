"""Folds what happened to short messages into the tables of texts and conversations.

A fact that comes twice (a modem hands the same text over again after a crash) counts once. Which
state of a text may follow which is `TEXT_TABLE`; a report that does not fit changes nothing.
"""

import hashlib
import json
import re
import sqlite3
from collections.abc import Callable, Mapping
from types import MappingProxyType

from appliance.storage.history_facts import Fact

SAME_TEXT_S = 600.0  # without the network's time, the same words within this time are one text
_TAIL = 7  # digits of a subscriber's number that are alike however it is written

# From each state of a text that we send to those that may follow. ``perhaps_sent``: nobody knows
# whether the network has it; only a person may send it again.
TEXT_TABLE: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "queued": frozenset({"sending", "failed"}),
        "sending": frozenset({"sent", "delivered", "failed", "perhaps_sent"}),
        "perhaps_sent": frozenset({"sent", "delivered", "failed"}),
        "sent": frozenset({"delivered", "failed"}),
        "delivered": frozenset(),
        "failed": frozenset(),
    }
)


def text_key(line: str, number: str, sent_at: float | None, text: str, missing_parts: int) -> str:
    """What makes a received text the same text."""
    parts = json.dumps([line, number, sent_at, text, missing_parts])
    return hashlib.sha256(parts.encode()).hexdigest()


def same_subscriber(one: str, other: str) -> bool:
    """One number is written with its country's code, the other without: +63 918…, 0918…."""
    if one == other:
        return True
    if one.startswith("+") == other.startswith("+"):
        return False
    abroad, home = (one[1:], other) if one.startswith("+") else (other[1:], one)
    national = home[1:] if home.startswith("0") else home
    if not (abroad.isdecimal() and national.isdecimal()) or len(national) < _TAIL + 1:
        return False
    code = len(abroad) - len(national)  # of a country: one to three digits (ITU-T E.164)
    return abroad.endswith(national) and 1 <= code <= 3


def _tail(number: str) -> str:
    digits = re.sub(r"[^0-9]", "", number)
    return digits[-_TAIL:] if len(digits) >= _TAIL else number


def _contact(db: sqlite3.Connection, number: str) -> str:
    """The conversation that this number belongs to: one that is there, or its own."""
    known = db.execute(
        "SELECT contact FROM conversation WHERE tail = ? ORDER BY last_seq DESC", (_tail(number),)
    )
    return next((row[0] for row in known.fetchall() if same_subscriber(row[0], number)), number)


def _insert(
    db: sqlite3.Connection, fact: Fact, direction: str, state: str, dedupe: str | None
) -> None:
    number = fact.text("number")
    contact = _contact(db, number)
    (seq,) = db.execute("SELECT max(seq) FROM event").fetchone()  # the fact's own row
    added = db.execute(
        "INSERT OR IGNORE INTO text (seq, text_id, direction, line, number, contact, body, at,"
        " sent_at, state, state_at, missing_parts, parts, is_read, author, dedupe)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            seq,
            fact.text("text_id"),
            direction,
            fact.text("line"),
            number,
            contact,
            fact.text("text"),
            fact.at,
            fact.seconds("sent_at"),
            state,
            fact.at,
            fact.whole("missing_parts"),
            fact.whole("parts"),
            int(direction == "out"),
            fact.text("author"),
            dedupe,
        ),
    )
    if added.rowcount:
        db.execute(
            "INSERT INTO conversation (contact, tail, last_seq) VALUES (?, ?, ?)"
            " ON CONFLICT (contact) DO UPDATE SET last_seq = excluded.last_seq",
            (contact, _tail(contact), seq),
        )


def _received(db: sqlite3.Connection, fact: Fact) -> None:
    sent_at = fact.seconds("sent_at")
    line, number, text = fact.text("line"), fact.text("number"), fact.text("text")
    key = text_key(line, number, sent_at, text, fact.whole("missing_parts"))
    if sent_at is None:
        twin = db.execute(
            "SELECT 1 FROM text WHERE dedupe >= ? AND dedupe < ? AND abs(at - ?) < ?",
            (key + ":", key + ";", fact.at, SAME_TEXT_S),
        )
        if twin.fetchone():
            return
        key += f":{fact.text('text_id')}"
    _insert(db, fact, "in", "received", key)


def _queued(db: sqlite3.Connection, fact: Fact) -> None:
    _insert(db, fact, "out", "queued", None)


def _state(db: sqlite3.Connection, fact: Fact) -> None:
    state = fact.text("state")
    before = [name for name, after in TEXT_TABLE.items() if state in after]
    db.execute(
        "UPDATE text SET state = :state, reason = :reason, state_at = :at,"
        " sent_at = CASE WHEN :state IN ('sent', 'delivered') THEN coalesce(sent_at, :at)"
        " ELSE sent_at END,"
        " delivered_at = CASE WHEN :state = 'delivered' THEN :at ELSE delivered_at END"
        " WHERE text_id = :text_id AND direction = 'out'"
        " AND state IN (SELECT value FROM json_each(:before))",
        {
            "state": state,
            "reason": fact.text("reason"),
            "at": fact.at,
            "text_id": fact.text("text_id"),
            "before": json.dumps(before),
        },
    )


def _read(db: sqlite3.Connection, fact: Fact) -> None:
    db.execute(
        "UPDATE text SET is_read = 1 WHERE contact = ? AND is_read = 0 AND seq <= ?",
        (fact.text("contact"), fact.whole("up_to")),
    )


def _deleted(db: sqlite3.Connection, fact: Fact) -> None:
    """Nothing of its words or its number stays, in the log neither."""
    text_id = fact.text("text_id")
    row = db.execute("SELECT seq, contact FROM text WHERE text_id = ?", (text_id,)).fetchone()
    if row is None:
        return
    seq, contact = row
    redacted = json.dumps({"text_id": text_id, "redacted": True})
    db.execute("UPDATE event SET data = ? WHERE seq = ?", (redacted, seq))
    db.execute("DELETE FROM text WHERE seq = ?", (seq,))
    db.execute(
        "UPDATE conversation SET last_seq = coalesce("
        "(SELECT max(seq) FROM text WHERE contact = ?), 0) WHERE contact = ?",
        (contact, contact),
    )
    db.execute("DELETE FROM conversation WHERE contact = ? AND last_seq = 0", (contact,))


FOLDS: Mapping[str, Callable[[sqlite3.Connection, Fact], None]] = MappingProxyType(
    {
        "text_received": _received,
        "text_queued": _queued,
        "text_state": _state,
        "texts_read": _read,
        "text_deleted": _deleted,
    }
)
