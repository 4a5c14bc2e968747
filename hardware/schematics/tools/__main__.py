"""Draws boards anew: python -m hardware.schematics.tools BOARD ... (none named: all)"""

import sys

from hardware.schematics.boards import BOARDS, FOLDER
from hardware.schematics.prices import cost_of

for name in sys.argv[1:] or BOARDS:
    BOARDS[name].write(FOLDER / name)
    board = BOARDS[name].board
    least, most = (cost_of(board, full=full) for full in (False, True))
    print(f"{name}: drawn; parts about US$ {least:.0f} to {most:.0f}")
