"""What the daemon tells of the machine: looked at on a worker, remembered, shown to the owner."""

import json
import time
from pathlib import Path

import pytest

from appliance.box.notes import read_power_note, write_note
from appliance.box.power import NEWS_S, Supply, supply_reading
from appliance.box.reading import Look, Reading
from appliance.box.readings import as_rows
from appliance.box_desk import BoxDesk
from appliance.loop import InlineWorker, VirtualClock

NOON = time.mktime((2026, 11, 22, 12, 0, 0, 0, 0, -1))
WELL_CARD = Reading("card", "wear", "mmcblk0")
WORN_CARD = Reading(
    "card", "wear", "mmcblk0", "trouble", "3 errors", "replace", {}, "card is dying"
)
FAILED = Reading("service", "counterbell-backup.service", "", "trouble", "its last run failed")


class Eyes:
    """A machine whose supply a test weakens, as the real readings tell it."""

    def __init__(self) -> None:
        self.is_low = False
        self.looks = 0
        self.clock = VirtualClock(NOON)

    def __call__(self, state: Path) -> list[Reading]:
        self.looks += 1
        look = Look(state, utc=self.clock.utc())
        note = read_power_note(state)
        noted = (note.first_at, note.last_at) if note else None
        return [supply_reading(look, Supply(True, self.is_low, self.is_low), noted), WELL_CARD]


@pytest.fixture
def eyes() -> Eyes:
    return Eyes()


@pytest.fixture
def desk(tmp_path: Path, eyes: Eyes):
    worker = InlineWorker()
    yield BoxDesk(tmp_path, eyes.clock, worker, eyes, lambda work, *told: work(*told))
    worker.close()


def test_a_weak_supply_is_the_owners_news_for_a_day(desk, eyes):
    desk.look()
    assert desk.problems == ()
    eyes.clock.advance(2 * 3600 + 120)
    eyes.is_low = True
    desk.look()
    assert desk.problems[0].startswith("power supply too weak, now")
    eyes.is_low = False
    eyes.clock.advance(3600)
    desk.look()
    assert desk.problems[0].startswith("power supply too weak: seen today 14:02: use the supply")
    eyes.clock.advance(NEWS_S)
    desk.look()
    assert desk.problems == ()
    assert (
        desk.show()["readings"][0]["verdict"] == "trouble"
    )  # the page about the box still says it


def test_a_weak_supply_does_not_wear_the_card(desk, eyes, tmp_path):
    eyes.is_low = True
    written = set()
    for _ in range(360):  # an hour
        desk.look()
        eyes.clock.advance(10.0)
        written.add((tmp_path / "box/power.json").stat().st_ino)
    assert len(written) <= 7


def test_a_card_that_takes_nothing_keeps_nothing_from_being_told(desk, eyes, tmp_path, monkeypatch):
    def refuse(*_args: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("appliance.box.notes.replace_file", refuse)
    eyes.is_low = True
    desk.look()
    assert desk.problems[0].startswith("power supply too weak, now")


def test_what_the_upkeep_saw_is_shown_with_its_time(desk, eyes, tmp_path):
    at = NOON - 600.0
    write_note(tmp_path, "health.json", {"at": at, "readings": as_rows([WORN_CARD, FAILED])})
    desk.look()
    shown = {(one["kind"], one["name"]): one for one in desk.show()["readings"]}
    assert shown["card", "wear"]["reason"] == "3 errors"
    assert shown["service", FAILED.name]["at"] == at
    assert desk.problems == ("card is dying",)
    eyes.clock.advance(2 * 86400)  # the upkeep no longer runs
    desk.look()
    assert len(desk.show()["readings"]) == 2
    assert desk.problems == ()


@pytest.mark.parametrize("text", ["[]", '{"at": 1}', '{"at": 1, "readings": [{"new": 1}]}', "\0"])
def test_what_another_release_wrote_is_left_out(desk, tmp_path, text):
    (tmp_path / "box").mkdir()
    (tmp_path / "box/health.json").write_text(text)
    desk.look()
    assert len(desk.show()["readings"]) == 2


def test_a_backup_that_failed_is_told(desk, tmp_path):
    note = {"tried_at": NOON - 3600, "problem": "there is no USB stick called CB-BACKUP"}
    (tmp_path / "box").mkdir()
    (tmp_path / "box/backup.json").write_text(json.dumps(note))
    desk.look()
    told = "the shop was not saved (today 11:00): there is no USB stick called CB-BACKUP"
    assert desk.problems == (told,)


def test_after_its_close_it_looks_no_more(desk, eyes):
    desk.close()
    desk.look()
    assert eyes.looks == 0
