"""The GSM carrier's figures, each measured by ngspice on the spec's own values, with its limit."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from hardware.schematics import transistors
from hardware.schematics.gsm_carrier import spec
from hardware.schematics.pi_header import BOOT_PULL_OHM
from hardware.schematics.tools.figures import GPIO_HIGH_V, GPIO_LOW_V, Figure, Groups
from hardware.schematics.tools.spice import Deck

CERAMICS, BULK = "C106 C107", "C108 C109 C110"
IDLE_A = 0.15  # the card between bursts
ERROR = spec.CONVERTER.reference_error + spec.CONVERTER.divider_error
EFFICIENCY = 0.88  # of the converter, at full load


@dataclass(frozen=True)
class Supply:
    """What no data sheet fixes. ``loop_s``: amperes of coil current that the converter adds for
    each volt its output is low; not promised by the maker: measure it on the first board."""

    name: str
    feed_v: float  # the adapter
    feed_ohm: float  # its cable and the fuse
    output: float  # factor on the set voltage
    loop_s: float
    loop_zero_hz: float = 2e3
    bulk: float = 1.0  # factor on the capacitors
    esr_ohm: float = 25e-3  # each polymer capacitor


USUAL = Supply("usual", 5.0, 0.10, 1.0, 15)
WORST = Supply("worst corner, low", 4.85, 0.15, 1 - ERROR, 10, bulk=0.8, esr_ohm=50e-3)
HIGHEST = Supply("worst corner, high", 5.25, 0.05, 1 + ERROR, 10, bulk=0.8, esr_ohm=50e-3)


def set_v() -> float:
    return spec.CONVERTER.output_v(spec.BOARD.value("R101"), spec.BOARD.value("R102"))


def _supply_deck(supply: Supply) -> Deck:
    """The converter as its loop acts below the switching frequency, its capacitors, its feed."""
    board = spec.BOARD
    made = Deck(board)
    made.parts("R103 C102")
    for ref in BULK.split():
        farad = board.value(ref) * supply.bulk
        made.add(f"R{ref} vmod {ref}p {supply.esr_ohm:g}", f"C{ref} {ref}p 0 {farad:g}")
    for ref in CERAMICS.split():  # half is left of a ceramic at this voltage
        made.add(f"C{ref} vmod 0 {board.value(ref) / 2:g}")
    target = set_v() * supply.output
    ripple_a = spec.CONVERTER.ripple_a(board.value("L101"), supply.feed_v, target)
    most_a = spec.CONVERTER.peak_a - ripple_a / 2
    grows = 2 * math.pi * supply.loop_zero_hz * supply.loop_s
    made.add(
        f"Vfeed feed 0 {supply.feed_v:g}", f"Rfeed feed vin_f {supply.feed_ohm:g}",
        "RC101 vin_f c101p 0.1", f"CC101 c101p 0 {board.value('C101') * supply.bulk:g}",
        f"Vset set 0 {target:g}",
        f"Bsum 0 sum i={grows:g}*1u*(v(set)-v(vmod))", "Csum sum 0 1u", "Rsum sum 0 1g",
        "Dtop sum top clamp", f"Vtop top 0 {most_a:g}", "Dlow 0 sum clamp",
        f"Bcoil coil 0 v=max(0,min({most_a:g},{supply.loop_s:g}*(v(set)-v(vmod))+v(sum)))",
        "Bout 0 vmod i=v(coil)",
        f"Bin vin_f 0 i=v(coil)*v(vmod)/({EFFICIENCY:g}*v(vin_f))",
    )  # fmt: skip
    return made


def burst(supply: Supply) -> dict[str, float]:
    """Bursts of a GSM call: extremes of the card's supply and of the converter's input, and the
    highest coil current without its ripple, once all has settled."""
    made = _supply_deck(supply)
    more_a = spec.BURST_A - IDLE_A
    made.add(
        f"Iidle vmod 0 {IDLE_A:g}",
        f"Iburst vmod 0 pulse(0 {more_a:g} 5m 10u 10u {spec.BURST_S:g} {spec.FRAME_S:g})",
    )
    rows = made.run("tran 5u 60m 30m 5u", ["v(vmod)", "v(vin_f)", "v(coil)"])
    return {
        "card least": min(row[1] for row in rows),
        "card most": max(row[1] for row in rows),
        "input least": min(row[2] for row in rows),
        "coil most": max(row[3] for row in rows),
    }


def supply_figures() -> Iterator[Figure]:
    least, most = spec.CARD_LEAST_V, spec.CARD_MOST_V
    usual = burst(USUAL)
    yield Figure("set voltage", set_v(), "V", least=3.38, most=3.42)
    yield Figure("bursts of 2 A, usual: the card's least", usual["card least"], "V", least=3.3)
    yield Figure("bursts of 2 A, usual: the card's most", usual["card most"], "V", most=most)
    for corner in (WORST, HIGHEST):
        found = burst(corner)
        yield Figure(f"bursts of 2 A, {corner.name}: the card's least", found["card least"], "V",
                     least=least + 0.05)  # fmt: skip
        yield Figure(f"bursts of 2 A, {corner.name}: the card's most", found["card most"], "V",
                     most=most)  # fmt: skip
        yield Figure(f"bursts of 2 A, {corner.name}: the converter's input", found["input least"],
                     "V", least=spec.CONVERTER.least_input_v)  # fmt: skip
    yield Figure("bursts of 2 A, usual: coil current without ripple", usual["coil most"], "A",
                 most=3.0)  # fmt: skip


# --- off means off -------------------------------------------------------------------------------


def empties_s() -> float:
    """From the converter's stop to 0.3 V at the card, which itself takes nothing any more."""
    board = spec.BOARD
    made = Deck(board)
    made.parts("R103 C106 C107")
    farad = sum(board.value(ref) for ref in BULK.split())
    made.add(f"Cbulk vmod 0 {farad:g} ic={set_v():g}")
    rows = made.run("tran 1m 6 0 1m uic", ["v(vmod)"])
    return next((t for t, volt in rows if t > 0 and volt < 0.3), math.inf)


