"""Sheet 3: hook relay, caller-ID path and the loop hold with its current limit."""

from hardware.schematics.tools.sheet import Sheet


def draw(s: Sheet) -> None:
    s.note(14, 12, "HOOK AND LOOP HOLD", 2.54)
    _driver(s, 0, 1, "R307", "Q303", "R309", "HOOK_DRIVE")
    _driver(s, 56, 2, "R308", "Q304", "R310", "CID")
    s.wire("U301.8", (72, 38))
    s.net("TIP", (72, 38))
    s.part("C302", 84, 55, side="left")
    s.part("C304", 96, 53, side="left")
    s.part("D301", 112, 52, side="above", dx=8, dy=1)
    s.wire("U301.7", (112, 42), "D301.2")
    s.wire((84, 42), "C302.1")
    s.wire("C302.2", (84, 62))
    s.net("XFMR", (84, 62), 270)
    s.wire((96, 42), "C304.1")
    s.wire("C304.2", (96, 64), (112, 64), "D301.1")
    s.wire((96, 64), (94, 64))
    s.net("RING", (94, 64), 180)
    s.part("R306", 78, 94, turn=270)
    s.part("C303", 90, 94, turn=270)
    s.wire("U301.6", "R306.2")
    s.wire("R306.1", "C303.2")
    s.wire("C303.1", (98, 94))
    s.net("TIP", (98, 94))
    s.wire("U301.5", (72, 98))
    s.net("XFMR", (72, 98))
    _hold(s)
    s.frame(60, 24, 214, 120)
    s.note(164, 116, "line side: 5 mm to everything else")
    s.note(107, 88, _NOTE)
    s.note(14, 126, "The relay is open unless the Pi says HOOK and the watchdog agrees (sheet 6).\n"
           "R309 and R310 hold both poles open while the pins float: at boot, and when the daemon has died.")  # fmt: skip


def _driver(s: Sheet, y: float, unit: int, limiter: str, gate: str, down: str, net: str) -> None:
    anode, cathode = {1: ("1", "2"), 2: ("3", "4")}[unit]
    s.part("U301", 60, 40 + y, unit=unit, side="below", dx=-5)
    s.part(limiter, 48, 31 + y, side="left")
    s.part(gate, 44, 52 + y)
    s.part(down, 34, 58 + y, side="left")
    s.power("+5V", f"{limiter}.1")
    s.wire(f"{limiter}.2", (48, 38 + y), f"U301.{anode}")
    s.wire(f"U301.{cathode}", (46, 42 + y), f"{gate}.3")
    s.wire((28, 52 + y), f"{gate}.1")
    s.wire((34, 52 + y), f"{down}.1")
    s.power("GND", f"{down}.2")
    s.power("GND", f"{gate}.2")
    s.net(net, (28, 52 + y), 180)


def _hold(s: Sheet) -> None:
    s.part("D302", 130, 54, turn=270)
    s.part("R301", 146, 44)
    s.part("R302", 146, 64)
    s.part("C301", 154, 64)
    s.part("D303", 166, 64, turn=270)
    s.part("Q302", 184, 64, mirror="y")
    s.part("R304", 192, 64, turn=270)
    s.part("R305", 186, 54, turn=90)
    s.part("Q301", 196, 54)
    s.part("R303", 198, 71)
    s.wire("D301.3", (124, 52), (124, 36), (198, 36), "Q301.2")
    s.wire("D301.4", (104, 52), (104, 78), (198, 78), "R303.2")
    s.net("VP", (126, 36), local=True)
    s.net("VN", (114, 78), local=True)
    s.wire((130, 36), "D302.1")
    s.wire("D302.2", (130, 78))
    s.wire((146, 36), "R301.1")
    s.wire("R301.2", "R302.1")
    s.wire("R302.2", (146, 78))
    s.wire((146, 54), "R305.1")
    s.net("GATE", (149, 54), local=True)
    for ref, pin in (("C301", "1"), ("D303", "1"), ("Q302", "3")):
        s.wire((s.place(f"{ref}.{pin}")[0], 54), f"{ref}.{pin}")
    for ref, pin in (("C301", "2"), ("D303", "2"), ("Q302", "2")):
        s.wire(f"{ref}.{pin}", (s.place(f"{ref}.{pin}")[0], 78))
    s.wire("R305.2", "Q301.1")
    s.wire("Q301.3", "R303.1")
    s.wire("R304.1", (198, 64))
    s.wire("R304.2", "Q302.1")


_NOTE = """
Off-hook, Q301 draws the loop's direct current and lets the sound alone: R301, R302 and C301
hold its gate steady, so it looks like a coil of about 10 H. R303 and Q302 limit the current:
0.65 V across 13 ohms is 50 mA.

48 V feed:  1800 ohms 20.5 to 22.3 mA   1000 ohms 34.7 to 38.5 mA   400 ohms 41 to 50 mA
(0 to 60 degrees C, gate thresholds of 2 to 4 V, both polarities: board_a/sim)

D301 lets the line be either way round. D302 keeps a surge below 126 V; U301 limits its own
current to 0.2 A. C302 keeps direct current out of the transformer; C304 takes a surge's edge.
C303, R306 and the second pole of U301: the on-hook line's sound, for caller ID.
"""
