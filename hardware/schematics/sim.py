"""Prints what ngspice says of a board: python -m hardware.schematics.sim BOARD [GROUP ...]"""

import sys

from hardware.schematics.board_a.sim.figures import GROUPS as BOARD_A
from hardware.schematics.board_b.sim.figures import GROUPS as BOARD_B
from hardware.schematics.board_c.sim.figures import GROUPS as BOARD_C
from hardware.schematics.gsm_carrier.sim.figures import GROUPS as GSM_CARRIER
from hardware.schematics.tools.figures import Groups

BOARDS: dict[str, Groups] = {
    "board_a": BOARD_A, "board_b": BOARD_B, "board_c": BOARD_C, "gsm_carrier": GSM_CARRIER,
}  # fmt: skip

if __name__ == "__main__":
    groups = BOARDS[sys.argv[1]]
    for group in sys.argv[2:] or groups:
        print(group, *groups[group](), sep="\n")
