"""A shop saved and brought back: the same shop, or nothing changed."""

import contextlib
import hashlib
import io
import json
import os
import sqlite3
import tarfile
import tempfile
import threading
from pathlib import Path

import msgspec
import pytest
from argon2 import PasswordHasher
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.backup.making import Wish, make, make_file, one_at_a_time
from appliance.backup.manifest import Manifest, SavedFile
from appliance.backup.reading import check
from appliance.backup.restoring import adopt, stage, staged
from appliance.backup.sealed import SealedWriter
from appliance.errors import BackupError
from appliance.loop import VirtualClock
from appliance.storage.accounts import Accounts
from appliance.storage.config_store import ConfigStore
from appliance.storage.line_notes import LineNotes
from tests.unit.backup_rig import (
    PASSPHRASE,
    PASSWORD,
    QUICK,
    bring_back,
    calls,
    files,
    furnish,
    keep,
    made,
    saved,
    shop_of,
    write_calls,
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return furnish(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="module")
def sealed(shop: Path) -> bytes:
    return saved(shop, recordings=True)


# --- there and back ------------------------------------------------------------------------------


def test_a_fresh_box_becomes_the_shop(shop: Path, sealed: bytes, tmp_path: Path):
    bring_back(tmp_path, sealed)
    assert shop_of(tmp_path) == "Nena's"
    assert calls(tmp_path) == calls(shop) != []
    assert ConfigStore(tmp_path).generations() == [1]
    assert "First" in ConfigStore(tmp_path).earlier(1)
    assert LineNotes(tmp_path).read() == {"landline": {"calls": "11"}}
    before, after = files(shop), files(tmp_path)
    for name in (
        "prompts/0a1b.wav", "prompts/own/Mabuhay, welcome.wav", "recordings/2026-01-01/01ABC.wav",
        "line-doctor/p1.wav", "sim-pins.json", "config.json",
    ):  # fmt: skip
        assert after[name] == before[name]
    accounts = Accounts(tmp_path, VirtualClock(), hasher=PasswordHasher(1, 8, 1))
    assert accounts.claimed
    assert accounts.sign_in("Owner of Nena's", PASSWORD).identity.role == "owner"


def test_nothing_but_the_shop_is_saved(shop: Path, sealed: bytes, tmp_path: Path):
    manifest = check(io.BytesIO(sealed), PASSPHRASE)
    names = {file.name for file in manifest.files}
    assert not [n for n in names if "lock" in n or "secret" in n or "sock" in n or "broken" in n]
    assert not [n for n in names if "claim" in n or "making" in n or n.startswith("users.json.")]
    bring_back(tmp_path, sealed)
    tables = json.loads((tmp_path / "users.json").read_text().splitlines()[1])
    assert tables["user"]
    assert not tables.get("session")
    assert manifest.shop == "Nena's"
    assert manifest.format == 1
    assert manifest.recordings


def test_without_recordings_those_of_the_box_stay(shop: Path, tmp_path: Path):
    keep(tmp_path / "recordings" / "2026-02-02" / "r.wav", b"RIFF here")
    data = saved(shop)
    bring_back(tmp_path, data)
    assert "recordings/2026-02-02/r.wav" in files(tmp_path)
    assert "recordings/2026-01-01/01ABC.wav" not in files(tmp_path)
    assert b"RIFF here" not in data


NAMES = st.text(
    st.characters(exclude_characters="/", exclude_categories=["C", "Z"]), min_size=1, max_size=30
).filter(lambda name: not name.startswith(".") and len(name.encode()) < 200)
FOLDERS = st.sampled_from(["prompts", "prompts/own", "recordings/2026-01-01", "line-doctor"])


@settings(max_examples=15, deadline=None)
@given(st.dictionaries(st.tuples(FOLDERS, NAMES), st.binary(max_size=200_000), max_size=12))
def test_any_set_of_files_comes_back(found: dict[tuple[str, str], bytes]):
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        here, there = Path(one), Path(two)
        ConfigStore(here).save('[shop]\nname = "A"\n', "a", 1.0)
        for (folder, name), data in found.items():
            if not (here / folder / name).is_dir():
                keep(here / folder / name, data)
        before = files(here)
        bring_back(there, saved(here, recordings=True))
        assert files(there) == before
        assert files(here) == before


def test_the_history_is_of_one_moment_while_calls_are_written(tmp_path: Path):
    here, there = furnish(tmp_path / "here"), tmp_path / "there"
    there.mkdir()
    ready, stop = threading.Event(), threading.Event()

    def ring() -> None:
        first = 0
        while not stop.is_set():
            write_calls(here, first, 5)
            first += 5
            ready.set()

    thread = threading.Thread(target=ring)
    thread.start()
    try:
        assert ready.wait(30)
        data = saved(here)
    finally:
        stop.set()
        thread.join()
    bring_back(there, data)
    with contextlib.closing(sqlite3.connect(there / "history.sqlite")) as db:
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        seqs = [row[0] for row in db.execute("SELECT seq FROM event ORDER BY seq")]
    assert len(seqs) >= 5
    assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))


