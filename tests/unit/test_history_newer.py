"""A history that a newer release wrote to: this one, gone back to, reads and writes on in it."""

import contextlib
from pathlib import Path

import pytest

from appliance.errors import StorageError
from appliance.storage.history_schema import SCHEMA_VERSION, open_writer
from tests.history_box import Box, answered_call

# What a newer release with the same `readable_since` may do: columns, tables and events are added.
ADDED = (
    "ALTER TABLE call ADD COLUMN mood TEXT NOT NULL DEFAULT 'calm'",
    "ALTER TABLE event ADD COLUMN shard INTEGER",
    "ALTER TABLE recording ADD COLUMN codec TEXT",
    "ALTER TABLE message ADD COLUMN transcript TEXT NOT NULL DEFAULT ''",
    "CREATE TABLE survey (call_id TEXT PRIMARY KEY, stars INTEGER NOT NULL)",
    "CREATE INDEX call_by_mood ON call (mood)",
    "INSERT INTO event (id, call_id, kind, data, utc, monotonic, boot_id, shard)"
    " VALUES ('n1', 'c2', 'survey_answered', '{\"stars\": 5}', 1.0, 1.0, 'b', 3)",
    "UPDATE call SET mood = 'glad'",
)


def newer(box: Box, readable_since: int) -> None:
    with contextlib.closing(open_writer(box.path)) as db:
        for statement in ADDED:
            db.execute(statement)
        db.execute("INSERT INTO schema_version VALUES (?, ?)", (SCHEMA_VERSION + 1, readable_since))


def test_a_return_loses_no_acknowledged_row(tmp_path: Path) -> None:
    before = Box(tmp_path)
    answered_call(before, "c1")
    before.crash()
    during = Box(tmp_path)
    newer(during, readable_since=1)
    answered_call(during, "c2")  # as the newer release would
    during.crash()

    after = Box(tmp_path)
    answered_call(after, "c3")
    calls = after.reader.list_calls(None, None, 10, True)["calls"]
    assert [call["call_id"] for call in calls] == ["c3", "c2", "c1"]
    assert all(call["story"] and call["disposition"] == "answered" for call in calls)
    assert all(call["recording"]["ms"] == 66000 for call in calls)
    after.crash()
    with contextlib.closing(open_writer(after.path)) as db:
        rows = db.execute("SELECT call_id, mood FROM call ORDER BY seq").fetchall()
        assert rows == [("c1", "glad"), ("c2", "calm"), ("c3", "calm")]  # its columns stay too
        assert db.execute("SELECT count(*) FROM event WHERE id = 'n1'").fetchone() == (1,)
        told = db.execute("SELECT max(version) FROM schema_version").fetchone()
        assert told == (SCHEMA_VERSION + 1,)


def test_one_that_says_it_can_not_be_read_is_left_alone(tmp_path: Path) -> None:
    box = Box(tmp_path)
    answered_call(box, "c1")
    newer(box, readable_since=SCHEMA_VERSION + 1)
    box.crash()
    data = box.path.read_bytes()
    with pytest.raises(StorageError, match="newer release"):
        open_writer(box.path)
    assert box.path.read_bytes() == data
