"""The history on a full card, in a broken file, and with facts that make no sense."""

import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from appliance.errors import StorageError
from appliance.storage.history_derive import FOLDS
from appliance.storage.history_schema import open_writer
from appliance.storage.ulid import UlidMaker
from tests.history_box import Box, answered_call


@pytest.fixture
def box(tmp_path: Path):
    box = Box(tmp_path)
    yield box
    box.crash()


# --- things that go wrong --------------------------------------------------------------------


class Card:
    """Hands out connections that refuse to write while ``full``."""

    def __init__(self) -> None:
        self.full = False

    def __call__(self, path: Path) -> sqlite3.Connection:
        if self.full:
            try:
                raise sqlite3.OperationalError("database or disk is full")
            except sqlite3.Error as error:
                raise StorageError("the history can't be opened: disk is full") from error
        db = open_writer(path)
        card = self

        class Statements:
            in_transaction = property(lambda _: db.in_transaction)

            def execute(self, statement: str, values: Sequence[object] = ()):
                if card.full and statement.startswith(("INSERT", "COMMIT")):
                    raise sqlite3.OperationalError("database or disk is full")
                return db.execute(statement, values)

            def close(self) -> None:
                db.close()

        return Statements()  # type: ignore[return-value]


def test_a_full_card_keeps_history_waiting_and_loses_none(tmp_path: Path):
    card = Card()
    box = Box(tmp_path, connect=card)
    card.full = True
    first = box.fact("c1", "call_began", direction="inbound", line="landline")
    second = box.fact("c1", "call_ended", 5, disposition="abandoned", ended_by="caller")
    assert not first.done()
    assert "disk is full" in box.history.problems[0]
    box.history.retry()
    assert not second.done()
    card.full = False
    box.history.retry()
    assert first.done()
    assert second.done()
    assert box.history.problems == ()
    assert box.reader.get_call("c1")["disposition"] == "abandoned"
    box.crash()


def test_a_card_that_is_full_at_boot_does_not_stop_the_box(tmp_path: Path):
    Box(tmp_path).crash()
    card = Card()
    card.full = True
    box = Box(tmp_path, connect=card)
    waiting = box.fact("c1", "call_began", direction="inbound", line="landline")
    assert not waiting.done()
    card.full = False
    box.history.retry()
    assert waiting.done()
    assert [call["call_id"] for call in box.reader.list_calls()["calls"]] == ["c1"]
    box.crash()


def test_too_long_a_wait_loses_the_oldest_and_says_so(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("appliance.storage.history.WAITING_LIMIT", 2)
    card = Card()
    box = Box(tmp_path, connect=card)
    card.full = True
    futures = [box.fact(f"c{n}", "call_began", direction="inbound", line="x") for n in range(3)]
    assert isinstance(futures[0].exception(0), StorageError)
    assert "1 pieces of history were lost" in box.history.problems
    card.full = False
    box.history.retry()
    assert futures[2].done()
    box.crash()


def test_a_file_that_is_no_database_is_set_aside(tmp_path: Path):
    (tmp_path / "history.sqlite").write_bytes(b"rubbish " * 1000)
    box = Box(tmp_path)
    assert "kept as history.sqlite.broken-" in box.history.problems[0]
    answered_call(box)
    assert box.reader.get_call("c1") is not None
    assert list(tmp_path.glob("history.sqlite.broken-*"))
    box.crash()


def test_a_history_of_a_later_release_is_not_touched(tmp_path: Path):
    Box(tmp_path).crash()
    db = sqlite3.connect(tmp_path / "history.sqlite")
    db.execute("INSERT INTO schema_version VALUES (9, 9)")
    db.commit()
    db.close()
    with pytest.raises(StorageError, match="newer release"):
        Box(tmp_path)


def test_the_reader_cannot_write(box: Box):
    box.reader.get_call("none")
    with pytest.raises(sqlite3.OperationalError):
        box.reader._db.execute("DELETE FROM event")


kinds = st.sampled_from([*FOLDS, "unheard_of"])
keys = st.sampled_from(
    ["leg_id", "offer_id", "recording_id", "state", "ms", "number", "digit", "at", "direction"]
)
anything = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4)


@given(st.lists(st.tuples(kinds, st.dictionaries(keys, anything, max_size=5)), max_size=12))
@example([("recording", {"ms": -(2**63) - 1}), ("recording", {"ms": 2**63})])
@settings(max_examples=40, deadline=None)
def test_no_fact_however_odd_is_refused_or_breaks_an_answer(tmp_path_factory, facts):
    box = Box(tmp_path_factory.mktemp("odd"))
    for kind, data in facts:
        box.fact("c1", kind, 1, **data).result(0)
    for call in box.reader.list_calls()["calls"]:
        json.dumps(call)
    box.reader.list_messages()
    assert box.history.problems == ()
    box.crash()


def test_event_ids_are_unique_and_rise_even_when_the_clock_jumps_back():
    times = iter([100.0, 100.0, 99.0, 101.0] * 50)
    make = UlidMaker(lambda: next(times))
    ids = [make() for _ in range(200)]
    assert ids == sorted(set(ids))
    assert {len(i) for i in ids} == {26}
