"""A board's files: the root sheet with a box for each sheet, the sheets, the project, the BOM."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hardware.schematics.prices import price_of
from hardware.schematics.tools.sexpr import Text
from hardware.schematics.tools.sheet import STEP, Sheet, stable_uuid
from hardware.schematics.tools.spec import Board, bill_of_materials

Draw = Callable[[Sheet], None]
BOX = (62, 14)  # of a sheet on the root, steps


@dataclass(frozen=True)
class Page:
    """One sheet of a board: ``file`` without .kicad_sch, its box's place on the root in steps."""

    file: str
    title: str
    draw: Draw
    at: tuple[float, float]
    says: str  # in its box: what it does, what crosses to other sheets


@dataclass(frozen=True)
class Project:
    board: Board
    pages: tuple[Page, ...]
    note: str  # on the root

    def files(self) -> dict[str, str]:
        """File name: text. The same each time."""
        name = self.board.name
        root = Sheet(self.board, name, self.board.title, 0)
        root.note(14, 12, self.board.title, 2.54)
        root.note(14, 17, self.note)
        identity = stable_uuid(name, name)
        files: dict[str, str] = {}
        boxes = []
        for number, page in enumerate(self.pages, 1):
            title = f"{self.board.title.split(':')[0]}, {number}: {page.title}"
            sheet = Sheet(self.board, page.file, title, number)
            page.draw(sheet)
            box = stable_uuid(name, "box", page.file)
            files[f"{page.file}.kicad_sch"] = sheet.render(name, f"/{identity}/{box}")
            boxes.append(self._box(page, number, box, identity))
            root.note(page.at[0] + 1.5, page.at[1] + 3, page.says)
        boxes.append(["sheet_instances", ["path", Text("/"), ["page", Text("1")]]])
        files[f"{name}.kicad_sch"] = root.render(name, f"/{identity}", boxes)
        files[f"{name}.kicad_pro"] = _project_file(name)
        files["bom.csv"] = bill_of_materials(self.board, price_of)
        return files

    def write(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in self.files().items():
            (folder / name).write_text(text)

    def sheets(self) -> list[Sheet]:
        """Each page drawn, to be looked at by checks."""
        drawn = []
        for number, page in enumerate(self.pages, 1):
            sheet = Sheet(self.board, page.file, page.title, number)
            page.draw(sheet)
            drawn.append(sheet)
        return drawn

    def _box(self, page: Page, number: int, box: Text, root: Text) -> list:
        x, y = (v * STEP for v in page.at)
        w, h = (v * STEP for v in BOX)
        font = ["font", ["size", 1.8, 1.8]]
        small = ["font", ["size", 1.27, 1.27]]
        return [
            "sheet", ["at", x, y], ["size", w, h], ["exclude_from_sim", "no"], ["in_bom", "yes"],
            ["on_board", "yes"], ["dnp", "no"], ["stroke", ["width", 0.2], ["type", "solid"]],
            ["fill", ["color", 0, 0, 0, 0.0]], ["uuid", box],
            ["property", Text("Sheetname"), Text(f"{number} {page.title}"), ["at", x, y - 0.7, 0],
             ["effects", font, ["justify", "left", "bottom"]]],
            ["property", Text("Sheetfile"), Text(f"{page.file}.kicad_sch"),
             ["at", x, y + h + 0.6, 0],
             ["effects", small, ["justify", "left", "top"]]],
            ["instances", ["project", Text(self.board.name),
             ["path", Text(f"/{root}"), ["page", Text(number + 1)]]]],
        ]  # fmt: skip


def _project_file(name: str) -> str:
    """All of KiCad's rules at their own severity but one: whether a footprint's library is
    installed says nothing of the sheets. The footprints are held to the spec."""
    return (
        json.dumps(
            {
                "erc": {"rule_severities": {"footprint_link_issues": "ignore"}},
                "meta": {"filename": f"{name}.kicad_pro", "version": 3},
            },
            indent=2,
        )
        + "\n"
    )
