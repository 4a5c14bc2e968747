"""Read-only questions to the history, answered by index: the cost follows the answer's size."""

import datetime
import json
import math
import sqlite3
from pathlib import Path
from typing import Any

from appliance.errors import StorageError
from appliance.storage.history_schema import open_reader

MAX_PAGE = 200
FULL_PAGE_BYTES = 400_000  # a page ends here: a control answer holds 1 MiB

_CALLS = "SELECT * FROM call WHERE started_at >= ? AND (started_at, seq) < (?, ?)"
_CALLS += " ORDER BY started_at DESC, seq DESC LIMIT ?"
_MESSAGES = (
    "SELECT message.*, call.line, call.number, call.name, call.presentation"
    " FROM message LEFT JOIN call USING (call_id)"
    " WHERE (message.left_at, message.seq) < (?, ?)"
    " ORDER BY message.left_at DESC, message.seq DESC LIMIT ?"
)
_TOTALS = """
SELECT count(*) AS calls,
    count(*) FILTER (WHERE disposition = 'answered' OR connected_at IS NOT NULL) AS answered,
    count(*) FILTER (WHERE ended_at IS NOT NULL AND connected_at IS NULL
        AND disposition NOT IN ('answered', 'voicemail')) AS missed
FROM call WHERE started_at >= ? AND started_at < ? AND direction = 'inbound'
"""

# Until when an answered call was paid for: its end; one that a crash cut off, at most up to now.
_CALLS_OUT = """
SELECT dial.line AS line, count(*) AS calls,
    total(iif(outcome = 'answered', coalesce(call.ended_at, ?) - dial.ended_at, 0)) AS seconds
FROM dial JOIN call USING (call_id) WHERE dial.began_at >= ? GROUP BY dial.line
"""

Row = dict[str, Any]


