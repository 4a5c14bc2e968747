"""An update against real files: releases, the link, copies, sources; services are played."""

import contextlib
import http.server
import json
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from appliance.box import update_sources, update_system
from appliance.box.before_copy import FOLDER as KEPT
from appliance.box.release_keys import make_pair, read_secret
from appliance.box.release_making import make_release_file
from appliance.box.update_exchange import (
    FOLDER,
    REQUEST,
    UPLOAD,
    Request,
    read_result,
    write_request,
)
from appliance.box.update_run import Runner
from appliance.box.update_sources import from_file, from_url, releases_in
from appliance.box.update_states import Stage
from appliance.box.update_system import BoxPaths
from appliance.errors import UpdateError
from appliance.loop import VirtualClock
from appliance.storage.config_store import ConfigStore
from appliance.storage.history_schema import SCHEMA_VERSION, open_writer
from appliance.update_desk import UpdateDesk
from tests.unit.release_rig import KEY, STRANGER, make_tree

SELF_TEST, REFRESH = "self-test", "refresh"


class Box:
    """A root folder with release 1.0 in use, a state folder, and what was run."""

    def __init__(self, folder: Path) -> None:
        self.paths = BoxPaths(folder / "root", folder / "root/var/lib/counterbell")
        self.paths.state.mkdir(parents=True)
        make_tree(self.paths.releases / "1.0-first", "1.0")
        self.paths.link.symlink_to("releases/1.0-first")
        self.paths.keys.mkdir(parents=True)
        make_pair(folder / "key").rename(self.paths.keys / "ours.pub")
        self.key = read_secret(folder / "key")
        self.out = folder
        self.ran: list[str] = []
        self.fails: set[str] = set()
        self.said: list[str] = []
        self.sticks: list[Path] = []

    def run(self, words: list[str], **_options: Any) -> "subprocess.CompletedProcess[str]":
        what = SELF_TEST if SELF_TEST in words else REFRESH
        self.ran.append(what)
        problem = json.dumps({"problem": "the caller heard nothing"})
        code = 1 if what in self.fails else 0
        return subprocess.CompletedProcess(words, code, problem if code else "", "")

    def runner(self) -> Runner:
        @contextlib.contextmanager
        def sticks() -> Iterator[list[Path]]:
            yield self.sticks

        return Runner(self.paths, self.said.append, is_live=False, run=self.run, sticks=sticks)

    def release(self, name: str = "1.1-second", **changes: Any) -> Path:
        tree = make_tree(self.out / "trees" / name, name.partition("-")[0])
        return make_release_file(tree, changes.get("key", self.key), self.out / name, preset=0)

    def install(self, path: Path, *, allow_older: bool = False):
        return self.runner().install(lambda: from_file(path), allow_older=allow_older)

    @property
    def current(self) -> str:
        return self.paths.link.readlink().name

    @property
    def releases(self) -> set[str]:
        return {path.name for path in self.paths.releases.iterdir()}


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path)


