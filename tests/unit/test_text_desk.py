"""The text desk: nothing lost, nothing kept twice, nothing sent twice, whatever dies when."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.loop import VirtualLoop
from appliance.storage.history_text_queries import TextReader
from appliance.storage.history_texts import TEXT_TABLE
from appliance.text_desk import (
    REPORT_WITHIN_S,
    STALE_S,
    TextDesk,
    TextNeeds,
)
from tests.history_box import Box
from tests.text_lines import FakeTextLine
from tests.unit.text_desk_rig import ROSA, Shop, came

HOSTILE = "'); DROP TABLE text;--\x1a\r\nAT+CMGD=1,4\r<script>alert(1)</script>\x00é😀"


@pytest.fixture
def loop():
    made = VirtualLoop()
    asyncio.set_event_loop(made)
    yield made
    made.close()


@pytest.fixture
def line() -> FakeTextLine:
    return FakeTextLine()


@pytest.fixture
def shop(tmp_path: Path, loop: VirtualLoop, line: FakeTextLine):
    made = Shop(tmp_path, loop, line)
    yield made
    made.box.crash()


# --- coming in ---------------------------------------------------------------------------------


def test_a_text_is_acknowledged_when_it_is_on_the_card(shop: Shop) -> None:
    kept = shop.desk.text_received("globe", came(HOSTILE))
    assert kept.done()
    with closing(sqlite3.connect(shop.box.path)) as db, db:  # a reader of its own: it was committed
        assert db.execute("SELECT body FROM text").fetchall() == [(HOSTILE,)]
    shown = shop.texts()[0]
    assert (shown["text"], shown["number"], shown["state"]) == (HOSTILE, ROSA, "received")
    assert (shown["sent_at"], shown["is_read"]) == (1.7e9, False)


def test_while_the_card_refuses_a_text_is_not_acknowledged(tmp_path: Path, loop) -> None:
    box = Box(tmp_path, loop.clock)
    box.history._db.execute("PRAGMA query_only = ON")  # type: ignore[union-attr]
    desk = TextDesk(
        TextNeeds(
            lambda: {}, box.history, TextReader(box.reader.ask), box.worker, loop.clock,
            lambda: "t1", loop.call_soon, lambda _done: None,
        )
    )  # fmt: skip
    kept = desk.text_received("globe", came())
    assert not kept.done()
    box.history._db.execute("PRAGMA query_only = OFF")  # type: ignore[union-attr]
    box.history.retry()
    assert kept.done()
    box.crash()


@pytest.mark.parametrize("dies", [False, True])
@pytest.mark.parametrize("sent_at", [1.7e9, None])
def test_the_same_text_handed_over_again_is_kept_once(
    tmp_path: Path, loop: VirtualLoop, line: FakeTextLine, dies: bool, sent_at: float | None
) -> None:
    shop = Shop(tmp_path, loop, line)
    assert shop.desk.text_received("globe", came(sent_at=sent_at)).done()
    if dies:
        shop.box.crash()
        shop.pass_s(5)
        shop = Shop(tmp_path, loop, line)
    assert shop.desk.text_received("globe", came(sent_at=sent_at)).done()
    assert len(shop.texts()) == 1
    for other in (
        came("Three loaves", sent_at=sent_at),
        came(number="+639", sent_at=sent_at),
        came(missing_parts=1, sent_at=sent_at),
        came(sent_at=1.7e9 + 1),
    ):
        shop.desk.text_received("globe", other)
    shop.desk.text_received("smart", came(sent_at=sent_at))
    assert len(shop.texts()) == 6
    shop.box.crash()


def test_the_same_words_without_a_time_count_again_later(shop: Shop) -> None:
    shop.desk.text_received("globe", came("Yes", sent_at=None))
    shop.pass_s(599)
    shop.desk.text_received("globe", came("Yes", sent_at=None))
    assert len(shop.texts()) == 1
    shop.pass_s(2)
    shop.desk.text_received("globe", came("Yes", sent_at=None))
    assert len(shop.texts()) == 2


# --- going out ---------------------------------------------------------------------------------


def test_a_text_goes_out_and_its_way_is_told(shop: Shop, line: FakeTextLine) -> None:
    text_id = shop.send(HOSTILE)
    assert line.given == [(text_id, "09181112222", HOSTILE)]
    assert shop.text(text_id)["state"] == "sending"
    shop.pass_s(3)
    shop.desk.text_sent("globe", text_id, "sent", "")
    first = shop.text(text_id)
    assert (first["state"], first["sent_at"]) == ("sent", shop.loop.clock.utc())
    shop.pass_s(4)
    shop.desk.text_sent("globe", text_id, "delivered", "")
    last = shop.text(text_id)
    assert last["state"] == "delivered"
    assert last["delivered_at"] - last["sent_at"] == pytest.approx(4)
    assert last["author"] == "Nena"
    shop.pass_s(0)
    assert shop.desk.revision == 4


def test_one_text_at_a_time_is_under_way_on_a_line(shop: Shop, line: FakeTextLine) -> None:
    other = FakeTextLine("smart")
    shop.lines["smart"] = other
    first, second, third = shop.send("1"), shop.send("2"), shop.send("3", line="smart")
    assert [one[0] for one in line.given] == [first]
    assert [one[0] for one in other.given] == [third]
    shop.desk.text_sent("globe", first, "failed", "the network refused it")
    shop.pass_s(0)
    assert [one[0] for one in line.given] == [first, second]
    assert shop.text(first)["reason"] == "the network refused it"


def test_a_text_waits_for_its_line(shop: Shop, line: FakeTextLine) -> None:
    line.told["state"] = "retrying"
    text_id = shop.send()
    shop.pass_s(30)
    assert (line.given, shop.text(text_id)["state"]) == ([], "queued")
    line.told["state"] = "in_call"
    shop.pass_s(1)
    assert len(line.given) == 1


def test_a_text_that_waits_too_long_is_not_sent(shop: Shop, line: FakeTextLine) -> None:
    line.told["state"] = "fault"
    text_id = shop.send()
    shop.pass_s(STALE_S + 10)
    line.told["state"] = "ready"
    shop.pass_s(2)
    assert (line.given, shop.text(text_id)["state"]) == ([], "failed")


@pytest.mark.parametrize("why", ["silence", "line restarted"])
def test_nobody_knows_whether_it_went_out(shop: Shop, line: FakeTextLine, why: str) -> None:
    text_id = shop.send()
    if why == "line restarted":
        line = shop.lines["globe"] = FakeTextLine()
    shop.pass_s(REPORT_WITHIN_S + 5)
    found = shop.text(text_id)
    assert found["state"] == "perhaps_sent"
    assert found["reason"]
    assert [one[0] for one in line.given].count(text_id) == (why == "silence")
    shop.desk.text_sent("globe", text_id, "delivered", "")  # a late report says it after all
    assert shop.text(text_id)["state"] == "delivered"
    assert len(shop.send()) > 0
    assert len(line.given) == (2 if why == "silence" else 1)


def test_a_line_that_refuses_says_why(shop: Shop, line: FakeTextLine) -> None:
    line.fault = "this is no number"
    text_id = shop.send()
    found = shop.text(text_id)
    assert (found["state"], found["reason"]) == ("failed", "this is no number")


@pytest.mark.parametrize("state", ["queued", "sending", "sent", "delivered", "failed"])
def test_after_a_crash_queued_goes_on_and_the_unknown_is_never_sent_again(
    tmp_path: Path, loop: VirtualLoop, state: str
) -> None:
    line = FakeTextLine(state="down" if state == "queued" else "ready")
    shop = Shop(tmp_path, loop, line)
    text_id = shop.send()
    if state not in {"queued", "sending"}:
        shop.desk.text_sent("globe", text_id, state, "")
    assert shop.text(text_id)["state"] == state
    shop.box.crash()
    shop.pass_s(1)
    again = FakeTextLine()
    shop = Shop(tmp_path, loop, again)
    shop.pass_s(10)
    assert [one[0] for one in again.given] == ([text_id] if state == "queued" else [])
    expected = {"queued": "sending", "sending": "perhaps_sent"}.get(state, state)
    assert shop.text(text_id)["state"] == expected
    shop.box.crash()


@given(st.lists(st.sampled_from([*TEXT_TABLE, "nonsense", "received"]), max_size=8))
@settings(max_examples=60, deadline=None)
def test_states_follow_the_table_and_nothing_else(tmp_path_factory, reports: list[str]) -> None:
    box = Box(tmp_path_factory.mktemp("box"))
    box.history.remember_fact("text_queued", {"text_id": "t", "line": "l", "number": "1"})
    state = "queued"
    for report in reports:
        box.history.remember_fact("text_state", {"text_id": "t", "state": report, "reason": ""})
        state = report if report in TEXT_TABLE[state] else state
        found = TextReader(box.reader.ask).get_text("t")
        assert found is not None
        assert found["state"] == state
    box.crash()
