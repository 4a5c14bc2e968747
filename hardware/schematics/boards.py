"""Every board there is: tests, CI and the drawing command go through this list."""

from pathlib import Path

from hardware.schematics.board_a.drawing.project import PROJECT as BOARD_A
from hardware.schematics.board_b.drawing.project import PROJECT as BOARD_B
from hardware.schematics.board_c.drawing.project import PROJECT as BOARD_C
from hardware.schematics.gsm_carrier.drawing.project import PROJECT as GSM_CARRIER
from hardware.schematics.tools.project import Project

FOLDER = Path(__file__).parent
BOARDS: dict[str, Project] = {p.board.name: p for p in (BOARD_A, BOARD_B, BOARD_C, GSM_CARRIER)}
