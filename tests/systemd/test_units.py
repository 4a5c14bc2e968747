"""The units as an installed box has them: verified, scored, and their neighbours read back."""

import configparser
import os
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

SYSTEMD = Path(__file__).parents[2] / "systemd"
SERVICES = sorted(SYSTEMD.glob("*.service"))
KINDS = {".service", ".socket", ".path", ".timer"}
UNITS = sorted(file for file in SYSTEMD.iterdir() if file.suffix in KINDS)
HARDENED = ("counterbell-telephony.service", "counterbell-web.service")
UPKEEP = ("counterbell-maintenance.service", "counterbell-backup.service")
MOST_EXPOSED = 15  # tenths: 1.5 of 10
# Root's one-shots: no more than their work needs. They listen to nobody.
ONE_SHOTS = {
    "counterbell-boot.service": 33,
    "counterbell-console.service": 15,
    "counterbell-network.service": 20,
}
# What systemd-analyze looks for beside a unit.
TARGETS = Path("/usr/lib/systemd/system")


@pytest.fixture
def box(tmp_path: Path) -> Path:
    """The root of a box: the units where they are installed, and the programs that they start."""
    units = tmp_path / "etc/systemd/system"
    units.mkdir(parents=True)
    for unit in UNITS:
        shutil.copy(unit, units)
    shutil.copytree(
        TARGETS, tmp_path / "usr/lib/systemd/system", symlinks=True, ignore_dangling_symlinks=True
    )
    commands = ("ExecStart", "ExecStartPre", "ExecStopPost", "ExecCondition")
    for service in SERVICES:
        for words in (value for key in commands for value in _values(service, "Service", key)):
            program = tmp_path / words.split()[0].lstrip("/-+!")
            program.parent.mkdir(parents=True, exist_ok=True)
            program.write_text("#!/bin/sh\n")
            program.chmod(0o755)
    return tmp_path


def _values(unit: Path, section: str, key: str) -> list[str]:
    """Every value of a key; units may give a key many times, which an INI reader won't."""
    values, now = [], ""
    for line in unit.read_text().splitlines():
        if line.startswith("["):
            now = line.strip("[]")
        elif now == section and line.startswith(f"{key}="):
            values.append(line.partition("=")[2])
    return values