def test_a_recording_that_is_being_written_is_saved_as_far_as_it_is(tmp_path: Path):
    here = furnish(tmp_path / "here")
    path = here / "recordings" / "2026-01-02" / "now.wav"
    path.parent.mkdir()
    stop, begun = threading.Event(), threading.Event()

    def talk() -> None:
        with open(path, "wb", buffering=0) as file:
            while not stop.is_set():
                file.write(b"\x7f" * 800)
                begun.set()

    thread = threading.Thread(target=talk)
    thread.start()
    try:
        assert begun.wait(30)
        data = saved(here, recordings=True)
    finally:
        stop.set()
        thread.join()
    kept_file = {f.name: f.bytes for f in check(io.BytesIO(data), PASSPHRASE).files}
    assert 0 < kept_file["recordings/2026-01-02/now.wav"] <= path.stat().st_size


def test_a_configuration_whose_file_is_broken_is_saved_as_the_box_would_read_it(tmp_path: Path):
    here, there = furnish(tmp_path / "here"), tmp_path / "there"
    there.mkdir()
    (here / "config.json").write_bytes(b"torn")
    bring_back(there, saved(here))
    assert shop_of(there) == "First"


def test_prompts_of_elsewhere_are_named(tmp_path: Path):
    here = furnish(tmp_path / "here")
    toml = '[shop]\nname = "A"\n[[prompt]]\nname = "welcome"\naudio = { en = "/srv/hello.wav" }\n'
    ConfigStore(here).save(toml, "a", 1.0)
    assert made(here).left_out == ("/srv/hello.wav",)


# --- refused, and nothing changed ------------------------------------------------------------


def refused(state: Path, data: bytes, passphrase: str = PASSPHRASE) -> str:
    before = files(state)
    with pytest.raises(BackupError) as error:
        stage(state, io.BytesIO(data), passphrase)
    assert files(state) == before
    assert staged(state) is None
    assert adopt(state).adopted is None
    assert files(state) == before
    return str(error.value)


@pytest.mark.parametrize("part", [0.0, 0.0001, 0.1, 0.5, 0.9, 1.0])
def test_a_damaged_file_changes_nothing(part: float, sealed: bytes, tmp_path: Path):
    here = furnish(tmp_path, "Other")
    at = min(len(sealed) - 1, int(len(sealed) * part))
    damaged = sealed[:at] + bytes([sealed[at] ^ 8]) + sealed[at + 1 :]
    assert refused(here, damaged)
    assert "cut short" in refused(here, sealed[:at]) or part < 0.5 or part == 1.0
    assert shop_of(here) == "Other"


def test_a_wrong_passphrase_changes_nothing(sealed: bytes, tmp_path: Path):
    assert "passphrase" in refused(furnish(tmp_path, "Other"), sealed, "pan de sal at seven")


