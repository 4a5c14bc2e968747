"""Board C: its figures as ngspice measures them, its GPIOs, its rest levels."""

import pytest

from appliance.settings import boards
from hardware.schematics.board_c.sim import figures
from hardware.schematics.board_c.spec import BOARD, HEADER
from hardware.schematics.pi_header import BOOT_PULL_OHM, pins_of_gpios

OUTPUTS = {"ringer_gpio": "RINGER", "lamp_gpio": "LAMP"}


def test_the_decks_stand_on_the_spec(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "BOARD", BOARD.with_values(C101="10n"))
    assert figures.bounce_v(closed=True) > figures.GPIO_LOW_V
    monkeypatch.setattr(figures, "BOARD", BOARD.with_values(R202="100k"))
    assert figures.at_boot("ringer", "ringer_g", "Q201", "R201 R202")[1] > 0.1
    monkeypatch.setattr(figures, "BOARD", BOARD.with_values(R301="4.7k"))
    assert figures.row_v(1000) > figures.GPIO_LOW_V


def test_the_hook_is_faster_than_a_flash_and_slower_than_a_spark() -> None:
    tau_s = (BOARD.value("R101") + BOARD.value("R102")) * BOARD.value("C101")
    assert 1e-3 < tau_s < 8e-3  # a tenth of the shortest flash, 80 ms


def test_the_header_is_wired_as_the_pin_table_says() -> None:
    """Each name's pin is on its net, and the number is the one the appliance's settings take."""
    nets = OUTPUTS | {"hook_gpio": "HOOK_N"}
    nets |= {f"keypad_row_{n}": f"KEY_ROW{n}" for n in range(1, 5)}
    nets |= {f"keypad_column_{n}": f"KEY_COL{n}" for n in range(1, 4)}
    ours = boards.BOARDS["handset_adapter"]
    for name, net in nets.items():
        assert HEADER.pin(name) in BOARD.nets[net]
        assert pins_of_gpios()[HEADER.gpio(name).gpio] == HEADER.pin(name).split(".")[1]
    for name in ("hook_gpio", *OUTPUTS):
        assert ours[name] == HEADER.gpio(name).gpio
    assert ours["keypad_rows"] == [HEADER.gpio(f"keypad_row_{n}").gpio for n in range(1, 5)]
    assert ours["keypad_columns"] == [HEADER.gpio(f"keypad_column_{n}").gpio for n in range(1, 4)]


def test_ringer_and_lamp_are_held_low() -> None:
    """By a resistor that wins against a pull-up inside the Pi."""
    for net in OUTPUTS.values():
        resistors = {pin.split(".")[0] for pin in BOARD.nets[net] if pin.startswith("R")}
        (down,) = (ref for ref in resistors if f"{ref}.2" in BOARD.nets["GND"])
        assert BOARD.value(down) <= BOOT_PULL_OHM / 10


def test_the_sound_has_a_ground_of_its_own() -> None:
    """No part joins the handset's sound to the Pi."""
    sound = {p.split(".")[0] for n in ("EAR", "EAR_P", "MIC", "MIC_P", "MIC_M", "SOUND_GND")
             for p in BOARD.nets[n]}  # fmt: skip
    others = {p.split(".")[0] for n in ("GND", "+5V", "+3V3") for p in BOARD.nets[n]}
    assert not sound & others
