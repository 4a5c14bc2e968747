"""Sheet 2: the ring detector."""

from hardware.schematics.tools.sheet import Sheet


def draw(s: Sheet) -> None:
    s.note(14, 12, "RING DETECTOR", 2.54)
    s.part("R201", 46, 46, turn=90)
    s.part("C201", 60, 46, turn=90)
    s.part("D201", 74, 46)
    s.part("D202", 86, 46, turn=180)
    s.part("R202", 46, 66, turn=270)
    s.part("D203", 98, 56, turn=270)
    s.part("U201", 122, 56, side="above", dx=5)
    s.net("TIP", (34, 46), 180)
    s.net("RING", (34, 66), 180)
    s.wire((34, 46), "R201.1")
    s.wire("R201.2", "C201.1")
    s.wire("C201.2", "D201.1")
    s.wire("D201.2", "D202.2")
    s.wire("D202.1", (112, 46), (112, 54), "U201.1")
    s.wire((98, 46), "D203.1")
    s.wire("U201.2", (112, 58), (112, 66), "R202.1")
    s.wire("D203.2", (98, 66))
    s.wire("R202.2", (34, 66))
    s.part("R203", 138, 47)
    s.part("C202", 148, 60)
    s.wire("U201.4", (158, 54))
    s.wire("R203.2", (138, 54))
    s.wire("C202.1", (148, 54))
    s.wire("U201.3", (132, 58))
    s.power("GND", (132, 58))
    s.power("GND", "C202.2")
    s.power("+3V3", "R203.1")
    s.net("RING_N", (158, 54))
    s.frame(122, 36, 168, 70)
    s.note(150, 36.6, "low-voltage side")
    s.note(24, 84, _NOTE)


_NOTE = """
One low pulse on RING_N in each cycle of the ringing voltage: the LED lights on the half-wave
that makes TIP positive, D203 takes the other.

C201 holds the line's direct voltage off: on-hook, the detector draws none.
R201, R202 and C201 set the load: 17 kilohms at 25 Hz. They are the only parts that see the full ringing voltage for long.
D201, D202 keep it silent below about 20 V: voice, mains hum, 10 V of anything.

Measured by ngspice (board_a/sim): fires from 40 V to 90 V at 16 to 68 Hz; silent at 10 V, at 15 V of 50 or 60 Hz
between the wires, and at 100 V of it on both wires.
"""
