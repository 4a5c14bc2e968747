"""The machine, read out of a folder and recorded answers: well, in trouble, not there."""

import os
import shutil
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from appliance.box import card, power
from appliance.box.clock import clock_reading, is_set
from appliance.box.heat import heat_reading
from appliance.box.notes import PowerNote, note_weak_power, read_note, read_power_note, write_note
from appliance.box.reading import Look, Reading, kernel_log, moment_text, run_command
from appliance.box.readings import as_rows, from_rows, quick_readings, read_box
from appliance.box.services import service_readings, watchdog_reading

NOW = time.mktime((2026, 11, 22, 16, 0, 0, 0, 0, -1))
UPTIME = 7200.0
SAGGED = (
    "[ 120.500000] hwmon hwmon1: Undervoltage detected!\n[ 122.6] hwmon hwmon1: Voltage normalised"
)
MOUNTS = """\
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 179:2 / / ro,relatime shared:1 - ext4 /dev/root rw,errors=remount-ro
40 27 179:3 / {state} rw,noatime shared:9 - ext4 /dev/mmcblk0p3 rw"""


class Box:
    """A file system in a folder, and what commands answer."""

    def __init__(self, root: Path) -> None:
        self.root, self.state = root / "root", root / "state"
        self.root.mkdir()
        self.state.mkdir()
        self.answers: dict[str, str] = {}

    def write(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{text}\n")

    def folder(self, path: str) -> None:
        (self.root / path).mkdir(parents=True)

    def look(self, utc: float = NOW) -> Look:
        def ask(words: object) -> str | None:
            told = " ".join(words)  # type: ignore[call-overload]
            return next((text for begin, text in self.answers.items() if begin in told), None)

        return Look(self.state, self.root, ask, utc, UPTIME)


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path)


def supply(box: Box) -> Reading:
    look = box.look()
    return power.supply_reading(look, power.supply(look, kernel_log(look)))


def test_a_laptop_has_no_fault(box):
    """Nothing is there: not one trouble, and each says so."""
    box.write("proc/self/mountinfo", MOUNTS.format(state=box.state))
    assert {one.verdict for one in read_box(box.look())} <= {"well", "unused", "unknown"}
    assert {one.name: one.verdict for one in read_box(box.look())}["supply"] == "unused"


@pytest.mark.parametrize(
    ("flags", "reason"),
    [("0", ""), ("50000", "seen since the start"), ("50005", "now"), ("80000", "")],
)
@pytest.mark.parametrize("source", ["sysfs", "vcgencmd"])
def test_sticky_flags_are_not_now(box, flags, reason, source):
    if source == "sysfs":
        box.write("sys/devices/platform/soc/soc:firmware/get_throttled", flags)
    else:
        box.answers["vcgencmd get_throttled"] = f"throttled=0x{flags}\n"
    found = supply(box)
    assert found.verdict == ("trouble" if reason else "well")
    assert found.reason.endswith(reason)


@pytest.mark.parametrize("alarm", ["in0_lcrit_alarm", "in1_lcrit_alarm"])
def test_the_kernels_sensor(box, alarm):
    box.write("sys/class/hwmon/hwmon0/name", "cpu_thermal")
    box.write("sys/class/hwmon/hwmon2/name", "rpi_volt")
    box.write(f"sys/class/hwmon/hwmon2/{alarm}", "0")
    assert supply(box).verdict == "well"
    box.write(f"sys/class/hwmon/hwmon2/{alarm}", "1")
    assert supply(box).reason == "power supply too weak, now"


def test_the_kernels_log_tells_when_whatever_the_clock_was_then(box):
    box.answers["journalctl -k"] = SAGGED  # two minutes after a start two hours ago
    found = supply(box)
    assert found.reason == "power supply too weak: seen today 14:02"
    assert found.notice.startswith("power supply too weak: seen today 14:02: use the supply")


