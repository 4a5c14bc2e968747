"""The text desk towards people: what it refuses, shows, deletes and asks the network."""

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.errors import ControlError, LineFault
from appliance.loop import VirtualClock, VirtualLoop
from appliance.storage.history_texts import same_subscriber
from appliance.text_desk import (
    ANSWER_WITHIN_S,
    MOST_PARTS_A_DAY,
    TextDesk,
    TextNeeds,
    clean_number,
)
from tests.text_lines import FakeTextLine
from tests.unit.text_desk_rig import ROSA, Shop, came


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


# --- what is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "number", "text", "why"),
    [
        ("none", "0918", "x", "no line"),
        ("landline", "0918", "x", "no mobile line"),
        ("globe", "0918\r\nATD112;", "x", "digits only"),
        ("globe", "0918\x1a", "x", "digits only"),
        ("globe", "GLOBE", "x", "digits only"),
        ("globe", "*21*0918#", "x", "digits only"),
        ("globe", "٠٩١٨", "x", "digits only"),
        ("globe", "1" * 21, "x", "digits only"),
        ("globe", "++1", "x", "digits only"),
        ("globe", "", "x", "digits only"),
        ("globe", "0918", " \n", "empty"),
        ("globe", "0918", "x" * 1600, "11 short messages"),
        ("globe", "0918", "é😀" * 240, "11 short messages"),
    ],
)
def test_what_can_not_be_sent_is_refused_in_words(
    shop: Shop, on: str, number: str, text: str, why: str
) -> None:
    shop.lines["landline"] = object()
    with pytest.raises(ControlError, match=why):
        shop.run(shop.desk.send(on, number, text, "Nena"))
    assert shop.texts() == []


@given(st.text(max_size=30))
def test_a_number_is_digits_or_refused(number: str) -> None:
    try:
        cleaned = clean_number(number)
    except ControlError:
        return
    assert set(cleaned) <= set("+0123456789")
    assert 1 <= len(cleaned.lstrip("+")) <= 20


def test_there_is_an_end_to_a_days_texts(shop: Shop) -> None:
    shop.box.history.remember_fact(
        "text_queued", {"text_id": "t", "line": "l", "number": "1", "parts": MOST_PARTS_A_DAY - 1}
    )
    shop.send("x")
    with pytest.raises(ControlError, match="no more today"):
        shop.run(shop.desk.send("globe", "0918", "x", "Nena"))


def test_the_rules_for_calling_out_can_refuse_a_number(tmp_path, loop, line) -> None:
    shop = Shop(tmp_path, loop, line)
    needs = shop.desk._needs
    desk = TextDesk(
        TextNeeds(
            needs.lines, needs.history, needs.reader, needs.reader_worker, needs.clock,
            needs.new_id, needs.post, needs.on_news, lambda _l, n: "abroad" if n[0] == "+" else "",
        )
    )  # fmt: skip
    with pytest.raises(ControlError, match="abroad"):
        shop.run(desk.send("globe", "+44123", "x", "Nena"))
    shop.box.crash()


# --- reading, deleting, asking -----------------------------------------------------------------


def test_a_conversation_is_one_however_the_number_is_written(shop: Shop) -> None:
    shop.send("Your cake is ready", "0918 111 2222")
    shop.desk.text_received("globe", came("Thanks", number=ROSA))
    shop.desk.text_received("globe", came("Promo!", number="GLOBE"))
    listed = shop.reader.list_conversations(None, 10)["conversations"]
    assert [(one["contact"], one["unread"]) for one in listed] == [("GLOBE", 1), ("09181112222", 1)]
    assert [one["text"] for one in shop.texts(contact="09181112222")] == [
        "Thanks",
        "Your cake is ready",
    ]
    assert shop.box.reader.day_totals("2027-01-15")["texts_new"] == 2
    newest = shop.texts(contact="09181112222")[0]["text_id"]
    shop.desk.text_received("globe", came("One more thing", number=ROSA))
    shop.run(shop.desk.mark_read(newest))
    unread = {one["contact"]: one["unread"] for one in _conversations(shop)}
    assert unread == {"09181112222": 1, "GLOBE": 1}  # what came meanwhile is still new


