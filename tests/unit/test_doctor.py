"""A whole examination: an emulated machine, modems that answer, a daemon that is up or down."""

import shutil
import struct
from pathlib import Path

import pytest

from appliance.box.card import space_reading
from appliance.box.reading import Look
from appliance.doctor import machine_scan
from appliance.doctor.advice import LAST_STEP, next_step
from appliance.doctor.daemon_view import DaemonView
from appliance.doctor.examine import Surroundings, examine
from appliance.doctor.findings import Finding, Verdict, as_json, as_text, needs_a_step
from appliance.doctor.machine_scan import GpioLine
from appliance.doctor.usb_scan import usb_devices
from appliance.errors import LineFault, LinkError
from appliance.loop import VirtualLoop
from appliance.settings.toml import check_toml, read_toml
from tests.unit.doctor_rig import CELLULAR, VOICE, Machine, TableModem, opener, run

DOWN = DaemonView(False, trouble="no daemon answers")
EC25 = {0: "serial", 1: "serial", 2: "serial", 3: "serial", 4: "net"}
LINE = """
[[line]]
name = "landline"
driver = "voice_modem"
port = "/dev/counterbell/voice-modem-x-at"
answer = "hang_up"
"""


@pytest.fixture
def loop():
    loop = VirtualLoop()
    yield loop
    loop.close()


@pytest.fixture
def machine(tmp_path):
    (tmp_path / "root").mkdir()
    return Machine(tmp_path / "root")


def find(loop, machine, modems=None, toml="", daemon=DOWN, **more) -> list[Finding]:
    def no_hat(path):
        raise LinkError(f"{path} does not exist: is the HAT fitted and its overlay loaded?")

    around = Surroundings(
        state=machine.root, settings=read_toml(toml), daemon=daemon,
        open_modem=opener(modems or {}), open_linecard=no_hat, root=machine.root,
        proc=machine.root / "proc",
        sound_cards=more.pop("sound_cards", lambda: {"system": "", "cards": []}), **more,
    )  # fmt: skip
    steps: list[tuple[int, int, str]] = []
    found = run(loop, examine(around, lambda *step: steps.append(step)))
    assert steps[-1][0] == steps[-1][1]
    for one in found:
        assert one.verdict is not Verdict.TROUBLE or (one.reason and one.next_step), one
        assert one.next_step.count(". ") == 0, "one sentence"
    return found


def by(found: list[Finding], kind: str) -> list[Finding]:
    return [one for one in found if one.kind == kind]


def test_every_kind_of_usb_modem_is_known_by_its_identity(machine):
    machine.usb("1-1.1", "0baf:0303", {0: "acm", 1: "net"}, serial="7")
    ec25 = machine.usb("1-1.2", "2C7C:0125", EC25, sound="Android", power="auto")
    machine.usb("1-1.3", "1e0e:9001", dict.fromkeys(range(5), "serial"))
    machine.usb("1-1.4", "1e0e:9011", {0: "net", 1: "net", 2: "serial", 4: "serial", 5: "serial"})
    machine.usb("1-1.5", "0403:6001", {0: "serial"})
    machine.usb("1-1.6", "2341:0043", {0: "acm"}, title="Uno")
    machine.write("sys/bus/usb/devices/1-1.7/idVendor", "046d")  # a mouse
    name = machine.link("counterbell/ec25-x-at", ec25[2])
    machine.link("serial/by-id/usb-Quectel-if02", ec25[2])
    usr, quectel, sim7600, a7670, ftdi, uno = usb_devices(machine.root)
    assert [usr.known.driver, quectel.known.name] == ["voice_modem", "ec25"]
    assert quectel.at_ports[0].path == name
    assert quectel.at_ports[0].names == (name, "/dev/serial/by-id/usb-Quectel-if02")
    assert (quectel.sound_cards, quectel.autosuspend, quectel.current_ma) == (
        ("Android",),
        True,
        500,
    )
    assert sim7600.port_of("pcm").interface == 4
    assert a7670.at_ports[0].interface == 4
    assert (ftdi.known, ftdi.is_generic_modem) == (None, False)
    assert uno.is_generic_modem


