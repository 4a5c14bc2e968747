"""A card that was just written: it boots, its units run as they are, and it is claimed."""

from playwright.sync_api import Browser, expect

from tests.guest.box import SERVICES, Box
from tests.guest.conftest import Tell
from tests.guest.page import a_phone, sign_in


def test_everything_on_the_card_runs(box: Box, tell: Tell) -> None:
    failed = box.ask("systemctl --failed --no-legend --plain")
    assert failed == "", box.ask(
        f"journalctl -b --no-pager -o cat -u {failed.split()[0]} | tail -40"
    )
    assert box.ask("systemctl is-system-running") == "running"
    for unit in SERVICES:
        state = box.properties(unit, "ActiveState", "NRestarts", "Result")
        assert state == {"ActiveState": "active", "NRestarts": "0", "Result": "success"}, unit
    tell(f"booted, nothing plugged in: {box.ask('systemd-analyze time').splitlines()[0]}")
    for line in box.ask("systemd-analyze blame --no-pager | head -12").splitlines():
        tell(f"    {line.strip()}")


def test_the_shops_part_of_the_card_fills_it(box: Box) -> None:
    size = int(box.ask("df -B1 --output=size /var/lib/counterbell | tail -n 1"))
    assert size > 1.5e9, "of a card of 4 GB, 2.4 of them for system and boot"


def test_the_services_have_no_more_rights_than_written(box: Box) -> None:
    for unit, user in zip(SERVICES, ("counterbell", "counterbell-web"), strict=True):
        running = box.properties(unit, "MainPID", "CapabilityBoundingSet", "NoNewPrivileges")
        assert running["CapabilityBoundingSet"] == ""
        assert running["NoNewPrivileges"] == "yes"
        status = box.ask(f"cat /proc/{running['MainPID']}/status")
        assert "CapEff:\t0000000000000000" in status
        assert "Seccomp:\t2" in status
        assert box.ask(f"stat -c %U /proc/{running['MainPID']}") == user
    telephony = box.properties(SERVICES[0], "MainPID")["MainPID"]
    seen = box.ask(f"cat /proc/{telephony}/net/dev")  # of its own network
    assert [line.split(":")[0].strip() for line in seen.splitlines()[2:]] == ["lo"]


def test_the_audio_loop_is_real_time(box: Box) -> None:
    pid = box.properties(SERVICES[0], "MainPID")["MainPID"]
    # man 5 proc_pid_stat: fields 40 and 41, real-time priority and policy (1: FIFO)
    rows = box.ask(f"cat /proc/{pid}/task/*/stat").splitlines()
    policies = {tuple(row.rpartition(")")[2].split()[37:39]) for row in rows}
    assert ("70", "1") in policies
    assert ("0", "0") in policies


def test_a_watchdog_starts_a_box_that_hangs(box: Box, tell: Tell) -> None:
    assert box.properties("", "RuntimeWatchdogUSec")["RuntimeWatchdogUSec"] == "15s"
    dog = "/sys/class/watchdog/watchdog0"
    assert box.ask(f"cat {dog}/state") == "active"
    assert box.ask(f"cat {dog}/timeout") == "15"
    tell(f"watchdog: {box.ask(f'cat {dog}/identity')}, 15 s")


def test_nobody_can_log_in(box: Box) -> None:
    """No password anywhere: each account's is locked, and no ssh server listens."""
    shadow = box.ask("cut -d: -f1,2 /etc/shadow").splitlines()
    assert shadow
    assert [row for row in shadow if row.split(":")[1][:1] not in {"*", "!"}] == []
    assert box.ask("ls /usr/sbin/sshd /usr/sbin/dropbear 2>/dev/null || true") == ""


def test_the_box_is_claimed_with_the_code_on_its_console(
    claimed: Box, chromium: Browser, tell: Tell
) -> None:
    with a_phone(chromium, claimed.guest.url) as page:
        sign_in(page)
        expect(page.get_by_role("link", name="Calls", exact=True)).to_be_visible()
    assert claimed.guest.shell.run("ls /var/lib/counterbell/claim-code")[0] != 0
    tell("signed in with a name and a password")
