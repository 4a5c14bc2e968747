"""The line card's overlay on the Raspberry Pi 4's own device tree, which provision.sh fetches."""

import subprocess
from pathlib import Path

import pytest

from hardware.hat.eeprom import make, parse, read_settings
from tests.unit.test_hat_eeprom import BOARD, SETTINGS

PI_4 = Path("build/pi4/bcm2711-rpi-4-b.dtb")
SOURCE = Path("hardware/hat/counterbell-linecard-overlay.dts")
UART = "/soc/serial@7e201000"  # the PL011
SMALL_UART = "/soc/serial@7e215040"


def run(*words: str | Path) -> str:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def overlay(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("overlay") / "linecard.dtbo"
    run("dtc", "-@", "-I", "dts", "-O", "dtb", "-o", made, SOURCE)
    return made


@pytest.fixture(scope="module")
def tree(overlay: Path) -> Path:
    assert PI_4.is_file(), f"{PI_4} is missing: run ./provision.sh test, which fetches it"
    merged = overlay.with_name("merged.dtb")
    run("fdtoverlay", "-i", PI_4, "-o", merged, overlay)
    return merged


def value(tree: Path, node: str, name: str, kind: str = "s") -> str:
    return run("fdtget", "-t", kind, tree, node, name).strip()


def test_the_link_is_on_the_header_with_flow_control(tree: Path) -> None:
    assert value(tree, UART, "status") == "okay"
    assert "uart-has-rtscts" in run("fdtget", "-p", tree, UART).split()
    pins = "/soc/gpio@7e200000/linecard-uart-pins"
    assert value(tree, pins, "phandle", "u") == value(tree, UART, "pinctrl-0", "u")
    assert value(tree, pins, "brcm,pins", "u") == "14 15 16 17"
    # alternate functions 0 (TXD0, RXD0) and 3 (CTS0, RTS0), BCM2711 peripherals' manual, 5.3
    assert value(tree, pins, "brcm,function", "u") == "4 4 7 7"


def test_nothing_else_uses_those_pins_or_that_port(tree: Path) -> None:
    assert value(tree, SMALL_UART, "status") == "disabled"
    assert value(tree, f"{UART}/bluetooth", "status") == "disabled"
    assert value(tree, "/chosen", "stdout-path") == ""


def test_before_it_the_uart_was_bluetooths(tree: Path) -> None:
    """What the overlay changes is there to be changed."""
    assert "status" not in run("fdtget", "-p", PI_4, f"{UART}/bluetooth").split()
    assert value(PI_4, UART, "pinctrl-0", "u") != value(tree, UART, "pinctrl-0", "u")
    assert value(PI_4, "/chosen", "stdout-path") == "serial1:115200n8"


def test_the_eeprom_carries_it(overlay: Path) -> None:
    compiled = overlay.read_bytes()
    assert parse(make(read_settings(SETTINGS, BOARD, compiled))).overlay == compiled