class HistoryReader:
    """Answers in the reader thread. ``zone``: of the days asked for; None is the machine's own."""

    def __init__(self, path: Path, zone: datetime.tzinfo | None = None) -> None:
        self._path = path
        self._zone = zone
        self._db: sqlite3.Connection | None = None

    def list_calls(
        self,
        day: str | None = None,
        before: str | None = None,
        limit: int = 50,
        story: bool = True,
    ) -> Row:
        """``{calls, next}``, newest first; ``next`` is the cursor of the page after, or None.

        A page may be shorter than ``limit``: calls with long stories fill it sooner.
        ``day``: YYYY-MM-DD. Raises ValueError for a wrong day or cursor, StorageError.
        """
        start, end = self._day(day) if day else (-math.inf, math.inf)
        limit = max(1, min(limit, MAX_PAGE))
        position = _position(before) if before else (end, -1)
        rows = self._rows(_CALLS, (start, *position, limit + 1))
        calls: list[Row] = []
        size = 0
        for row in rows[:limit]:
            calls.append(self._call(row, story))
            size += len(json.dumps(calls[-1]))
            if size > FULL_PAGE_BYTES:
                break
        return {"calls": calls, "next": _cursor(rows, len(calls), "started_at")}

    def get_call(self, call_id: str) -> Row | None:
        """One call with its story and its message, or None."""
        rows = self._rows("SELECT * FROM call WHERE call_id = ?", (call_id,))
        return self._call(rows[0], True) | {"message": self._message(call_id)} if rows else None

    def list_messages(self, before: str | None = None, limit: int = 50) -> Row:
        """``{messages, next}``, newest first. Raises ValueError (wrong cursor), StorageError."""
        limit = max(1, min(limit, MAX_PAGE))
        position = _position(before) if before else (math.inf, -1)
        rows = self._rows(_MESSAGES, (*position, limit + 1))
        messages = [
            {
                "recording_id": row["recording_id"],
                "call_id": row["call_id"],
                "voicemail": row["voicemail"],
                "line": row["line"] or "",
                "caller": _caller(row),
                "left_at": row["left_at"],
                "ms": row["ms"],
                "heard": bool(row["heard"]),
            }
            for row in rows[:limit]
        ]
        return {"messages": messages, "next": _cursor(rows, limit, "left_at")}

    def get_message(self, recording_id: str) -> Row | None:
        """``{recording_id, heard}``, or None."""
        rows = self._rows(
            "SELECT recording_id, heard FROM message WHERE recording_id = ?", (recording_id,)
        )
        return {"recording_id": rows[0][0], "heard": bool(rows[0][1])} if rows else None

    def get_recording(self, recording_id: str) -> Row | None:
        """``{recording_id, call_id, kind, ms, began_at, line, number}``, or None."""
        rows = self._rows(
            "SELECT recording.*, call.line, call.number FROM recording"
            " LEFT JOIN call USING (call_id) WHERE recording_id = ?",
            (recording_id,),
        )
        if not rows:
            return None
        kept = ("recording_id", "call_id", "kind", "ms", "began_at")
        found = {key: rows[0][key] for key in kept}
        return {**found, "line": rows[0]["line"] or "", "number": rows[0]["number"] or ""}

    def day_totals(self, day: str) -> Row:
        """``{calls, answered, missed, messages_new, texts_new}``: a day's inbound calls, all news.

        Missed: ended without a word with anybody, and without a message. Raises ValueError.
        """
        row = self._rows(_TOTALS, self._day(day))[0]
        fresh = self._rows("SELECT count(*) FROM message WHERE heard = 0", ())[0][0]
        texts = self._rows("SELECT count(*) FROM text WHERE is_read = 0", ())[0][0]
        counted = {key: row[key] for key in ("calls", "answered", "missed")}
        return counted | {"messages_new": fresh, "texts_new": texts}

    def calls_out(self, day: str, now: float) -> dict[str, tuple[int, float]]:
        """By line: how often it was dialled on a local day (YYYY-MM-DD), and seconds talked."""
        start, _ = self._day(day)
        rows = self._rows(_CALLS_OUT, (now, start))
        return {row["line"]: (row["calls"], max(0.0, row["seconds"])) for row in rows}

    def ask(self, query: str, values: tuple[object, ...]) -> list[sqlite3.Row]:
        """For other readers of the same history, in the same thread. Raises StorageError."""
        return self._rows(query, values)

    def close(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None

    # --- within --------------------------------------------------------------------------------

    def _rows(self, query: str, values: tuple[object, ...]) -> list[sqlite3.Row]:
        try:
            if self._db is None:
                self._db = open_reader(self._path)
            return self._db.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise StorageError(f"the history can't be read: {error}") from error

    def _day(self, day: str) -> tuple[float, float]:
        """The UTC seconds at which a local day begins and the next one does."""
        date = datetime.date.fromisoformat(day)
        try:
            start, end = (
                datetime.datetime.combine(d, datetime.time(), self._zone).timestamp()
                for d in (date, date + datetime.timedelta(days=1))
            )
        except OverflowError as error:
            raise ValueError(f"'{day}' is no day of a call") from error
        return start, end

    def _call(self, row: sqlite3.Row, story: bool) -> Row:
        call_id = row["call_id"]
        call: Row = {"call_id": call_id, "direction": row["direction"], "line": row["line"]}
        call |= {"station": row["station"], "caller": _caller(row)}
        if row["direction"] == "internal":  # a handset called: its extension is who calls
            call["caller"] = {"number": row["station"], "name": "", "presentation": "allowed"}
        for key in ("started_at", "answered_at", "ended_at", "disposition", "ended_by"):
            call[key] = row[key]
        call |= {
            "digits": row["digits"],
            "legs": self._legs(call_id),
            "offers": self._offers(call_id),
            "dials": self._dials(call_id),
            "recording": self._recording(call_id),
            "quality": self._quality(call_id),
            "story": self._story(row) if story else [],
        }
        return call

    def _legs(self, call_id: str) -> list[Row]:
        query = "SELECT leg_id, endpoint, began_at, ended_at, reason, states FROM leg"
        rows = self._rows(f"{query} WHERE call_id = ? ORDER BY began_at, rowid", (call_id,))
        return [{**dict(row), "states": json.loads(row["states"])} for row in rows]

    def _offers(self, call_id: str) -> list[Row]:
        query = "SELECT offer_id, station, began_at, ended_at, outcome FROM offer"
        rows = self._rows(f"{query} WHERE call_id = ? ORDER BY began_at, rowid", (call_id,))
        return [dict(row) for row in rows]

    def _dials(self, call_id: str) -> list[Row]:
        query = "SELECT line, number, began_at, ended_at, outcome FROM dial WHERE call_id = ?"
        return [dict(row) for row in self._rows(query + " ORDER BY began_at", (call_id,))]

    def _recording(self, call_id: str) -> Row | None:
        """The call's recording, else its message's ("call" sorts before "message")."""
        rows = self._rows(
            "SELECT recording_id, ms FROM recording WHERE call_id = ? AND outcome IN"
            " ('started', 'stopped') ORDER BY kind, rowid DESC LIMIT 1",
            (call_id,),
        )
        if not rows:
            return None
        recording_id = rows[0]["recording_id"]
        spans: list[Row] = []
        for fact in self._facts(call_id, "recording"):
            if fact.get("recording_id") == recording_id:
                spans = fact.get("secret_spans", spans)
        found: Row = {"id": recording_id, "ms": rows[0]["ms"]}
        return {**found, "secret_spans": spans} if spans else found

    def _quality(self, call_id: str) -> Row | None:
        """The meters of the call's last talk, and every one-way trouble; None without a talk."""
        troubles = self._facts(call_id, "trouble")
        measured = self._facts(call_id, "quality")
        if not measured and not troubles:
            return None
        one_way = [
            {key: fact.get(key) for key in ("silent", "station", "after_ms", "ms", "over")}
            for fact in troubles
            if fact.get("what") == "one_way"
        ]
        return {**(measured[-1] if measured else {}), "one_way": one_way}

    def _facts(self, call_id: str, kind: str) -> list[Row]:
        rows = self._rows(
            "SELECT data FROM event WHERE call_id = ? AND kind = ? ORDER BY seq", (call_id, kind)
        )
        return [json.loads(row["data"]) for row in rows]

    def _message(self, call_id: str) -> Row | None:
        rows = self._rows(
            "SELECT recording_id, message.ms FROM recording JOIN message USING (recording_id)"
            " WHERE recording.call_id = ?",
            (call_id,),
        )
        return {"id": rows[-1]["recording_id"], "ms": rows[-1]["ms"]} if rows else None

    def _story(self, call: sqlite3.Row) -> list[Row]:
        rows = self._rows(
            "SELECT data, utc, monotonic, boot_id FROM event"
            " WHERE call_id = ? AND kind = 'note' ORDER BY seq",
            (call["call_id"],),
        )
        story = [_note(row, call) for row in rows]
        if call["reason"] and not any(call["reason"] in note["text"] for note in story):
            story.append({"at": call["ended_at"], "text": call["reason"], "figures": {}})
        return story


def _note(row: sqlite3.Row, call: sqlite3.Row) -> Row:
    data = json.loads(row["data"])
    at = data.get("at", row["utc"])
    if row["boot_id"] == call["boot_id"]:
        at = call["started_at"] + row["monotonic"] - call["began_monotonic"]
    return {"at": at, "text": data["text"], "figures": data["figures"]}


def _caller(row: sqlite3.Row) -> Row:
    return {
        "number": row["number"] or "",
        "name": row["name"] or "",
        "presentation": row["presentation"] or "unavailable",
    }


def _cursor(rows: list[sqlite3.Row], limit: int, time: str) -> str | None:
    if len(rows) <= limit:
        return None
    last = rows[limit - 1]
    return f"{last[time]!r}:{last['seq']}"


def _position(cursor: str) -> tuple[float, int]:
    at, _, seq = cursor.partition(":")
    if not seq.isascii() or not seq.isdigit() or len(seq) > 15:
        raise ValueError("this is not a cursor of an earlier answer")
    return float(at), int(seq)
