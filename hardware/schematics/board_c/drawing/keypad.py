"""Sheet 3: the keypad."""

from hardware.schematics.tools.sheet import Sheet


def draw(s: Sheet) -> None:
    s.note(14, 12, "KEYPAD", 2.54)
    for n in range(4):
        y = 38 + 14 * n
        s.part(f"R{305 + n}", 50, y - 6)
        s.power("+3V3", f"R{305 + n}.1")
        s.wire(f"R{305 + n}.2", (50, y))
        _through(s, f"KEY_ROW{n + 1}", f"R{301 + n}", f"ROW{n + 1}", y)
    for n in range(3):
        _through(s, f"KEY_COL{n + 1}", f"R{309 + n}", f"COLUMN{n + 1}", 94 + 9 * n)
    s.part("J301", 150, 40, side="right")
    for pin in range(1, 8):
        _stub(s, f"J301.{pin}", -6)
    s.part("U301", 138, 80, side="above", dx=-7)
    s.part("U302", 188, 80, side="above", dx=-7)
    for pin in ("U301.1", "U301.3", "U302.1", "U302.3"):
        _stub(s, pin, -4)
    for pin in ("U301.4", "U301.6", "U302.4"):
        _stub(s, pin, 4)
    s.open("U302.6")
    s.part("C301", 214, 80)
    for chip in ("U301", "U302"):
        s.power("+3V3", f"{chip}.5")
        s.power("GND", f"{chip}.2")
    s.power("+3V3", "C301.1")
    s.power("GND", "C301.2")
    s.note(110, 104, _NOTE)


def _through(s: Sheet, pi: str, ref: str, keypad: str, y: float) -> None:
    s.part(ref, 66, y, turn=90)
    s.wire((36, y), f"{ref}.1")
    s.net(pi, (36, y), 180)
    s.wire(f"{ref}.2", (80, y))
    s.net(keypad, (80, y))


def _stub(s: Sheet, pin: str, steps: float) -> None:
    x, y = s.place(pin)
    s.wire((x, y), (x + steps, y))
    s.net(s.board.net_of(pin), (x + steps, y), 180 if steps < 0 else 0)


_NOTE = """
A plain matrix of 4 rows and 3 columns, without diodes. Rows are inputs
that rest high; the program pulls one column low at a time and lets the
others go. A column is never driven high, so no two pins work against
each other when two keys are down.

A key of up to 1 kilohm (carbon) still reads low. U301, U302 take sparks
from fingers; the 470 ohms keep what is left from the Pi.
"""
