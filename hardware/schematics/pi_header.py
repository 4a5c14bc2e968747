"""A board's Raspberry Pi header, as hardware/pinout.toml names its pins, and its ID EEPROM."""

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass

from hardware import pinout
from hardware.schematics.tools import symbols
from hardware.schematics.tools.sexpr import child, children
from hardware.schematics.tools.sheet import Sheet

SYMBOL = "Connector:Raspberry_Pi_4"
V3 = ("1", "17")
V5 = ("2", "4")
GROUND = ("6", "9", "14", "20", "25", "30", "34", "39")
ID_EEPROM = ("27", "28")
STUB = 6  # steps of wire from a pin to its label
BOOT_PULL_UP = range(9)  # BCM2835 ARM Peripherals, table 6-31: GPIO 0-8 boot pulled up, others down
BOOT_PULL_OHM = 50e3


@functools.cache
def pins_of_gpios(symbol: str = SYMBOL) -> dict[int, str]:
    """GPIO number: pin number of KiCad's symbol, by the pins' names ("SCL_I2C1/GPIO03")."""
    found = {}
    for unit in children(symbols.load(symbol).node, "symbol"):
        for pin in children(unit, "pin"):
            named = re.search(r"GPIO(\d+)", str(child(pin, "name")[1]))
            if named is not None:
                found[int(named[1])] = str(child(pin, "number")[1])
    return found


@functools.cache
def _pinout() -> pinout.Pinout:
    return pinout.read(pinout.SOURCE.read_text())


@dataclass(frozen=True)
class Header:
    """``board``: as hardware/pinout.toml calls it; ``takes_5v``: it feeds from the Pi's 5 V;
    ``supply``: what the board calls the Pi's 3.3 V; ``has_eeprom``: of the HAT specification."""

    ref: str
    board: str
    takes_5v: bool = False
    supply: str = "+3V3"
    has_eeprom: bool = False

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
        used |= {*V3, *GROUND, *V5, *(ID_EEPROM if self.has_eeprom else ())}
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
    others = (*V3, *V5, *GROUND, *(ID_EEPROM if header.has_eeprom else ()))
    for pin in symbols.load(SYMBOL).pins:
        where = f"{header.ref}.{pin.number}"
        if where in loose or pin.number in others:
            continue
        at = s.place(where)
        is_left = at[0] < x
        end = (at[0] + (-STUB if is_left else STUB), at[1])
        s.wire(at, end)
        s.net(board.net_of(where), end, 180 if is_left else 0)
    right, top = s.place(f"{header.ref}.1")
    s.wire((right, top), (right + 10, top), (right + 10, top - 8))
    _feed(s, header, (right + 10, top - 8))
    if header.takes_5v:
        s.wire(f"{header.ref}.2", (right + 4, top - 2), (right + 4, top - 8))
        s.power("+5V", (right + 4, top - 8))
    else:
        s.wire(f"{header.ref}.2", (right + 4, top - 2))  # both 5 V pins lie there
        s.net("PI_5V", (right + 4, top - 2), local=True)
    s.power("GND", f"{header.ref}.6")


def _feed(s: Sheet, header: Header, where: tuple[float, float]) -> None:
    """The Pi's 3.3 V at the upper end of a wire."""
    if header.supply == "+3V3":
        s.power("+3V3", where)
    else:
        s.net(header.supply, where, local=True)


def draw_eeprom(s: Sheet, header: Header, parts: str) -> None:
    """Right of the header. ``parts``: chip, pull-ups of SDA and SCL, of WP, jumper, capacitor."""
    chip, sda, scl, wp, jumper, cap = parts.split()
    x, y = s.place(f"{header.ref}.27")  # where the wires begin
    s.part(chip, x + 60, y + 14, mirror="y", side="below", dx=6)
    for ref, pin, right, at in ((sda, "27", x + 24, x + 40), (scl, "28", x + 34, x + 36)):
        s.part(ref, right, y - 7)
        s.wire((right, y - 10), (right, y - 12))
        _feed(s, header, (right, y - 12))
        from_y, to = s.place(f"{header.ref}.{pin}")[1], f"{chip}.{'5' if pin == '27' else '6'}"
        s.wire((x, from_y), (at, from_y), (at, s.place(to)[1]), to)
        s.wire(f"{ref}.2", (right, from_y))
        s.net("ID_SD" if pin == "27" else "ID_SC", (x + 13, from_y), local=True)
    s.part(wp, x + 34, y + 22, turn=90)
    s.wire((x + 28, y + 22), (x + 28, y + 18))
    _feed(s, header, (x + 28, y + 18))
    s.wire((x + 28, y + 22), f"{wp}.1")
    s.wire(f"{wp}.2", (x + 44, y + 22))
    s.wire(f"{chip}.7", (x + 44, y + 16), (x + 44, y + 28))
    s.net("WP", (x + 46, y + 16), local=True)
    s.part(jumper, x + 54, y + 28, side="below")
    s.wire((x + 44, y + 28), f"{jumper}.1")
    s.wire(f"{jumper}.2", (x + 62, y + 28), (x + 62, y + 30))
    s.power("GND", (x + 62, y + 30))
    s.power("GND", f"{chip}.4")
    s.wire(f"{chip}.1", (x + 72, y + 12), (x + 72, y + 18))
    s.wire(f"{chip}.2", (x + 72, y + 14))
    s.wire(f"{chip}.3", (x + 72, y + 16))
    s.power("GND", (x + 72, y + 18))
    s.part(cap, x + 82, y + 9)
    s.wire(f"{chip}.8", (x + 60, y + 4), (x + 82, y + 4), f"{cap}.1")
    _feed(s, header, (x + 60, y + 4))
    s.power("GND", f"{cap}.2")


def header_page(header: Header, note: str) -> Callable[[Sheet], None]:
    """A sheet of nothing but the header."""

    def draw(s: Sheet) -> None:
        s.note(14, 12, "RASPBERRY PI", 2.54)
        draw_header(s, header, 100, 52)
        s.note(24, 92, note)

    return draw
