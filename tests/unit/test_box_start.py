"""What root does at each start of the box: settings, claim code and console; cut off anywhere."""

import os
import stat
from pathlib import Path
from typing import Any

import pytest

from appliance.box import first_boot
from appliance.box.changes import Changes
from appliance.box.claim_code import show_on_console, take_code
from appliance.box.commands import Ran, run
from appliance.box.first_boot import Needs, start_box
from appliance.box.one_shots import has_line_card
from appliance.box.owner_file import read_owner_file
from appliance.box.owner_settings import apply
from appliance.box.places import Places
from appliance.storage.config_store import ConfigStore
from tests.unit.box_rig import CutDisk, PowerCut, Programs, claim, new_box

SECRET = "pan de sal at six"
FILE = f"""\
hostname = "nena"
timezone = "Asia/Manila"
locale = "en_PH.UTF-8"
[wifi]
ssid = "Nena"
password = "{SECRET}" # ours
country = "PH"
"""


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return new_box(tmp_path)


@pytest.fixture
def programs() -> Programs:
    made = Programs()
    made.answers["locale -a"] = Ran(0, "C\nC.utf8\nen_PH.utf8\n", "")
    return made


def start(places: Places, programs: Programs) -> list[str]:
    told: list[str] = []
    start_box(Needs(places, programs, told.append, lambda: False, lambda: False))
    return told


def test_the_owners_file_is_made_so(places: Places, programs: Programs) -> None:
    places.owner_file.write_text(FILE)
    assert start(places, programs) == ["counterbell.toml was taken over."]
    etc = places.root / "etc"
    assert (etc / "hostname").read_text() == "nena\n"
    assert (etc / "hosts").read_text() == "127.0.0.1\tlocalhost\n127.0.1.1\tnena\n::1\tx\n"
    assert os.readlink(etc / "localtime") == "/usr/share/zoneinfo/Asia/Manila"
    assert (etc / "locale.conf").read_text() == "LANG=en_PH.UTF-8\n"
    assert f"psk={SECRET}\n" in places.wifi.read_text()
    assert stat.S_IMODE(places.wifi.stat().st_mode) == 0o600
    assert "ieee80211_regdom=PH" in places.wifi_country.read_text()
    assert places.owner_file.read_text() == FILE.replace(SECRET, "*" * len(SECRET))
    assert not places.problems.exists()


def test_a_file_that_was_taken_is_not_taken_again(places: Places, programs: Programs) -> None:
    places.owner_file.write_text(FILE)
    start(places, programs)
    places.wifi.write_text("what the page made of it\n")
    assert start(places, programs) == []
    assert places.wifi.read_text() == "what the page made of it\n"


def test_a_changed_file_keeps_the_network_whose_password_was_taken(
    places: Places, programs: Programs
) -> None:
    places.owner_file.write_text(FILE)
    start(places, programs)
    before = places.wifi.read_text()
    left = places.owner_file.read_text()
    places.owner_file.write_text(left.replace('"nena"', '"bakery"').replace('"PH"', '"US"'))
    start(places, programs)
    assert (places.root / "etc/hostname").read_text() == "bakery\n"
    assert places.wifi.read_text() == before
    assert "regdom=US" in places.wifi_country.read_text()
    places.owner_file.write_text(left.replace('ssid = "Nena"', 'ssid = "other"'))
    assert "write it in again" in " ".join(start(places, programs))
    assert places.wifi.read_text() == before


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("Asia/Manila", "Asia/Manilla", "timezone 'Asia/Manilla' is not known"),
        ("en_PH", "tl_PH", "no locale 'tl_PH.UTF-8'"),
        ('"PH"', '"PX"', "'PX', is not known"),
        ("hostname", "hostnaem", "is no setting"),
    ],
)
def test_a_fault_leaves_everything_as_it_was(
    places: Places, programs: Programs, old: str, new: str, told: str
) -> None:
    text = FILE.replace(old, new)
    places.owner_file.write_text(text)
    before = sorted(places.root.rglob("*"))
    said = " ".join(start(places, programs))
    assert told in said
    assert "nothing of it was used" in said
    assert SECRET not in said + places.problems.read_text()
    assert told in places.problems.read_text()
    assert places.owner_file.read_text() == text
    assert sorted(x for x in places.root.rglob("*") if x != places.problems) == before
    places.owner_file.write_text(FILE)
    start(places, programs)
    assert not places.problems.exists()
    assert (places.root / "etc/hostname").read_text() == "nena\n"


