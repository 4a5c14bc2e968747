"""An update with real daemons: the new release takes over its line, a bad one gives it back."""

import os
import shutil
import site
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from appliance.box import update
from appliance.box.release_file import this_python
from appliance.box.release_keys import make_pair, read_secret
from appliance.box.release_making import make_release_file
from appliance.box.update_run import Runner
from appliance.box.update_sources import from_file
from appliance.box.update_states import Stage
from appliance.box.update_system import BoxPaths
from appliance.control.client import Client
from appliance.storage.config_store import ConfigStore
from appliance.storage.state_folder import StateFolder
from appliance.tied import tie
from tests.real.rig import CEILING_S, ROOT, Running, counterbell, environment

SHOP = """
[shop]
name = "Nena"
country = "PH"
[[line]]
name = "line0"
driver = "voice_modem"
port = "devices/line0"
answer = "voicemail:owner"
answer_after_rings = 1
[[voicemail]]
name = "owner"
greeting = "leave_message"
"""
NETWORK = '[network]\ncountry = "PH"\n[[line]]\nname = "line0"\nport = "devices/line0"\n'
BROKEN = 'raise SystemExit("this release does not start here")\n'


def make_release(folder: Path, version: str) -> Path:
    """This program as a release, with the Python packages of this environment."""
    packages = folder / ".venv/lib" / f"python{this_python()}" / "site-packages"
    packages.mkdir(parents=True)
    (packages / "counterbell.pth").write_text("../../../..\n")
    (packages / "tests.pth").write_text("\n".join(site.getsitepackages()) + "\n")
    for part in ("appliance", "web_admin"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "build/prompts", folder / "build/prompts")
    (folder / "pyproject.toml").write_text(f'version = "{version}"\n')
    (folder / "provision.sh").write_text("#!/bin/sh\nexit 0\n")
    (folder / "provision.sh").chmod(0o755)
    return folder


class Box:
    """A root folder whose release in use runs as a daemon; its line is an emulated modem."""

    def __init__(self, folder: Path) -> None:
        self.paths = BoxPaths(folder / "root", folder / "root/var/lib/counterbell")
        self.folder = folder
        (folder / "root/run").mkdir(parents=True)
        self.paths.keys.mkdir(parents=True)
        make_pair(folder / "key").rename(self.paths.keys / "ours.pub")
        first = make_release(self.paths.releases / "1.0-first", "1.0")
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", first / ".venv"], check=True)
        self.paths.link.symlink_to("releases/1.0-first")
        with StateFolder(self.paths.state) as state:
            ConfigStore(state.path).save(SHOP, "shop.toml", 1.0)
        (folder / "network.toml").write_text(NETWORK)
        network = folder / "network.toml"
        self.network = Running("simulate", "serve", "--config", network, state=self.paths.state)
        self.network.until("ready")
        self.daemon: subprocess.Popen[bytes] | None = None
        self.restart()

    def restart(self) -> None:
        """As systemd does: until a daemon is up or has ended."""
        self.end_daemon()
        python = self.paths.link / ".venv/bin/python"
        where = ["--state", str(self.paths.state)]
        self.daemon = subprocess.Popen(
            [str(python), "-P", "-m", "appliance.cli", "run", *where, "--log-level", "warning"],
            stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, cwd="/", env=environment() | tie(),
        )  # fmt: skip
        assert self.daemon.stdout is not None
        os.read(self.daemon.stdout.fileno(), 1000)  # ready, or its end

    def end_daemon(self) -> None:
        if self.daemon is not None:
            self.daemon.terminate()
            self.daemon.wait(CEILING_S)
            assert self.daemon.stdout is not None
            self.daemon.stdout.close()

    def run(self, words: list[str], **options: Any) -> "subprocess.CompletedProcess[str]":
        if words[0] != "systemctl":
            options["check"] = False
            return subprocess.run(words, **options)  # noqa: PLW1510 - it is in the options
        self.restart()
        return subprocess.CompletedProcess(words, 0, "", "")

    def install(self, version: str, edit: str = "") -> update.Outcome:
        tree = make_release(self.folder / "trees" / f"{version}-made", version)
        if edit:
            daemon = tree / "appliance/daemon.py"
            state = str(self.paths.state)
            guard = f"import sys\nif {state!r} in sys.argv:\n    {edit}"
            daemon.write_text(daemon.read_text() + guard)
        key = read_secret(self.folder / "key")
        path = make_release_file(tree, key, self.folder / "out", preset=0)
        runner = Runner(self.paths, lambda _: None, is_live=True, run=self.run)
        return runner.install(lambda: from_file(path), allow_older=False)

    def ask(self, method: str) -> Any:
        with Client(self.paths.state / "control.sock") as client:
            return client.call(method)


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    made = Box(tmp_path)
    yield made
    made.end_daemon()
    made.network.stop()


def call(box: Box) -> None:
    words = ("simulate", "call", "--hang-up-after", "3")
    done = counterbell(*words, state=box.paths.state)
    assert done.returncode == 0, done.stderr


def calls_kept(box: Box) -> int:
    return sum(1 for one in box.ask("calls.list")["calls"] if one["answered_at"])


def test_the_new_release_takes_the_line_and_a_bad_one_gives_it_back(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert box.ask("update.state")["release"] == "1.0-first"
    call(box)
    outcome = box.install("1.1")
    assert (outcome.stage, outcome.problem) == (Stage.DONE, "")
    told = box.ask("update.state")
    assert (told["release"], told["ended"], told["target"]) == ("1.1-made", "done", "1.1")
    assert box.ask("status.get")["lines"][0]["state"] == "ready"
    call(box)
    assert calls_kept(box) == 2

    monkeypatch.setattr(update, "WATCH_S", 5.0)
    outcome = box.install("1.2", BROKEN)
    assert outcome.stage is Stage.RETURNED
    assert outcome.problem == "release 1.2 did not come up"
    told = box.ask("update.state")
    assert (told["release"], told["ended"]) == ("1.1-made", "returned")
    assert sorted(path.name for path in box.paths.releases.iterdir()) == ["1.0-first", "1.1-made"]
    call(box)
    assert calls_kept(box) == 3


def test_the_self_test_says_yes_or_why_not(tmp_path: Path) -> None:
    good = counterbell("self-test")
    assert good.returncode == 0, good.stderr
    assert "takes calls" in good.stdout
    mute = make_release(tmp_path / "mute", "1.0")
    (mute / "appliance/audio/prompts.py").write_text(
        (mute / "appliance/audio/prompts.py")
        .read_text()
        .replace("clip = self._clips.get(name)", "clip = None")
    )
    program = [
        sys.executable,
        "-P",
        "-c",
        f"import sys; sys.path.insert(0, {str(mute)!r}); "
        "from appliance.demo import self_test as s; s.TRIES = 1; s.self_test(print)",
    ]
    done = subprocess.run(
        program, capture_output=True, text=True, check=False, timeout=2 * CEILING_S,
        env=environment() | {"PYTHONPATH": str(mute)}, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 1
    assert (
        "SelfTestFailed: the call was answered, but the caller did not hear the greeting"
        in done.stderr
    )
