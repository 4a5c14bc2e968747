"""Settings on trial, on the card: no power cut leaves anything but the trial or its end."""

from dataclasses import replace
from pathlib import Path

import pytest

from appliance.errors import ConfigError, SettingsOnTrial, StorageError
from appliance.settings.toml import read_toml
from appliance.storage.config_store import ConfigStore, Origin
from appliance.storage.config_trial import (
    BOOT_S,
    ConfigTrials,
    Moment,
    boot_id,
    draft_diff,
    kept_generations,
)
from appliance.storage.disk import Disk
from tests.unit.test_storage_config import DyingDisk, FullDisk, PowerCut, shop

T0 = Moment(utc=1_800_000_000.0, monotonic=100.0, boot_id="boot-1")
NENA = "Nena"


def later(seconds: float, boot: str = "boot-1") -> Moment:
    """``seconds`` after T0, as every clock has it."""
    return Moment(T0.utc + seconds, T0.monotonic + seconds, boot)


def opened(folder: Path, disk: Disk | None = None) -> ConfigTrials:
    return ConfigTrials(folder, ConfigStore(folder, disk), disk)


def name_of(trials: ConfigTrials) -> str:
    return trials.store.current.settings.shop.name


@pytest.fixture
def trials(tmp_path: Path) -> ConfigTrials:
    """``old`` is in force, ``new`` is the draft."""
    made = opened(tmp_path)
    made.store.save(shop("old"), "old.toml", 1.0, Origin(NENA))
    made.keep_draft(shop("new"), "new.toml", NENA, 2.0)
    return made


def test_a_draft_changes_nothing_and_survives(trials: ConfigTrials, tmp_path: Path):
    assert name_of(trials) == "old"
    again = opened(tmp_path)
    found = draft_diff(again)
    assert found["changes"] == ["shop.name: 'old' -> 'new'"]
    assert '-name = "old"' in found["toml"]
    assert '+name = "new"' in found["toml"]
    assert (found["by"], found["name"], found["generation"]) == (NENA, "new.toml", 1)


def test_a_wrong_draft_is_refused_with_its_place_and_the_one_before_stays(trials: ConfigTrials):
    with pytest.raises(ConfigError, match=r"bad.toml:2: shop.nome: unknown key"):
        trials.keep_draft("[shop]\nnome = 1\n", "bad.toml", NENA, 3.0)
    assert trials.draft is not None
    assert trials.draft.name == "new.toml"


def test_without_a_draft_there_is_nothing_to_try(tmp_path: Path):
    with pytest.raises(SettingsOnTrial, match="config draft FILE"):
        opened(tmp_path).apply(600.0, NENA, T0)
    with pytest.raises(SettingsOnTrial, match="config draft FILE"):
        draft_diff(opened(tmp_path))


def test_what_is_confirmed_stays(trials: ConfigTrials, tmp_path: Path):
    stored = trials.apply(600.0, NENA, T0)
    assert (stored.generation, stored.settings.shop.name) == (2, "new")
    assert trials.left_s(later(10.0)) == 590.0
    trials.confirm()
    assert trials.trial is None
    assert trials.draft is None
    again = opened(tmp_path)
    assert again.resume(later(10_000.0)) is None
    assert (name_of(again), again.store.current.generation) == ("new", 2)
    with pytest.raises(SettingsOnTrial, match="nothing is on trial"):
        again.confirm()


def test_a_newer_draft_stays_when_the_trial_of_another_is_confirmed(trials: ConfigTrials):
    trials.apply(600.0, NENA, T0)
    trials.keep_draft(shop("newer"), "newer.toml", NENA, 3.0)
    assert trials.left_s(T0) == 600.0
    trials.confirm()
    assert trials.draft is not None
    assert trials.draft.name == "newer.toml"


def test_what_is_not_confirmed_goes_back_as_a_new_generation(trials: ConfigTrials):
    trials.apply(600.0, NENA, T0)
    assert trials.expire(later(599.0)) is None
    stored = trials.expire(later(600.0))
    assert stored is not None
    assert (stored.generation, stored.name, name_of(trials)) == (3, "old.toml", "old")
    assert trials.trial is None
    assert trials.expire(later(601.0)) is None
    assert trials.draft is not None, "it can be mended and tried again"


def test_gone_back_from_at_once(trials: ConfigTrials):
    trials.apply(600.0, NENA, T0)
    assert trials.go_back(NENA, 3.0).toml == shop("old")
    with pytest.raises(SettingsOnTrial, match="config history"):
        trials.go_back(NENA, 3.0)


def test_a_first_configuration_goes_back_to_none(tmp_path: Path):
    trials = opened(tmp_path)
    trials.keep_draft(shop("first"), "f", NENA, 1.0)
    trials.apply(5.0, NENA, T0)
    assert trials.expire(later(5.0)) is not None
    assert trials.store.current.settings == read_toml("")


