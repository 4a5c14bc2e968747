"""The shop saved by itself: when, where to, what stays, and what a wrong clock can't do."""

import os
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.backup.reading import check
from appliance.box.notes import read_note
from appliance.box.saving import (
    PATIENCE_S,
    RETRY_S,
    Saving,
    last_slot,
    not_now,
    save,
    write_passphrase,
)
from appliance.cli import main
from appliance.errors import BackupError
from appliance.settings import BackupSettings
from tests.unit.backup_rig import PASSPHRASE, QUICK, furnish

STICK_SCRIPT = Path(__file__).parents[2] / "provisioning/backup-stick"


def local(*when: int) -> float:
    return time.mktime((*when, 0, 0, 0, -1))


NOON = local(2026, 11, 22, 12, 0)  # a Sunday
DAILY = BackupSettings(every="day", at="03:30", keep=3)
WEEKLY = BackupSettings(every="week", at="20:00", on="saturday")


@pytest.fixture
def saving(tmp_path: Path) -> Saving:
    state = furnish(tmp_path / "state", "Nena's")
    write_passphrase(state, PASSPHRASE)
    stick = tmp_path / "stick"
    stick.mkdir()
    return Saving(
        state, DAILY, "Nena's", NOON, True, lambda: False, stick, lambda _place: True, QUICK
    )


@pytest.mark.parametrize(
    ("settings", "now", "slot"),
    [
        (DAILY, NOON, (2026, 11, 22, 3, 30)),
        (DAILY, local(2026, 11, 22, 3, 29), (2026, 11, 21, 3, 30)),
        (DAILY, local(2026, 11, 22, 3, 30), (2026, 11, 22, 3, 30)),
        (WEEKLY, NOON, (2026, 11, 21, 20, 0)),
        (WEEKLY, local(2026, 11, 28, 19, 59), (2026, 11, 21, 20, 0)),
        (WEEKLY, local(2026, 11, 28, 20, 0), (2026, 11, 28, 20, 0)),
        (WEEKLY, local(2027, 1, 1, 0, 0), (2026, 12, 26, 20, 0)),
    ],
)
def test_when(settings, now, slot):
    assert last_slot(settings, now) == local(*slot)


def test_it_is_saved_once_a_day_read_back_and_noted(saving):
    assert not_now(saving) == ""
    path = save(saving)
    assert path.name == "Nena-s-00001-2026-11-22.counterbell"
    with open(path, "rb") as source:
        assert check(source, PASSPHRASE).shop == "Nena's"
    assert not_now(saving) == "it was done"
    assert not_now(replace(saving, now=NOON + 16 * 3600)) == ""  # tomorrow, 4:00
    assert read_note(saving.state, "backup.json")["problem"] == ""


def test_the_oldest_go_whatever_the_clock_said(saving):
    """The second was made while the clock was years ahead: it is not the newest for that."""
    ahead = local(2040, 1, 1, 12, 0)
    names = [
        save(replace(saving, now=now)).name
        for now in (NOON, ahead, NOON + 86400, NOON + 2 * 86400, NOON + 3 * 86400)
    ]
    (saving.stick / "Nena-s-old.counterbell").touch()  # not ours
    (saving.stick / "Other-00001-2020-01-01.counterbell").touch()  # another box's
    save(replace(saving, now=NOON + 4 * 86400))
    left = {path.name for path in saving.stick.iterdir()}
    kept = {"Nena-s-old.counterbell", "Other-00001-2020-01-01.counterbell", *names[-2:]}
    assert left - kept == {"Nena-s-00006-2026-11-26.counterbell"}
    assert kept <= left


def test_a_time_noted_by_a_clock_that_was_ahead_keeps_nothing_from_being_saved(saving):
    save(replace(saving, now=local(2040, 1, 1, 12, 0)))
    assert not_now(saving) == ""


def test_a_clock_that_nobody_set_saves_nothing(saving):
    assert "does not know the time" in not_now(replace(saving, is_clock_right=False))
    assert not_now(replace(saving, is_clock_right=None)) == ""


def test_a_call_goes_first_for_a_day(saving):
    busy = replace(saving, has_calls=lambda: True)
    assert not_now(busy) == "a call is up"
    assert (
        not_now(replace(busy, settings=WEEKLY, now=local(2026, 11, 21, 20, 0) + PATIENCE_S)) == ""
    )