def test_it_is_installed_tried_and_switched_to(box: Box) -> None:
    outcome = box.install(box.release())
    assert (outcome.stage, outcome.problem) == (Stage.DONE, "")
    assert box.current == "1.1-second"
    assert box.releases == {"1.0-first", "1.1-second"}
    assert box.ran == [SELF_TEST, REFRESH]
    new = box.paths.link
    assert (new / "provision.sh").stat().st_mode & 0o111
    python = new / ".venv/bin/python"
    done = subprocess.run([python, "-c", "print(1)"], capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"
    result = read_result(box.paths.state)
    assert (result.ended, result.version, result.doing) == ("done", "1.1", "")
    assert not list((box.paths.home / "update").iterdir())


@pytest.mark.parametrize("fails", [SELF_TEST, REFRESH])
def test_what_does_not_work_leaves_the_first_in_use(box: Box, fails: str) -> None:
    release = box.release()
    if fails == REFRESH:  # of the new one: that of the old one works
        real, box.run = box.run, None  # type: ignore[assignment]

        def run(words: list[str], **options: Any) -> "subprocess.CompletedProcess[str]":
            box.fails = {REFRESH} if "1.1-second" in words[0] else set()
            return real(words, **options)

        box.run = run  # type: ignore[method-assign]
    box.fails = {fails}
    outcome = box.install(release)
    assert outcome.stage is (Stage.GIVEN_UP if fails == SELF_TEST else Stage.RETURNED)
    assert "the caller heard nothing" in outcome.problem
    assert box.current == "1.0-first"
    assert box.releases == {"1.0-first"}


def test_older_ones_are_refused_unless_told(box: Box) -> None:
    assert box.install(box.release("1.2-third")).stage is Stage.DONE
    older = box.release("1.1-second")
    outcome = box.install(older)
    assert outcome.stage is Stage.GIVEN_UP
    assert "(1.1) is older than the one in use (1.2)" in outcome.problem
    assert box.current == "1.2-third"
    assert box.install(older, allow_older=True).stage is Stage.DONE
    assert box.current == "1.1-second"
    assert box.releases == {"1.1-second", "1.2-third"}


def test_a_stranger_s_release_is_refused(box: Box) -> None:
    outcome = box.install(box.release(key=STRANGER))
    assert outcome.stage is Stage.GIVEN_UP
    assert "not signed by anybody this box trusts" in outcome.problem
    assert box.ran == []


def test_a_history_that_it_can_not_read_is_in_the_way(box: Box) -> None:
    """Nothing goes back behind what would lose acknowledged rows."""
    with contextlib.closing(open_writer(box.paths.state / "history.sqlite")) as db:
        future = SCHEMA_VERSION + 5
        db.execute("INSERT INTO schema_version VALUES (?, ?)", (future, future))
    outcome = box.install(box.release())
    assert outcome.stage is Stage.GIVEN_UP
    assert "can't read the history" in outcome.problem


def test_a_copy_of_settings_and_history_is_kept(box: Box) -> None:
    state = box.paths.state
    ConfigStore(state).save('[shop]\nname = "Nena"\n', "x", VirtualClock().utc())
    with contextlib.closing(open_writer(state / "history.sqlite")) as db:
        row = ("e1", "c1", "note", "{}", 1.0, 1.0, "b")
        columns = "id, call_id, kind, data, utc, monotonic, boot_id"
        db.execute(f"INSERT INTO event ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        assert box.install(box.release()).stage is Stage.DONE  # while the daemon has it open
    copy = state / KEPT
    assert ConfigStore(copy).current.settings.shop.name == "Nena"
    with contextlib.closing(sqlite3.connect(copy / "history.sqlite")) as kept:
        assert kept.execute("SELECT id FROM event").fetchall() == [("e1",)]


def test_a_full_card_is_told_before_anything_is_unpacked(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    (box.paths.releases / "0.9-before").mkdir()
    usage = type("Usage", (), {"free": 66 * 2**20})
    monkeypatch.setattr(update_system.shutil, "disk_usage", lambda _path: usage)
    monkeypatch.setattr(update_sources, "SPARE_BYTES", 1)
    tree = make_tree(box.out / "trees" / "1.1-large", "1.1")
    (tree / "appliance/large.bin").write_bytes(bytes(4 * 2**20))
    outcome = box.install(make_release_file(tree, box.key, box.out / "large", preset=0))
    assert outcome.stage is Stage.GIVEN_UP
    assert "too full: 69 MB free" in outcome.problem
    assert box.current == "1.0-first"


def test_two_at_a_time_are_refused(box: Box) -> None:
    with update_system.locked(box.paths), pytest.raises(UpdateError, match="at work already"):
        box.install(box.release())


# --- asked for by the page ---------------------------------------------------------------------


def test_the_page_asks_root_does_and_tells(box: Box) -> None:
    desk = UpdateDesk(box.paths.state, box.paths.releases / "1.0-first")
    info, fd = desk.upload()
    data = box.release().read_bytes()
    assert info["most_bytes"] > len(data)
    with open(fd, "wb") as out:
        out.write(data)
    assert desk.state()["uploaded_bytes"] == len(data)
    desk.install("upload", "", "", False)
    assert desk.state()["doing"] == "asked"
    with pytest.raises(UpdateError, match="going on already"):
        desk.upload()
    box.runner().asked()
    assert box.current == "1.1-second"
    told = desk.state()
    assert (told["doing"], told["ended"], told["target"]) == ("", "done", "1.1")
    assert not list((box.paths.state / FOLDER).glob("upload"))
    desk.forget()
    assert desk.state()["ended"] == ""
    box.runner().asked()  # nothing is asked: nothing is done


def test_a_stick_is_looked_at_and_installed_from(box: Box, tmp_path: Path) -> None:
    desk = UpdateDesk(box.paths.state, box.paths.releases / "1.0-first")
    stick = tmp_path / "stick"
    stick.mkdir()
    (stick / "a shop.counterbell").write_bytes(b"a saved shop")
    for one in (
        box.release("1.1-second"),
        box.release("1.3-fourth"),
        box.release("1.2-third", key=STRANGER),
    ):
        one.rename(stick / one.name)
    box.sticks = [stick]
    desk.look()
    box.runner().asked()
    found = desk.state()["found"]
    assert [one["version"] for one in found] == ["1.3", "1.1", ""]
    assert "not signed" in found[-1]["problem"]
    desk.install("stick", found[1]["name"], "", False)
    box.runner().asked()
    assert box.current == "1.1-second"
    assert box.runner().install(box.runner().from_stick(), allow_older=False).stage is Stage.DONE
    assert box.current == "1.3-fourth"
    box.sticks = []
    desk.install("stick", "", "", False)
    box.runner().asked()
    assert "no release on any USB stick" in desk.state()["problem"]


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b'{"what": "rm -rf"}', b'{"what": "install", "source": "/etc"}', b"\xff" * 99],
)
def test_a_request_that_is_none_is_taken_away(box: Box, data: bytes) -> None:
    write_request(box.paths.state, Request("look"))
    (box.paths.state / FOLDER / REQUEST).write_bytes(data)
    with pytest.raises(UpdateError, match="can't be read"):
        box.runner().asked()
    assert not (box.paths.state / FOLDER / REQUEST).exists()
    assert box.current == "1.0-first"


def test_an_upload_that_is_a_pipe_or_folder_holds_nobody_up(box: Box) -> None:
    (box.paths.state / FOLDER).mkdir()
    (box.paths.state / FOLDER / UPLOAD).mkdir()
    write_request(box.paths.state, Request("install", "upload"))
    box.runner().asked()
    assert "is no file" in read_result(box.paths.state).problem
    assert box.current == "1.0-first"


def test_only_an_installed_box_updates(tmp_path: Path) -> None:
    desk = UpdateDesk(tmp_path)
    assert not desk.state()["can_update"]
    for ask in (desk.upload, desk.look, lambda: desk.install("upload", "", "", False)):
        with pytest.raises(UpdateError, match="no installed box"):
            ask()


# --- from an address ---------------------------------------------------------------------------


@pytest.fixture
def web(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    folder = tmp_path / "www"
    folder.mkdir()

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args, directory=str(folder))

        def log_message(self, *_: Any) -> None:
            pass

        def do_GET(self) -> None:
            if self.path == "/away":
                self.send_response(302)
                self.send_header("Location", "file:///etc/passwd")
                self.end_headers()
                return
            super().do_GET()

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", folder
        server.shutdown()
        thread.join()


def test_it_comes_from_an_address(box: Box, web: tuple[str, Path]) -> None:
    address, folder = web
    box.release().rename(folder / "release")
    outcome = box.runner().install(lambda: from_url(f"{address}/release"), allow_older=False)
    assert outcome.stage is Stage.DONE


@pytest.mark.parametrize("path", ["/nothing", "/away"])
def test_an_address_that_leads_nowhere_is_told(box: Box, web: tuple[str, Path], path: str) -> None:
    outcome = box.runner().install(lambda: from_url(web[0] + path), allow_older=False)
    assert outcome.stage is Stage.GIVEN_UP
    assert "could not be fetched from" in outcome.problem
    assert box.current == "1.0-first"


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://x/y", "release", "http://[", "https://"]
)
def test_only_the_web_is_fetched_from(url: str) -> None:
    with pytest.raises(UpdateError), from_url(url):
        pass