def test_while_one_trial_runs_no_other_change_is_taken(trials: ConfigTrials):
    trials.apply(600.0, NENA, T0)
    for change in (
        lambda: trials.apply(600.0, NENA, T0),
        lambda: trials.import_text(shop("x"), "x", 3.0, Origin(), force=False),
    ):
        with pytest.raises(SettingsOnTrial, match="config confirm"):
            change()
    trials.import_text(shop("forced"), "x", 3.0, Origin(), force=True)
    assert trials.trial is None
    assert name_of(trials) == "forced"


def test_to_an_earlier_generation_and_who_did_what(trials: ConfigTrials, tmp_path: Path):
    trials.apply(600.0, NENA, T0)
    trials.go_back_to(1, "Jun", 5.0)
    assert trials.trial is None
    assert name_of(trials) == "old"
    found = kept_generations(opened(tmp_path))
    assert [(g["generation"], g["by"], g["how"]) for g in found["generations"]] == [
        (3, "Jun", "revert to 1"),
        (2, NENA, "apply"),
        (1, NENA, "import"),
    ]
    assert found["generations"][1]["changes"] == ["shop.name: 'old' -> 'new'"]
    assert (found["in_use"], found["on_trial"]) == (3, False)
    with pytest.raises(StorageError, match="generation 9"):
        trials.go_back_to(9, "Jun", 5.0)


def test_a_generation_that_cannot_be_read_is_left_out(trials: ConfigTrials, tmp_path: Path):
    trials.apply(600.0, NENA, T0)
    (tmp_path / "config.json.00000001").write_bytes(b"rubbish")
    assert [g["generation"] for g in kept_generations(trials)["generations"]] == [2]
    assert trials.go_back(NENA, 3.0).toml == shop("old"), "the trial has what was before"


# --- its time, over restarts and power cuts ------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "left"),
    [
        (later(200.0), 400.0),
        # the wall clock was set anew meanwhile: the monotonic one of the same boot decides
        (replace(later(200.0), utc=T0.utc + 9e8), 400.0),
        (replace(later(200.0), utc=0.0), 400.0),
        # another boot: the wall clock decides,
        (Moment(T0.utc + 200.0, 3.0, "boot-2"), 400.0),
        (Moment(T0.utc + 200.0, 9e6, "boot-2"), 400.0),
        # but a box without a clock of its own may wake up in the past
        (Moment(T0.utc, 3.0, "boot-2"), 600.0 - BOOT_S),
        (Moment(0.0, 3.0, "boot-2"), 600.0 - BOOT_S),
        # nobody knows the boot
        (Moment(T0.utc + 200.0, 3.0, ""), 400.0),
    ],
)
def test_after_a_restart_it_goes_on_counting(
    trials: ConfigTrials, tmp_path: Path, now: Moment, left: float
):
    trials.apply(600.0, NENA, T0)
    again = opened(tmp_path)
    assert again.resume(now) is None
    assert again.left_s(now) == pytest.approx(left)
    assert name_of(again) == "new"
    ended = replace(now, monotonic=now.monotonic + left)
    assert again.expire(ended) is not None
    assert name_of(again) == "old"


@pytest.mark.parametrize(
    "now", [later(600.0), Moment(T0.utc + 600.0, 3.0, "boot-2"), later(1e9, "boot-2")]
)
def test_a_start_after_its_time_goes_back(trials: ConfigTrials, tmp_path: Path, now: Moment):
    trials.apply(600.0, NENA, T0)
    again = opened(tmp_path)
    assert again.resume(now) is not None
    assert name_of(again) == name_of(opened(tmp_path)) == "old"


def test_what_has_passed_is_saved_for_a_clock_that_stands_still(
    trials: ConfigTrials, tmp_path: Path
):
    trials.apply(600.0, NENA, T0)
    trials.note_time(later(500.0))
    again = opened(tmp_path)
    assert again.resume(Moment(T0.utc, 1.0, "boot-2")) is None
    assert again.left_s(Moment(T0.utc, 1.0, "boot-2")) == pytest.approx(100.0 - BOOT_S)


def test_a_box_that_starts_over_and_over_ends_its_trial(trials: ConfigTrials, tmp_path: Path):
    trials.apply(600.0, NENA, T0)
    boots = 0
    while opened(tmp_path).resume(Moment(T0.utc, 1.0, f"boot-{boots + 2}")) is None:
        boots += 1
        assert boots < 100
    assert boots == 600.0 / BOOT_S - 1
    assert name_of(opened(tmp_path)) == "old"


