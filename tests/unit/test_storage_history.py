"""The history: calls folded from facts, closed at boot, and listed by index."""

import datetime
import json
import sqlite3
from pathlib import Path

import msgspec
import pytest

from appliance.control import schema
from appliance.core.commands import HistoryFact, StoryNote
from appliance.errors import StorageError
from appliance.loop import VirtualClock
from appliance.storage.history_queries import HistoryReader
from appliance.storage.recordings import open_recording
from tests.history_box import ROSA, START, Box, answered_call, day_of


@pytest.fixture
def box(tmp_path: Path):
    box = Box(tmp_path)
    yield box
    box.crash()


def test_a_whole_call_is_folded_from_its_facts(box: Box):
    answered_call(box)
    call = box.reader.get_call("c1")
    assert call == {
        "call_id": "c1",
        "direction": "inbound",
        "line": "landline",
        "station": "",
        "dials": [],
        "caller": ROSA,
        "started_at": START,
        "answered_at": START + 5,
        "ended_at": START + 74,
        "disposition": "answered",
        "ended_by": "caller",
        "digits": "1",
        "legs": [
            {
                "leg_id": "l1c1",
                "endpoint": "line:landline",
                "began_at": START,
                "ended_at": START + 74,
                "reason": "caller",
                "states": [
                    {"state": "ringing", "at": START},
                    {"state": "menu", "at": START + 5},
                ],
            }
        ],
        "offers": [
            {
                "offer_id": f"{station}c1",
                "station": station,
                "began_at": START + 9,
                "ended_at": START + 14,
                "outcome": outcome,
            }
            for station, outcome in (("11", "cancelled"), ("12", "answered"))
        ],
        "recording": {"id": "rc1", "ms": 66000},
        "quality": None,
        "story": [
            {"at": START + 5, "text": "Answered after 2 rings.", "figures": {"rings": 2}},
            {"at": START + 74, "text": "Hung up.", "figures": {}},
        ],
        "message": None,
    }


def test_answers_fit_the_control_schema_strictly(box: Box):
    answered_call(box)
    box.fact("c2", "call_began", 1, direction="inbound", line="landline")
    box.fact("c2", "message_left", 5, recording_id="m2", voicemail="owner", ms=4200)
    page = msgspec.convert(box.reader.list_calls(), schema.Calls)
    assert msgspec.to_builtins(page) == box.reader.list_calls()
    messages = msgspec.convert(box.reader.list_messages(), schema.Messages)
    assert msgspec.to_builtins(messages) == box.reader.list_messages()
    shown = msgspec.convert(box.reader.get_call("c2"), schema.CallShown)
    assert msgspec.to_builtins(shown) == box.reader.get_call("c2")
    msgspec.convert(box.reader.day_totals(day_of(START)), schema.Today)


def test_an_open_call_is_visible_as_soon_as_it_is_acknowledged(box: Box):
    done = box.fact("c1", "call_began", direction="inbound", line="landline")
    assert done.done()
    (call,) = box.reader.list_calls()["calls"]
    assert (call["ended_at"], call["disposition"]) == (None, None)
    assert call["caller"]["presentation"] == "unavailable"


def test_a_handset_that_calls_is_the_caller(box: Box):
    box.fact("c1", "call_began", direction="internal", line="", station="13")
    assert box.reader.get_call("c1")["caller"]["number"] == "13"


def test_durations_come_from_the_monotonic_clock(box: Box):
    box.fact("c1", "call_began", direction="inbound", line="landline")
    box.clock.advance(10)
    ended = HistoryFact("c1", "call_ended", {"disposition": "abandoned", "ended_by": "caller"})
    box.history.remember([ended], START - 86_400 * 365, box.clock.monotonic())  # clock set back
    call = box.reader.get_call("c1")
    assert call["ended_at"] - call["started_at"] == 10


def test_calls_left_open_are_closed_at_boot_as_interrupted(tmp_path: Path):
    first = Box(tmp_path)
    answered_call(first, "done")
    first.fact("c1", "call_began", 10, direction="inbound", line="landline")
    first.fact("c1", "leg_began", 0, leg_id="l9", endpoint="line:landline")
    first.fact("c1", "offer_began", 7, offer_id="o9", station="11")
    first.fact("c1", "recording", recording_id="m1", kind="message", outcome="started", ms=0)
    began = first.clock.utc() - 7
    first.crash()

    second = Box(tmp_path, VirtualClock(START + 100_000))
    call = second.reader.get_call("c1")
    assert (call["disposition"], call["ended_by"]) == ("interrupted", "box")
    assert (call["started_at"], call["ended_at"]) == (began, began + 7)
    assert call["offers"][0]["outcome"] == "failed"
    assert call["legs"][0]["ended_at"] == began + 7
    assert "Interrupted" in call["story"][-1]["text"] or "stopped" in call["story"][-1]["text"]
    assert second.reader.get_call("done")["disposition"] == "answered"
    second.history.recordings_repaired([("m1", 9000), ("unknown", 1)]).result()
    assert second.reader.get_call("c1")["recording"] == {"id": "m1", "ms": 9000}
    (message,) = second.reader.list_messages()["messages"]
    assert (message["recording_id"], message["ms"]) == ("m1", 9000)
    second.crash()

    third = Box(tmp_path, VirtualClock(START + 200_000))
    left = {"id": "m1", "ms": 9000}
    assert third.reader.get_call("c1") == {**call, "recording": left, "message": left}
    third.crash()