def _analyze(box: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", *words, f"--root={box}"], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_is_without_fault(box: Path, unit: Path) -> None:
    told = _analyze(box, "verify", "--man=no", f"/etc/systemd/system/{unit.name}")
    ours = [line for line in told.stderr.splitlines() if "counterbell" in line]
    assert told.returncode == 0, told.stderr
    assert not ours


@pytest.mark.parametrize("name", [*HARDENED, *UPKEEP])
def test_a_service_is_hardly_exposed(box: Path, name: str) -> None:
    told = _analyze(
        box, "security", "--offline=true", f"--threshold={MOST_EXPOSED}", "--no-pager", name
    )
    assert told.returncode == 0, told.stdout[-300:] + told.stderr


@pytest.mark.parametrize(("name", "most"), ONE_SHOTS.items())
def test_a_one_shot_of_root_is_little_exposed(box: Path, name: str, most: int) -> None:
    told = _analyze(box, "security", "--offline=true", f"--threshold={most}", "--no-pager", name)
    assert told.returncode == 0, told.stdout[-300:] + told.stderr
    assert _values(SYSTEMD / name, "Service", "Type") == ["oneshot"]
    assert _values(SYSTEMD / name, "Service", "ProtectSystem") == ["strict"]


def test_the_box_is_told_who_it_is_before_anything_uses_it() -> None:
    unit = SYSTEMD / "counterbell-boot.service"
    before = " ".join(_values(unit, "Unit", "Before")).split()
    for name in (
        "counterbell-telephony.service",
        "counterbell-web.service",
        "NetworkManager.service",
        "avahi-daemon.service",
    ):
        assert name in before
    assert "local-fs.target" in " ".join(_values(unit, "Unit", "After")).split()
    assert _values(unit, "Service", "Type") == ["oneshot"]


def test_the_box_finds_the_card_mounted_that_local_file_systems_do_not_wait_for() -> None:
    after = " ".join(_values(SYSTEMD / "counterbell-boot.service", "Unit", "After")).split()
    assert {"boot-firmware.mount", "var-lib-counterbell.mount"} <= set(after)


def test_what_root_is_asked_for_is_where_it_looks() -> None:
    """The paths that are watched are the ones that the daemon writes."""
    from appliance.box.network_request import FOLDER, REQUEST  # noqa: PLC0415 - of this test alone
    from appliance.box.places import Places  # noqa: PLC0415

    state = Places().state
    network = SYSTEMD / "counterbell-network.path"
    assert _values(network, "Path", "PathExists") == [str(state / FOLDER / REQUEST)]
    console = SYSTEMD / "counterbell-console.path"
    assert _values(console, "Path", "PathChanged") == [str(state / "claim-code")]


def test_root_may_write_where_its_one_shots_do() -> None:
    from appliance.box.places import Places  # noqa: PLC0415

    places = Places()
    for name, paths in {
        "counterbell-boot.service": [
            places.owner_file, places.state, places.kept, places.page_state, places.wifi,
            places.wifi_country, places.issue, places.root / "etc/hostname",
        ],
        "counterbell-network.service": [places.state, places.wifi, places.wifi_country],
        "counterbell-console.service": [places.issue],
    }.items():  # fmt: skip
        open_ones = " ".join(_values(SYSTEMD / name, "Service", "ReadWritePaths")).split()
        for path in paths:
            assert any(path.is_relative_to(one.lstrip("-")) for one in open_ones), (name, path)


def test_the_network_is_told_of_the_page() -> None:
    tree = ElementTree.parse(SYSTEMD / "avahi/counterbell.service")
    assert tree.findtext("service/type") == "_http._tcp"
    assert tree.findtext("service/port") == "80"


def test_a_misspelt_key_would_be_seen(box: Path) -> None:
    unit = box / "etc/systemd/system/counterbell-telephony.service"
    unit.write_text(unit.read_text().replace("PrivateNetwork=", "PrivateNetwrk="))
    told = _analyze(box, "verify", "--man=no", f"/etc/systemd/system/{unit.name}")
    assert "PrivateNetwrk" in told.stderr


def test_telephony_runs_whatever_is_plugged_in() -> None:
    unit = SYSTEMD / "counterbell-telephony.service"
    for key in ("BindsTo", "Requires", "Requisite", "ConditionPathExists"):
        assert not _values(unit, "Unit", key)
    assert _values(unit, "Service", "Restart") == ["always"]
    assert _values(unit, "Unit", "StartLimitIntervalSec") == ["0"]  # never given up


def test_every_class_of_device_has_its_driver_loaded_before() -> None:
    loaded = (SYSTEMD / "modules-load.d/counterbell.conf").read_text().splitlines()
    allowed = _values(SYSTEMD / "counterbell-telephony.service", "Service", "DeviceAllow")
    drivers = {"char-ttyUSB": "usbserial", "char-ttyACM": "cdc_acm", "char-alsa": "snd_usb_audio"}
    for device, driver in drivers.items():
        assert f"{device} rw" in allowed
        assert driver in loaded
    after = _values(SYSTEMD / "counterbell-telephony.service", "Unit", "After")
    assert "systemd-modules-load.service" in " ".join(after)


def test_telephony_has_no_network_and_the_page_no_device() -> None:
    telephony, page = (SYSTEMD / name for name in HARDENED)
    assert _values(telephony, "Service", "RestrictAddressFamilies") == ["AF_UNIX"]
    assert _values(telephony, "Service", "PrivateNetwork") == ["yes"]
    assert _values(page, "Service", "PrivateDevices") == ["yes"]
    assert not _values(page, "Service", "DeviceAllow")
    users = [_values(unit, "Service", "User") for unit in (telephony, page)]
    assert users == [["counterbell"], ["counterbell-web"]]


@pytest.mark.parametrize("name", UPKEEP)
def test_upkeep_gives_way_to_calls_and_has_its_timer(name: str) -> None:
    unit = SYSTEMD / name
    assert _values(unit, "Service", "Type") == ["oneshot"]
    assert _values(unit, "Service", "IOSchedulingClass") == ["idle"]
    assert _values(unit, "Service", "CPUSchedulingPolicy") == ["idle"]
    assert _values(unit, "Service", "User") == ["counterbell"]
    assert not _values(unit, "Install", "WantedBy")  # its timer starts it
    assert _values(unit.with_suffix(".timer"), "Install", "WantedBy") == ["timers.target"]


def test_a_saved_shop_that_is_not_due_mounts_no_stick() -> None:
    unit = SYSTEMD / "counterbell-backup.service"
    (asked,) = _values(unit, "Service", "ExecCondition")
    assert "box backup --is-due" in asked
    for key in ("ExecStartPre", "ExecStopPost"):
        (told,) = _values(unit, "Service", key)
        program = told.split()[0].lstrip("+-").removeprefix("/opt/counterbell/current/")
        assert os.access(SYSTEMD.parent / program, os.X_OK)


def test_their_users_are_made(box: Path) -> None:
    folder = box / "usr/lib/sysusers.d"
    folder.mkdir(parents=True)
    for groups in ("dialout", "audio"):  # Debian's own, there before us
        (folder / f"debian-{groups}.conf").write_text(f"g {groups} - -\n")
    shutil.copy(SYSTEMD / "sysusers.d/counterbell.conf", folder)
    (box / "etc").mkdir(exist_ok=True)
    subprocess.run(["systemd-sysusers", f"--root={box}"], check=True, capture_output=True)
    users = (box / "etc/passwd").read_text()
    groups = dict(line.split(":")[::3] for line in (box / "etc/group").read_text().splitlines())
    for service in SERVICES:
        for user in _values(service, "Service", "User"):
            assert f"\n{user}:" in f"\n{users}"
    for group in ("dialout", "audio", "gpio"):
        assert groups[group] == "counterbell"
    assert "counterbell-web" in groups["counterbell"]


def test_the_watchdog_is_one_that_a_raspberry_pi_takes() -> None:
    settings = configparser.ConfigParser()
    settings.read(SYSTEMD / "system.conf.d/counterbell.conf")
    assert settings["Manager"]["RuntimeWatchdogSec"] == "15s"


def test_the_journal_does_not_wear_the_card() -> None:
    settings = configparser.ConfigParser()
    settings.read(SYSTEMD / "journald.conf.d/counterbell.conf")
    assert settings["Journal"]["Storage"] == "volatile"
    assert settings["Journal"]["RuntimeMaxUse"] == "32M"
