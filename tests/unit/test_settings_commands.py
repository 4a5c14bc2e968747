"""`counterbell config`: with the daemon down on its folder, and with it up through the socket."""

import argparse
import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from appliance.cli import config as config_commands
from appliance.errors import ControlError, DaemonNotRunning
from appliance.settings.toml import read_toml
from appliance.storage.config_store import ConfigStore
from appliance.storage.state_folder import StateFolder

DEMO = Path(__file__).parents[2] / "appliance" / "demo" / "demo.toml"

Run = Callable[..., int]


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def config(state: Path) -> Run:
    """Runs `counterbell config WORDS --state STATE`; gives the exit code."""

    def run(*words: str) -> int:
        shared = argparse.ArgumentParser(add_help=False)
        shared.add_argument("--state", type=Path)
        parser = argparse.ArgumentParser()
        config_commands.add_parsers(parser.add_subparsers(), shared)
        options = parser.parse_args(["config", *words, "--state", str(state)])
        return options.run(options)

    return run


def test_import_then_export_gives_the_owners_own_text(config: Run, tmp_path: Path, capsys):
    assert config("import", str(DEMO)) == 0
    assert "line[landline]: added" in capsys.readouterr().out
    assert config("export", str(tmp_path / "out.toml")) == 0
    assert (tmp_path / "out.toml").read_text() == DEMO.read_text()
    assert config("export") == 0
    assert capsys.readouterr().out == DEMO.read_text()
    assert config("import", str(tmp_path / "out.toml")) == 0
    assert capsys.readouterr().out == "configuration 2 is in force: no change\n"


def test_show_prints_all_that_is_in_force(config: Run, capsys):
    config("import", str(DEMO))
    capsys.readouterr()
    assert config("show") == 0
    shown = capsys.readouterr().out
    assert read_toml(shown) == read_toml(DEMO.read_text())
    assert "settle_ms = 500" in shown


def test_a_new_box_exports_a_configuration_that_can_be_imported(config: Run, state: Path, capsys):
    state.mkdir()
    assert config("export") == 0
    read_toml(capsys.readouterr().out)


def test_check_tells_each_problem_on_a_line_and_changes_nothing(
    config: Run, tmp_path: Path, state: Path, capsys
):
    bad = tmp_path / "bad.toml"
    bad.write_text("[shop]\nnme = 5\n[recording]\nmode = 'always'\n")
    assert config("check", str(bad)) == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith(f"{bad}:2: shop.nme: unknown key (did you mean 'name'?); allowed:")
    assert lines[1].startswith(f"{bad}:3: recording.confirmed_by: missing")
    assert config("import", str(bad)) == 1
    assert capsys.readouterr().err.splitlines() == lines
    assert not state.exists()
    assert config("check", str(DEMO)) == 0


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [("none.toml", None, "can't be read"), ("latin.toml", b"\xe9", "is not UTF-8 text")],
)
def test_a_file_that_can_not_be_read_is_one_line(
    config: Run, tmp_path: Path, capsys, name: str, content: bytes | None, words: str
):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert config("import", str(tmp_path / name)) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert words in line


def test_standard_input_is_a_file_too(config: Run, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"[shop]\nx = 1\n")))
    assert config("check", "-") == 1
    assert capsys.readouterr().err.startswith("stdin:2: shop.x: unknown key")


def test_an_export_that_fails_leaves_nothing_behind(config: Run, tmp_path: Path, capsys):
    config("import", str(DEMO))
    assert config("export", str(tmp_path / "no" / "such" / "folder.toml")) == 1
    assert "can't be written" in capsys.readouterr().err
    (tmp_path / "taken").mkdir()
    assert config("export", str(tmp_path / "taken")) == 1
    assert not list(tmp_path.glob(".taken*"))


def test_a_folder_that_is_not_there_is_told(config: Run, capsys):
    assert config("show") == 1
    assert "--state DIR" in capsys.readouterr().err


def test_a_locked_folder_without_a_daemon_is_told(config: Run, state: Path, capsys):
    with StateFolder(state):
        assert config("import", str(DEMO)) == 1
    assert "in use by process" in capsys.readouterr().err


class FakeClient:
    """Stands for the daemon at the other end of the socket."""

    calls: list[tuple[str, dict[str, Any]]]
    answers: dict[str, Any]

    def __enter__(self) -> "FakeClient":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def call(self, method: str, **params: object) -> Any:
        self.calls.append((method, params))
        answer = self.answers[method]
        if isinstance(answer, ControlError):
            raise answer
        return answer


@pytest.fixture
def daemon(monkeypatch) -> FakeClient:
    fake = FakeClient()
    fake.calls, fake.answers = [], {}
    monkeypatch.setattr(config_commands, "Client", lambda path, timeout_s=0.0: fake)
    return fake


def test_with_the_daemon_up_everything_goes_through_it(
    config: Run, daemon: FakeClient, state: Path, capsys
):
    daemon.answers = {
        "config.import": {"generation": 9, "changes": ["shop.name: 'a' -> 'b'"]},
        "config.get": {"toml": "# mine\n", "generation": 9},
    }
    assert config("import", str(DEMO)) == 0
    assert "configuration 9 is in force: 1 change\n" in capsys.readouterr().out
    assert daemon.calls[0][1]["toml"] == DEMO.read_text()
    assert config("export") == 0
    assert capsys.readouterr().out == "# mine\n"
    assert not state.exists()


def test_a_refusal_of_the_daemon_is_told_and_does_not_go_round_it(
    config: Run, daemon: FakeClient, state: Path, capsys
):
    daemon.answers = {"config.import": ControlError("the card is full")}
    assert config("import", str(DEMO)) == 1
    assert capsys.readouterr().err == "counterbell: the card is full\n"
    assert not state.exists()


def test_a_daemon_that_is_not_there_is_no_error(config: Run, daemon: FakeClient, state: Path):
    daemon.answers = {"config.import": DaemonNotRunning("nobody")}
    assert config("import", str(DEMO)) == 0
    assert ConfigStore(state).current.toml == DEMO.read_text()
