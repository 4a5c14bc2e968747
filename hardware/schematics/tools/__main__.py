"""Draws boards anew: python -m hardware.schematics.tools BOARD ... (none named: all)"""

import sys

from hardware.schematics.boards import BOARDS, FOLDER

for name in sys.argv[1:] or BOARDS:
    BOARDS[name].write(FOLDER / name)
    print(f"{name}: drawn")
