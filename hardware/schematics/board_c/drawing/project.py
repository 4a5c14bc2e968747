"""Board C: its sheets, and the root that shows how they go together."""

from hardware.schematics.board_c.drawing import hook, keypad, ringer, sound
from hardware.schematics.board_c.spec import BOARD, HEADER
from hardware.schematics.pi_header import header_page
from hardware.schematics.tools.project import Page, Project

_PI = """
Pins as hardware/pinout.toml has them ("handset_adapter"): free beside the line card and the GSM carrier on the same Pi.
From the Pi's 5 V: 30 mA for BZ201, 20 mA for the lamps. Rows and hook are inputs with pull-ups here and inside the Pi.
"""
PROJECT = Project(
    BOARD,
    (
        Page("hook", "Hook switch", hook.draw, (14, 36),
             "Low while the handset is lifted.\nTo 5: HOOK_N"),
        Page("ringer", "Ringer and lamp", ringer.draw, (82, 36),
             "Both off until the program says.\nFrom 5: RINGER, LAMP"),
        Page("keypad", "Keypad", keypad.draw, (150, 36),
             "4 rows, 3 columns.\nTo and from 5: KEY_ROW1-4, KEY_COL1-3"),
        Page("sound", "Handset sound", sound.draw, (14, 66),
             "Between the handset's capsules and\na USB sound stick. Joins no other sheet"),
        Page("pi", "Raspberry Pi", header_page(HEADER, _PI), (82, 66), "Header.\nTo 1, 2, 3"),
    ),
    "An ordinary handset on a Raspberry Pi (driver sound_handset). Nothing here touches a telephone line.\n"
    "The part's number begins with its sheet's: R301 is on sheet 3. Circuit: spec.py; figures: sim/.",
)  # fmt: skip
