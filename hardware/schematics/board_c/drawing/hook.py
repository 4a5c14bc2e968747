"""Sheet 1: the hook switch."""

from hardware.schematics.tools.sheet import Sheet


def draw(s: Sheet) -> None:
    s.note(14, 12, "HOOK SWITCH", 2.54)
    s.part("J101", 40, 50, mirror="y", side="below", dx=-2, dy=1)
    s.part("D101", 58, 58, turn=270, dx=1)
    s.part("R101", 76, 40)
    s.part("R102", 90, 50, turn=90)
    s.part("C101", 106, 58)
    s.wire("J101.1", "R102.1")
    s.wire((58, 50), "D101.1")
    s.wire("R101.2", (76, 50))
    s.power("+3V3", "R101.1")
    s.wire("J101.2", (48, 52), (48, 62))
    s.power("GND", (48, 62))
    s.power("GND", "D101.2")
    s.wire("R102.2", (124, 50))
    s.wire((106, 50), "C101.1")
    s.power("GND", "C101.2")
    s.net("HOOK_N", (124, 50))
    s.net("HOOK_SW", (60, 50), local=True)
    s.note(24, 80, _NOTE)


_NOTE = """
Low while the handset is lifted: the switch closes to ground. A cut wire is a handset that was put down.

R101 gives the contact 1.5 mA, enough to keep an old one clean.
R101, R102, C101: 3.2 ms to open, 2.2 ms to close. That keeps out sparks and radio; the bounce of the contact itself
(up to 30 ms) is the program's to wait out. A flash of 80 ms passes unchanged.
D101 and R102 keep a spark from the cord (8 kV) away from the Pi.
"""