@pytest.mark.parametrize("keeps_names", [True, False])
@pytest.mark.parametrize("ending", ["confirm", "go_back", "expire", "import"])
def test_a_power_cut_at_every_step_leaves_the_trial_or_its_end(
    tmp_path: Path, ending: str, keeps_names: bool
):
    """At each write of apply and of what ends it: never new settings that nothing watches over."""
    cuts = 0
    for cut_at in range(1, 500):
        folder = tmp_path / str(cut_at)
        folder.mkdir()
        opened(folder).store.save(shop("old"), "f", 0.0)
        opened(folder).keep_draft(shop("new"), "f", NENA, 0.0)
        disk = DyingDisk(cut_at, keeps_names)
        done: list[str] = []
        try:
            trials = opened(folder, disk)
            trials.apply(600.0, NENA, T0)
            done.append("apply")
            end(trials, ending)
            done.append(ending)
        except PowerCut:
            cuts += 1
        check_after_the_cut(folder, done, ending)
        if disk.steps < cut_at:
            break
    assert cuts > 10


def end(trials: ConfigTrials, how: str) -> None:
    match how:
        case "confirm":
            trials.confirm()
        case "go_back":
            trials.go_back(NENA, 1.0)
        case "expire":
            trials.expire(later(600.0))
        case _:
            trials.import_text(shop("third"), "f", 1.0, Origin(), force=True)


def check_after_the_cut(folder: Path, done: list[str], ending: str) -> None:
    after = opened(folder)
    assert after.problems == after.store.problems == ()
    assert not list(folder.glob("*.tmp"))
    is_on_trial = after.trial is not None
    may_be = {"confirm": "new", "import": "third"}.get(ending, "old")
    if not done:  # cut in apply: it never began, or it did
        assert (name_of(after), is_on_trial) in {("old", False), ("new", True)}
    elif len(done) == 1:  # cut in its end
        assert (name_of(after), is_on_trial) in {("new", True), (may_be, False)}
    else:
        assert (name_of(after), is_on_trial) == (may_be, False)
    if is_on_trial:
        assert after.draft is not None
        assert after.resume(later(601.0)) is not None
        assert name_of(opened(folder)) == "old"


# --- what is broken ------------------------------------------------------------------------------


def test_a_trial_whose_configuration_was_lost_is_over(trials: ConfigTrials, tmp_path: Path):
    trials.apply(600.0, NENA, T0)
    path = tmp_path / "config.json"
    path.write_bytes(path.read_bytes().replace(b"new", b"nEw"))
    again = opened(tmp_path)
    assert name_of(again) == "old"
    assert again.trial is None


@pytest.mark.parametrize("spoil", [b"", b"rubbish"])
def test_a_broken_trial_is_told(trials: ConfigTrials, tmp_path: Path, spoil: bytes):
    trials.apply(600.0, NENA, T0)
    (tmp_path / "config-trial.json").write_bytes(spoil)
    again = opened(tmp_path)
    assert again.trial is None
    assert "config-trial.json" in again.problems[0]
    assert name_of(again) == "new"
    again.keep_draft(shop("x"), "x", NENA, 9.0)
    assert opened(tmp_path).problems == ()


def test_a_trial_of_another_release_is_told(trials: ConfigTrials, tmp_path: Path):
    trials._file.write({"changing": {"draft": {"text": 5}, "trial": {"trial_id": 7}}})
    again = opened(tmp_path)
    assert (again.draft, again.trial) == (None, None)
    assert len(again.problems) == 2


def test_a_full_card_tries_nothing_and_keeps_a_trial(trials: ConfigTrials, tmp_path: Path):
    full = opened(tmp_path, FullDisk())
    with pytest.raises(StorageError, match="No space left"):
        full.apply(600.0, NENA, T0)
    assert (name_of(full), full.trial) == ("old", None)
    trials.apply(600.0, NENA, T0)
    full = opened(tmp_path, FullDisk())
    with pytest.raises(StorageError, match="No space left"):
        full.resume(later(700.0))
    assert full.left_s(later(700.0)) == -100.0, "it can be tried again"
    assert opened(tmp_path).resume(later(700.0)) is not None


def test_it_goes_back_to_what_this_release_cannot_read(trials: ConfigTrials, tmp_path: Path):
    """As it was before: the empty configuration, and a problem told."""
    trials.store.restore("[later]\n", "later.toml", 3.0, Origin())
    trials.apply(600.0, NENA, T0)
    stored = trials.go_back(NENA, 4.0)
    assert stored.toml == "[later]\n"
    assert "unknown table" in trials.store.problems[0]
    assert opened(tmp_path).store.current == stored


def test_the_kernel_names_the_boot():
    def fail() -> str:
        raise FileNotFoundError

    assert boot_id() == boot_id()
    assert boot_id(fail) == ""
    assert boot_id(lambda: "abc\n") == "abc"