def test_who_may_not_read_the_journal_asks_dmesg(box):
    box.answers["dmesg"] = SAGGED
    log = kernel_log(box.look())
    assert log is not None
    assert [line.at for line in log] == [
        NOW - UPTIME + 120.5,
        NOW - UPTIME + 122.6,
    ]
    del box.answers["dmesg"]
    assert kernel_log(box.look()) is None


def test_what_the_daemon_saw_is_remembered_for_a_week_and_news_for_a_day(box):
    box.write("sys/devices/platform/soc/soc:firmware/get_throttled", "0")
    first = note_weak_power(box.state, NOW - 4 * 86400.0)
    assert note_weak_power(box.state, first.last_at + 599) == first  # spares the card
    note_weak_power(box.state, NOW - 3600.0)
    assert read_power_note(box.state) == PowerNote(NOW - 4 * 86400.0, NOW - 3600.0)
    (found, *_) = quick_readings(box.look())
    assert found.reason == "power supply too weak: seen today 15:00, first 18 Nov 16:00"
    assert found.notice
    (found, *_) = quick_readings(box.look(NOW + 2 * 86400))
    assert (found.verdict, found.notice) == ("trouble", "")
    (found, *_) = quick_readings(box.look(NOW + 8 * 86400))
    assert found.verdict == "well"
    assert note_weak_power(box.state, NOW + 9 * 86400) == PowerNote(*[NOW + 9 * 86400.0] * 2)


def test_a_raspberry_pi_that_does_not_tell_is_unknown(box):
    box.write("proc/device-tree/model", "Raspberry Pi 4 Model B Rev 1.4\0")
    assert (supply(box).verdict, "sudo" in supply(box).next_step) == ("unknown", True)


def test_heat(box):
    assert heat_reading(box.look()).verdict == "unused"
    box.write("sys/class/thermal/thermal_zone0/type", "cpu-thermal")
    box.write("sys/class/thermal/thermal_zone0/temp", "51234")
    box.write("sys/class/thermal/thermal_zone1/type", "iwlwifi")
    box.write("sys/class/thermal/thermal_zone1/temp", "99000")  # not the processor's
    assert heat_reading(box.look()).what == "51 °C"
    box.write("sys/devices/platform/soc/soc:firmware/get_throttled", "80000")
    assert heat_reading(box.look()).reason == "it was too hot since the start"
    box.write("sys/class/thermal/thermal_zone0/temp", "80000")
    assert heat_reading(box.look()).verdict == "trouble"
    box.write("sys/class/thermal/thermal_zone0/temp", "84100")
    box.write("sys/devices/platform/soc/soc:firmware/get_throttled", "c")
    assert (
        heat_reading(box.look()).reason == "the processor is too hot, 84 °C, and slowed down for it"
    )


def test_a_clock_nobody_set(box):
    box.folder("run/systemd/timesync")
    found = clock_reading(box.look())
    assert found.verdict == "trouble"
    assert "not set" in found.notice
    box.write("run/systemd/timesync/synchronized", "")
    found = clock_reading(box.look())
    assert found.verdict == "well"
    assert "no battery" in found.what


@pytest.mark.parametrize("year", [1970, 2019, 2100])
def test_an_absurd_year_is_no_time_even_with_a_battery(box, year):
    box.write("sys/class/rtc/rtc0/hctosys", "1")
    assert is_set(box.look()) is True
    then = time.mktime((year, 6, 1, 0, 0, 0, 0, 0, 0))
    assert is_set(box.look(then)) is False


def test_timedatectl_is_asked_where_another_program_sets_the_clock(box):
    assert is_set(box.look()) is None
    box.answers["timedatectl"] = "no\n"
    assert is_set(box.look()) is False
    box.answers["timedatectl"] = "yes\n"
    assert is_set(box.look()) is True


def on_a_card(box: Box, disk: str = "mmcblk0") -> None:
    box.write("proc/self/mountinfo", MOUNTS.format(state=os.path.realpath(box.state)))
    box.write(f"sys/devices/{disk}/{disk}p3/partition", "3")
    box.write(f"sys/devices/{disk}/stat", " 10 0 80 5 30 0 204800 9 0 0 0")
    box.folder("sys/dev/block")
    box.folder("sys/block")
    (box.root / "sys/dev/block/179:3").symlink_to(box.root / f"sys/devices/{disk}/{disk}p3")
    (box.root / f"sys/block/{disk}").symlink_to(box.root / f"sys/devices/{disk}")


