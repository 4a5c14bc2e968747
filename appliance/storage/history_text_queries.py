"""Read-only questions about short messages and the lines' own troubles, answered by index."""

import sqlite3
from collections.abc import Callable
from typing import Any

Row = dict[str, Any]
Ask = Callable[[str, tuple[object, ...]], list[sqlite3.Row]]

MAX_PAGE = 200
MOST_TROUBLES = 50
_FIRST = 2**62  # before every seq, counted from the newest
_SHOWN = (
    "text_id", "direction", "line", "number", "contact", "at", "sent_at", "delivered_at",
    "state", "state_at", "reason", "missing_parts", "parts", "author",
)  # fmt: skip
_CONVERSATIONS = (
    "SELECT text.*, (SELECT count(*) FROM text AS new WHERE new.contact = text.contact"
    " AND new.is_read = 0) AS unread FROM conversation JOIN text ON text.seq = last_seq"
    " WHERE last_seq < ? ORDER BY last_seq DESC LIMIT ?"
)


class TextReader:
    """Answers in the reader thread. ``ask``: of the history's reader; raises StorageError."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def list_texts(self, contact: str | None, before: str | None, limit: int) -> Row:
        """``{texts, next}``, newest first; of one conversation, or all. Raises ValueError."""
        limit = max(1, min(limit, MAX_PAGE))
        where, values = ("contact = ? AND ", (contact,)) if contact is not None else ("", ())
        rows = self._ask(
            f"SELECT * FROM text WHERE {where}seq < ? ORDER BY seq DESC LIMIT ?",
            (*values, _position(before), limit + 1),
        )
        return {"texts": [_text(row) for row in rows[:limit]], "next": _cursor(rows, limit)}

    def list_conversations(self, before: str | None, limit: int) -> Row:
        """``{conversations: [{contact, unread, last: text}], next}``, the newest first."""
        limit = max(1, min(limit, MAX_PAGE))
        rows = self._ask(_CONVERSATIONS, (_position(before), limit + 1))
        shown = [
            {"contact": row["contact"], "unread": row["unread"], "last": _text(row)}
            for row in rows[:limit]
        ]
        return {"conversations": shown, "next": _cursor(rows, limit)}

    def get_text(self, text_id: str) -> Row | None:
        """One text with its ``seq``, or None."""
        rows = self._ask("SELECT * FROM text WHERE text_id = ?", (text_id,))
        return _text(rows[0]) | {"seq": rows[0]["seq"]} if rows else None

    def open_texts(self) -> list[Row]:
        """Those that were to be sent and are not, the oldest first."""
        rows = self._ask("SELECT * FROM text WHERE state IN ('queued', 'sending') ORDER BY seq", ())
        return [_text(row) for row in rows]

    def parts_sent_since(self, utc: float) -> int:
        """How many parts the shop has sent since then."""
        rows = self._ask(
            "SELECT coalesce(sum(parts), 0) FROM text WHERE direction = 'out' AND at >= ?", (utc,)
        )
        return int(rows[0][0])

    # --- lines -------------------------------------------------------------------------------

    def list_troubles(self, line: str) -> list[Row]:
        """The last times a line did not work: ``{state, reason, began_at, ended_at, ended_by}``."""
        rows = self._ask(
            "SELECT state, reason, began_at, ended_at, ended_by FROM line_trouble"
            " WHERE line = ? ORDER BY seq DESC LIMIT ?",
            (line, MOST_TROUBLES),
        )
        return [dict(row) for row in rows]

    def last_answer(self, line: str) -> Row | None:
        """What the network last said when it was asked on this line: ``{code, text, at}``."""
        rows = self._ask("SELECT code, answer, at FROM network_answer WHERE line = ?", (line,))
        if not rows:
            return None
        return {"code": rows[0]["code"], "text": rows[0]["answer"], "at": rows[0]["at"]}


def _text(row: sqlite3.Row) -> Row:
    return {key: row[key] for key in _SHOWN} | {
        "text": row["body"],
        "is_read": bool(row["is_read"]),
    }


def _cursor(rows: list[sqlite3.Row], limit: int) -> str | None:
    return str(rows[limit - 1]["seq"]) if len(rows) > limit else None


def _position(cursor: str | None) -> int:
    if cursor is None:
        return _FIRST
    if not cursor.isascii() or not cursor.isdigit() or len(cursor) > 15:
        raise ValueError("this is not a cursor of an earlier answer")
    return int(cursor)
