"""Every command says what it should, in the shape it should, and fails in one line."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.real.conftest import TOML, furnish
from tests.real.rig import PROGRAM, ROOT, Box, counterbell, environment, refused, running

CALL = {
    "call_id", "line", "caller", "started_at", "answered_at", "ended_at", "disposition", "ended_by",
    "digits", "legs", "quality", "offers", "recording", "story", "direction", "station", "dials",
}  # fmt: skip  # DESIGN: what `calls --json` gives per call
STATUS = {
    "revision", "at", "shop", "lines", "stations", "sound_cards", "calls", "today", "storage",
    "problems", "texts_revision", "on_trial",
}  # fmt: skip


@pytest.fixture
def one_call(box: Box) -> dict[str, object]:
    """The shop's newest call; there is at least one."""
    calls = box.client.call("calls.list", limit=1, story=True)["calls"]
    return dict(calls[0]) if calls else box.call_briefly()


def test_what_the_daemon_knows_as_json(box: Box, one_call: dict[str, object]) -> None:
    listed = json.loads(counterbell("calls", "--json", state=box.state).stdout)
    assert all(set(call) == CALL for call in listed)
    assert listed[0]["call_id"] == one_call["call_id"]
    shown = counterbell("calls", "show", one_call["call_id"], "--json", state=box.state)
    assert set(json.loads(shown.stdout)) == CALL | {"message"}
    status = json.loads(counterbell("status", "--json", state=box.state).stdout)
    assert set(status) == STATUS
    messages = json.loads(counterbell("messages", "--json", state=box.state).stdout)
    assert isinstance(messages, list)
    for words in (("texts", "--json"), ("texts", "list", "--json")):
        assert json.loads(counterbell(*words, state=box.state).stdout) == []
    assert counterbell("texts", state=box.state).stdout == "no texts yet\n"


def test_what_the_daemon_knows_for_people(box: Box, one_call: dict[str, object]) -> None:
    status = counterbell("status", state=box.state).stdout
    assert status.startswith("Real shop\n")
    assert "line     landline" in status
    table = counterbell("calls", state=box.state).stdout.splitlines()
    assert table[0].split() == ["began", "lasted", "outcome", "caller", "id"]
    assert any(str(one_call["call_id"]) in row for row in table)
    story = counterbell("calls", "show", one_call["call_id"], state=box.state).stdout
    assert story.startswith(f"Call {one_call['call_id']}\n")
    assert "0.00 s  Line landline rings\n" in story
    assert counterbell("calls", "--day", "2001-01-01", state=box.state).stdout == "no calls yet\n"


def test_a_reader_that_goes_away_is_no_failure(box: Box, one_call: dict[str, object]) -> None:
    assert one_call
    with subprocess.Popen(
        [*PROGRAM, "calls", "--json", "--state", str(box.state)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(), cwd=ROOT,
    ) as listing:  # fmt: skip
        assert listing.stdout is not None
        assert listing.stderr is not None
        listing.stdout.close()
        assert listing.stderr.read() == b""
        assert listing.wait(30) == 0


def test_a_full_disk_behind_our_output_is_a_failure(box: Box) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [*PROGRAM, "status", "--state", str(box.state)],
            stdout=full, stderr=subprocess.PIPE, text=True, env=environment(), cwd=ROOT,
            check=False,
        )  # fmt: skip
    assert refused(done, 1) == "counterbell: No space left on device"


def test_what_there_is_not_is_named(box: Box) -> None:
    assert "no call" in refused(counterbell("calls", "show", "01ABC", state=box.state), 1)
    refused(counterbell("run", state=box.state), 1)


def test_configuration_with_the_daemon_up(box: Box, tmp_path: Path) -> None:
    exported = counterbell("config", "export", state=box.state).stdout
    assert exported == TOML
    changed = tmp_path / "changed.toml"
    changed.write_text(TOML.replace("ring_for_s = 20", "ring_for_s = 21"))
    done = counterbell("config", "import", changed, state=box.state)
    assert done.returncode == 0, done.stderr
    assert "ring_for_s" in done.stdout
    assert counterbell("config", "export", state=box.state).stdout == changed.read_text()
    assert "ring_for_s = 21" in counterbell("config", "show", state=box.state).stdout
    bad = TOML.replace("ring_group:orders", "ring_grup:orders")
    done = counterbell("config", "import", "-", state=box.state, given=bad)
    assert done.returncode == 1
    assert "'ring_grup:orders'" in done.stderr
    back = counterbell("config", "import", "-", state=box.state, given=exported)
    assert back.returncode == 0, back.stderr
    assert counterbell("config", "export", state=box.state).stdout == exported


def test_configuration_with_the_daemon_down(tmp_path: Path, shop_toml: Path) -> None:
    state = tmp_path / "state"
    assert counterbell("config", "import", shop_toml, state=state).returncode == 0
    out = tmp_path / "out.toml"
    assert counterbell("config", "export", out, state=state).returncode == 0
    assert out.read_text() == TOML
    again = counterbell("config", "import", out, state=state)
    assert again.stdout == "configuration 2 is in force: no change\n"
    assert counterbell("config", "check", out).stdout.endswith(": good\n")


def test_a_broken_state_folder_is_told_in_a_line(tmp_path: Path) -> None:
    a_file = tmp_path / "file"
    a_file.write_text("not a folder")
    for words in (("run",), ("config", "show"), ("prompt", "make"), ("demo", "--port", "0")):
        refused(counterbell(*words, state=a_file), 1)


def test_broken_documents_are_survived_or_told(
    tmp_path: Path, prompts: Path, shop_toml: Path
) -> None:
    state = furnish(tmp_path / "state", prompts, shop_toml)
    (state / "config.json").write_text("{ nonsense")
    done = counterbell("config", "export", state=state)
    assert done.returncode == 0
    assert "config.json can't be read" in done.stderr
    (state / "users.json").write_text("{ nonsense")
    (state / "history.sqlite").write_bytes(b"no database" * 100)
    with running("run", state=state) as daemon:
        daemon.until("ready")
        problems = json.loads(counterbell("status", "--json", state=state).stdout)["problems"]
        assert any("config.json" in problem for problem in problems)
        assert any("history was unreadable" in problem for problem in problems)
        assert daemon.stop() == 0
    assert "Traceback" not in daemon.said


# Root passes every lock; without these two capabilities (capabilities(7)) it is as others are.
AS_OTHERS = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")


def test_a_folder_that_may_not_be_entered_is_told_in_a_line(
    tmp_path: Path, shop_toml: Path
) -> None:
    state = tmp_path / "state"
    assert counterbell("config", "import", shop_toml, state=state).returncode == 0
    state.chmod(0)
    before = AS_OTHERS if os.geteuid() == 0 else ()
    for words in (("run",), ("config", "show"), ("status",), ("simulate", "state")):
        done = subprocess.run(
            [*before, *PROGRAM, *words, "--state", str(state)],
            capture_output=True, text=True, env=environment() | {"HOME": "/"}, cwd=ROOT,
            check=False,
        )  # fmt: skip
        assert "Traceback" not in done.stderr, done.stderr
        refused(done, 1)
    state.chmod(0o700)


def test_a_state_folder_with_a_very_long_name_works(
    tmp_path: Path, prompts: Path, shop_toml: Path
) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    state = furnish(deep / "state", prompts, shop_toml)
    assert len(str(state / "control.sock")) > 107
    with running("run", state=state) as daemon:
        daemon.until("ready")
        assert counterbell("status", state=state).returncode == 0
        assert daemon.stop() == 0
    assert not (state / "control.sock").exists()
