"""Board B: its sheets, and the root that shows how they go together."""

from hardware.schematics.board_b.drawing import fxo, fxs, mcu, outputs, pi, power
from hardware.schematics.board_b.sockets import FXO, FXS, LIFELINE
from hardware.schematics.board_b.spec import BOARD
from hardware.schematics.tools.project import Page, Project


def _at(index: int) -> tuple[float, float]:
    return (14 + 68 * (index % 3), 42 + 24 * (index // 3))


PROJECT = Project(
    BOARD,
    (
        *(Page(f"fxs{n}", f"Telephone socket {n}", fxs.draw, _at(n - 1),
               "Feeds and rings a telephone.\nTo 9: PCM, FR, SHK. To 12: RM, PD_OFF"
               + (", lifeline" if n in LIFELINE else ""))
          for n in FXS),
        *(Page(f"fxo{n}", f"Line socket {n}" + (" (4 lines)" if n > FXO[1] else ""), fxo.draw,
               _at(n - 1), "Takes a line; isolated.\nTo 9: SPI, PCM."
               + (" To 12: lifeline" if n in LIFELINE.values() else ""))
          for n in FXO),
        Page("mcu", "RP2040", mcu.draw, _at(8),
             "Master of all clocks; levels at rest.\nTo 10: UART, SWD, RUN. To 12: SPI"),
        Page("pi", "Raspberry Pi, EEPROM", pi.draw, _at(9),
             "Header, link, name of the board.\nTo 9: UART, SWD, RUN"),
        Page("power", "Power", power.draw, _at(10), "5 V 3 A in; 3.3 V.\nTo all"),
        Page("outputs", "Outputs, lifeline, lamps", outputs.draw, _at(11),
             "Shift register, two relays.\nFrom 9: SPI. To 1, 2, 5, 6: wires"),
    ),
    "Two lines (four when sheets 7 and 8 are fitted) and four telephones on a Raspberry Pi.\n"
    "The part's number begins with its sheet's: R101 is on sheet 1, R1001 on sheet 10; sheets 1 to 8 are the sockets 1 to 8.\n"
    "Between the wall and the rest: sheets 5 to 8 inside their frames, and the contacts of K1201, K1202.\n"
    "Reference design, not approved. Telephones' sockets never to the wall. Circuit: spec.py, sockets.py; figures: sim/.",
)  # fmt: skip
