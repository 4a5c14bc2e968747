"""Sheet 11: 5 V 3 A of its own, and 3.3 V."""

from hardware.schematics.board_b.drawing.kit import bypass
from hardware.schematics.tools.sheet import Sheet


def draw(s: Sheet) -> None:
    s.note(14, 12, "POWER", 2.54)
    s.part("J1101", 28, 42, side="above")
    s.part("F1101", 46, 40, turn=90)
    s.wire("J1101.1", "F1101.1")
    s.wire("J1101.2", (38, 44), (38, 48))
    s.power("GND", (38, 48))
    s.part("D1101", 58, 47, turn=270)
    s.wire("F1101.2", (58, 40), "D1101.1")
    s.power("GND", "D1101.2")
    s.part("Q1101", 74, 42, turn=90, mirror="", side="above", dy=-1)
    s.wire((58, 40), "Q1101.2")
    s.part("R1101", 74, 54)
    s.wire("Q1101.1", "R1101.1")
    s.power("GND", "R1101.2")
    ends = bypass(s, "C1101 C1102 C1103", 90, 40, 13)
    s.wire("Q1101.3", (150, 40))
    s.power("+5V", (84, 40))
    s.power("PWR_FLAG", (122, 40))
    assert ends[-1] < 122
    _low(s)
    s.note(14, 84, _NOTE)


def _low(s: Sheet) -> None:
    s.part("C1104", 134, 47)
    s.wire((134, 40), "C1104.1")
    s.power("GND", "C1104.2")
    s.part("U1101", 158, 42, side="above")
    s.wire((150, 40), "U1101.1")
    s.wire("U1101.3", (148, 42), (148, 40))
    s.open("U1101.4")
    s.power("GND", "U1101.2")
    s.part("C1105", 176, 47)
    s.wire("U1101.5", (194, 40))
    s.wire((176, 40), "C1105.1")
    s.power("GND", "C1105.2")
    s.power("+3V3", (184, 40))
    s.part("R1102", 194, 47)
    s.part("D1102", 194, 58, turn=90)
    s.wire((194, 40), "R1102.1")
    s.wire("R1102.2", "D1102.2")
    s.power("GND", "D1102.1")


_NOTE = """
A supply of 5 V 3 A with a safety extra-low voltage output (SELV), for this board alone. Centre is plus.
F1101 holds 3 A. D1101 takes spikes. Q1101 blocks the wrong way round.

What it must give (Ag1171 data sheet, 5 V): each telephone socket idle 90 mA, off-hook 400 mA, ringing 480 mA at most;
two ringing and two off-hook: 1.76 A; four off-hook: 1.6 A; relays 2 x 28 mA; 3.3 V about 0.15 A. The firmware lets
two sockets ring at a time. C1101, C1102 and 470 uF on each telephone's sheet carry the step of a telephone that rings.

3.3 V: RP2040 50 mA, flash 15 mA, four Si3050 60 mA, four codecs 20 mA, lamps 20 mA: 0.17 A, 0.3 W in U1101.
"""
