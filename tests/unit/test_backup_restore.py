"""A saved shop put in place: whatever happens on the way, one whole shop is there afterwards."""

import io
import os
import shutil
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from appliance.backup.restoring import adopt, forget, kept, stage, staged
from appliance.errors import BackupError, SignInRefused
from appliance.loop import VirtualClock
from appliance.storage.accounts import Accounts
from appliance.storage.disk import Disk
from tests.unit.backup_rig import (
    PASSPHRASE,
    PASSWORD,
    bring_back,
    calls,
    files,
    furnish,
    keep,
    saved,
    shop_of,
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return furnish(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="module")
def sealed(shop: Path) -> bytes:
    return saved(shop, recordings=True)


class PowerCut(Exception):
    pass


class CutDisk(Disk):
    """Ends with the power before its step number ``cut``."""

    def __init__(self, cut: int) -> None:
        self.left = cut

    def _step(self) -> None:
        if self.left == 0:
            raise PowerCut
        self.left -= 1

    def rename(self, old: Path, new: Path) -> None:
        self._step()
        super().rename(old, new)

    def unlink(self, path: Path) -> None:
        self._step()
        super().unlink(path)

    def sync_folder(self, path: Path) -> None:
        self._step()
        super().sync_folder(path)


@pytest.mark.parametrize("recordings", [True, False])
def test_a_power_cut_at_any_step_of_the_restore_breaks_nothing(
    recordings: bool, shop: Path, tmp_path: Path
):
    data = saved(shop, recordings=recordings)
    other = furnish(tmp_path / "other", "Other", "12")
    cut, is_whole = 0, False
    while not is_whole:
        here = Path(shutil.copytree(other, tmp_path / str(cut)))
        before = files(here)
        stage(here, io.BytesIO(data), PASSPHRASE)
        assert {n: d for n, d in files(here).items() if not n.startswith("restoring/")} == before
        try:
            adopt(here, CutDisk(cut))
            is_whole = True
        except PowerCut:
            for folder in ("prompts", "recordings"):  # as StateFolder.lock does at the next start
                (here / folder).mkdir(exist_ok=True)
            adopt(here)
        assert shop_of(here) == "Nena's"
        assert calls(here) == calls(shop)
        old = kept(here)
        assert old is not None
        assert old[1] > 0
        lost = {n: d for n, d in before.items() if files(here).get(n) != d}
        assert all(files(here / old[0])[name] == data for name, data in lost.items())
        assert not [p.name for p in here.iterdir() if p.name.startswith(("restoring", "adopting"))]
        assert files(here)["web-secret"] == before["web-secret"]
        cut += 1
    assert cut > 10


def test_cut_again_and_again_it_is_brought_back_all_the_same(sealed: bytes, tmp_path: Path):
    here = furnish(tmp_path, "Other")
    stage(here, io.BytesIO(sealed), PASSPHRASE)
    for _start in range(100):
        try:
            adopt(here, CutDisk(3))
        except PowerCut:
            continue
        break
    assert shop_of(here) == "Nena's"


def test_a_folder_that_can_not_be_moved_leaves_the_shop_as_it_was(sealed: bytes, tmp_path: Path):
    class Mounted(Disk):
        def rename(self, old: Path, new: Path) -> None:
            if old.name == "recordings":
                raise OSError(16, "Device or resource busy", str(old))
            super().rename(old, new)

    here = furnish(tmp_path, "Other")
    before = files(here)
    stage(here, io.BytesIO(sealed), PASSPHRASE)
    outcome = adopt(here, Mounted())
    assert outcome.adopted is None
    assert "busy" in outcome.problem
    assert files(here) == before
    assert adopt(here).adopted is None


def test_a_staged_shop_can_be_forgotten_or_replaced(sealed: bytes, tmp_path: Path):
    here = furnish(tmp_path / "here", "Other")
    before = files(here)
    stage(here, io.BytesIO(sealed), PASSPHRASE)
    plan = staged(here)
    assert plan is not None
    assert plan.shop == "Nena's"
    forget(here)
    assert files(here) == before
    assert staged(here) is None
    forget(here)
    stage(here, io.BytesIO(sealed), PASSPHRASE)
    stage(here, io.BytesIO(saved(furnish(tmp_path / "third", "Third"))), PASSPHRASE)
    adopt(here)
    assert shop_of(here) == "Third"


def test_a_bad_file_leaves_what_was_staged_before(sealed: bytes, tmp_path: Path):
    here = furnish(tmp_path, "Other")
    stage(here, io.BytesIO(sealed), PASSPHRASE)
    with pytest.raises(BackupError):
        stage(here, io.BytesIO(sealed[:-1]), PASSPHRASE)
    assert adopt(here).adopted is not None
    assert shop_of(here) == "Nena's"


def test_the_shop_before_is_kept_until_the_next_restore(sealed: bytes, tmp_path: Path):
    here = furnish(tmp_path / "here", "Other")
    bring_back(here, sealed)
    first = kept(here)
    assert first is not None
    os.rename(here / first[0], here / "before-restore-2020-01-01-000000")
    bring_back(here, saved(furnish(tmp_path / "third", "Third")))
    second = kept(here)
    assert second is not None
    assert [p.name for p in here.glob("before-restore-*")] == [second[0]]
    assert shop_of(here / second[0]) == "Nena's"


def test_leftovers_of_a_cut_are_gone_after_a_start(tmp_path: Path):
    here = furnish(tmp_path)
    for name in ("restoring.part", "restoring.old", "backup-making"):
        keep(here / name / "x", b"half")
    keep(here / "restore-upload", b"half")
    assert adopt(here).adopted is None
    assert not [name for name in files(here) if name.endswith("/x") or "upload" in name]


def test_one_who_signed_in_before_has_to_sign_in_again(sealed: bytes, tmp_path: Path):
    here = furnish(tmp_path, "Other")
    accounts = Accounts(here, VirtualClock(), hasher=PasswordHasher(1, 8, 1))
    token = accounts.sign_in("Owner of Other", PASSWORD).token
    bring_back(here, sealed)
    accounts = Accounts(here, VirtualClock(), hasher=PasswordHasher(1, 8, 1))
    assert accounts.who(token) is None
    with pytest.raises(SignInRefused):
        accounts.sign_in("Owner of Other", PASSWORD)
