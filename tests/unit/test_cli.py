"""The command line in one process: what it refuses, and that each refusal is one line."""

from collections.abc import Callable
from pathlib import Path

import pytest

from appliance.cli import main

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `counterbell WORDS` on an empty state folder: exit code, stdout, stderr."""
    monkeypatch.setenv("COUNTERBELL_STATE", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "100")

    def run_it(*words: object) -> tuple[int, str, str]:
        try:
            code = main([str(word) for word in words])
        except SystemExit as ended:
            code = int(str(ended.code or 0))
        told = capsys.readouterr()
        return code, told.out, told.err

    return run_it


def refused(answer: tuple[int, str, str], code: int) -> str:
    assert answer[0] == code, answer
    assert len(answer[2].splitlines()) == 1, answer
    return answer[2].rstrip("\n")


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("call", "--press", "1x"), "can't press '1x'"),
        (("call", "--press", ""), "can't press ''"),
        (("call", "--say", "no-such.wav"), "there is no file 'no-such.wav'"),
        (("call", "--hang-up-after", "soon"), "'soon' is not a number of seconds"),
        (("call", "--hang-up-after", "-1"), "'-1' is not a number of seconds"),
        (("call", "--hang-up-after", "nan"), "'nan' is not a number of seconds"),
        (("phone", "--extension", "12"), "say what to do"),
        (("phone", "--lift"), "--extension"),
        (("phone", "--extension", "12", "--pulse", "1*"), "with pulses"),
        (("fault",), "say which fault"),
        (("nonsense",), "invalid choice"),
        ((), "WHAT"),
    ],
)
def test_wrong_words_to_simulate(run: Run, words: tuple[str, ...], reason: str) -> None:
    assert reason in refused(run("simulate", *words), 2)


@pytest.mark.parametrize("words", [("call",), ("phone", "--extension", "11", "--lift"), ("state",)])
def test_without_a_network_it_says_how_to_start_one(run: Run, words: tuple[str, ...]) -> None:
    line = refused(run("simulate", *words), 1)
    assert "no simulated network runs in" in line
    assert "counterbell demo" in line


@pytest.mark.parametrize(
    "words",
    [
        ("nonsense",),
        (),
        ("calls", "--limit", "0"),
        ("calls", "--limit", "many"),
        ("calls", "--day", "yesterday"),
        ("calls", "--day", "2026-02-31"),
        ("calls", "--nonsense"),
        ("calls", "show"),
        ("run", "--rt-priority", "100"),
        ("web", "--port", "65536"),
        ("config",),
        ("config", "import"),
        ("prompt", "eat"),
    ],
)
def test_wrong_words_end_with_2_and_a_line(run: Run, words: tuple[str, ...]) -> None:
    line = refused(run(*words), 2)
    assert line.startswith("counterbell")
    assert line.endswith("--help)")


@pytest.mark.parametrize("words", [("status",), ("calls",), ("messages",), ("calls", "show", "X")])
def test_without_a_daemon_it_says_how_to_start_one(run: Run, words: tuple[str, ...]) -> None:
    line = refused(run(*words), 1)
    assert "no daemon answers" in line
    assert "counterbell run" in line


def test_every_help_reads(run: Run) -> None:
    whole = run("--help")[1]
    for name in ("run", "web", "demo", "status", "calls", "messages", "config", "prompt"):
        assert f"\n    {name} " in whole
        code, about, _ = run(name, "--help")
        assert code == 0
        assert about.startswith(f"usage: counterbell {name} ")
    assert run("--version")[1].startswith("counterbell ")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"no toml at all", "bad.toml"),
        (b"[shop]\nnme = 1\n", "did you mean 'name'"),
        (b"\xff\xfe\x00", "is not UTF-8"),
    ],
)
def test_a_bad_file_is_told_precisely(
    run: Run, tmp_path: Path, content: bytes, reason: str
) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_bytes(content)
    for command in ("check", "import"):
        assert reason in refused(run("config", command, bad), 1)
    missing = refused(run("config", "check", tmp_path / "none.toml"), 1)
    assert missing.endswith("none.toml: can't be read: No such file or directory")
