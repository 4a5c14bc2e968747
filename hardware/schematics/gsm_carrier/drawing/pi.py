"""Sheet 5: the Raspberry Pi's header."""

from hardware.schematics.gsm_carrier.spec import HEADER
from hardware.schematics.pi_header import draw_header
from hardware.schematics.tools.sheet import Sheet


def draw(s: Sheet) -> None:
    s.note(14, 12, "RASPBERRY PI", 2.54)
    draw_header(s, HEADER, 100, 52)
    s.note(24, 92, _NOTE)


_NOTE = """
Pins as hardware/pinout.toml has them ("gsm_carrier"): free beside the other boards on the same Pi.
Nothing is fed from the Pi's 5 V, and nothing feeds it. From its 3.3 V: 1 mA of pull-ups.
Sound and commands go over USB (sheet 2); the Pi's UART and I2S stay free.
"""
