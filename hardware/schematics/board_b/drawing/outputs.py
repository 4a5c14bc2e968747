"""Sheet 12: shift register, lifeline relays, lamps."""

from hardware.schematics.board_b.drawing.kit import bypass, out
from hardware.schematics.board_b.sockets import LIFELINE
from hardware.schematics.board_b.spec import LAMPS, SHIFT_PIN
from hardware.schematics.tools.sheet import Sheet


def draw(s: Sheet) -> None:
    s.note(14, 12, "OUTPUTS, LIFELINE, LAMPS", 2.54)
    for ref, y in (("U1201", 40), ("U1202", 82)):
        s.part(ref, 44, y, side="below", dx=6)
        out(s, f"{ref}.11", "SPI_SCK", -3)
        out(s, f"{ref}.12", "SR_LATCH", -3)
        out(s, f"{ref}.13", "SR_OE_N", -3)
        s.wire(f"{ref}.10", (22, y - 2))
        s.power("+3V3", (22, y - 2))
        s.power("+3V3", f"{ref}.16")
        s.power("GND", f"{ref}.8")
    out(s, "U1201.14", "SPI_MOSI", -3)
    for name, pin in SHIFT_PIN.items():
        out(s, pin, name.upper(), 3)
    out(s, "U1201.9", "SR_CHAIN", 3)
    out(s, "U1202.14", "SR_CHAIN", -3)
    s.open("U1202.9")
    ends = bypass(s, "C1201 C1202", 62, 102, 12)
    s.wire((ends[0], 102), (ends[1], 102))
    s.power("+3V3", (66, 102))
    for n, line in LIFELINE.items():
        _relay(s, n, line, 36 if n == 1 else 80)
    for i, lamp in enumerate(LAMPS):
        y = 24 + 9 * i
        s.part(f"R{1203 + i}", 196, y, turn=90)
        s.part(f"D{1203 + i}", 207, y, turn=180, hide_value=True)
        s.wire((190, y), f"R{1203 + i}.1")
        s.net(lamp.upper(), (190, y), 180)
        s.wire(f"R{1203 + i}.2", f"D{1203 + i}.2")
        s.wire(f"D{1203 + i}.1", (214, y))
        s.power("GND", (214, y))
    s.note(14, 116, _NOTE)


def _relay(s: Sheet, n: int, line: int, y: float) -> None:
    k, q, d, r = f"K120{n}", f"Q120{n}", f"D120{n}", f"R120{n}"
    s.part(k, 134, y, side="right", dx=0.5)
    s.part(d, 112, y, turn=270, side="left")
    s.wire(f"{k}.1", (126, y - 12), (112, y - 12), f"{d}.1", bend="v")
    s.power("+5V", (119, y - 12))
    s.wire(f"{k}.8", (126, y + 10), (112, y + 10), f"{d}.2", bend="v")
    s.part(q, 110, y + 18)
    s.wire(f"{q}.3", (112, y + 10))
    s.power("GND", f"{q}.2")
    s.part(r, 98, y + 24, side="left")
    s.wire((94, y + 18), f"{q}.1")
    s.net(f"LIFELINE{n}", (94, y + 18), 180)
    s.wire((98, y + 18), f"{r}.1")
    s.power("GND", f"{r}.2")
    for pin, net in (("2", f"L{line}_TIP"), ("4", f"S{n}_TIP"), ("7", f"L{line}_RING"),
                     ("5", f"S{n}_RING")):  # fmt: skip
        x, top = s.place(f"{k}.{pin}")
        s.wire((x, top), (x, top - 1))
        s.net(net, (x, top - 1), 90)
    for pin, net in (("3", f"P{n}_TIP"), ("6", f"P{n}_RING")):
        x, low = s.place(f"{k}.{pin}")
        s.wire((x, low), (x, low + 2))
        s.net(net, (x, low + 2), 270)


_NOTE = """
Bit 0 is QA of U1201. While SR_OE_N is high (R911) no output is driven: resistors hold RMn and PD_OFFn low, the relays are
released, the lamps dark. The firmware fills the register before it lets SR_OE_N go low.
LIFELINE: released (no power, no firmware, no appliance), telephone 1 is on line 5 and telephone 2 on line 6, past everything
else. Drawn, both are in service. The firmware draws a relay only while the line is idle.
Line and telephone are on one relay: its open contacts (1 kV rms) and coil (1.8 kV rms) are part of the barrier between the wall
and the board; 5 mm from its line contacts (pins 2, 7 and 3, 6) to everything else.
"""
