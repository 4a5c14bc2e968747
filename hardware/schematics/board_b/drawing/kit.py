"""Small moves that the sheets share: a pin led out to a label, a resistor in a row."""

from hardware.schematics.tools.sheet import Sheet


def out(s: Sheet, pin: str, net: str, steps: float = 4, *, local: bool = False) -> None:
    """Lead a pin at a symbol's left (``steps`` < 0) or right side out to a label."""
    x, y = s.place(pin)
    s.wire((x, y), (x + steps, y))
    s.net(net, (x + steps, y), 180 if (steps < 0) != local else 0, local=local)


def pull(s: Sheet, ref: str, net: str, x: float, y: float, to: str) -> None:
    """A label, a level resistor, a supply: a row 26 steps wide."""
    s.net(net, (x, y), 180)
    s.part(ref, x + 6, y, turn=270 if to == "+3V3" else 90)
    s.wire((x, y), (x + 3, y))
    s.wire((x + 9, y), (x + 12, y))
    s.power(to, (x + 12, y))


def bypass(s: Sheet, refs: str, x: float, y: float, step: float = 9) -> list[float]:
    """Capacitors side by side, their upper ends at y, their lower ends to GND."""
    places = [x + step * i for i in range(len(refs.split()))]
    for ref, at in zip(refs.split(), places, strict=True):
        s.part(ref, at, y + 4)
        s.wire((at, y), f"{ref}.1")
        s.power("GND", f"{ref}.2")
    return places