# --- status and control ------------------------------------------------------------------------


def status_v(of_threshold: float) -> tuple[float, float, float]:
    """Highest level while the lamp blinks 0.2 s in 2 s; seconds from the modem's end to a high
    level; level without supply."""
    made = Deck(spec.BOARD)
    made.parts("R405 R406 R407 R408 C401")
    transistors.put(made, "Q403 Q404", of_threshold)
    volt, end_s = set_v(), 12.0
    made.add("V3 p3v3 0 3.3", f"Vmod vmod 0 {volt:g}", f"Rpi p3v3 status_n {BOOT_PULL_OHM:g}",
             f"Vlamp lamp 0 pulse(0 1 0.1 1m 1m 0.2 2 {int(end_s / 2)})",
             "Slamp led_wwan_n 0 lamp 0 open_collector",
             ".model open_collector sw(ron=20 roff=100meg vt=0.5 vh=0.1)")  # fmt: skip
    rows = made.run("tran 5m 32 0 5m", ["v(status_n)"])
    last_s = end_s - 2 + 0.3  # the last blink's end
    blinking = max(level for t, level in rows if 2 < t < last_s + 1.8)
    gone_s = next((t - last_s for t, level in rows if t > last_s and level > GPIO_HIGH_V), math.inf)
    return (blinking, gone_s, rows[0][1])


def gate_at_boot_v(fet: str, down: str, series: str, gpio_net: str) -> float:
    """Highest gate voltage with a pull-up inside the Pi and no program."""
    made = Deck(spec.BOARD)
    made.parts(f"{down} {series}")
    made.add("V3 p3v3 0 3.3", f"Rpi p3v3 {gpio_net} {BOOT_PULL_OHM:g}")
    gate = made.node(f"{fet}.1")
    made.add(f"Rgate {gate} 0 1g")
    return made.run("op", [f"v({gate})"])[0][1]


def control_figures() -> Iterator[Figure]:
    for part, name in ((0.0, "soonest"), (1.0, "latest")):
        blinking, gone_s, _ = status_v(part)
        yield Figure(f"status while the lamp blinks, transistors {name}", blinking, "V",
                     most=GPIO_LOW_V)  # fmt: skip
        yield Figure(f"status high after the last blink, transistors {name}", gone_s, "s",
                     least=2, most=15)  # fmt: skip
    for name, fet, down, series in (
        ("reset", "Q401", "R402", "R401"),
        ("power", "Q402", "R409", "R404"),
    ):
        yield Figure(f"{name} at boot: gate", gate_at_boot_v(fet, down, series, name), "V",
                     most=transistors.AO3400A_THRESHOLD_V[0] - 0.15)  # fmt: skip
    yield Figure("supply off: 0.3 V at the card after", empties_s(), "s", most=2.5)


GROUPS: Groups = {"supply": supply_figures, "control": control_figures}
