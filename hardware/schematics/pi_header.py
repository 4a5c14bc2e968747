"""A board's Raspberry Pi header: which of its pins a name of hardware/pinout.toml is."""

import functools
import re
from dataclasses import dataclass

from hardware import pinout
from hardware.schematics.tools import symbols
from hardware.schematics.tools.sexpr import child, children
from hardware.schematics.tools.sheet import Sheet

SYMBOL = "Connector:Raspberry_Pi_4"
V3 = ("1", "17")
V5 = ("2", "4")
GROUND = ("6", "9", "14", "20", "25", "30", "34", "39")
STUB = 6  # steps of wire from a pin to its label
BOOT_PULL_UP = range(9)  # BCM2835 ARM Peripherals, table 6-31: GPIO 0-8 boot pulled up, others down
BOOT_PULL_OHM = 50e3


@functools.cache
def pins_of_gpios() -> dict[int, str]:
    """GPIO as Broadcom numbers it: pin of the header, as KiCad's drawing names them."""
    found = {}
    for unit in children(symbols.load(SYMBOL).node, "symbol"):
        for pin in children(unit, "pin"):
            named = re.search(r"(?:GPIO|ID_S[DC].*GPIO)(\d+)", str(child(pin, "name")[1]))
            if named is not None:
                found[int(named[1])] = str(child(pin, "number")[1])
    return found


@functools.cache
def _pinout() -> pinout.Pinout:
    return pinout.read(pinout.SOURCE.read_text())


@dataclass(frozen=True)
class Header:
    """``board``: as hardware/pinout.toml calls it; ``takes_5v``: it feeds from the Pi's 5 V."""

    ref: str
    board: str
    takes_5v: bool

    def gpio(self, name: str) -> pinout.PiPin:
        return _pinout().boards[self.board][name]

    def pin(self, name: str) -> str:
        """ "J401.24" of a name in the table."""
        return f"{self.ref}.{pins_of_gpios()[self.gpio(name).gpio]}"

    def all(self, *pins: str) -> str:
        return " ".join(f"{self.ref}.{pin}" for pin in pins)

    def ground(self) -> str:
        return self.all(*GROUND)

    def unused(self) -> str:
        """Every pin that is neither a supply nor a name of the table, to be left open."""
        used = {self.pin(name).split(".")[1] for name in _pinout().boards[self.board]}
        used |= {*V3, *GROUND, *V5}
        every = (pin.number for pin in symbols.load(SYMBOL).pins)
        return self.all(*(pin for pin in every if pin not in used))

    def rests_high(self, name: str) -> bool:
        """Whether the Pi itself pulls the pin up until a program sets it."""
        return self.gpio(name).gpio in BOOT_PULL_UP


def draw_header(s: Sheet, header: Header, x: float, y: float) -> None:
    """The header at a place, with a label at each pin in use and its supplies."""
    board = s.board
    s.part(header.ref, x, y, side="above", dx=-16)
    loose = {pin for pin in board.unconnected if pin.startswith(f"{header.ref}.")}
    s.open(*sorted(loose))
    for pin in symbols.load(SYMBOL).pins:
        where = f"{header.ref}.{pin.number}"
        if where in loose or pin.number in (*V3, *V5, *GROUND):
            continue
        at = s.place(where)
        is_left = at[0] < x
        end = (at[0] + (-STUB if is_left else STUB), at[1])
        s.wire(at, end)
        s.net(board.net_of(where), end, 180 if is_left else 0)
    right, top = s.place(f"{header.ref}.1")
    s.wire((right, top), (right + 10, top), (right + 10, top - 8))
    s.power("+3V3", (right + 10, top - 8))
    if header.takes_5v:
        s.wire(f"{header.ref}.2", (right + 4, top - 2), (right + 4, top - 8))
        s.power("+5V", (right + 4, top - 8))
    else:
        s.wire(f"{header.ref}.2", (right + 4, top - 2))  # both 5 V pins lie there
        s.net("PI_5V", (right + 4, top - 2), local=True)
    s.power("GND", f"{header.ref}.6")
