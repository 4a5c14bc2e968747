"""Board A: its sheets, and the root that shows how they go together."""

from hardware.schematics.board_a.drawing import codec, hold, hybrid, line, pi, ring
from hardware.schematics.board_a.spec import BOARD
from hardware.schematics.tools.project import Page, Project

PROJECT = Project(
    BOARD,
    (
        Page("line", "Line and protection", line.draw, (14, 36),
             "From the wall: fuses, surge clamp, loop sense.\nTo 2, 3, 4: TIP, RING. To 6: LOOP_N"),
        Page("ring", "Ring detector", ring.draw, (82, 36),
             "One pulse in each cycle of ringing.\nTo 6: RING_N"),
        Page("hold", "Hook and loop hold", hold.draw, (150, 36),
             "Takes the line, draws 20 to 50 mA.\nFrom 6: HOOK_DRIVE, CID. To 4: XFMR"),
        Page("hybrid", "Hybrid", hybrid.draw, (14, 66),
             "Two wires to two directions; balance.\nFrom 3: XFMR. From 5: TX. To 5: RX"),
        Page("codec", "Codec and supplies", codec.draw, (82, 66),
             "8 kHz, I2S master.\nTo and from 6: I2S, I2C"),
        Page("pi", "Raspberry Pi, EEPROM, watchdog", pi.draw, (150, 66),
             "Header, name of the board, hook watchdog.\nTo 3: HOOK_DRIVE, CID"),
    ),
    "One telephone line on a Raspberry Pi, as a discrete DAA (driver gpio_line).\n"
    "Line side: sheets 1, 2, 3 and the transformer of 4; the rest hangs on the Pi.\n"
    "The part's number begins with its sheet's: R301 is on sheet 3. Circuit: spec.py; figures: sim/.",
)  # fmt: skip
