"""The text desk: nothing lost, nothing kept twice, nothing sent twice, whatever dies when."""

import asyncio
import json
import sqlite3
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.errors import ControlError, LineFault
from appliance.interfaces import ReceivedText
from appliance.loop import VirtualClock, VirtualLoop
from appliance.storage.history_text_queries import TextReader
from appliance.storage.history_texts import TEXT_TABLE, same_subscriber
from appliance.text_desk import (
    ANSWER_WITHIN_S,
    MOST_PARTS_A_DAY,
    REPORT_WITHIN_S,
    STALE_S,
    TextDesk,
    TextNeeds,
    clean_number,
)
from tests.history_box import Box
from tests.text_lines import FakeTextLine

ROSA = "+639181112222"
HOSTILE = "'); DROP TABLE text;--\x1a\r\nAT+CMGD=1,4\r<script>alert(1)</script>\x00é😀"


class Shop:
    """One run of the daemon, as far as texts go; `crash` and make another on the same folder."""

    def __init__(self, folder: Path, loop: VirtualLoop, *lines: FakeTextLine) -> None:
        self.loop = loop
        self.box = Box(folder, loop.clock)
        self.lines: dict[str, Any] = {line.name: line for line in lines}
        self.reader = TextReader(self.box.reader.ask)
        self.news: list[object] = []
        self.ids = iter(range(10**6))
        self.prefix = f"t{loop.time():.3f}-"
        self.desk = TextDesk(
            TextNeeds(
                lines=lambda: self.lines,
                history=self.box.history,
                reader=self.reader,
                reader_worker=self.box.worker,
                clock=loop.clock,
                new_id=lambda: f"{self.prefix}{next(self.ids)}",
                post=loop.call_soon,
                on_news=self.news.append,
            )
        )
        self.desk.poll()
        self.pass_s(0)

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(work)

    def pass_s(self, seconds: float) -> None:
        """Let virtual time go by, polling every second as the daemon does."""
        for _ in range(max(1, int(min(seconds, 600)))):
            done = self.loop.create_future()
            step = seconds / max(1, int(min(seconds, 600)))
            self.loop.call_later(step, done.set_result, None)
            self.run(_wait(done))
            self.desk.poll()
        for _ in range(4):
            turn = self.loop.create_future()
            self.loop.call_soon(turn.set_result, None)
            self.run(_wait(turn))

    def send(self, text: str = "Ready", number: str = "0918 111-2222", line: str = "globe") -> str:
        sent = self.run(self.desk.send(line, number, text, "Nena"))
        self.pass_s(0)
        return str(sent["text_id"])

    def texts(self, **more: Any) -> list[dict[str, Any]]:
        return list(self.reader.list_texts(more.get("contact"), None, 200)["texts"])

    def text(self, text_id: str) -> dict[str, Any]:
        found = self.reader.get_text(text_id)
        assert found is not None
        return found


async def _wait(future: "asyncio.Future[None]") -> None:
    await future


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


def came(text: str = "Two loaves please", sent_at: float | None = 1.7e9, **more: Any):
    return ReceivedText(more.get("number", ROSA), text, sent_at, more.get("missing_parts", 0))


# --- coming in ---------------------------------------------------------------------------------


def test_a_text_is_acknowledged_when_it_is_on_the_card(shop: Shop) -> None:
    kept = shop.desk.text_received("globe", came(HOSTILE))
    assert kept.done()
    with sqlite3.connect(shop.box.path) as db:  # a reader of its own: it was committed
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
    with sqlite3.connect(shop.box.path) as db:
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