def test_more_than_any_release_is_not_fetched(
    box: Box, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(update_sources, "MOST_FILE_BYTES", 1000)
    large = tmp_path / "large"
    large.write_bytes(bytes(1001))
    outcome = box.install(large)
    assert "larger than any release" in outcome.problem


def test_sticks_are_disks_on_usb_and_never_the_card(tmp_path: Path) -> None:
    sysfs, dev = tmp_path / "sys", tmp_path / "dev"
    (sysfs / "block").mkdir(parents=True)
    for name, where, parts in (
        ("sda", "devices/pci/usb1/1-1/host0/block/sda", ["sda1", "sda2"]),
        ("sdb", "devices/pci/usb1/1-2/host1/block/sdb", []),
        ("sdc", "devices/pci/ata1/host2/block/sdc", ["sdc1"]),
    ):
        for part in parts or [""]:
            (sysfs / where / part).mkdir(parents=True, exist_ok=True)
        (sysfs / "block" / name).symlink_to(sysfs / where)
    found = update_sources._stick_devices(sysfs, dev)
    assert found == [dev / "sda1", dev / "sda2", dev / "sdb"]


def test_saved_shops_on_a_stick_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "shop.counterbell").write_bytes(b"CBSHOP" * 9)
    (tmp_path / "link.counterbell-release").symlink_to("/etc/passwd")
    (tmp_path / "folder.counterbell-release").mkdir()
    assert releases_in([tmp_path], [KEY.verify_key]) == []
