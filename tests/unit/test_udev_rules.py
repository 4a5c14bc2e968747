"""The udev rules: as committed, as udev reads them, and what they make of each modem."""

import fnmatch
import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from appliance.doctor.known_modems import KNOWN_MODEMS, known_modem
from appliance.doctor.udev_rules import rules_text

FILE = Path(__file__).parents[2] / "systemd/udev/60-counterbell.rules"
# udev(7): keys to match and to assign, and which operators each may have
MATCH = {"ACTION", "KERNEL", "SUBSYSTEM", "SUBSYSTEMS", "ATTR", "ENV", "TEST"}
ASSIGN = {"ENV", "ATTR", "SYMLINK", "GROUP", "MODE", "GOTO", "LABEL", "IMPORT"}
TERM = re.compile(r'([A-Z]+)(?:\{([^}]+)\})?(==|!=|\+=|:=|=)"([^"]*)"')


def rules(text: str) -> list[list[tuple[str, str, str, str]]]:
    """Each rule as (key, attribute, operator, value); a line that udev would not take fails."""
    found = []
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        terms = []
        for piece in re.split(r",\s+(?=[A-Z]+[{=!+:])", line):
            term = TERM.fullmatch(piece)
            assert term, f"no term of a rule: {piece!r} in {line!r}"
            key, attribute, operator, value = term[1], term[2] or "", term[3], term[4]
            assert key in (MATCH if operator in ("==", "!=") else ASSIGN), line
            assert (key in {"ENV", "ATTR", "IMPORT"}) == bool(attribute), line
            assert operator != "+=" or key == "SYMLINK"
            terms.append((key, attribute, operator, value))
        found.append(terms)
    return found


@dataclass
class Device:
    """What udev would know of a device, and what the rules make of it."""

    subsystem: str
    kernel: str
    attributes: dict[str, str] = field(default_factory=dict)
    properties: dict[str, str] = field(default_factory=dict)
    imported: dict[str, dict[str, str]] = field(default_factory=dict)
    action: str = "add"
    parents: tuple[str, ...] = ()
    links: list[str] = field(default_factory=list)
    written: dict[str, str] = field(default_factory=dict)

    def run(self, all_rules: list[list[tuple[str, str, str, str]]]) -> None:
        labels = {t[3]: n for n, rule in enumerate(all_rules) for t in rule if t[0] == "LABEL"}
        number = 0
        while number < len(all_rules):
            rule = all_rules[number]
            number += 1
            if all(self.matches(term) for term in rule if term[2] in ("==", "!=")):
                for key, attribute, operator, value in rule:
                    if operator in ("==", "!="):
                        continue
                    if key == "GOTO":
                        assert labels[value] >= number, "udev jumps forward only"
                        number = labels[value]
                    else:
                        self.assign(key, attribute, value)

    def matches(self, term: tuple[str, str, str, str]) -> bool:
        key, attribute, operator, pattern = term
        value: str | None = {
            "ACTION": self.action,
            "KERNEL": self.kernel,
            "SUBSYSTEM": self.subsystem,
        }.get(key)
        if key == "ENV":
            value = self.properties.get(attribute, "")
        elif key == "ATTR":
            value = self.attributes.get(attribute)
        elif key == "TEST":
            value = pattern if pattern in self.attributes else None
        elif key == "SUBSYSTEMS":
            value = pattern if pattern in (self.subsystem, *self.parents) else None
        hit = value is not None and any(fnmatch.fnmatchcase(value, p) for p in pattern.split("|"))
        return hit == (operator == "==")

    def assign(self, key: str, attribute: str, value: str) -> None:
        value = re.sub(r"\$env\{([^}]+)\}", lambda m: self.properties.get(m[1], ""), value)
        if key == "IMPORT":
            assert attribute == "builtin"
            self.properties |= self.imported.get(value, {})
        elif key == "ENV":
            self.properties[attribute] = value
        elif key == "SYMLINK":
            self.links += value.split()
        elif key != "LABEL":
            self.written[f"{key} {attribute}".strip()] = value


def tty(vendor: str, product: str, interface: int, serial: str = "", socket: str = "1.2") -> Device:
    """A serial port as 60-serial.rules has not seen it yet."""
    tag = f"platform-3f980000_usb-usb-0_{socket.replace('.', '_')}_1_{interface}"
    usb = {
        "ID_VENDOR_ID": vendor, "ID_MODEL_ID": product, "ID_USB_INTERFACE_NUM": f"{interface:02x}",
    }  # fmt: skip
    usb |= {"ID_SERIAL_SHORT": serial} if serial else {}
    return Device(
        "tty", f"ttyUSB{interface}", parents=("usb-serial", "usb"),
        imported={"usb_id": usb, "path_id": {"ID_PATH_TAG": tag}},
    )  # fmt: skip


def test_the_committed_file_is_what_the_table_makes():
    assert FILE.read_text() == rules_text()
    assert rules(rules_text())


def test_an_ec25_has_a_name_for_each_of_its_ports():
    all_rules = rules(rules_text())
    names = []
    for interface in range(5):
        port = tty("2c7c", "0125", interface)
        port.run(all_rules)
        assert (port.written["GROUP"], port.written["MODE"]) == ("dialout", "0660")
        assert port.properties["ID_MM_DEVICE_IGNORE"] == "1"
        names += port.links
    start = "counterbell/ec25-platform-3f980000_usb-usb-0_1_2_1_"
    assert names == [
        f"{start}0-diag", f"{start}1-pcm", f"{start}2-at", f"{start}3-ppp", f"{start}4-if04",
    ]  # fmt: skip


@pytest.mark.parametrize("modem", KNOWN_MODEMS, ids=lambda m: f"{m.vendor}:{m.product}")
def test_every_modem_of_the_table(modem):
    all_rules = rules(rules_text())
    device = Device(
        "usb", "1-1.2",
        {"idVendor": modem.vendor, "idProduct": modem.product, "power/control": "auto"},
        {"DEVTYPE": "usb_device"},
    )  # fmt: skip
    device.run(all_rules)
    assert device.properties["ID_MM_DEVICE_IGNORE"] == "1"
    assert device.written == {"ATTR power/control": "on"}
    assert not device.links
    links = set()
    for interface in modem.roles:
        port = tty(modem.vendor, modem.product, interface)
        port.run(all_rules)
        links |= set(port.links)
        assert port.links[0].endswith(f"-{modem.roles[interface]}")
    assert len(links) == len(modem.roles)
    assert known_modem(modem.vendor.upper(), modem.product.upper()) is modem
    assert modem.at_order
    assert modem.source


def test_a_serial_number_of_its_own_gives_a_second_name_and_a_shared_one_does_not():
    all_rules = rules(rules_text())
    own, shared = tty("0baf", "0303", 0, "A1B2C3"), tty("0572", "1340", 0, "24680246")
    own.run(all_rules)
    shared.run(all_rules)
    assert own.links[1] == "counterbell/voice-modem-A1B2C3-at"
    assert len(shared.links) == 1


def test_two_alike_in_two_sockets_are_told_apart_and_strangers_are_left_alone():
    all_rules = rules(rules_text())
    first, second = tty("0572", "1340", 0, socket="1.2"), tty("0572", "1340", 0, socket="1.3")
    first.run(all_rules)
    second.run(all_rules)
    assert set(first.links).isdisjoint(second.links)
    stranger = tty("0403", "6001", 0)
    stranger.run(all_rules)
    assert (stranger.links, stranger.written) == ([], {})
    gone = tty("2c7c", "0125", 2)
    gone.action = "remove"
    gone.run(all_rules)
    assert not gone.links
