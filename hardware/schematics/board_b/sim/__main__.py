"""Prints the figures: python -m hardware.schematics.board_b.sim"""

from hardware.schematics.board_b.sim.figures import GROUPS

for group, figures in GROUPS.items():
    print(f"\n{group}")
    for figure in figures():
        mark = "  " if figure.holds else "! "
        print(f"{mark}{figure.name:<72} {figure.value:9.2f} {figure.unit:<4}"
              f" {figure.least if figure.least is not None else ''} .."
              f" {figure.most if figure.most is not None else ''}")  # fmt: skip
