"""Prints board C's figures: python -m hardware.schematics.board_c.sim [GROUP ...]"""

import sys

from hardware.schematics.board_c.sim.figures import GROUPS

for group in sys.argv[1:] or GROUPS:
    for figure in GROUPS[group]():
        limits = " ".join(
            f"{sign} {limit:g}" for sign, limit in (("≥", figure.least), ("≤", figure.most))
            if limit is not None
        )  # fmt: skip
        mark = "  " if figure.holds else "! "
        print(f"{mark}{figure.name:<76} {figure.value:8.2f} {figure.unit:<5} {limits}")
