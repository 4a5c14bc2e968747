"""Configuration on the card: no power cut and no full disk loses what was acknowledged."""

import errno
import os
from pathlib import Path

import pytest

from appliance.errors import ConfigError, StateFolderLocked, StorageError
from appliance.settings import Settings
from appliance.storage.config_store import ConfigStore
from appliance.storage.disk import Disk
from appliance.storage.document_file import DocumentFile
from appliance.storage.state_folder import StateFolder


def shop(name: str) -> str:
    return f'[shop]\nname = "{name}"\n'


class PowerCut(Exception):
    """The moment the lights go out: no clean-up code gets to run on a real one."""


class DyingDisk(Disk):
    """Loses power before step ``cut_at``, and then all that no sync has made safe.

    ``keeps_names``: whether the card had written the folder by itself before its sync.
    """

    def __init__(self, cut_at: int, keeps_names: bool) -> None:
        self.steps = 0
        self.cut_at = cut_at
        self.keeps_names = keeps_names
        self.dirty: dict[int, Path] = {}
        self.renamed: list[tuple[Path, bytes | None]] = []

    def _step(self) -> None:
        self.steps += 1
        if self.steps == self.cut_at:
            for path in self.dirty.values():
                if path.exists():
                    os.truncate(path, path.stat().st_size // 2)
            if not self.keeps_names:
                for path, before in reversed(self.renamed):
                    path.unlink()
                    if before is not None:
                        path.write_bytes(before)
            raise PowerCut

    def create(self, path: Path, mode: int) -> int:
        self._step()
        fd = super().create(path, mode)
        self.dirty[fd] = path
        return fd

    def write(self, fd: int, data: bytes | memoryview) -> int:
        self._step()
        return super().write(fd, data[:50])  # in pieces, so that a cut falls between them

    def sync(self, fd: int) -> None:
        self._step()
        super().sync(fd)
        del self.dirty[fd]

    def link(self, old: Path, new: Path) -> None:
        self._step()
        super().link(old, new)

    def rename(self, old: Path, new: Path) -> None:
        self._step()
        self.renamed.append((new, new.read_bytes() if new.exists() else None))
        super().rename(old, new)

    def sync_folder(self, path: Path) -> None:
        self._step()
        super().sync_folder(path)
        self.renamed.clear()

    def unlink(self, path: Path) -> None:
        self._step()
        super().unlink(path)


@pytest.mark.parametrize("keeps_names", [True, False])
def test_a_power_cut_at_every_step_leaves_the_acknowledged_configuration(
    tmp_path: Path, keeps_names: bool
):
    cuts = 0
    for cut_at in range(1, 500):
        folder = tmp_path / str(cut_at)
        folder.mkdir()
        ConfigStore(folder).save(shop("zero"), "f", 0.0)
        acknowledged = asked = "zero"
        disk = DyingDisk(cut_at, keeps_names)
        try:
            store = ConfigStore(folder, disk)
            for asked in ("one", "two"):
                store.save(shop(asked), "f", 0.0)
                acknowledged = asked
        except PowerCut:
            cuts += 1
        after = ConfigStore(folder)
        assert after.current.settings.shop.name in (acknowledged, asked)
        assert after.problems == ()
        assert not list(folder.glob("*.tmp"))
        after.save(shop("again"), "f", 0.0)
        assert ConfigStore(folder).current.settings.shop.name == "again"
        if disk.steps < cut_at:
            break
    assert cuts > 12


def test_generations_are_counted_and_the_last_twenty_before_are_kept(tmp_path: Path):
    store = ConfigStore(tmp_path)
    assert (store.current.generation, store.current.settings) == (0, Settings())
    for number in range(1, 31):
        assert store.save(shop(f"shop {number}"), "f", 0.0).generation == number
    assert store.generations() == list(range(10, 30))
    assert 'name = "shop 12"' in store.earlier(12)
    with pytest.raises(StorageError):
        store.earlier(3)
    assert ConfigStore(tmp_path).current.generation == 30


def test_a_broken_file_is_answered_by_the_generation_before_and_told(tmp_path: Path):
    store = ConfigStore(tmp_path)
    store.save(shop("good"), "f", 0.0)
    store.save(shop("newer"), "f", 0.0)
    path = tmp_path / "config.json"
    path.write_bytes(path.read_bytes().replace(b"newer", b"nEwer"))
    after = ConfigStore(tmp_path)
    assert after.current.settings.shop.name == "good"
    assert any("checksum" in problem for problem in after.problems)
    assert after.save(shop("mended"), "f", 0.0).generation > 2
    assert ConfigStore(tmp_path).problems == ()
    assert ConfigStore(tmp_path).current.settings.shop.name == "mended"


@pytest.mark.parametrize(
    "rubbish", [b"", b"\xff\x00", b"[]", b'{"generation": 1}\n{}', b"{}\n{}\n"]
)
def test_nothing_but_rubbish_starts_empty_and_says_so(tmp_path: Path, rubbish: bytes):
    (tmp_path / "config.json").write_bytes(rubbish)
    store = ConfigStore(tmp_path)
    assert store.current.settings == Settings()
    assert "starting empty" in store.problems[-1]
    store.save(shop("new"), "f", 0.0)
    assert ConfigStore(tmp_path).current.settings.shop.name == "new"


def test_a_bad_text_changes_nothing(tmp_path: Path):
    store = ConfigStore(tmp_path)
    store.save(shop("good"), "f", 0.0)
    with pytest.raises(ConfigError):
        store.save("[shop]\ncountry = 5\n", "f", 0.0)
    assert store.current.settings.shop.name == "good"
    assert ConfigStore(tmp_path).current.generation == 1


def test_a_text_that_this_release_cannot_read_is_kept_and_told(tmp_path: Path):
    document = {"name": "f", "toml": "[later]\n", "tree": {}, "saved_at": 0.0}
    DocumentFile(tmp_path / "config.json").write({"configuration": {"1": document}})
    store = ConfigStore(tmp_path)
    assert store.current.toml == "[later]\n"
    assert store.current.settings == Settings()
    assert "unknown table" in store.problems[0]


class FullDisk(Disk):
    """Has no room for one byte more."""

    def write(self, fd: int, data: bytes | memoryview) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_refuses_and_keeps_what_was(tmp_path: Path):
    ConfigStore(tmp_path).save(shop("good"), "f", 0.0)
    store = ConfigStore(tmp_path, FullDisk())
    with pytest.raises(StorageError, match="No space left"):
        store.save(shop("too much"), "f", 0.0)
    assert store.current.settings.shop.name == "good"
    assert ConfigStore(tmp_path).current.settings.shop.name == "good"
    assert [path.name for path in tmp_path.iterdir()] == ["config.json"]


def test_a_state_folder_has_one_owner(tmp_path: Path):
    with StateFolder(tmp_path / "new" / "state") as first:
        assert first.recordings.is_dir()
        with pytest.raises(StateFolderLocked, match=str(os.getpid())):
            StateFolder(first.path).lock()
    with StateFolder(first.path):
        pass


def test_a_state_folder_that_cannot_be_made_is_told(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="can't be used"):
        StateFolder(tmp_path / "file" / "state").lock()
