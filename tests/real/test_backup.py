"""The shop saved by a real daemon and brought back by it and by the command line."""

import contextlib
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from appliance.control.client import Client
from appliance.errors import ControlError
from tests.real.rig import CEILING_S, counterbell, refused, running
from tests.unit.backup_rig import PASSPHRASE, PASSWORD, furnish, shop_of


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "key"
    path.write_text(f"{PASSPHRASE}\n")
    return path


@pytest.fixture
def saved(tmp_path: Path, key: Path) -> Path:
    state, file = furnish(tmp_path / "saved"), tmp_path / "shop.counterbell"
    done = counterbell("backup", "make", file, "--passphrase-file", key, state=state)
    assert done.returncode == 0, done.stderr
    assert "Nena's" in done.stdout
    return file


def until_idle(client: Client) -> dict[str, Any]:
    deadline = time.monotonic() + CEILING_S
    while time.monotonic() < deadline:
        state = client.call("backup.state")
        if not state["doing"]:
            return state
        client.call("status.changes", since=client.call("status.get")["revision"], wait_s=0.2)
    raise AssertionError("it does not end")


@contextlib.contextmanager
def taken(client: Client, **wish: object) -> Iterator[socket.socket]:
    _, fd = client.open_file("backup.make", **wish)
    with socket.socket(fileno=fd) as source:
        yield source


def test_the_command_line_saves_checks_and_brings_back(saved: Path, key: Path, tmp_path: Path):
    done = counterbell("backup", "check", saved, "--passphrase-file", key)
    assert "good" in done.stdout
    state = furnish(tmp_path / "fresh", "Other")
    done = counterbell("backup", "restore", saved, "--passphrase-file", key, state=state)
    assert done.returncode == 0, done.stderr
    assert "is back" in done.stdout
    assert "before-restore-" in done.stdout
    assert shop_of(state) == "Nena's"
    wrong = tmp_path / "wrong"
    wrong.write_text("another one\n")
    for words in (("check", saved), ("restore", saved, "--state", state)):
        done = counterbell("backup", *words, "--passphrase-file", wrong)
        assert "passphrase" in refused(done, 1)
    damaged = tmp_path / "damaged"
    damaged.write_bytes(saved.read_bytes()[:-40])
    done = counterbell("backup", "restore", damaged, "--passphrase-file", key, state=state)
    assert "cut short" in refused(done, 1)


def test_a_running_daemon_saves_itself_and_starts_anew_as_another_shop(
    saved: Path, key: Path, tmp_path: Path
):
    state = furnish(tmp_path / "box", "Other")
    with running("run", state=state) as daemon, Client(state / "control.sock") as client:
        daemon.until("ready")
        mine = b""
        with taken(client, passphrase=PASSPHRASE, recordings=True) as source:
            while data := source.recv(65536):
                mine += data
        assert until_idle(client)["problem"] == ""
        own = tmp_path / "own"
        own.write_bytes(mine)
        done = counterbell("backup", "check", own, "--passphrase-file", key)
        assert "'Other'" in done.stdout
        assert "with recordings" in done.stdout

        with pytest.raises(ControlError, match="send the file first"):
            client.call("backup.restore", passphrase=PASSPHRASE)
        _, fd = client.open_file("backup.upload")
        with os.fdopen(fd, "wb") as upload:
            upload.write(saved.read_bytes())
        client.call("backup.restore", passphrase="another one")
        told = until_idle(client)
        assert "passphrase" in told["problem"]
        assert told["staged"] is None
        client.call("backup.restore", passphrase=PASSPHRASE)
        told = until_idle(client)
        assert told["problem"] == ""
        assert told["staged"]["shop"] == "Nena's"
        assert not (state / "restore-upload").exists()
        assert client.call("status.get")["shop"] == "Other"

        client.call("backup.restart")
        daemon.until("ready")
        assert client.call("status.get")["shop"] == "Nena's"
        assert client.call("auth.sign_in", name="Owner of Nena's", password=PASSWORD)["token"]
        assert client.call("calls.list")["calls"]
        told = client.call("backup.state")
        assert told["staged"] is None
        assert told["before"]["bytes"] > 0
        assert daemon.stop() == 0


def test_a_daemon_that_is_up_is_asked_to_start_anew(saved: Path, key: Path, tmp_path: Path):
    state = furnish(tmp_path / "box", "Other")
    with running("run", state=state) as daemon, Client(state / "control.sock") as client:
        daemon.until("ready")
        words = ("backup", "restore", saved, "--passphrase-file", key)
        done = counterbell(*words, "--later", state=state)
        assert "start the daemon anew" in done.stdout
        client.call("backup.forget")
        assert client.call("backup.state")["staged"] is None
        done = counterbell(*words, state=state)
        assert "starts anew" in done.stdout, (done.stdout, done.stderr)
        daemon.until("ready")
        assert client.call("status.get")["shop"] == "Nena's"


def test_a_download_that_nobody_takes_gives_way_to_the_next(saved: Path, tmp_path: Path):
    state = furnish(tmp_path / "box", "Other")
    (state / "recordings" / "2026-01-01" / "long.wav").write_bytes(bytes(5_000_000))
    with running("run", state=state) as daemon, Client(state / "control.sock") as client:
        daemon.until("ready")
        with taken(client, passphrase=PASSPHRASE, recordings=True) as stalled:
            assert stalled.recv(10)
            with taken(client, passphrase=PASSPHRASE) as source:
                assert source.recv(10)
        assert not until_idle(client)["staged"]
        assert daemon.stop() == 0
    assert not (state / "backup-making").exists()
