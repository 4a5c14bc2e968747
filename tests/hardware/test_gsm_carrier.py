"""The GSM carrier: its figures as ngspice measures them, its wiring, its rest levels."""

import pytest

from appliance.lines.cellular.power import SUPPLY_OFF_S
from appliance.settings import boards
from hardware.schematics.gsm_carrier import spec
from hardware.schematics.gsm_carrier.sim import figures
from hardware.schematics.gsm_carrier.spec import BOARD, CARD_MOST_V, CONVERTER, HEADER
from hardware.schematics.pi_header import BOOT_PULL_OHM, pins_of_gpios

NETS = {"power_gpio": "POWER", "supply_gpio": "SUPPLY", "reset_gpio": "RESET",
        "status_gpio": "STATUS_N"}  # fmt: skip
# Arduino Pro 4G Module (an EG25-G mini-PCIe card), table "Pin Description"
CARD = {"VMOD": "2 39 41 52", "USB_DM": "36", "USB_DP": "38", "USIM_VDD": "8", "USIM_DATA": "10",
        "USIM_CLK": "12", "USIM_RST": "14", "W_DISABLE_N": "20", "PERST_N": "22",
        "LED_WWAN_N": "42", "GND": "4 9 15 18 21 26 27 29 34 35 37 40 43 50 MP"}  # fmt: skip


def spoil(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    monkeypatch.setattr(spec, "BOARD", BOARD.with_values(**values))


def test_the_decks_stand_on_the_spec(monkeypatch: pytest.MonkeyPatch) -> None:
    spoil(monkeypatch, R102="11k")
    assert figures.set_v() < 3.2
    spoil(monkeypatch, C108="10µ", C109="10µ", C110="10µ")
    assert figures.burst(figures.USUAL)["card least"] < 3.3
    spoil(monkeypatch, C401="1µ")
    assert figures.status_v(1.0)[0] > figures.GPIO_LOW_V
    spoil(monkeypatch, R103="4.7k")
    assert figures.empties_s() > SUPPLY_OFF_S


def test_off_means_off_before_it_is_on_again() -> None:
    assert figures.empties_s() < SUPPLY_OFF_S / 2


def test_the_coil_suits_a_burst() -> None:
    """The data sheet's formula: ripple of 20 to 40 % of 3 A, and the peak below the limit."""
    for input_v in (4.85, 5.25):
        ripple_a = CONVERTER.ripple_a(BOARD.value("L101"), input_v, figures.set_v())
        assert 0.15 * 3 < ripple_a < 0.4 * 3
        assert spec.BURST_A + ripple_a / 2 < CONVERTER.peak_a


def test_the_card_never_sees_the_bare_modules_voltage() -> None:
    error = CONVERTER.reference_error + CONVERTER.divider_error
    assert figures.set_v() * (1 + error) < CARD_MOST_V


def test_the_soft_start_asks_less_than_the_adapter_has() -> None:
    farad = sum(BOARD.value(ref) for ref in figures.BULK.split())
    assert farad * figures.set_v() / CONVERTER.soft_start_s < 2


def test_the_card_is_wired_as_its_maker_prints() -> None:
    for net, pins in CARD.items():
        assert {f"J201.{pin}" for pin in pins.split()} == {
            pin for pin in BOARD.nets[net] if pin.startswith("J201.")
        }


def test_the_header_is_wired_as_the_pin_table_says() -> None:
    for name, net in NETS.items():
        assert HEADER.pin(name) in BOARD.nets[net]
        assert pins_of_gpios()[HEADER.gpio(name).gpio] == HEADER.pin(name).split(".")[1]
    for name, number in boards.BOARDS["gsm_carrier"].items():
        assert HEADER.gpio(name).gpio == number


def test_rest_levels() -> None:
    """Key and reset are let go against the Pi's own pull-up; the supply is held on, as the daemon
    gives its pin back and must not cut the modem off."""
    for net in ("POWER", "RESET"):
        resistors = {pin.split(".")[0] for pin in BOARD.nets[net] if pin.startswith("R")}
        (down,) = (ref for ref in resistors if f"{ref}.2" in BOARD.nets["GND"])
        assert BOARD.value(down) <= BOOT_PULL_OHM / 10
    (up,) = (p.split(".")[0] for p in BOARD.nets["SUPPLY"] if p.startswith("R"))
    assert f"{up}.1" in BOARD.nets["+3V3"]
    assert HEADER.gpio("supply_gpio").pull == "up"


def test_nothing_feeds_the_pi_and_the_pi_feeds_nothing_heavy() -> None:
    assert {pin.split(".")[0] for pin in BOARD.nets["PI_5V"]} == {"J501"}
    assert {pin.split(".")[0] for pin in BOARD.nets["+3V3"]} == {"J501", "R104", "R408"}
    assert {pin.split(".")[0] for pin in BOARD.nets["VBUS"]} == {"J202", "U201", "C204"}
