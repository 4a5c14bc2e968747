"""Sheet 3: the SIM."""

from hardware.schematics.tools.sheet import Sheet


def draw(s: Sheet) -> None:
    s.note(14, 12, "SIM", 2.54)
    for ref, card, sim, y in (("R301", "USIM_DATA", "SIM_IO", 40), ("R302", "USIM_CLK", "SIM_CLK", 54),
                              ("R303", "USIM_RST", "SIM_RST", 68)):  # fmt: skip
        s.part(ref, 56, y, turn=90)
        s.wire((42, y), f"{ref}.1")
        s.net(card, (42, y), 180)
        s.wire(f"{ref}.2", (88, y))
        s.net(sim, (88, y))
    s.part("R304", 76, 33)
    s.wire("R304.2", (76, 40))
    s.wire("R304.1", (76, 26), (88, 26))
    s.net("USIM_VDD", (88, 26))
    s.part("J301", 176, 50, side="above", dx=-2)
    for pin in ("1", "2", "3", "7"):
        x, y = s.place(f"J301.{pin}")
        s.wire((x, y), (x - 8, y))
        s.net(s.board.net_of(f"J301.{pin}"), (x - 8, y), 180)
    s.wire("J301.5", (146, 50))
    s.power("GND", (146, 50))
    s.open("J301.6")
    s.part("U301", 140, 82, side="above", dx=-7)
    for pin in ("1", "3", "4"):
        x, y = s.place(f"U301.{pin}")
        steps = -4 if pin != "4" else 4
        s.wire((x, y), (x + steps, y))
        s.net(s.board.net_of(f"U301.{pin}"), (x + steps, y), 180 if steps < 0 else 0)
    s.open("U301.6")
    s.wire("U301.5", (140, 68), (176, 68))
    s.net("USIM_VDD", (176, 68))
    s.part("C301", 164, 75)
    s.wire((164, 68), "C301.1")
    s.power("GND", "C301.2")
    s.power("GND", "U301.2")
    s.note(24, 100, _NOTE)


_NOTE = """
A nano SIM of the shop's mobile contract, 1.8 or 3 V as the card asks. Put J301 within 10 cm of the socket, its wires
away from the antennas and from L101. R301-R303 calm the edges, U301 takes sparks from fingers: 3 pF a line.
R304 holds the data line up; the card has a pull-up of its own, both together are within ISO 7816's 1 mA.
Change the SIM with the supply off: presence is not wired (pin 44 is left open).
"""