def test_a_card_without_an_age_and_what_was_written(box):
    on_a_card(box)
    found = card.wear_reading(box.look(), ())
    assert found.what == "mmcblk0, does not tell its age, 105 MB written since the start"
    assert found.facts["written_bytes"] == 204800 * 512


@pytest.mark.parametrize(
    ("life", "pre_eol", "verdict", "word"),
    [
        ("0x01 0x01", "0x01", "well", "0-10 %"),
        ("0x01 0x08", "0x01", "well", "70-80 %"),
        ("0x09 0x01", "0x01", "trouble", "80-90 %"),
        ("0x0b 0x0b", "0x01", "trouble", "life is over"),
        ("0x02 0x02", "0x03", "trouble", "90 % of its spare blocks"),
        ("0x00 0x00", "0x00", "well", "does not tell"),
    ],
)
def test_an_emmc_tells_its_age(box, life, pre_eol, verdict, word):
    on_a_card(box)
    box.write("sys/devices/mmcblk0/device/life_time", life)
    box.write("sys/devices/mmcblk0/device/pre_eol_info", pre_eol)
    found = card.wear_reading(box.look(), ())
    assert found.verdict == verdict
    assert word in (found.reason or found.what)
    assert bool(found.notice) == (verdict == "trouble")


@pytest.mark.parametrize(
    "line",
    [
        "mmc0: error -110 whilst initialising SD card",
        "mmcblk0: error -5 transferring data, sector 12345, nr 8",
        "I/O error, dev mmcblk0, sector 1234 op 0x1:(WRITE)",
        "EXT4-fs error (device mmcblk0p3): ext4_find_entry:1463: inode #2",
    ],
)
def test_errors_of_the_card(box, line):
    on_a_card(box)
    box.answers["journalctl -k"] = f"[   99.0] usb 1-1: new device\n[  120.5] {line}"
    found = card.wear_reading(box.look(), kernel_log(box.look()))
    assert found.reason == "the card is wearing out: an error, the last today 14:02"
    assert "replace the card" in found.notice


def test_errors_that_the_file_system_keeps(box):
    on_a_card(box)
    box.write("sys/fs/ext4/mmcblk0p3/errors_count", "0")
    box.write("sys/fs/ext4/features/lazy", "supported")
    assert card.wear_reading(box.look(), ()).verdict == "well"
    box.write("sys/fs/ext4/mmcblk0p3/errors_count", "7")
    assert "7 errors on record" in card.wear_reading(box.look(), ()).reason


def test_the_root_file_system_as_it_really_is(box):
    """A service sees its root read-only ('ro' before the dash): what counts is the file system."""
    box.write("proc/self/mountinfo", MOUNTS.format(state=box.state))
    assert card.root_reading(box.look()).verdict == "well"
    box.write("proc/self/mountinfo", "27 1 179:2 / / rw - ext4 /dev/root ro,errors=remount-ro")
    assert card.root_reading(box.look()).reason == "the root file system is read-only"
    box.write("proc/self/mountinfo", "27 1 0:30 / / rw - overlay overlay rw,lowerdir=/lower")
    assert "gone after the next start" in card.root_reading(box.look()).what


@pytest.mark.parametrize(
    ("free", "verdict", "words"),
    [
        (57_600_000 * 100, "well", "100 hours"),
        (57_600_000 * 7, "trouble", "7 hours"),
        (1, "trouble", "no room"),
    ],
)
def test_room_in_hours_of_calls(box, monkeypatch, free, verdict, words):
    usage = type("Usage", (), {"free": free, "total": 10**10})
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)
    found = card.space_reading(box.look())
    assert found.verdict == verdict
    assert words in (found.reason or found.what)


