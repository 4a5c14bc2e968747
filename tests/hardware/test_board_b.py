"""Board B: its pins against hardware/pinout.toml, its barrier, its figures from ngspice."""

from collections.abc import Iterator

import pytest

from hardware import pinout
from hardware.schematics.board_b.sim import figures
from hardware.schematics.board_b.sockets import FXO, FXS
from hardware.schematics.board_b.spec import BOARD
from hardware.schematics.boards import FOLDER
from hardware.schematics.pi_header import pins_of_gpios
from hardware.schematics.symbols.make import LIBRARY, library
from hardware.schematics.tools import kicad

TABLE = pinout.read(pinout.SOURCE.read_text(encoding="utf-8"))
# data sheets' pin numbers, typed here once more: who must hear or say what each GPIO is for
SLIC = {"fr": "3", "rm": "4", "shk": "5", "pd": "14"}
EVERY_CODEC = {"codec_mclk": ["11"], "pclk": ["12", "9"], "pcm_down": ["8"], "pcm_up": ["13"]}
EVERY_DAA = {"spi_sck": "19", "spi_miso": "1", "si_cs_n": "3", "si_reset_n": "13", "si_int_n": "9",
             "pclk": "5", "fsync": "4", "pcm_down": "7", "pcm_up": "6"}  # fmt: skip
BOTH_REGISTERS = {"spi_sck": "11", "sr_latch": "12", "sr_oe_n": "13"}
QS = ["15", "1", "2", "3", "4", "5", "6", "7"]


@pytest.fixture(scope="module")
def drawn() -> dict[str, frozenset[str]]:
    """Nets of the sheets as KiCad sees them: pin: every pin joined with it."""
    nets = kicad.nets(kicad.netlist(FOLDER / "board_b/board_b.kicad_sch"))
    return {pin: pins for pins in nets.values() for pin in pins}


def chips(pins: frozenset[str]) -> set[str]:
    """Without resistors: they give levels, they say nothing."""
    return {pin for pin in pins if not pin.startswith("R")}


def through_resistors(pin: str, drawn: dict[str, frozenset[str]]) -> set[str]:
    """What a pin meets past one resistor."""
    met = set()
    for near in drawn[pin]:
        if near.startswith("R"):
            ref, end = near.split(".")
            met |= chips(drawn[f"{ref}.{'2' if end == '1' else '1'}"])
    return met


def wanted() -> Iterator[tuple[str, set[str]]]:
    """Each GPIO of the RP2040: the chips' pins on its net."""
    for name in TABLE.chip:
        found = {f"U{n}02.{pin}" for n in FXS for pin in EVERY_CODEC.get(name, [])}
        found |= {f"U{n}01.{EVERY_DAA[name]}" for n in FXO if name in EVERY_DAA}
        found |= {f"U{u}.{BOTH_REGISTERS[name]}" for u in (1201, 1202) if name in BOTH_REGISTERS}
        if name == "spi_mosi":
            found |= {"U501.2", "U1201.14"}
        if name.startswith("codec_fs"):
            found |= {f"U{name[-1]}02.14", f"U{name[-1]}02.7"}
        if name.startswith("fr"):
            found.add(f"U{name[-1]}01.{SLIC['fr']}")
        yield name, found


def test_every_gpio_of_the_table_goes_where_it_must_and_nowhere_else(
    drawn: dict[str, frozenset[str]],
) -> None:
    numbers = pins_of_gpios(BOARD.parts["U901"].symbol)
    for name, others in wanted():
        mine = f"U901.{numbers[TABLE.chip[name].gpio]}"
        assert chips(drawn[mine]) == others | {mine}, name
    assert sorted(pin.gpio for pin in TABLE.chip.values()) == sorted(numbers)


def test_what_stands_behind_a_resistor(drawn: dict[str, frozenset[str]]) -> None:
    numbers = pins_of_gpios(BOARD.parts["U901"].symbol)
    header = pins_of_gpios(BOARD.parts["J1001"].symbol)
    pi = TABLE.boards["line_card"]

    def chip(name: str) -> str:
        return f"U901.{numbers[TABLE.chip[name].gpio]}"

    def board(name: str) -> str:
        return f"J1001.{header[pi[name].gpio]}"

    for n in FXS:
        assert f"U{n}01.{SLIC['shk']}" in through_resistors(chip(f"shk{n}"), drawn)
    crossed = {"uart_tx": "uart_rx", "uart_rx": "uart_tx", "uart_rts": "uart_cts",
               "uart_cts": "uart_rts"}  # fmt: skip
    for ours, theirs in crossed.items():
        assert board(theirs) in through_resistors(chip(ours), drawn)
    for name, pin in {"run_gpio": "26", "swclk_gpio": "24", "swdio_gpio": "25"}.items():
        assert f"U901.{pin}" in through_resistors(board(name), drawn)
    assert "D901.2" in through_resistors(chip("led"), drawn)
    used = {board(name) for name in pi}
    free = {f"J1001.{pin}" for pin in header.values()} - used - {"J1001.27", "J1001.28"}
    assert all(drawn[pin] == {pin} for pin in free)


