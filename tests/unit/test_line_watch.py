"""What the owner is told of a line that does not work, and what the history keeps of it."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from appliance.line_facts import line_details, line_facts
from appliance.line_watch import NOTED_AFTER_S, STARTS_WITHIN_S, TOLD_AFTER_S, LineWatch
from appliance.loop import VirtualClock
from appliance.storage.history_schema import open_writer
from appliance.storage.history_text_queries import TextReader
from tests.control_fakes import FACTS
from tests.history_box import START, Box
from tests.text_lines import FakeTextLine


class Watched:
    """A watch over one line, in virtual time."""

    def __init__(self, folder: Path, clock: VirtualClock | None = None) -> None:
        self.clock = clock or VirtualClock(START)
        self.box = Box(folder, self.clock)
        ids = iter(range(1000))
        boot = self.clock.monotonic()
        self.watch = LineWatch(self.box.history, self.clock, lambda: f"{boot}-{next(ids)}")

    def see(self, state: str, seconds: float = 1.0, reason: str = "", **facts: Any) -> str:
        """For so long the line is like this; what its owner is told at the end, and to do."""
        line = {"name": "globe", "state": state, "reason": reason, "facts": FACTS | facts}
        for _ in range(int(seconds)):
            self.clock.advance(1.0)
            self.watch.look([line])
        problem = self.watch.problems.get("globe")
        return f"{problem['text']}: {problem['advice']}" if problem else ""

    @property
    def troubles(self) -> list[dict[str, Any]]:
        return TextReader(self.box.reader.ask).list_troubles("globe")


@pytest.fixture
def watched(tmp_path: Path):
    made = Watched(tmp_path)
    yield made
    made.box.crash()


def test_a_night_without_the_line_is_told_and_kept(watched: Watched) -> None:
    watched.see("ready", 5)
    began = watched.clock.utc() + 1
    assert watched.see("retrying", TOLD_AFTER_S, "the modem does not answer") == ""
    told = watched.see("retrying", 2, "the modem does not answer")
    assert told.startswith("line globe: the modem does not answer: the box tries again by itself")
    assert watched.watch.problems["globe"]["since"] == began
    watched.see("initialising", 5)
    watched.see("fault", 3600, "there is no modem at its port")
    assert watched.watch.problems["globe"]["text"] == "line globe: there is no modem at its port"
    watched.see("ready")
    assert watched.watch.problems == {}
    assert watched.troubles == [
        {
            "state": "fault",
            "reason": "there is no modem at its port",
            "began_at": began,
            "ended_at": watched.clock.utc(),
            "ended_by": "line",
        }
    ]


def test_a_hiccup_is_no_trouble(watched: Watched) -> None:
    for _ in range(5):
        watched.see("ready", 30)
        assert watched.see("retrying", NOTED_AFTER_S - 1, "it hung") == ""
    watched.see("ready")
    assert watched.troubles == []


def test_a_start_takes_its_time(watched: Watched) -> None:
    watched.see("initialising", STARTS_WITHIN_S - 1)
    assert watched.troubles == []
    watched.see("initialising", 5)
    assert len(watched.troubles) == 1
    assert "plug it out" in watched.see("initialising", TOLD_AFTER_S)


@pytest.mark.parametrize(
    ("facts", "advice"),
    [
        ({"sim": "missing"}, "push the SIM card in"),
        ({"sim": "pin_wrong"}, "not tried again"),
        ({"sim": "pin_wanted"}, "pin = "),
        ({"sim": "puk_wanted"}, "PUK"),
        ({"sim": "failed"}, "contacts"),
        ({"registration": "denied"}, "ask its operator"),
    ],
)
def test_what_needs_a_hand_is_told_soon(watched: Watched, facts: dict, advice: str) -> None:
    told = watched.see("fault", NOTED_AFTER_S + 1, "it can't be used", **facts)
    assert told.startswith("line globe: it can't be used: ")
    assert advice in told


def test_a_line_without_its_sound_is_told_soon(watched: Watched) -> None:
    watched.see("ready", 5)
    told = watched.see("retrying", NOTED_AFTER_S + 3, "no sound: the sound card modem is away")
    assert told.startswith("line globe: no sound: the sound card modem is away: callers could not")


def test_a_line_without_a_network_is_told_where_to_put_its_antenna(watched: Watched) -> None:
    reason = "the modem finds no network: check its aerial and the reception"
    told = watched.see("fault", TOLD_AFTER_S + 2, reason, registration="none")
    assert "antenna" in told
    assert "antenna" in watched.see("fault", TOLD_AFTER_S + 2, "none", registration="searching")


def test_a_modem_that_does_not_answer_is_no_matter_of_its_antenna(watched: Watched) -> None:
    reason = "the modem answers ERROR to AT"
    told = watched.see("fault", TOLD_AFTER_S + 2, reason, sim="ready", registration="none")
    assert "antenna" not in told
    assert "its power" in told


def test_a_line_that_works_can_have_a_problem_too(watched: Watched) -> None:
    full = "the SIM card's memory for texts is full"
    assert watched.see("ready", 5, warning=full) == f"line globe: {full}: "
    since = watched.watch.problems["globe"]["since"]
    watched.see("in_call", 60, warning=full)
    assert watched.watch.problems["globe"]["since"] == since
    assert watched.see("ready") == ""
    assert watched.troubles == []


def test_a_line_that_leaves_the_configuration_ends_its_trouble(watched: Watched) -> None:
    watched.see("fault", 30, "gone")
    watched.watch.look([])
    assert watched.troubles[0]["ended_by"] == "removed"
    assert watched.watch.problems == {}


def test_a_power_cut_ends_what_was_open(tmp_path: Path) -> None:
    before = Watched(tmp_path)
    before.see("fault", 30, "gone")
    before.box.history.remember_fact("anything", {})
    last = before.clock.utc()
    before.box.crash()
    before.clock.advance(7200)
    after = Watched(tmp_path, before.clock)
    assert [(one["ended_at"], one["ended_by"]) for one in after.troubles] == [(last, "box")]
    after.see("fault", 30, "still gone")
    assert [one["ended_at"] for one in after.troubles] == [None, last]
    after.box.crash()


def test_a_history_of_the_release_before_gets_the_new_tables(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("CREATE TABLE schema_version (version INTEGER, readable_since INTEGER)")
        db.execute("INSERT INTO schema_version VALUES (1, 1)")
    db = open_writer(path)
    assert db.execute("SELECT count(*) FROM text").fetchone() == (0,)
    newest = db.execute("SELECT max(version), max(readable_since) FROM schema_version")
    assert newest.fetchone() == (2, 1)  # the release before can read it
    db.close()


# --- facts ---------------------------------------------------------------------------------------


def test_facts_are_whole_whatever_a_driver_tells() -> None:
    line = FakeTextLine()
    assert line_facts(None, {}) == FACTS
    told = {
        "operator": "Globe",
        "roaming": False,
        "signal_dbm": -71.3,
        "registration": "home",
        "sim": "ready",
        "last_problem": "it hung",
        "imei": "860000000000001",
        "counters": {"resets": 2},
        "warning": None,
        "samples": [1, 2],
    }
    facts = line_facts(line, told)
    assert facts == {
        "operator": "Globe",
        "roaming": False,
        "signal_dbm": -72,
        "registration": "home",
        "sim": "ready",
        "last_problem": "it hung",
        "warning": "",
        "texts": True,
    }
    strange = line_facts(None, {"operator": 5, "roaming": "no", "signal_dbm": "x", "sim": None})
    assert strange == FACTS
    assert line_details(told) == {"imei": "860000000000001", "counters": {"resets": 2}}
