"""Board A: its figures as ngspice measures them on the spec's values, and its GPIOs."""

import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from appliance.settings import LineSettings
from hardware.schematics.board_a.sim import figures
from hardware.schematics.board_a.sim import line_decks as lines
from hardware.schematics.board_a.spec import BOARD
from hardware.schematics.pi_header import pins_of_gpios
from hardware.schematics.tools.spice import Corner

PINOUT = Path(__file__).parents[2] / "hardware" / "pinout.toml"
NETS = {"ring_gpio": "RING_N", "hook_gpio": "HOOK", "loop_gpio": "LOOP_N", "caller_id_gpio": "CID",
        "kick_gpio": "KICK", "codec_sda": "SDA", "codec_scl": "SCL", "codec_clk": "I2S_CLK",
        "codec_fs": "I2S_FS", "codec_din": "I2S_IN", "codec_dout": "I2S_OUT"}  # fmt: skip


def test_the_decks_stand_on_the_spec(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another value in the spec is another figure: less balance, more current, a deaf detector."""
    monkeypatch.setattr(lines, "BOARD", BOARD.with_values(R406="3k"))
    assert figures.trans_hybrid_loss_db("600", "600") < 20
    monkeypatch.setattr(lines, "BOARD", BOARD.with_values(R303="8.2"))
    assert figures.loop_ma(400, Corner())[0] > 60
    monkeypatch.setattr(lines, "BOARD", BOARD.with_values(D201="68V", D202="68V"))
    assert figures.ring_pulses(40, 25) == 0


def test_gpios_are_wired_as_the_configuration_names_them() -> None:
    gpios = {pin: gpio for gpio, pin in pins_of_gpios().items()}
    wired = {}
    for key, net in NETS.items():
        (pin,) = (p for p in BOARD.nets[net] if p.startswith("J601."))
        wired[key] = gpios[pin.split(".")[1]]
    pinout = tomllib.loads(PINOUT.read_text())["raspberry_pi"]["one_line"]
    assert wired == {key: pinout[key]["gpio"] for key in NETS}
    keys = {key for key in NETS if key.endswith("_gpio")}
    assert keys <= {field.name for field in fields(LineSettings)}


def test_the_hook_is_off_while_pins_float() -> None:
    for net in ("HOOK", "KICK", "HOOK_DRIVE", "CID"):
        downs = [p.split(".")[0] for p in BOARD.nets[net] if p.startswith("R")]
        assert any(f"{ref}.2" in BOARD.nets["GND"] and BOARD.value(ref) <= 10e3 for ref in downs)


def test_the_watchdog_takes_about_5_s() -> None:
    """74LVC1G123: its pulse is R times C (Texas Instruments SLVA720A)."""
    assert BOARD.value("R601") * BOARD.value("C601") == pytest.approx(5, rel=0.1)


def test_only_couplers_cross_the_barrier() -> None:
    """Every way from a wire of the line to ground, but through an optocoupler, the relay or the
    transformer: none."""
    barrier = {"U101": ({"1", "2"},), "U201": ({"1", "2"},), "T401": ({"1", "2"},),
               "U301": ({"5", "6", "7", "8"},)}  # fmt: skip
    reached, todo = set(), ["LINE_A", "LINE_B"]
    while todo:
        net = todo.pop()
        if net in reached:
            continue
        reached.add(net)
        for ref in {pin.split(".")[0] for pin in BOARD.nets[net]}:
            sides = barrier.get(ref)
            pins = {p for n in BOARD.nets.values() for p in n if p.split(".")[0] == ref}
            todo += [BOARD.net_of(p) for p in pins if not sides or p.split(".")[1] in sides[0]]
    assert not reached & {"GND", "+5V", "+3V3", "VREF", "+5VA"}
    assert {"TIP", "RING", "VP", "XFMR"} <= reached