def test_the_shift_register_as_the_table_says(drawn: dict[str, frozenset[str]]) -> None:
    """Bit 0 is QA of the first; the second hangs on the first's last output."""
    assert "U1202.14" in drawn["U1201.9"]
    for name, bit in TABLE.shift_register.items():
        out = f"U120{1 + bit // 8}.{QS[bit % 8]}"
        kind, n = name[:-1], name[-1]
        others = {"rm": {f"U{n}01.{SLIC['rm']}"}, "pd_off": {f"Q{n}01.1"},
                  "lifeline": {f"Q120{n}.1"}}.get(kind, set())  # fmt: skip
        assert chips(drawn[out]) == others | {out}, name
        if kind.endswith("lamp"):
            assert any(pin.startswith("D12") for pin in through_resistors(out, drawn))


def test_the_chain_of_the_lines(drawn: dict[str, frozenset[str]]) -> None:
    for n in FXO[:-1]:
        assert drawn[f"U{n}01.20"] == {f"U{n}01.20", f"U{n + 1}01.2"}


def test_nothing_can_drive_power_down_high(drawn: dict[str, frozenset[str]]) -> None:
    for n in FXS:
        assert drawn[f"U{n}01.{SLIC['pd']}"] == {f"U{n}01.14", f"Q{n}01.3"}
        assert f"Q{n}01.2" in BOARD.nets["GND"]


def reached(start: str, uncrossed: dict[str, tuple[set[str], ...]]) -> set[str]:
    """Nets that a current finds from ``start``; of a part in ``uncrossed`` only within a group of
    its pins."""
    seen, todo = set(), [start]
    while todo:
        net = todo.pop()
        if net in seen:
            continue
        seen.add(net)
        for pin in BOARD.nets[net]:
            ref, number = pin.split(".")
            of_part = {p for pins in BOARD.nets.values() for p in pins if p.split(".")[0] == ref}
            groups = uncrossed.get(ref)
            for other in of_part:
                same = groups is None or any(
                    {number, other.split(".")[1]} <= group for group in groups
                )
                if same:
                    todo.append(BOARD.net_of(other))
    return seen


def test_only_safety_capacitors_and_the_relays_coil_gap_cross_the_barrier() -> None:
    """From a line's wires, relays released (3-2, 6-7) or drawn, nothing but the Y2 capacitors leads
    to ground; released, the line reaches the telephone's plug and nothing more."""
    alone = ({"1"}, {"2"})
    for n in FXO:
        caps = {f"C{n}{c:02d}": alone for c in (1, 2, 8, 9)}
        for pins in (({"2", "3"}, {"6", "7"}), ({"2"}, {"7"})):
            relays = {f"K120{i}": pins for i in (1, 2)}
            met = reached(f"LINE_A_{n}", caps | relays) | reached(f"LINE_B_{n}", caps | relays)
            assert not met & {"GND", "+5V", "+3V3"}
            assert not any(name.startswith(("ST_", "S1_", "S2_")) for name in met)
            assert {f"IGND_{n}", f"VP_{n}", f"RNG1_{n}"} <= met
        assert all(BOARD.parts[ref].value.endswith("Y2") for ref in caps)


def test_released_relays_put_telephones_on_their_lines() -> None:
    """IM03: 3 and 6 move, 2 and 7 are theirs at rest (TE IM relay data sheet)."""
    for phone, line in ((1, 5), (2, 6)):
        for moving, rest, wire in (("3", "2", "TIP"), ("6", "7", "RING")):
            assert f"K120{phone}.{moving}" in BOARD.nets[f"P{phone}_{wire}"]
            assert f"K120{phone}.{rest}" in BOARD.nets[f"L{line}_{wire}"]


def test_the_symbols_are_what_the_tables_of_pins_make() -> None:
    assert LIBRARY.read_text() == library(), "run python -m hardware.schematics.symbols"


def test_the_decks_stand_on_the_spec(monkeypatch: pytest.MonkeyPatch) -> None:
    """Weaker resistors are other levels; another network is another answer."""
    monkeypatch.setattr(figures, "BOARD", BOARD.with_values(R911="100k", R103="100k"))
    missed = {figure.name for figure in figures.boot_figures() if not figure.holds}
    assert missed == {"sr_oe_n at rest", "fr1 at rest"}
    monkeypatch.setattr(figures, "BOARD", BOARD.with_values(C530="1n", C531="1n"))
    assert figures.caller_id_na(300) > 0.98 * figures.caller_id_na(1000)
    monkeypatch.setattr(figures, "BOARD", BOARD.with_values(F1101="0.5"))
    assert figures.lowest_5v(2, 2) < 4.25