def _conversations(shop: Shop) -> list[dict[str, Any]]:
    return list(shop.reader.list_conversations(None, 10)["conversations"])


def test_pages_follow_each_other(shop: Shop) -> None:
    for n in range(7):
        shop.desk.text_received("globe", came(f"text {n}", number=f"+63918000000{n}"))
    seen: list[str] = []
    cursor = None
    for _ in range(4):
        page = shop.reader.list_texts(None, cursor, 2)
        seen += [one["text"] for one in page["texts"]]
        cursor = page["next"]
    assert cursor is None
    assert seen == [f"text {n}" for n in range(6, -1, -1)]
    first = shop.reader.list_conversations(None, 5)
    rest = shop.reader.list_conversations(first["next"], 5)
    assert len(first["conversations"]) + len(rest["conversations"]) == 7
    for wrong in ("x", "-1", "٣", "1" * 16):
        with pytest.raises(ValueError, match="cursor"):
            shop.reader.list_texts(None, wrong, 2)


def test_what_is_deleted_is_gone_from_the_log_too(shop: Shop, line: FakeTextLine) -> None:
    shop.desk.text_received("globe", came("a secret", number="+15550001111"))
    line.told["state"] = "down"
    waiting = shop.send("another secret", "+15550001111")
    for text in shop.texts():
        shop.run(shop.desk.delete(text["text_id"]))
    line.told["state"] = "ready"
    shop.pass_s(5)
    assert line.given == []
    assert waiting not in [one["text_id"] for one in shop.texts()]
    assert _conversations(shop) == []
    with closing(sqlite3.connect(shop.box.path)) as db, db:
        told = json.dumps(db.execute("SELECT data FROM event").fetchall())
        told += json.dumps(db.execute("SELECT * FROM text").fetchall())
    assert "secret" not in told
    assert "1111" not in told


def test_a_text_under_way_is_not_deleted(shop: Shop) -> None:
    text_id = shop.send()
    with pytest.raises(ControlError, match="just being sent"):
        shop.run(shop.desk.delete(text_id))
    with pytest.raises(ControlError, match="no text"):
        shop.run(shop.desk.mark_read("none"))


def test_the_network_answers_a_code(shop: Shop, line: FakeTextLine) -> None:
    line.answer.set_result("Your balance is P42.50 <b>")
    assert shop.run(shop.desk.ask_network("globe", "*143#")) == "Your balance is P42.50 <b>"
    kept = shop.reader.last_answer("globe")
    assert kept is not None
    assert (kept["code"], kept["text"]) == ("*143#", "Your balance is P42.50 <b>")
    for wrong in ("", "*143#\r\nATD911", "*143#;", "a", '*1"', "1" * 41):
        with pytest.raises(ControlError, match="a code has only"):
            shop.run(shop.desk.ask_network("globe", wrong))
    assert line.codes == ["*143#"]


def test_a_network_that_says_no_or_nothing(shop: Shop, line: FakeTextLine) -> None:
    began = shop.loop.time()
    with pytest.raises(ControlError, match="did not answer"):
        shop.run(shop.desk.ask_network("globe", "*1#"))
    assert shop.loop.time() - began == pytest.approx(ANSWER_WITHIN_S)
    assert not line.answer.cancelled()  # the driver may still set it
    line.answer.set_exception(LineFault("the network refused the code"))
    with pytest.raises(LineFault, match="refused the code"):
        shop.run(shop.desk.ask_network("globe", "*1#"))


# --- numbers -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("+639181112222", "09181112222", True),
        ("+12125551234", "2125551234", True),
        ("+442079460958", "02079460958", True),
        ("+84912345678", "0912345678", True),
        ("09181112222", "09181112222", True),
        ("2125551234", "3125551234", False),
        ("+12125551234", "+442125551234", False),
        ("09181112222", "9181112222", False),
        ("+6391811122223", "09181112222", False),
        ("GLOBE", "globe", False),
        ("+63112", "0112", False),
        ("", "+", False),
    ],
)
def test_who_is_the_same_subscriber(one: str, other: str, same: bool) -> None:
    assert same_subscriber(one, other) is same
    assert same_subscriber(other, one) is same


def test_the_clock_of_these_tests_is_the_loops(loop: VirtualLoop) -> None:
    assert isinstance(loop.clock, VirtualClock)