def test_modems_without_a_line_are_asked_and_proposed(loop, machine):
    (usr,) = machine.usb("1-1.1", "0baf:0303", {0: "acm"})
    ec25 = machine.usb("1-1.2", "2c7c:0125", EC25, sound="Android")
    sim = machine.usb("1-1.3", "1e0e:9001", dict.fromkeys(range(5), "serial"))
    names = [
        machine.link("counterbell/voice-modem-a-at", usr),
        machine.link("counterbell/ec25-b-at", ec25[2]),
        machine.link("counterbell/sim7600-c-at", sim[2]),
    ]
    pcm = machine.link("counterbell/sim7600-c-pcm", sim[4])
    tables = (VOICE, CELLULAR, CELLULAR)
    modems = {n: TableModem(loop, table) for n, table in zip(names, tables, strict=True)}
    toml = '[shop]\nname = "Nena"\n'
    found = find(loop, machine, modems, toml)
    landline, mobile, second = by(found, "modem")
    assert (landline.name, landline.verdict) == (names[0], Verdict.UNUSED)
    assert "--propose" in landline.next_step
    assert "SMART" in mobile.what
    assert f'audio_port = "{pcm}"' in second.proposal
    assert 'device = "usb:1-1.2"' in mobile.proposal
    together = toml + "\n".join(one.proposal for one in (landline, mobile, second))
    assert check_toml(together) == []
    assert [line.name for line in read_toml(together).lines] == ["landline", "mobile", "mobile2"]


def test_a_modem_is_also_found_at_its_second_at_port(loop, machine):
    sim = machine.usb("1-1.3", "1e0e:9001", dict.fromkeys(range(5), "serial"))
    mute, second = TableModem(loop, {}, default=""), TableModem(loop, CELLULAR)
    found = find(loop, machine, {f"/dev/{sim[2]}": mute, f"/dev/{sim[3]}": second})
    (modem,) = by(found, "modem")
    assert modem.name == f"/dev/{sim[3]}"


