"""Sheet 5: the Raspberry Pi's header."""

from hardware.schematics.board_c.spec import HEADER
from hardware.schematics.pi_header import draw_header
from hardware.schematics.tools.sheet import Sheet


def draw(s: Sheet) -> None:
    s.note(14, 12, "RASPBERRY PI", 2.54)
    draw_header(s, HEADER, 100, 52)
    s.note(24, 92, _NOTE)


_NOTE = """
Pins as hardware/pinout.toml has them ("handset_adapter"): free beside the line card and the GSM carrier on the same Pi.
From the Pi's 5 V: 30 mA for BZ201, 20 mA for the lamps. Rows and hook are inputs with pull-ups here and inside the Pi.
"""