def test_a_full_card_changes_nothing(places: Places, programs: Programs) -> None:
    places.wifi_country.parent.mkdir(parents=True)
    blocked = places.wifi_country.with_name(places.wifi_country.name + ".counterbell-new")
    blocked.mkdir()  # nothing can be made there, not by root either
    places.owner_file.write_text(FILE)
    start(places, programs)
    assert (places.root / "etc/hostname").read_text() == "counterbell\n"
    assert not places.wifi.exists()
    assert SECRET in places.owner_file.read_text()
    assert places.problems.exists()


@pytest.mark.parametrize("steps", range(40))
def test_a_power_cut_at_any_step_is_mended_by_the_next_start(
    places: Places, programs: Programs, steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    places.owner_file.write_text(FILE)
    disk = CutDisk(steps)
    overwrite = first_boot._overwrite

    def cut_too(path: Path, old: bytes, new: bytes) -> None:
        disk._step()
        overwrite(path, old, new)

    with monkeypatch.context() as patch:
        patch.setattr("appliance.box.changes.Disk", lambda: disk)
        patch.setattr(first_boot, "_overwrite", cut_too)
        try:
            start(places, programs)
        except PowerCut:
            assert SECRET in places.owner_file.read_text() or places.wifi.exists()
    start(places, programs)
    assert (places.root / "etc/hostname").read_text() == "nena\n"
    assert SECRET in places.wifi.read_text()
    assert SECRET not in places.owner_file.read_text()
    assert not places.problems.exists()
    assert not list(places.root.rglob("*.counterbell-new"))
    assert start(places, programs) == []


def test_settings_are_committed_together(places: Places, programs: Programs) -> None:
    """All new files stand beside their places, safe on the card, before the first is renamed."""
    made: list[str] = []

    class Watching(CutDisk):
        def sync(self, fd: int) -> None:
            made.append("synced")
            super().sync(fd)

        def rename(self, old: Path, new: Path) -> None:
            made.append("renamed")
            super().rename(old, new)

    settings = read_owner_file(FILE.encode()).settings
    assert settings is not None
    apply(settings, places, programs, Watching(1000))
    assert made == sorted(made, reverse=True)
    assert made.count("renamed") == 8  # one is a link


def test_what_is_as_it_should_be_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "x"
    for _ in range(2):
        with Changes(CutDisk(4)) as changes:
            changes.file(path, "same")
            changes.commit()
    with Changes(CutDisk(0)) as changes:
        changes.file(path, "same")
        changes.commit()


# --- the claim code ------------------------------------------------------------------------------


def test_the_cards_code_is_taken_and_erased(places: Places, programs: Programs) -> None:
    places.card_code.write_text("1234-5678\r\n")
    assert start(places, programs) == []
    taken = places.state / "claim-code"
    assert taken.read_text() == "12345678\n"
    assert stat.S_IMODE(taken.stat().st_mode) == 0o600
    assert not places.card_code.exists()
    claim(places)  # with the code in the file
    assert not taken.exists()


def test_the_daemons_user_can_read_the_code(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "fchown", lambda _fd, uid, gid: given.append((uid, gid)))
    places.card_code.write_text("12345678")
    assert take_code(places) == ""
    owner = places.state.stat()
    assert given == [(owner.st_uid, owner.st_gid)]


@pytest.mark.parametrize("text", ["1234567", "abcdefgh", "１２３４５６７８", "", "123456789"])
def test_a_code_that_is_none_is_told_and_left(
    places: Places, programs: Programs, text: str
) -> None:
    places.card_code.write_text(text)
    assert "8 digits" in " ".join(start(places, programs))
    assert places.card_code.read_text() == text
    assert not (places.state / "claim-code").exists()


def test_a_box_with_an_owner_takes_no_code(places: Places, programs: Programs) -> None:
    claim(places)
    places.card_code.write_text("12345678")
    assert start(places, programs) == []
    assert not (places.state / "claim-code").exists()
    assert not places.card_code.exists()


@pytest.mark.parametrize("steps", range(4))
def test_a_cut_while_the_code_is_taken(places: Places, steps: int) -> None:
    places.card_code.write_text("12345678")
    with pytest.raises(PowerCut):
        take_code(places, CutDisk(steps))
    assert places.card_code.read_text() == "12345678"
    assert take_code(places) == ""
    assert (places.state / "claim-code").read_text() == "12345678\n"


def test_the_console_shows_the_code_until_the_claim(places: Places, programs: Programs) -> None:
    start(places, programs)
    assert not places.issue.exists()  # the daemon has not made one yet
    places.card_code.write_text("12345678")
    start(places, programs)
    text = places.issue.read_text()
    assert "1234 5678" in text
    assert "http://counterbell.local/" in text
    assert r"\4" in text
    claim(places)
    (places.state / "claim-code").write_text("12345678\n")  # left by whatever: not to be shown
    show_on_console(places, "counterbell", programs)
    assert not places.issue.exists()


def test_one_part_that_fails_stops_no_other(places: Places, programs: Programs) -> None:
    places.owner_file.mkdir()
    places.card_code.write_text("12345678")
    assert start(places, programs)
    assert (places.state / "claim-code").exists()
    assert places.problems.exists()


def test_a_program_that_is_missing_or_fails_is_told_in_its_own_words() -> None:
    assert run(["counterbell-no-such-program"]).code == 127
    failed = run(["sh", "-c", "echo first >&2; echo the disk is full >&2; exit 3"])
    assert (failed.code, failed.reason) == (3, "the disk is full")
    assert run(["cat"], given="x").out == "x"


# --- the telephones of a first day ----------------------------------------------------------------


def start_with_card(places: Places) -> list[str]:
    told: list[str] = []
    start_box(Needs(places, Programs(), told.append, lambda: False, lambda: True))
    return told


def test_a_line_cards_telephones_are_there_on_the_first_day(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[tuple[str, int]] = []
    save = ConfigStore.save
    if os.geteuid() == 0:
        os.chown(places.state, 65534, 65534)  # else it would be root's own: nobody to act as
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "seteuid", lambda uid: done.append(("user", uid)))
    monkeypatch.setattr(os, "setegid", lambda gid: done.append(("group", gid)))

    def saved(store: ConfigStore, *words: Any) -> object:
        done.append(("saved", 0))
        return save(store, *words)

    monkeypatch.setattr(ConfigStore, "save", saved)
    assert start_with_card(places) == ["The line card's telephones are 21 to 24."]
    settings = ConfigStore(places.state).current.settings
    assert [(x.extension, x.socket) for x in settings.stations] == [
        ("21", 1), ("22", 2), ("23", 3), ("24", 4)
    ]  # fmt: skip
    assert not settings.lines  # nobody's calls are answered before somebody wants it
    owner = places.state.stat()  # of every file from its first moment on
    root = [("user", 0), ("group", os.getegid())]
    assert done == [("group", owner.st_gid), ("user", owner.st_uid), ("saved", 0), *root]
    assert start_with_card(places) == []


def test_no_configuration_is_touched(places: Places) -> None:
    for name in ("config.json", "config.json.00000003"):
        path = places.state / name
        path.write_text("the shop's, or what is left of it")
        assert start_with_card(places) == []
        assert [x.name for x in places.state.glob("config*")] == [name]
        path.unlink()


def test_the_line_card_is_known_by_its_eeprom(tmp_path: Path) -> None:
    assert not has_line_card(tmp_path)
    words = (Path(__file__).parents[2] / "hardware/hat/eeprom_settings.txt").read_text()
    for name in ("vendor", "product"):
        line = next(line for line in words.splitlines() if line.startswith(f"{name} "))
        (tmp_path / name).write_bytes(line.split('"')[1].encode() + b"\0")
    assert has_line_card(tmp_path)
    (tmp_path / "product").write_bytes(b"Sound card\0")
    assert not has_line_card(tmp_path)