def test_messages_are_listed_marked_and_counted(box: Box):
    for number in range(3):
        call_id = f"c{number}"
        box.fact(call_id, "call_began", 60, direction="inbound", line="landline")
        box.fact(call_id, "call_identified", **ROSA)
        box.fact(call_id, "message_left", 5, recording_id=f"m{number}", voicemail="owner", ms=4200)
        box.fact(call_id, "message_empty", recording_id=f"e{number}", voicemail="owner", ms=200)
    page = box.reader.list_messages(limit=2)
    assert [m["recording_id"] for m in page["messages"]] == ["m2", "m1"]
    assert page["messages"][0] == {
        "recording_id": "m2",
        "call_id": "c2",
        "voicemail": "owner",
        "line": "landline",
        "caller": ROSA,
        "left_at": START + 195,
        "ms": 4200,
        "heard": False,
    }
    rest = box.reader.list_messages(before=page["next"])
    assert ([m["recording_id"] for m in rest["messages"]], rest["next"]) == (["m0"], None)
    box.history.mark_message("m1", True).result()
    assert box.reader.get_message("m1") == {"recording_id": "m1", "heard": True}
    assert box.reader.get_message("nobody") is None
    assert box.reader.day_totals(day_of(START))["messages_new"] == 2
    box.history.mark_message("m1", False).result()
    assert box.reader.day_totals(day_of(START))["messages_new"] == 3


def test_a_days_totals_count_inbound_calls_by_how_they_ended(box: Box):
    ends = ["answered", "abandoned", "no_answer", "busy", "failed", "voicemail", "answered"]
    for number, disposition in enumerate(ends):
        box.fact(f"c{number}", "call_began", 1, direction="inbound", line="landline")
        box.fact(f"c{number}", "call_ended", 1, disposition=disposition, ended_by="caller")
    box.fact("open", "call_began", 1, direction="inbound", line="landline")
    box.fact("inside", "call_began", 1, direction="internal", line="", station="11")
    totals = {"calls": 8, "answered": 2, "missed": 4, "messages_new": 0, "texts_new": 0}
    assert box.reader.day_totals(day_of(START)) == totals
    assert box.reader.day_totals("2001-01-01")["calls"] == 0