@pytest.mark.parametrize(
    ("answers", "reason", "step"),
    [
        ({"AT+CPIN?": "+CPIN: SIM PIN\r\n\r\nOK"}, "SIM PIN", "pin ="),
        ({"AT+CPIN?": "+CPIN: SIM PUK\r\n\r\nOK"}, "SIM PUK", "PUK"),
        ({"AT+CPIN?": "+CME ERROR: 10"}, "NOT INSERTED", "put the SIM in"),
        ({"AT+CEREG?": "ERROR", "AT+CREG?": "+CREG: 0,3\r\n\r\nOK"}, "denied", "operator"),
        ({"AT+CEREG?": "+CEREG: 0,2\r\n\r\nOK"}, "no network", "antenna"),
        ({"AT+CSQ": "+CSQ: 5,99\r\n\r\nOK"}, "-103 dBm", "antenna"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_sim_or_its_network(loop, machine, answers, reason, step):
    ec25 = machine.usb("1-1.2", "2c7c:0125", EC25)
    found = find(loop, machine, {f"/dev/{ec25[2]}": TableModem(loop, CELLULAR | answers)})
    (modem,) = by(found, "modem")
    assert modem.verdict is Verdict.TROUBLE
    assert reason in modem.reason
    assert step in modem.next_step


def test_a_line_with_the_daemon_down_is_asked_at_its_port(loop, machine):
    (tty,) = machine.usb("1-1.1", "0baf:0303", {0: "acm"})
    port = machine.link("counterbell/voice-modem-x-at", tty)
    found = find(loop, machine, {port: TableModem(loop, VOICE)}, LINE)
    (line,) = by(found, "line")
    assert (line.verdict, line.facts["usb"]) == (Verdict.WELL, "0baf:0303")
    assert by(found, "modem") == []
    (wrong,) = by(find(loop, machine, {port: TableModem(loop, CELLULAR)}, LINE), "line")
    assert "is for cellular" in wrong.reason
    held = LineFault(f"{port} is used by ModemManager (process 7): run ...")
    (taken,) = by(find(loop, machine, {port: held}, LINE), "line")
    assert "disable --now ModemManager" in taken.next_step


def test_a_line_is_told_by_the_daemon_that_runs_and_its_port_stays_untouched(loop, machine):
    (tty,) = machine.usb("1-1.1", "0baf:0303", {0: "acm"})
    port = machine.link("counterbell/voice-modem-x-at", tty)
    modem = TableModem(loop, VOICE)
    status = {
        "shop": "Nena", "problems": [], "storage": {"problem": ""}, "sound_cards": [],
        "stations": [], "calls": [],
        "lines": [{"name": "landline", "state": "retrying", "since": 1.0, "model": "USR",
                   "reason": "the modem was unplugged"}],
    }  # fmt: skip
    health = {"lines": {"landline": {"model": "USRobotics USR5637", "counters": {"resets": 3}}}}
    found = find(loop, machine, {port: modem}, LINE, DaemonView(True, status, health))
    (line,) = by(found, "line")
    assert line.facts["counters"] == {"resets": 3}
    assert "USB cable" in line.next_step
    assert modem.asked == []


def test_no_ask_opens_nothing_and_a_stranger_is_no_modem(loop, machine):
    (uno,) = machine.usb("1-1.6", "2341:0043", {0: "acm"}, title="Uno")
    modem = TableModem(loop, {}, default="")
    (told,) = by(find(loop, machine, {f"/dev/{uno}": modem}, ask=False), "modem")
    assert (told.verdict, modem.raw) == (Verdict.UNKNOWN, b"")
    (asked,) = by(find(loop, machine, {f"/dev/{uno}": modem}), "modem")
    assert (asked.what, asked.verdict) == ("Uno", Verdict.UNUSED)


def test_a_uart_that_is_named_is_asked(loop, machine):
    modem = TableModem(loop, CELLULAR)
    found = find(loop, machine, {"/dev/ttyAMA0": modem}, more_ports=("/dev/ttyAMA0",))
    (one,) = by(found, "modem")
    assert 'audio = "sound_card"' in one.proposal


def test_a_program_that_took_no_lock_is_named(loop, machine):
    (tty,) = machine.usb("1-1.1", "0baf:0303", {0: "acm"})
    machine.write("proc/77/comm", "minicom")
    (machine.root / "proc/77/fd").mkdir()
    (machine.root / "proc/77/fd/3").symlink_to(machine.root / "dev" / tty)
    (modem,) = by(find(loop, machine, {f"/dev/{tty}": TableModem(loop, VOICE)}), "modem")
    assert "minicom (process 77)" in modem.reason
    assert modem.next_step.startswith("end minicom (process 77)")


def test_the_hat_of_the_device_tree_and_one_that_does_not_answer(loop, machine):
    machine.write("proc/device-tree/hat/product", "Line card 4+2")
    machine.write("proc/device-tree/hat/vendor", "Counterbell")
    found = find(loop, machine, toml='[[linecard]]\nname = "hat0"\nport = "/dev/nope"\n')
    tree, card = by(found, "linecard")
    assert (tree.what, tree.verdict) == ("Counterbell Line card 4+2", Verdict.WELL)
    assert "40 pins" in card.next_step or "plug" in card.next_step


GPIO = """
[[sound_card]]
name = "card"
device = "alsa:Device"
[[line]]
name = "board"
driver = "gpio_line"
sound_card = "card"
ring_gpio = 17
hook_gpio = 27
answer = "hang_up"
"""


def test_gpio_pins_that_are_free_taken_or_not_there(loop, machine):
    def chip(lines):
        return lambda _path, offsets: ("pinctrl-bcm2711", {n: lines[n] for n in offsets})

    (none,) = by(find(loop, machine, toml=GPIO), "gpio")
    assert "Raspberry Pi" in none.next_step
    machine.write("dev/gpiochip0", "")
    free = {17: GpioLine(False, ""), 27: GpioLine(False, "")}
    (well,) = by(find(loop, machine, toml=GPIO, read_gpio=chip(free)), "gpio")
    assert (well.verdict, well.what) == (
        Verdict.WELL, "gpiochip0 (pinctrl-bcm2711), pins 17 board ring, 27 board hook",
    )  # fmt: skip
    taken = free | {27: GpioLine(True, "spi0 CS1")}
    (busy,) = by(find(loop, machine, toml=GPIO, read_gpio=chip(taken)), "gpio")
    assert "GPIO27 by spi0 CS1" in busy.reason

    def forbidden(_path, _offsets):
        raise PermissionError(13, "Permission denied")

    (unknown,) = by(find(loop, machine, toml=GPIO, read_gpio=forbidden), "gpio")
    assert (unknown.verdict, "sudo" in unknown.next_step) == (Verdict.UNKNOWN, True)


def test_a_gpio_chip_is_read_as_linux_gpio_h_lays_it_out(monkeypatch, tmp_path):
    def kernel(_fd, request, data):
        if request == 0x8044B401:
            return struct.pack("=32s32sI", b"gpiochip0", b"pinctrl-rp1", 54)
        assert (request, len(data)) == (0xC100B405, 256)
        (offset,) = struct.unpack_from("=I", data, 64)
        return struct.pack("=32s32sIIQ", b"GPIO17", b"lg", offset, 0, 1) + bytes(176)

    monkeypatch.setattr(machine_scan.fcntl, "ioctl", kernel)
    (tmp_path / "gpiochip0").write_text("")
    label, lines = machine_scan.read_gpio_chip(str(tmp_path / "gpiochip0"), [17, 60])
    assert (label, lines) == ("pinctrl-rp1", {17: GpioLine(True, "lg")})


@pytest.mark.parametrize(
    ("path", "text", "reason"),
    [
        ("sys/class/hwmon/hwmon1/in0_lcrit_alarm", "1", "too weak, now"),
        ("sys/devices/platform/soc/soc:firmware/get_throttled", "50005", "too weak, now"),
        ("sys/devices/platform/soc/soc:firmware/get_throttled", "50000", "since the start"),
        ("sys/bus/usb/devices/1-0:1.0/usb1-port2/over_current_count", "3", "3 times"),
    ],
)
def test_a_weak_supply_is_told_without_root(loop, machine, path, text, reason):
    machine.write("sys/class/hwmon/hwmon1/name", "rpi_volt")
    machine.write("sys/class/hwmon/hwmon1/in0_lcrit_alarm", "0")
    assert by(find(loop, machine), "power")[0].verdict is Verdict.WELL
    machine.write(path, text)
    troubles = [one for one in by(find(loop, machine), "power") if one.reason]
    assert [one.verdict for one in troubles] == [Verdict.TROUBLE]
    assert reason in troubles[0].reason


def test_a_pi_5_with_a_small_supply_and_an_lte_modem(loop, machine):
    machine.write("sys/class/hwmon/hwmon1/name", "rpi_volt")
    limit = machine.root / "proc/device-tree/chosen/power/usb_max_current_enable"
    limit.parent.mkdir(parents=True)
    limit.write_bytes(bytes(4))
    machine.write("sys/class/hwmon/hwmon1/in0_lcrit_alarm", "0")
    assert by(find(loop, machine), "power")[0].verdict is Verdict.WELL
    machine.usb("1-1.2", "2c7c:0125", EC25)
    told = by(find(loop, machine, ask=False), "power")
    assert any("600 mA" in one.reason for one in told)


def test_sound_cards_that_are_configured_missing_or_spare(loop, machine):
    row = {"channels_in": 1, "channels_out": 2, "rate_hz": 48000.0}
    cards = [
        row | {"device": "usb:1-1.4", "names": ["usb:1-1.4", "alsa:Device"]},
        row | {"device": "usb:1-1.5", "names": ["usb:1-1.5"]},
    ]
    card, spare = by(
        find(loop, machine, toml=GPIO, sound_cards=lambda: {"system": "", "cards": cards}),
        "sound_card",
    )
    assert (card.verdict, spare.verdict) == (Verdict.WELL, Verdict.UNUSED)
    (missing,) = by(
        find(loop, machine, toml=GPIO, sound_cards=lambda: "no PortAudio"), "sound_card"
    )
    assert "no PortAudio" in missing.reason


def test_the_report_for_people_and_for_programs(loop, machine):
    machine.write("sys/class/hwmon/hwmon1/name", "rpi_volt")
    found = find(loop, machine)
    text = as_text([*found, Finding("modem", "/dev/x", "evil\x1b[2J", Verdict.UNUSED)])
    assert "\x1b" not in text
    assert "next: start it" in text
    report = as_json(found, 5.0, "1.0")
    assert report["schema"] == 1
    assert report["well"] is False
    assert needs_a_step(found)
    assert set(report["findings"][0]) == {
        "kind", "name", "what", "verdict", "reason", "next_step", "facts", "proposal",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("reason", "step"),
    [
        ("/dev/x is used by minicom (process 4)", "end minicom (process 4)"),
        ("/dev/x is used by another program: 'sudo ...", "sudo counterbell doctor"),
        ("no permission to open /dev/x: the daemon's user must be in the group dialout", "usermod"),
        ("/dev/x names another device now", "wait a minute"),
        ("the modem was lost during a call: the modem was unplugged", "USB hub"),
        ("the modem does not answer AT", "ten seconds"),
        ("the modem offers no µ-law sound, which is needed", "docs/hardware.md"),
        ("the SIM refused the configured PIN: correct the line's pin", "write the right PIN"),
        ("the SIM refused the configured PIN, or was lost while it was given", "the right PIN"),
        ("the SIM asks for a PIN: write it into the line's settings as pin", "SIM's PIN into"),
        ("the SIM asks for its PIN", "SIM's PIN into"),
        ("the SIM accepts only 1 more PIN: enter it with the SIM in a telephone", "telephone"),
        ("the SIM refused another PIN before and the modem does not tell", "telephone"),
        ("something new", LAST_STEP[:20]),
    ],
)
def test_the_next_step(reason, step):
    assert step in next_step(reason)


def test_storage_that_is_full_or_in_trouble(monkeypatch):
    (well,) = machine_scan.storage_findings(Path("/"))
    assert well.facts["free_bytes"] > 0
    (bad,) = machine_scan.storage_findings(Path("/"), "the card is read-only")
    assert bad.verdict is Verdict.TROUBLE
    usage = type("Usage", (), {"free": 1000, "total": 10**9})
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)
    full = space_reading(Look(Path("/")))
    assert "almost full" in full.reason
    assert "almost full" in full.notice


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("socket 5 of hat0 is not connected to a line", "dial tone"),
        ("the line chip of socket 5 of hat0 does not answer", "the HAT's power"),
        ("the line chip of socket 5 of hat0 says nothing", "the HAT's power"),
    ],
)
def test_the_next_step_of_a_line_on_a_hat(reason: str, words: str) -> None:
    assert words in next_step(reason)
