"""Makes the pictures of sheets in docs/images: python -m hardware.schematics.pictures."""

import subprocess
import tempfile
from pathlib import Path

from hardware.schematics.boards import BOARDS, FOLDER
from hardware.schematics.tools import kicad

IMAGES = FOLDER.parents[1] / "docs" / "images"
DOTS_PER_INCH = 75
PICTURES = {  # board: number of a sheet, 0 for the overview: the picture's name
    "board_a": {3: "board-a-hold"},
    "board_b": {0: "board-b", 1: "board-b-telephone", 5: "board-b-line"},
    "board_c": {2: "board-c-ringer"},
    "gsm_carrier": {1: "gsm-carrier-supply"},
}


def make(to: Path) -> None:
    """By kicad-cli and pdftoppm."""
    for board, sheets in PICTURES.items():
        assert max(sheets) <= len(BOARDS[board].pages)
        with tempfile.TemporaryDirectory() as folder:
            pdf = Path(folder) / "sheets.pdf"
            kicad.export("pdf", FOLDER / board / f"{board}.kicad_sch", pdf)
            for number, name in sheets.items():
                page = str(number + 1)
                subprocess.run(
                    ["pdftoppm", "-png", "-singlefile", "-r", str(DOTS_PER_INCH), "-f", page,
                     "-l", page, pdf, to / name], check=True,
                )  # fmt: skip


if __name__ == "__main__":
    make(IMAGES)