def test_never_is_never(saving):
    assert "asks for none" in not_now(replace(saving, settings=BackupSettings()))


def test_no_stick_is_a_problem_for_the_owner_tried_again_in_an_hour(saving):
    away = replace(saving, is_mounted=lambda _place: False)
    with pytest.raises(BackupError, match="CB-BACKUP"):
        save(away)
    assert "no USB stick" in read_note(saving.state, "backup.json")["problem"]
    assert "every hour" in not_now(replace(saving, now=NOON + RETRY_S - 1))
    assert not_now(replace(saving, now=NOON + RETRY_S)) == ""
    save(replace(saving, now=NOON + RETRY_S))
    assert read_note(saving.state, "backup.json")["problem"] == ""


def test_a_failed_one_takes_no_older_one_with_it(saving, monkeypatch):
    first = save(replace(saving, settings=replace(DAILY, keep=1)))

    def broken(*_args: object) -> None:
        raise BackupError("it can't be read back")

    monkeypatch.setattr("appliance.box.saving.check", broken)
    with pytest.raises(BackupError, match="read back"):
        save(replace(saving, settings=replace(DAILY, keep=1), now=NOON + 86400))
    assert first.exists()


def test_a_folder_on_the_boxs_own_card_saves_from_nothing(saving):
    beside = replace(saving, settings=replace(DAILY, to=str(saving.stick)))
    with pytest.raises(BackupError, match="own card"):
        save(beside)
    with pytest.raises(BackupError, match="no folder"):
        save(replace(saving, settings=replace(DAILY, to="/nowhere")))


def test_without_a_passphrase_nothing_is_saved(saving):
    (saving.state / "box/backup-passphrase").unlink()
    with pytest.raises(BackupError, match="counterbell box passphrase"):
        save(saving)


def test_the_passphrase_is_the_daemons_alone_and_in_no_saved_shop(saving):
    file = saving.state / "box/backup-passphrase"
    assert file.stat().st_mode & 0o777 == 0o600
    with open(save(saving), "rb") as source:
        assert not [one for one in check(source, PASSPHRASE).files if one.name.startswith("box")]


def test_the_commands(tmp_path, capsys):
    state = furnish(tmp_path / "state")
    file = tmp_path / "secret"
    file.write_text(f"{PASSPHRASE}\n")
    asked = ["--state", str(state)]
    assert main(["box", "passphrase", *asked, "--passphrase-file", str(file)]) == 0
    assert (state / "box/backup-passphrase").read_text() == f"{PASSPHRASE}\n"
    assert main(["box", "backup", *asked]) == 0
    assert main(["box", "backup", "--is-due", *asked]) == 1
    assert "asks for none" in capsys.readouterr().out
    assert main(["box", "backup", "--now", *asked]) == 1
    assert "no USB stick" in capsys.readouterr().err
    assert main(["box", "upkeep", *asked]) == 0
    assert read_note(state, "health.json")["readings"]


@pytest.mark.parametrize(
    ("kind", "options"),
    [("vfat", ",uid=counterbell,gid=counterbell,umask=0077"), ("ext4", ""), ("ntfs", None)],
)
def test_the_stick_is_mounted_for_the_daemon_and_runs_nothing(tmp_path, kind, options):
    programs, told = tmp_path / "bin", tmp_path / "told"
    programs.mkdir()
    answers = {
        "blkid": f"echo {kind}",
        "mountpoint": "exit 1",
        "mount": "",
        "chown": "",
        "umount": "",
    }
    for name, answer in answers.items():
        (programs / name).write_text(f'#!/bin/sh\necho "{name} $*" >>{told}\n{answer}\n')
        (programs / name).chmod(0o755)
    stick = tmp_path / "stick"
    stick.touch()
    around = {"PATH": f"{programs}:{os.environ['PATH']}", "COUNTERBELL_STICK": str(stick)}
    around["COUNTERBELL_STICK_PLACE"] = "/place"
    subprocess.run([STICK_SCRIPT, "mount"], env=around, check=True)
    mounted = [line for line in told.read_text().splitlines() if line.startswith("mount ")]
    wanted = f"mount -o nosuid,nodev,noexec,noatime{options} {stick} /place"
    assert mounted == ([] if options is None else [wanted])
    stick.unlink()
    told.unlink()
    subprocess.run([STICK_SCRIPT, "mount"], env=around, check=True)
    assert not told.exists()
