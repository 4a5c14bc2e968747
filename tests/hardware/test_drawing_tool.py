"""The drawing tool: pins where KiCad sees them, S-expressions both ways, tables that refuse."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.schematics.tools import kicad
from hardware.schematics.tools.overlaps import overlaps
from hardware.schematics.tools.sexpr import Text, parse, write
from hardware.schematics.tools.sheet import Sheet
from hardware.schematics.tools.spec import SpecError, bill_of_materials, board

ORIENTATIONS = [(turn, mirror) for turn in (0, 90, 180, 270) for mirror in ("", "x", "y")]


def transistors() -> tuple[str, str]:
    parts = "\n".join(f"Q{i} | Transistor_BJT:MMBT3904 | Q | F | M | P |" for i in range(1, 13))
    nets = "\n".join(f"N{i}_{pin}: Q{i}.{pin}" for i in range(1, 13) for pin in (1, 2, 3))
    return parts, nets


def test_pins_lie_where_kicad_sees_them_in_every_orientation(tmp_path: Path) -> None:
    """A label on each pin's place, as we reckon it; KiCad says what pin the label joins."""
    of = board("turned", "Turned", *transistors(), "")
    sheet = Sheet(of, "turned", "Turned", 0)
    for i, (turn, mirror) in enumerate(ORIENTATIONS, 1):
        sheet.part(f"Q{i}", 20 + i % 4 * 30, 20 + i // 4 * 30, turn=turn, mirror=mirror)
        for pin in "123":
            sheet.net(f"N{i}_{pin}", f"Q{i}.{pin}")
    file = tmp_path / "turned.kicad_sch"
    file.write_text(sheet.render("turned", "/" + str(parse(sheet.render("turned", "/"))[4][1])))
    assert kicad.nets(kicad.netlist(file)) == of.nets


def test_text_on_a_wire_is_seen() -> None:
    of = board("one", "One", "R1 | Device:R | 1k | F | M | P |", "A: R1.1\nB: R1.2", "")
    sheet = Sheet(of, "one", "One", 1)
    sheet.part("R1", 20, 20)
    sheet.wire((10, 19), (40, 19))
    assert any("touches wire" in sentence for sentence in overlaps(sheet))


words = st.one_of(st.from_regex(r"[a-z0-9_.+-]+", fullmatch=True), st.text(max_size=12).map(Text))
trees = st.recursive(words, lambda inner: st.lists(inner, min_size=1, max_size=5), max_leaves=30)


@given(st.lists(trees, min_size=1, max_size=5))
def test_what_is_written_is_read_again(tree: list) -> None:
    assert parse(write(["root", *tree])) == ["root", *tree]


@pytest.mark.parametrize("source", ["(a", "a)", "(a))", "(a) (b)", ""])
def test_brackets_that_do_not_match(source: str) -> None:
    with pytest.raises(ValueError, match="bracket"):
        parse(source)


@pytest.mark.parametrize(
    ("parts", "nets", "loose"),
    [
        ("R1 | Device:R | 1 | F | M | P |\nR1 | Device:R | 1 | F | M | P |", "", ""),
        ("R1 | Device:R | 1 | F | M | P |", "A: R1.1\nB: R1.1", ""),
        ("R1 | Device:R | 1 | F | M | P |", "A: R2.1", ""),
        ("R1 | Device:R | 1 | F | M | P |", "A: R1.1\nA: R1.2", ""),
        ("R1 | Device:R | 1 | F | M | P |", "A: R1.1", "R1.1"),
    ],
)
def test_a_table_that_contradicts_itself(parts: str, nets: str, loose: str) -> None:
    with pytest.raises(SpecError):
        board("b", "B", parts, nets, loose)


def test_values_and_bill() -> None:
    rows = ["R1 | Device:R | 4.7k 1W | F | M | P |", "C1 | Device:C | 470n X2 | F | M | Q |",
            "R2 | Device:R | 4.7k 1W | F | M | P |"]  # fmt: skip
    of = board("b", "B", "\n".join(rows), "A: R1.1 C1.1\nB: R1.2 C1.2 R2.1 R2.2", "")
    assert of.value("R1") == 4700
    assert of.value("C1") == pytest.approx(470e-9)
    bill = bill_of_materials(of, lambda part: 1.5 if part.mpn == "Q" else 0.02)
    assert bill.splitlines()[1:] == [
        "C1,1,470n X2,F,M,Q,,1.50", "R1 R2,2,4.7k 1W,F,M,P,,0.02",
    ]  # fmt: skip
