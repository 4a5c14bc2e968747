"""Sheet 2: the ringer and the lamp."""

from hardware.schematics.tools.sheet import Sheet


def draw(s: Sheet) -> None:
    s.note(14, 12, "RINGER AND LAMP", 2.54)
    _ringer(s)
    _lamp(s)
    s.note(24, 92, _NOTE)


def _ringer(s: Sheet) -> None:
    s.part("C201", 36, 44, side="left")
    s.part("D201", 50, 44, turn=270, side="left")
    s.part("BZ201", 68, 44, side="right")
    s.part("J201", 94, 44, side="right")
    s.wire((36, 34), (90, 34))
    for pin in ("C201.1", "D201.1", "BZ201.1", "J201.1"):
        s.wire(pin, (s.place(pin)[0], 34))
    s.power("+5V", (60, 34))
    s.power("GND", "C201.2")
    s.wire((50, 54), (90, 54))
    for pin in ("D201.2", "BZ201.2", "J201.2"):
        s.wire(pin, (s.place(pin)[0], 54))
    s.part("Q201", 64, 64)
    s.wire("Q201.3", (66, 54))
    s.power("GND", "Q201.2")
    s.part("R201", 50, 64, turn=90)
    s.wire("R201.2", "Q201.1")
    s.part("R202", 40, 71, side="right")
    s.wire((34, 64), "R201.1")
    s.wire((40, 64), "R202.1")
    s.power("GND", "R202.2")
    s.net("RINGER", (34, 64), 180)
    s.net("BELL", (70, 54), local=True)


def _lamp(s: Sheet) -> None:
    s.part("R203", 150, 40)
    s.part("D202", 150, 49, turn=90, side="left")
    s.part("R204", 172, 40)
    s.part("J202", 184, 50, side="right")
    s.wire("R203.1", (150, 34), (172, 34), "R204.1")
    s.power("+5V", (161, 34))
    s.wire("R203.2", "D202.2")
    s.wire("R204.2", (172, 50), "J202.1")
    s.wire("D202.1", (150, 56), (180, 56), "J202.2")
    s.part("Q202", 148, 64)
    s.wire("Q202.3", (150, 56))
    s.power("GND", "Q202.2")
    s.part("R205", 134, 64, turn=90)
    s.wire("R205.2", "Q202.1")
    s.part("R206", 124, 71, side="right")
    s.wire((118, 64), "R205.1")
    s.wire((124, 64), "R206.1")
    s.power("GND", "R206.2")
    s.net("LAMP", (118, 64), 180)


_NOTE = """
High sounds the ringer, high lights the lamp. The cadence is the country's, made by the program.
R202 and R206 keep both off while the Pi starts, and when no program drives the pins: even against a pull-up of 50 kilohms
inside the Pi the gates stay below 0.3 V (board_c/sim).

BZ201 makes its own tone. Any other sounder of 5 V and 150 mA at most goes to J201 instead; a bell of an old telephone needs 40 V
and more of alternating voltage and does not ring here.
D201 takes the coil's current when Q201 lets go. J202: an LED in the telephone, through R204.
"""