def test_calls_page_backwards_through_days_without_loss_or_repeat(box: Box):
    ids = [f"c{number:02d}" for number in range(25)]
    for call_id in ids:  # two calls share each start time
        box.fact(
            call_id, "call_began", 3600 * (int(call_id[1:]) % 2), direction="inbound", line="x"
        )
    seen: list[str] = []
    cursor = None
    while True:
        page = box.reader.list_calls(before=cursor, limit=4)
        seen += [call["call_id"] for call in page["calls"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == ids[::-1]
    today = [c["call_id"] for c in box.reader.list_calls(day=day_of(START), limit=200)["calls"]]
    started = {i: START + 3600 * ((int(i[1:]) + 1) // 2) for i in ids}
    assert today == [i for i in ids[::-1] if day_of(started[i]) == day_of(START)]


def test_a_page_of_long_stories_ends_before_the_answer_grows_too_long(box: Box):
    for number in range(6):
        box.fact(f"c{number}", "call_began", 1, direction="inbound", line="x")
        box.tell(*[StoryNote(f"c{number}", "x" * 10_000) for _ in range(15)])
    page = box.reader.list_calls(limit=50)
    assert 1 <= len(page["calls"]) < 6
    assert len(json.dumps(page)) < 700_000
    rest = box.reader.list_calls(limit=50, before=page["next"])
    assert rest["calls"][0]["call_id"] == f"c{5 - len(page['calls'])}"
    assert len(box.reader.list_calls(limit=50, story=False)["calls"]) == 6


@pytest.mark.parametrize("cursor", ["x", "1:x", "1:-1", "1:²", "a:1", "1:" + "9" * 30])
def test_a_made_up_cursor_is_refused(box: Box, cursor: str):
    with pytest.raises(ValueError, match=r".+"):
        box.reader.list_calls(before=cursor)


@pytest.mark.parametrize("day", ["2026-13-01", "0001-01-01x", "9999-12-31"])
def test_a_made_up_day_is_refused(box: Box, day: str):
    with pytest.raises(ValueError, match=r".+"):
        box.reader.list_calls(day=day)


def fill(path: Path, rows: int) -> None:
    db = sqlite3.connect(path)
    db.executemany(
        "INSERT INTO call (call_id, boot_id, began_monotonic, direction, line, station, started_at,"
        " ended_at, disposition) VALUES (?, 'b', 0, 'inbound', 'x', '', ?, 1, 'answered')",
        ((f"old{n}", START - 60.0 * (n + 1)) for n in range(rows)),
    )
    db.executemany(
        "INSERT INTO message (recording_id, call_id, voicemail, ms, left_at, heard)"
        " VALUES (?, ?, 'owner', 1, ?, 1)",
        ((f"m{n}", f"old{n}", START - 60.0 * n) for n in range(rows)),
    )
    db.commit()
    db.close()


def steps_of(work) -> int:
    """How many instructions SQLite's machine runs for ``work``: a measure without a clock."""
    count = 0

    def tick() -> None:
        nonlocal count
        count += 1

    real = sqlite3.connect

    def connect(*args, **kwargs):
        db = real(*args, **kwargs)
        db.set_progress_handler(tick, 1)
        return db

    sqlite3.connect = connect
    try:
        work()
    finally:
        sqlite3.connect = real
    return count


def test_the_cost_of_a_page_does_not_grow_with_the_calls_kept(tmp_path: Path):
    costs = []
    for rows in (300, 10_000):
        folder = tmp_path / str(rows)
        folder.mkdir()
        box = Box(folder)
        fill(box.path, rows)

        def look(path: Path = box.path) -> None:
            reader = HistoryReader(path, datetime.UTC)
            page = reader.list_calls(limit=20)
            reader.list_calls(limit=20, before=page["next"])
            reader.list_calls(day=day_of(START), limit=20)
            reader.list_messages(limit=20)
            reader.get_call("old7")
            reader.close()

        costs.append(steps_of(look))
        box.crash()
    assert costs[1] < costs[0] * 1.1


def explained(question: str) -> str:
    """SQLite writes an infinite number as Inf when it tells a statement, but can't read that."""
    return f"EXPLAIN QUERY PLAN {question.replace('-Inf', '-9e999').replace('Inf', '9e999')}"


def test_every_question_is_answered_by_an_index(box: Box):
    questions: list[str] = []
    box.reader.get_call("none")
    box.reader._db.set_trace_callback(questions.append)
    answered_call(box)
    box.fact("c1", "message_left", recording_id="m1", voicemail="owner", ms=4200)
    box.reader.list_calls(day=day_of(START))
    box.reader.list_messages()
    box.reader.get_recording("rc1")
    box.reader.day_totals(day_of(START))
    db = sqlite3.connect(box.path)
    plans = [row[3] for q in questions for row in db.execute(explained(q))]
    db.close()
    assert len(questions) >= 9
    scans = [plan for plan in plans if plan.startswith("SCAN")]
    assert {plan.split()[-1] for plan in scans} <= {"message_new", "text_new"}  # what is new alone


# --- recordings ------------------------------------------------------------------------------


def test_a_recording_is_opened_by_id_and_described(tmp_path: Path, box: Box):
    answered_call(box)
    folder = tmp_path / "recordings" / day_of(START)
    folder.mkdir(parents=True)
    head = bytearray(b"RIFF" + bytes(40))
    head[22] = 2
    (folder / "rc1.wav").write_bytes(bytes(head) + bytes(16_000))
    info, fd = open_recording(tmp_path / "recordings", box.reader.get_recording("rc1"))
    with open(fd, "rb") as file:
        assert len(file.read()) == 16_044
    assert (info["ms"], info["bytes"], info["channels"]) == (66000, 16_044, 2)
    assert info["name"].endswith("landline 09171234567.wav")


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b", "", "x" * 65, "gone"])
def test_no_recording_id_leads_out_of_the_folder(tmp_path: Path, name: str):
    found = {"recording_id": name, "began_at": START, "ms": 0, "line": "", "number": ""}
    with pytest.raises(StorageError):
        open_recording(tmp_path, found)


def test_a_link_in_the_folder_is_not_followed(tmp_path: Path):
    (tmp_path / "secret").write_text("x")
    (tmp_path / "day").mkdir()
    (tmp_path / "day" / "r1.wav").symlink_to(tmp_path / "secret")
    found = {"recording_id": "r1", "began_at": START, "ms": 0, "line": "", "number": ""}
    with pytest.raises(OSError, match=r".+"):
        open_recording(tmp_path, found)


def test_a_call_out_is_counted_on_its_line_and_day(box: Box):
    box.fact("c1", "call_began", direction="outbound", line="", station="11")
    box.fact("c1", "dial_began", dial_id="d1", line="landline", number="0917")
    box.fact("c1", "dial_ended", 2, dial_id="d1", outcome="no_dial_tone")
    box.fact("c1", "dial_began", dial_id="d2", line="mobile", number="0917")
    box.fact("c1", "dial_ended", 5, dial_id="d2", outcome="answered")
    box.fact("c1", "call_ended", 60, disposition="answered", ended_by="caller")
    call = box.reader.get_call("c1")
    assert (call["line"], call["direction"], call["station"]) == ("mobile", "outbound", "11")
    assert [dial["outcome"] for dial in call["dials"]] == ["no_dial_tone", "answered"]
    used = box.reader.calls_out(day_of(START), START + 3600)
    assert used == {"landline": (1, 0.0), "mobile": (1, pytest.approx(60.0))}
    assert box.reader.calls_out("2001-01-01", START)["mobile"][0] == 1  # all since that day
    assert box.reader.calls_out("2037-01-01", START) == {}
