"""Gates of every board's sheets: KiCad 9 itself says what is drawn, the spec says what must be.

Nothing here skips: without kicad-cli 9 these tests fail.
"""

import functools
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hardware.schematics import sim
from hardware.schematics.boards import BOARDS, FOLDER
from hardware.schematics.prices import cost_of, price_of
from hardware.schematics.tools import compare, kicad
from hardware.schematics.tools.overlaps import overlaps
from hardware.schematics.tools.project import Project
from hardware.schematics.tools.sexpr import Text, child, children, parse, write

every_board = pytest.mark.parametrize("project", BOARDS.values(), ids=BOARDS)


def root_of(project: Project, folder: Path | None = None) -> Path:
    name = project.board.name
    return (folder or FOLDER / name) / f"{name}.kicad_sch"


def without_symbols(text: str) -> str:
    """A sheet without its copies of KiCad's symbols, which differ with KiCad's patch level."""
    tree = parse(text)
    return write(
        [part for part in tree if not (isinstance(part, list) and part[0] == "lib_symbols")]
    )


def test_kicad_is_version_9() -> None:
    assert kicad.version()[0] == 9


@every_board
def test_the_committed_files_are_what_the_drawing_makes(project: Project) -> None:
    folder = FOLDER / project.board.name
    files = project.files()
    for name, text in files.items():
        plain = without_symbols if name.endswith(".kicad_sch") else str
        committed = (folder / name).read_text()
        assert plain(committed) == plain(text), f"{name}: run python -m hardware.schematics.tools"
    drawn = {path.name for path in folder.glob("*.kicad_sch")}
    assert drawn == {name for name in files if name.endswith(".kicad_sch")}


@every_board
def test_no_electrical_rule_is_broken(project: Project, tmp_path: Path) -> None:
    project.write(tmp_path)  # with the symbols of the KiCad at hand
    assert kicad.violations(root_of(project, tmp_path)) == []


@functools.cache
def netlist_of(name: str) -> list:
    """KiCad's, of the committed sheets."""
    return kicad.netlist(root_of(BOARDS[name]))


@every_board
def test_the_netlist_is_the_spec(project: Project) -> None:
    assert compare.differences(project.board, netlist_of(project.board.name)) == []


@every_board
def test_every_pin_of_every_part_is_in_the_spec(project: Project) -> None:
    drawn = {pin for pins in kicad.nets(netlist_of(project.board.name)).values() for pin in pins}
    spec = frozenset().union(*project.board.nets.values()) | project.board.unconnected
    assert drawn == spec


@every_board
def test_no_text_lies_on_anything(project: Project) -> None:
    assert [sentence for sheet in project.sheets() for sentence in overlaps(sheet)] == []


@every_board
def test_pdf_and_svg(project: Project, tmp_path: Path) -> None:
    pdf, svg = tmp_path / "sheets.pdf", tmp_path / "svg"
    kicad.export("pdf", root_of(project), pdf)
    kicad.export("svg", root_of(project), svg)
    assert pdf.read_bytes().startswith(b"%PDF")
    assert len(list(svg.glob("*.svg"))) == 1 + len(project.pages)
    assert all(path.stat().st_size > 10_000 for path in svg.glob("*.svg"))


@pytest.mark.parametrize(
    ("board", "group"), [(board, group) for board, groups in sim.BOARDS.items() for group in groups]
)
def test_every_figure_keeps_its_limit(board: str, group: str) -> None:
    assert [str(figure) for figure in sim.BOARDS[board][group]() if not figure.holds] == []


@every_board
def test_a_part_can_be_bought(project: Project) -> None:
    nameless = [
        p.ref for p in project.board.parts.values() if not (p.maker and p.mpn and p.footprint)
    ]
    assert nameless == []


def test_what_the_boards_cost_is_what_the_page_says() -> None:
    """docs/hardware.md rounds the sum of each parts list to whole dollars."""
    page = (FOLDER.parents[1] / "docs" / "hardware.md").read_text()
    for name, project in BOARDS.items():
        sums = {round(cost_of(project.board, full=full)) for full in (False, True)}
        for dollars in sums:
            assert f"{name}: US$ {' / '.join(map(str, sorted(sums)))}" in page, dollars


def test_what_has_no_price_is_told() -> None:
    part = next(iter(BOARDS["board_a"].board.parts.values()))
    with pytest.raises(KeyError, match="no price of XYZ"):
        price_of(replace(part, mpn="XYZ"))


# --- the gates can fail --------------------------------------------------------------------------


def part_named(tree: list, ref: str) -> list | None:
    for symbol in children(tree, "symbol"):
        for field in children(symbol, "property"):
            if field[1] == "Reference" and field[2] == ref:
                return symbol
    return None


def spoil(project: Project, folder: Path, change: Callable[[list], bool]) -> Path:
    """A copy of the board with the first sheet changed that ``change`` finds something on."""
    shutil.copytree(FOLDER / project.board.name, folder, dirs_exist_ok=True)
    for page in project.pages:
        file = folder / f"{page.file}.kicad_sch"
        tree = parse(file.read_text())
        if change(tree):
            file.write_text(write(tree))
            return root_of(project, folder)
    raise AssertionError("nothing to spoil")


def reverse_diode(tree: list) -> bool:
    kinds = ("1N4148W", "D_Zener", "LED", "D_Schottky", "D")
    diodes = [
        symbol
        for symbol in children(tree, "symbol")
        if child(symbol, "lib_id")[1].split(":")[1] in kinds
    ]
    for diode in diodes[:1]:
        at = child(diode, "at")
        at[3] = str((int(at[3]) + 180) % 360)
    return bool(diodes)


def swap_pins(tree: list) -> bool:
    """Turn an integrated circuit upside down, so that its pins change places."""
    kinds = ("Isolator:", "Audio:", "MCU", "Interface", "Power_Protection:")
    chips = [
        symbol
        for symbol in children(tree, "symbol")
        if child(symbol, "lib_id")[1].startswith(kinds)
    ]
    for chip in chips[:1]:
        chip.insert(chip.index(child(chip, "at")) + 1, ["mirror", "x"])
    return bool(chips)


def cut_wire(tree: list) -> bool:
    wires = children(tree, "wire")
    for wire in wires[:1]:
        tree.remove(wire)
    return bool(wires)


def change_value(tree: list) -> bool:
    for symbol in children(tree, "symbol"):
        for field in children(symbol, "property"):
            if field[1] == "Value" and child(symbol, "lib_id")[1] == "Device:R":
                field[2] = Text("1.234k")
                return True
    return False


def rename_net(tree: list) -> bool:
    labels = children(tree, "global_label")
    for label in labels[:1]:
        label[1] = Text("ELSEWHERE")
    return bool(labels)


@every_board
@pytest.mark.parametrize("change", [reverse_diode, swap_pins, cut_wire, change_value, rename_net])
def test_a_spoiled_sheet_fails(
    project: Project, change: Callable[[list], bool], tmp_path: Path
) -> None:
    root = spoil(project, tmp_path, change)
    assert compare.differences(project.board, kicad.netlist(root)) != []


@every_board
def test_an_open_pin_fails_the_rules(project: Project, tmp_path: Path) -> None:
    def forget_no_connect(tree: list) -> bool:
        marks = children(tree, "no_connect")
        for mark in marks[:1]:
            tree.remove(mark)
        return bool(marks)

    assert kicad.violations(spoil(project, tmp_path, forget_no_connect)) != []