def shown(units: Mapping[str, Mapping[str, str]]) -> str:
    """As `systemctl show` prints several units."""
    return "\n\n".join(
        "\n".join([f"Id={name}", *(f"{key}={value}" for key, value in fields.items())])
        for name, fields in units.items()
    )


ACTIVE = {"LoadState": "loaded", "ActiveState": "active", "Result": "success", "NRestarts": "0"}


def test_services(box):
    box.folder("run/systemd/system")
    box.answers["systemctl show -p Id"] = shown({
        "counterbell-telephony.service": ACTIVE | {"NRestarts": "5"},
        "counterbell-web.service": ACTIVE | {"ActiveState": "failed", "Result": "exit-code"},
        "counterbell-web.socket": ACTIVE,
        "counterbell-backup.timer": {"LoadState": "not-found", "ActiveState": "inactive"},
        "counterbell-maintenance.service": ACTIVE | {"ActiveState": "inactive"},
        "counterbell-backup.service": ACTIVE | {"ActiveState": "failed", "Result": "exit-code"},
    })  # fmt: skip
    found = {one.name: one for one in service_readings(box.look())}
    assert "counterbell-backup.timer" not in found
    assert "started again 5 times" in found["counterbell-telephony.service"].reason
    assert found["counterbell-web.service"].reason == "it is failed (exit-code)"
    assert "restart counterbell-web.service" in found["counterbell-web.service"].next_step
    assert found["counterbell-web.socket"].verdict == "well"
    assert found["counterbell-maintenance.service"].what == "last result: success"
    assert found["counterbell-backup.service"].reason == "its last run failed (exit-code)"


def test_a_machine_where_nothing_is_installed(box):
    assert service_readings(box.look())[0].verdict == "unused"
    box.folder("run/systemd/system")
    assert service_readings(box.look())[0].verdict == "unknown"
    box.answers["systemctl"] = shown({"counterbell-web.service": {"LoadState": "not-found"}})
    assert service_readings(box.look())[0].what == "not installed on this machine"


def test_the_hardware_watchdog(box):
    assert watchdog_reading(box.look()).verdict == "unused"
    box.folder("run/systemd/system")
    box.write("dev/watchdog0", "")
    box.answers["systemctl show -p RuntimeWatchdogUSec"] = "0\n"
    assert watchdog_reading(box.look()).reason == "it is switched off"
    box.answers["systemctl show -p RuntimeWatchdogUSec"] = "1min\n"
    assert watchdog_reading(box.look()).verdict == "unknown"  # the journal is not for everybody
    box.answers["journalctl -b"] = "Failed to set timeout to 60s: Invalid argument\n"
    refused = watchdog_reading(box.look())
    assert "refused it: Failed to set timeout" in refused.reason
    assert "15s" in refused.next_step
    box.answers["systemctl show -p RuntimeWatchdogUSec"] = "15s\n"
    box.answers["journalctl -b"] = "Using hardware watchdog 'Broadcom BCM2835 Watchdog timer'\n"
    assert watchdog_reading(box.look()).verdict == "well"


def test_readings_are_written_and_read_back(box):
    readings = read_box(box.look())
    write_note(box.state, "health.json", {"at": NOW, "readings": as_rows(readings)})
    assert from_rows(read_note(box.state, "health.json")["readings"]) == readings


@pytest.mark.parametrize("text", ["", "[]", "{", "\xff"])
def test_a_broken_note_is_none(box, text):
    (box.state / "box").mkdir()
    (box.state / "box/power.json").write_text(text)
    assert read_power_note(box.state) is None


def test_moments(monkeypatch):
    assert moment_text(NOW, NOW) == "today 16:00"
    assert moment_text(NOW - 86400, NOW) == "yesterday 16:00"
    assert moment_text(NOW - 20 * 86400, NOW) == "2 Nov 16:00"


def test_a_command_that_is_not_there_or_fails():
    assert run_command(("no-such-program-of-ours",)) is None
    assert run_command(("false",)) is None
    assert run_command(("echo", "yes")) == "yes\n"
