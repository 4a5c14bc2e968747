"""Sheet 1: the wall, surge protection, loop sense, and a socket for a plain telephone."""

from hardware.schematics.tools.sheet import Sheet


def draw(s: Sheet) -> None:
    s.note(14, 12, "LINE AND PROTECTION", 2.54)
    s.part("J101", 24, 54, side="above")
    s.part("F101", 48, 40, turn=90)
    s.part("F102", 48, 64, turn=90)
    s.part("D101", 58, 52, turn=270)
    s.part("FB101", 70, 40, turn=90)
    s.part("FB102", 70, 64, turn=90)
    s.wire("J101.3", (38, 52), (38, 40), "F101.1")
    s.wire("J101.2", (38, 54), (38, 64), "F102.1")
    s.open("J101.1", "J101.4")
    s.wire("F101.2", "FB101.1")
    s.wire("F102.2", "FB102.1")
    s.wire((58, 40), "D101.1")
    s.wire((58, 64), "D101.2")
    _loop_sense(s)
    s.part("J102", 142, 62, mirror="y", side="above")
    s.wire("FB101.2", (132, 40))
    s.wire((126, 40), (126, 60), "J102.3")
    s.wire((126, 88), (126, 62), "J102.2")
    s.open("J102.1", "J102.4")
    s.net("TIP", (132, 40))
    s.net("RING", (132, 88))
    s.note(14, 100, _NOTE)


def _loop_sense(s: Sheet) -> None:
    s.part("R101", 78, 74, side="left")
    s.part("U101", 90, 74, side="above", dx=5)
    s.wire("FB102.2", (78, 64), "R101.1")
    s.wire((78, 68), (82, 68), (82, 72), "U101.1")
    s.wire("R101.2", (78, 88), (132, 88))
    s.wire("U101.2", (82, 76), (82, 80), (78, 80))
    s.part("R102", 104, 65)
    s.part("C101", 110, 78)
    s.wire("U101.4", (114, 72))
    s.wire("R102.2", (104, 72))
    s.wire("C101.1", (110, 72))
    s.power("+3V3", "R102.1")
    s.power("GND", "C101.2")
    s.wire("U101.3", (98, 76))
    s.power("GND", (98, 76))
    s.net("LOOP_N", (114, 72))
    s.frame(90, 56, 124, 85)
    s.note(91, 56.6, "low-voltage side")


_NOTE = """
F101, F102  A PTC in each wire: it opens while mains touches the line, and mends itself.
D101  Fires at 300 V (peak of 100 V ringing on 56 V: 198 V). 8 ohms and the wires limit its current.
U101  Loop sense: LOOP_N is low from about 15 mA on, whichever way the current flows. R101 carries the first 14 mA.
      It stands before PHONE and the hook relay: it sees another telephone on PHONE too.
PHONE  Leave one plain telephone here: it works without power.

LINE SIDE (all on this sheet outside of the dashed frame): 5 mm and more to everything else. Only U101, U201, U301 and T401 cross
the barrier. Reference design, not approved: use it behind an ATA, a PBX or a line simulator.
"""
