"""An update's table of stages: what fails changes nothing or goes back, wherever the power goes."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.box.update import WAIT_S, WATCH_S, Outcome, Update
from appliance.box.update_states import ENDS, MOST_STARTS, TABLE, Journal, JournalFile, Stage
from appliance.errors import UpdateError
from tests.unit.update_rig import NEW, OLD, FakeBox, PowerCut


def update_of(box: FakeBox, tmp_path: Path, told: list[Stage] | None = None) -> Update:
    said = told if told is not None else []
    journal = JournalFile(tmp_path / "journal.json")
    return Update(box, journal, lambda stage, _sentence: said.append(stage))


def begin(box: FakeBox, tmp_path: Path) -> Outcome:
    outcome = update_of(box, tmp_path).begin()
    assert not (tmp_path / "journal.json").exists()
    return outcome


def is_clear(box: FakeBox) -> bool:
    return not box.making and not box.incoming


def test_every_stage_leads_somewhere() -> None:
    assert set(TABLE) | ENDS == set(Stage)
    assert not set(TABLE) & ENDS
    for step in TABLE.values():
        assert {step.then, step.failed, step.cut} <= set(Stage)


def test_all_goes_well(tmp_path: Path) -> None:
    box = FakeBox()
    told: list[Stage] = []
    outcome = update_of(box, tmp_path, told).begin()
    assert outcome == Outcome(Stage.DONE, "1.1")
    assert (box.link, box.runs, box.refreshed) == (NEW, NEW, NEW)
    assert box.releases == {OLD, NEW}  # the one before is kept, the one before that is not
    assert box.kept
    assert is_clear(box)
    assert told == list(TABLE)[:-2]
    assert update_of(box, tmp_path).resume() is None


def test_the_release_in_use_changes_nothing(tmp_path: Path) -> None:
    box = FakeBox(link=NEW, runs=NEW, releases={NEW})
    assert begin(box, tmp_path).is_same
    assert box.restarts == []
    assert is_clear(box)


@pytest.mark.parametrize("act", ["take", "check", "signature", "unpack", "self_test", "keep_copy"])
def test_what_fails_before_the_switch_changes_nothing(act: str, tmp_path: Path) -> None:
    box = FakeBox(fails={act})
    outcome = begin(box, tmp_path)
    assert outcome.stage is Stage.GIVEN_UP
    assert outcome.problem in {f"{act} did not work", "not signed"}
    assert (box.link, box.runs, box.restarts) == (OLD, OLD, [])
    assert box.releases == {OLD, "0.9-older"}
    assert is_clear(box)


@pytest.mark.parametrize(
    ("box", "words"),
    [
        (FakeBox(broken={NEW}), "did not come up"),
        (FakeBox(lineless={NEW}), "not every line came back: landline"),
    ],
)
def test_a_release_that_does_not_work_here_is_gone_back_from(
    box: FakeBox, words: str, tmp_path: Path
) -> None:
    outcome = begin(box, tmp_path)
    assert outcome.stage is Stage.RETURNED
    assert words in outcome.problem
    assert (box.link, box.runs, box.refreshed) == (OLD, OLD, OLD)
    assert NEW not in box.releases
    assert is_clear(box)
    assert box.now >= WATCH_S


def test_nothing_restarts_while_somebody_talks(tmp_path: Path) -> None:
    class Talking(FakeBox):
        def pause(self, seconds: float) -> None:
            super().pause(seconds)
            if self.now == 60.0:
                self.calls = 0

    box = Talking(calls=2)
    told: list[Stage] = []
    assert update_of(box, tmp_path, told).begin().stage is Stage.DONE
    assert box.now >= 60.0
    assert Stage.WAITING in told


def test_a_call_that_never_ends_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    box = FakeBox(calls=1)
    outcome = begin(box, tmp_path)
    assert outcome.stage is Stage.GIVEN_UP
    assert "calls went on for 2 hours" in outcome.problem
    assert box.now == pytest.approx(WAIT_S, abs=5)
    assert (box.link, box.restarts) == (OLD, [])


def test_a_service_that_dies_again_and_again_is_not_well(tmp_path: Path) -> None:
    class Dying(FakeBox):
        def pause(self, seconds: float) -> None:
            super().pause(seconds)
            if self.link == NEW:
                self.runs = "" if int(self.now) % 5 == 0 else NEW

    outcome = begin(Dying(), tmp_path)
    assert outcome.stage is Stage.RETURNED


def test_a_box_that_starts_over_and_over_goes_back(tmp_path: Path) -> None:
    box = FakeBox(link=NEW, runs=NEW, releases={OLD, NEW}, refreshed=NEW)
    file = JournalFile(tmp_path / "journal.json")
    file.write(Journal(Stage.WATCHING, OLD, NEW, "1.1", starts=MOST_STARTS))
    outcome = update_of(box, tmp_path).resume()
    assert outcome is not None
    assert outcome.stage is Stage.RETURNED
    assert "started 4 times" in outcome.problem
    assert box.link == OLD


def test_without_a_way_back_it_says_so_and_tries_again_at_the_next_start(tmp_path: Path) -> None:
    box = FakeBox(broken={NEW})
    original = box.refresh

    def refresh(release: str) -> None:
        if release == OLD and "back" in box.fails:
            raise UpdateError("the card is read-only")
        original(release)

    box.refresh = refresh  # type: ignore[method-assign]
    box.fails = {"back"}
    with pytest.raises(UpdateError, match="read-only"):
        update_of(box, tmp_path).begin()
    box.fails = set()
    box.boot()
    outcome = update_of(box, tmp_path).resume()
    assert outcome is not None
    assert outcome.stage is Stage.RETURNED
    assert box.runs == OLD


def test_a_journal_that_is_none_of_ours_is_nothing_to_resume(tmp_path: Path) -> None:
    for data in (b"", b"{", b'{"stage": "dancing", "before": "x"}', b"\xff"):
        (tmp_path / "journal.json").write_bytes(data)
        assert update_of(FakeBox(), tmp_path).resume() is None


@settings(max_examples=300, deadline=None)
@given(
    cuts=st.lists(st.integers(0, 30), max_size=4),
    kind=st.sampled_from(["good", "broken", "lineless", "self_test", "signature"]),
)
def test_a_power_cut_at_any_step_leaves_a_whole_release_in_use(
    cuts: list[int], kind: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever was cut and how often: the box ends on one whole release that works."""
    tmp_path = tmp_path_factory.mktemp("cut")
    box = FakeBox()
    if kind in {"broken", "lineless"}:
        getattr(box, kind).add(NEW)
    elif kind != "good":
        box.fails.add(kind)
    is_begun = False
    for cut in (*cuts, -1):
        box.cut = cut
        try:
            if is_begun:
                update_of(box, tmp_path).resume()
            else:
                is_begun = True
                update_of(box, tmp_path).begin()
        except PowerCut:
            box.boot()
            assert box.link in box.releases
            continue
        break
    box.cut = -1
    update_of(box, tmp_path).resume()
    assert not list(tmp_path.iterdir())
    assert is_clear(box)
    assert OLD in box.releases
    assert box.link == box.refreshed == box.runs
    assert box.link == OLD if kind != "good" else box.link in {OLD, NEW}
    if kind == "good" and not cuts:
        assert box.link == NEW
    assert box.link == NEW or NEW not in box.releases
