"""`counterbell config draft|diff|apply|confirm|revert|history`, daemon down and up."""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from appliance.cli import config_trial, main
from appliance.storage.config_store import ConfigStore
from appliance.storage.config_trial import ConfigTrials, Moment, boot_id
from tests.control_fakes import Served, serving

Run = Callable[..., tuple[int, str, str]]
OLD, NEW = '[shop]\nname = "Old"\n', '[shop]\nname = "New"\n'
CHANGE = "shop.name: 'Old' -> 'New'\n"


@pytest.fixture
def config(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `counterbell config WORDS`: exit code, stdout, stderr. old.toml and new.toml exist."""
    (tmp_path / "old.toml").write_text(OLD)
    (tmp_path / "new.toml").write_text(NEW)

    def run(*words: str, state: Path = tmp_path / "state") -> tuple[int, str, str]:
        try:
            code = main(["config", *words, "--state", str(state)])
        except SystemExit as ended:
            code = int(str(ended.code or 0))
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


def try_it(state: Path, left_s: float) -> None:
    """As a daemon that was killed with this left of its trial."""
    trials = ConfigTrials(state, ConfigStore(state))
    trials.apply(left_s, "Nena", Moment(time.time(), time.monotonic(), boot_id()))


@pytest.fixture
def drafted(config: Run, tmp_path: Path) -> Path:
    """The state folder with old.toml in use and new.toml as the draft."""
    assert config("import", str(tmp_path / "old.toml"))[0] == 0
    assert config("draft", str(tmp_path / "new.toml"))[0] == 0
    return tmp_path / "state"


def test_down_a_draft_is_kept_and_shown(config: Run, tmp_path: Path):
    config("import", str(tmp_path / "old.toml"))
    code, out, _ = config("draft", str(tmp_path / "new.toml"))
    assert code == 0
    assert out.startswith(CHANGE)
    assert "new.toml is the draft: 1 change. " in out
    assert config("diff") == (0, CHANGE, "")
    shown = config("diff", "--toml")[1].splitlines()
    assert shown[0] == "--- in use"
    assert shown[1].endswith("new.toml")
    assert shown[-2:] == ['-name = "Old"', '+name = "New"']
    assert config("show")[1].count('"Old"') == 1, "it is not in use"


def test_a_draft_with_problems_names_each_place(config: Run, tmp_path: Path):
    bad = tmp_path / "bad.toml"
    bad.write_text("[shop]\nnme = 5\n[recording]\nmode = 'always'\n")
    code, _, err = config("draft", str(bad))
    assert code == 1
    assert [line.split(": ")[0] for line in err.splitlines()] == [f"{bad}:2", f"{bad}:3"]
    assert not (tmp_path / "state").exists()


def test_down_nothing_can_be_tried(config: Run, drafted: Path):
    code, out, err = config("apply")
    assert (code, out) == (1, "")
    assert "the daemon is not running" in err
    assert len(err.splitlines()) == 1
    assert ConfigStore(drafted).current.toml == OLD


@pytest.mark.parametrize("length", ["0", "0s", "25h", "10 minutes", "-5m", "1.5h", ""])
def test_a_time_that_is_none_is_used_wrongly(config: Run, length: str):
    code, _, err = config("apply", f"--confirm-within={length}")
    assert code == 2
    assert "is not a time" in err


def test_times_as_people_write_them():
    assert [config_trial._length(t) for t in ("600", "90s", "10m", "24h")] == [600, 90, 600, 86_400]


def test_down_a_trial_is_kept(config: Run, drafted: Path):
    try_it(drafted, 400.0)
    assert config("confirm") == (0, "configuration 2 is kept\n", "")
    assert config("confirm")[2] == "counterbell: nothing is on trial\n"


def test_down_a_trial_is_gone_back_from(config: Run, drafted: Path):
    try_it(drafted, 400.0)
    code, out, _ = config("revert")
    assert (code, out.splitlines()[-1]) == (0, "configuration 3 is in force: 1 change")
    assert ConfigStore(drafted).current.toml == OLD
    code, _, err = config("revert")
    assert code == 1
    assert "config history" in err
    assert config("revert", "2")[0] == 0
    assert ConfigStore(drafted).current.toml == NEW
    assert config("revert", "77")[0] == 1
    assert config("revert", "x")[0] == 2


def test_down_an_import_is_refused_while_a_trial_runs(config: Run, drafted: Path, tmp_path: Path):
    try_it(drafted, 400.0)
    code, _, err = config("import", str(tmp_path / "old.toml"))
    assert code == 1
    assert "settings are on trial" in err
    assert config("import", "--force", str(tmp_path / "old.toml"))[0] == 0
    assert config("confirm")[0] == 1


def test_down_a_trial_whose_time_is_over_is_ended_first(config: Run, drafted: Path):
    try_it(drafted, 0.5)
    trials = ConfigTrials(drafted, ConfigStore(drafted))
    assert trials.trial is not None
    trials._write(None, replace(trials.trial, boot_id="a boot before"))
    code, out, err = config("history")
    assert code == 0
    assert "gone back to those before, as configuration 3" in err
    assert "the box: not confirmed in time, " in out.splitlines()[0]
    assert out.splitlines()[0].endswith("old.toml  (in use)")


def test_history_says_when_who_and_what(config: Run, drafted: Path):
    try_it(drafted, 400.0)
    code, out, _ = config("history")
    rows = out.splitlines()
    assert code == 0
    assert rows[0].split()[0] == "2"
    assert "Nena: apply, " in rows[0]
    assert rows[0].endswith("new.toml  (in use, on trial)")
    assert rows[1].strip() == CHANGE.strip()
    assert "local: import, " in rows[2]
    assert json.loads(config("history", "--json")[1])["in_use"] == 2


def test_a_folder_that_is_not_there_is_told_and_not_made(config: Run, tmp_path: Path):
    for words in (("diff",), ("history",), ("confirm",), ("revert",)):
        code, _, err = config(*words, state=tmp_path / "none")
        assert code == 1
        assert "--state DIR" in err
    assert not (tmp_path / "none").exists()


@pytest.fixture
def served() -> Any:
    with serving() as made:
        yield made


def test_up_everything_goes_through_the_daemon(config: Run, served: Served, tmp_path: Path):
    state = served.path.parent

    def run(*words: str) -> str:
        code, out, err = config(*words, state=state)
        assert (code, err) == (0, "")
        return out

    assert "is the draft: 1 change" in run("draft", str(tmp_path / "new.toml"))
    assert run("diff") == "shop.name: 'a' -> 'b'\n"
    assert run("diff", "--toml") == "--- in use\n"
    out = run("apply", "--confirm-within", "90s")
    assert "configuration 3 is on trial until " in out
    assert "counterbell config confirm" in out
    assert run("confirm") == "configuration 3 is kept\n"
    assert "configuration 4 is in force" in run("revert")
    assert "configuration 4 is in force" in run("revert", "2")
    assert run("history").splitlines()[0].endswith("(in use)")
    assert run("import", "--force", str(tmp_path / "new.toml"))
    assert served.configs.asked == [
        ("draft", "local"), ("diff",), ("diff",), ("apply", 90.0, "local"),
        ("confirm", None, "local"), ("revert", None, "local"), ("revert", 2, "local"),
        ("import", "local", "import", True),
    ]  # fmt: skip
    served.configs.refusal = "settings are on trial"
    code, _, err = config("import", str(tmp_path / "new.toml"), state=state)
    assert (code, err) == (1, "counterbell: settings are on trial\n")
    assert not (state / "config.json").exists()