def test_a_full_card_is_told_and_changes_nothing(
    sealed: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    here = furnish(tmp_path, "Other")
    card = os.statvfs(here)

    class Full:
        f_bavail, f_frsize = 10, card.f_frsize

    monkeypatch.setattr("appliance.backup.reading.os.statvfs", lambda _path: Full)
    assert "there is no space" in refused(here, sealed)


def forged(entries: list[tuple[str, bytes]], **changes: object) -> bytes:
    """What somebody with the passphrase may write, or a newer release."""
    listed = tuple(SavedFile(n, len(d), hashlib.sha256(d).hexdigest()) for n, d in entries)
    manifest = Manifest(1, "0", 1.0, "Shop", False, listed)
    document = {**msgspec.to_builtins(manifest), **changes}
    target = io.BytesIO()
    writer = SealedWriter(target, PASSPHRASE, QUICK)
    with tarfile.open(fileobj=writer, mode="w|") as tar:
        for name, data in [("manifest.json", json.dumps(document).encode()), *entries]:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    writer.finish()
    return target.getvalue()


@pytest.mark.parametrize(
    "name",
    [
        "../lock", "/etc/passwd", "prompts/../../x", "lock", "claim-code", "web-secret", "prompts/",
        "prompts//x", "prompts/.hidden", "restoring/x", "config.json/x", "a\nb.json", "", "prompts",
        "backup.lock", "before-restore-1/x", "history.sqlite-wal", "manifest.json",
    ],
)  # fmt: skip
def test_no_name_leads_anywhere_else(name: str, tmp_path: Path):
    here = furnish(tmp_path, "Other")
    assert "no part of a shop" in refused(here, forged([(name, b"x")]))


def test_a_newer_list_of_contents_asks_for_an_update(tmp_path: Path):
    assert "newer release" in refused(tmp_path, forged([], format=2, files={"new": "shape"}))


def test_a_newer_history_asks_for_an_update(tmp_path: Path):
    here = furnish(tmp_path / "here")
    with contextlib.closing(sqlite3.connect(here / "history.sqlite")) as db, db:
        db.execute("INSERT INTO schema_version VALUES (99, 99)")
    there = tmp_path / "there"
    there.mkdir()
    assert "newer release" in refused(there, saved(here))


def test_a_configuration_that_this_release_can_not_use_is_refused(tmp_path: Path):
    here = furnish(tmp_path / "here")
    store = ConfigStore(here)
    document = {"name": "a", "toml": "[future]\nkey = 1\n", "tree": {}, "saved_at": 1.0}
    store._file.write({"configuration": {"1": document}})
    there = tmp_path / "there"
    there.mkdir()
    assert "can't use the saved shop" in refused(there, saved(here))


def test_lists_that_lie_are_refused(tmp_path: Path):
    good = ("prompts/a.wav", b"x")
    lie = {"name": "prompts/a.wav", "bytes": 1, "sha256": "0" * 64}
    assert refused(tmp_path, forged([good], files=[lie]))
    assert refused(tmp_path, forged([good], files=[]))
    assert refused(tmp_path, forged([], files=[lie]))
    assert refused(tmp_path, forged([good, good]))
    assert refused(tmp_path, forged([good], files=[{**lie, "bytes": -1}]))


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=3000))
def test_whatever_is_sealed_is_no_shop_by_itself(plain: bytes):
    target = io.BytesIO()
    writer = SealedWriter(target, PASSPHRASE, QUICK)
    writer.write(plain)
    writer.finish()
    with pytest.raises(BackupError):
        check(io.BytesIO(target.getvalue()), PASSPHRASE)


# --- the file itself ---------------------------------------------------------------------------


def test_a_file_is_replaced_whole_or_not_at_all(shop: Path, tmp_path: Path):
    path = tmp_path / "shop.cbell"
    path.write_bytes(b"the one before")
    with pytest.raises(BackupError):
        make_file(shop, path, Wish("short", cost=QUICK))
    with one_at_a_time(shop), pytest.raises(BackupError, match="already"):
        make_file(shop, path, Wish(PASSPHRASE, cost=QUICK))
    assert path.read_bytes() == b"the one before"
    make_file(shop, path, Wish(PASSPHRASE, cost=QUICK))
    assert path.stat().st_mode & 0o777 == 0o600
    with open(path, "rb") as source:
        assert check(source, PASSPHRASE).shop == "Nena's"
    assert os.listdir(tmp_path) == ["shop.cbell"]
    assert not (shop / "backup-making").exists()


def test_a_full_stick_is_told(shop: Path, tmp_path: Path):
    with open("/dev/full", "wb", buffering=0) as full, pytest.raises(OSError, match="No space"):
        make(shop, full, Wish(PASSPHRASE, cost=QUICK))
    with pytest.raises(BackupError, match="No such file"):
        make_file(shop, tmp_path / "none" / "shop", Wish(PASSPHRASE, cost=QUICK))
    with pytest.raises(BackupError, match="no ordinary file"):
        make_file(shop, tmp_path, Wish(PASSPHRASE, cost=QUICK))
    assert not (shop / "backup-making").exists()


def test_no_shop_is_no_file(tmp_path: Path):
    with pytest.raises(BackupError, match="no state folder"):
        make_file(tmp_path / "none", tmp_path / "f", Wish(PASSPHRASE, cost=QUICK))
    (tmp_path / "empty").mkdir()
    with pytest.raises(BackupError, match="no shop"):
        make_file(tmp_path / "empty", tmp_path / "f", Wish(PASSPHRASE, cost=QUICK))
    assert not (tmp_path / "f").exists()
