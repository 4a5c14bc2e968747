"""Sheet 1: the feed and the modem's supply."""

from hardware.schematics.gsm_carrier.spec import (
    BOARD,
    BURST_A,
    CARD_LEAST_V,
    CARD_MOST_V,
    CONVERTER,
)
from hardware.schematics.tools.sheet import Sheet


def draw(s: Sheet) -> None:
    s.note(14, 12, "FEED AND SUPPLY", 2.54)
    _feed(s)
    _converter(s)
    _output(s)
    s.note(24, 92, _note())


def _feed(s: Sheet) -> None:
    s.part("J101", 24, 48, side="above", dy=-1)
    s.part("F101", 40, 46, turn=90)
    s.wire("J101.1", "F101.1")
    s.wire("J101.2", (30, 58))
    s.power("GND", (30, 58))
    s.part("D101", 52, 53, turn=270)
    s.part("C101", 68, 53)
    s.part("C102", 78, 53)
    s.part("C103", 88, 53)
    for ref in ("D101", "C101", "C102", "C103"):
        s.wire(f"{ref}.1", (s.place(f"{ref}.1")[0], 46))
        s.power("GND", f"{ref}.2")
    s.power("PWR_FLAG", (60, 46))


def _converter(s: Sheet) -> None:
    s.part("U101", 114, 48, side="above", dx=-2, dy=-1)
    s.wire("F101.2", "U101.3")
    s.power("GND", "U101.1")
    s.wire("U101.5", (102, 50), (102, 74), (82, 74))
    s.net("SUPPLY", (82, 74), 180)
    s.part("R104", 94, 68)
    s.power("+3V3", "R104.1")
    s.wire("R104.2", (94, 74))
    s.part("C104", 130, 43)
    s.wire("U101.6", (124, 46), (124, 40), "C104.1")
    s.part("L101", 140, 48, turn=90)
    s.wire("U101.2", "L101.1")
    s.wire("C104.2", (130, 48))
    s.part("R101", 154, 55)
    s.part("R102", 154, 65)
    s.part("C105", 146, 55, side="left")
    s.wire("U101.4", (124, 50), (124, 60), (154, 60))
    s.wire("R101.2", "R102.1")
    s.wire("C105.2", (146, 60))
    s.power("GND", "R102.2")
    s.net("FB", (128, 60), local=True)


def _output(s: Sheet) -> None:
    s.wire("L101.2", (219, 48))
    s.wire("R101.1", (154, 48))
    s.wire("C105.1", (146, 48))
    for ref, x in (("C106", 166), ("C107", 176), ("C108", 186), ("C109", 196), ("C110", 206),
                   ("R103", 216)):  # fmt: skip
        s.part(ref, x, 55)
        s.wire(f"{ref}.1", (x, 48))
        s.power("GND", f"{ref}.2")
    s.power("PWR_FLAG", (211, 48))
    s.net("VMOD", (219, 48), 90)


def _note() -> str:
    volt = CONVERTER.output_v(BOARD.value("R101"), BOARD.value("R102"))
    ripple = CONVERTER.ripple_a(BOARD.value("L101"), 5.0, volt)
    return f"""
The card's supply: {volt:.2f} V, from {CONVERTER.reference_v} V x (1 + R101 / R102). The card wants {CARD_LEAST_V} to {CARD_MOST_V} V at its edge
(a bare EC25 module takes 3.8 V; its mini-PCIe card does not).
L101: {ripple:.2f} A of ripple at 400 kHz, so {BURST_A + ripple / 2:.1f} A at the peak of a GSM burst; the converter's limit is above {CONVERTER.peak_a:.0f} A.

A GSM burst draws {BURST_A:.0f} A for 0.58 ms, 217 times a second. C108, C109, C110 give it until the converter follows. Put
them and the 22 uF at the socket, with wide copper. VMOD stays above 3.3 V, in the worst corner above 3.2 V.
R104 keeps the modem fed while no program drives the pin; the Pi pulls SUPPLY low to switch it off.
With the Pi off, so is the modem. R103 empties the capacitors in 1 s, so that off means off.
The 5 V (4.85 to 5.25, 3 A) come from an adapter of their own, never from the Pi's header: a burst would reset the Pi.
The loop's calm with this much capacitance is to be measured on the first board (load step)."""
