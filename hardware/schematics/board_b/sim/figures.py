"""Board B's figures: levels at boot, surge, caller ID, supply; each with its limit."""

import math
from collections.abc import Iterator

from hardware.schematics import transistors
from hardware.schematics.board_b.sockets import FXS
from hardware.schematics.board_b.spec import BOARD, CHIP_PIN, PI_PIN, PINOUT, SHIFT_PIN
from hardware.schematics.tools.figures import GPIO_HIGH_V, GPIO_LOW_V, Figure, Groups
from hardware.schematics.tools.spice import Deck

PULL_OHMS = (50e3, 80e3)  # the RP2040's own pull-down, on at reset, and the Raspberry Pi's
BAND_HZ = (300, 3400)
# Ag1171 data sheet v1.6, at 5 V: the most each socket takes, A
IDLE_A, OFF_HOOK_A, RINGING_A = 0.090, 0.400, 0.480
REST_A = 0.17 + 2 * 0.028  # 3.3 V, and the relays
FEED_A = 3.0


# --- levels at boot --------------------------------------------------------------------------


def boot_levels(pull_ohms: float) -> dict[str, float]:
    """V on each GPIO's and shift register output's net: no firmware, every output of a chip open,
    the pull-downs of the RP2040 and of the Raspberry Pi as the only ones that drive."""
    made = Deck(BOARD)
    made.add("V3 p3v3 0 3.3", "V5 p5v 0 5")
    nets = {name: made.node(pin) for name, pin in {**CHIP_PIN, **SHIFT_PIN}.items()}
    reached = set(nets.values())
    for ref, part in BOARD.parts.items():
        if part.symbol == "Device:R" and {made.node(f"{ref}.1"), made.node(f"{ref}.2")} & reached:
            made.parts(ref)
    for i, node in enumerate(sorted({made.node(pin) for pin in PI_PIN.values()})):
        made.add(f"Rpi{i} {node} 0 {pull_ohms:g}")
    for name, pin in CHIP_PIN.items():
        made.add(f"Rpull_{name} {made.node(pin)} 0 {pull_ohms:g}")
    for i, node in enumerate(sorted(reached)):
        made.add(f"Rleak{i} {node} 0 100meg")
    for n in FXS:
        transistors.put_switch(made, f"Q{n}01")
        made.add(f"Rown{n} own{n} {made.node(f'U{n}01.14')} 10k", f"Vown{n} own{n} 0 5",
                 f"Rshk{n} {made.node(f'U{n}01.5')} 0 1k")  # fmt: skip
    for i in (1, 2, 3, 4, 5, 6):  # dark lamps' far ends
        made.add(f"Rlamp{i} {made.node(f'D120{2 + i}.2')} 0 1g")
    made.add(f"Rled {made.node('D901.2')} 0 1g")
    columns = {**nets, **{f"own_pd{n}": made.node(f"U{n}01.14") for n in FXS}}
    rows = made.run("tran 1u 2u", [f"v({node})" for node in columns.values()])
    return dict(zip(columns, rows[-1][1:], strict=True))


def boot_figures() -> Iterator[Figure]:
    """What pinout.toml says of each pin's rest; all outputs of the shift register low."""
    low, high = (boot_levels(ohms) for ohms in PULL_OHMS)
    for name, pin in PINOUT.chip.items():
        worst = min(low[name], high[name]) if pin.rests_high else max(low[name], high[name])
        yield Figure(f"{name} at rest", worst, "V",
                     least=GPIO_HIGH_V if pin.rests_high else None,
                     most=None if pin.rests_high else GPIO_LOW_V)  # fmt: skip
    for name in PINOUT.shift_register:
        yield Figure(
            f"{name} while SR_OE_N is high", max(low[name], high[name]), "V", most=GPIO_LOW_V
        )
    for n in FXS:
        yield Figure(f"socket {n}: PD against its own 5 V pull-up", low[f"own_pd{n}"], "V",
                     least=4.5, most=5.001)  # fmt: skip


def hook_level_v(module_v: float, pull_ohms: float) -> float:
    """SHK at the RP2040 while the module says off-hook with this level."""
    made = Deck(BOARD)
    made.parts("R101 R102")
    made.add(
        f"V1 {made.node('U101.5')} 0 {module_v:g}",
        f"Rp {made.node(CHIP_PIN['shk1'])} 0 {pull_ohms:g}",
    )
    return made.run("tran 1u 2u", [f"v({made.node(CHIP_PIN['shk1'])})"])[-1][1]


def hook_figures() -> Iterator[Figure]:
    for volt in (3.3, 5.25):
        name = f"SHK off-hook, module's level {volt} V"
        yield Figure(f"{name}, the RP2040 pulls down", hook_level_v(volt, PULL_OHMS[0]), "V",
                     least=GPIO_HIGH_V)  # fmt: skip
        yield Figure(f"{name}, it does not", hook_level_v(volt, 1e9), "V", most=3.6)


# --- surge -----------------------------------------------------------------------------------

GEAR = "method=gear reltol=3e-3 gmin=1e-10 abstol=1e-9 vntol=1e-4 itl4=200"


def line_surge_v() -> dict[str, float]:
    """1.5 kV 10/700 µs between the wires of a line through 40 ohms (ITU-T K.44), on-hook: peaks."""
    made = Deck(BOARD, options=GEAR)
    made.parts("F501 F502 FB501 FB502 FB503 FB504 C503 D501 D503")
    made.add("Vsurge surge 0 exp(0 1560 10u 3u 20u 1m)", "Rsurge surge line_a_5 40",
             "Rback line_b_5 0 0.1", "Rfloat ignd_5 0 10meg", "Rchip vp_5 ignd_5 5meg")  # fmt: skip
    rows = made.run("tran 0.2u 1.5m 0 0.5u", ["v(l5_tip,l5_ring)", "v(vp_5,ignd_5)"])
    return {"wires": max(abs(r[1]) for r in rows), "bridge": max(abs(r[2]) for r in rows)}


def phone_surge() -> tuple[float, float]:
    """800 V 10/700 µs between the wires of an internal telephone: peak at the SLIC, V; current
    through the clamp, A."""
    made = Deck(BOARD, options=GEAR)
    made.parts("F301 F302 FB301 FB302 R308 D301 D302")
    made.add("Vsurge surge 0 exp(0 832 10u 3u 20u 1m)", "Rsurge surge p3_tip 40",
             "Rback p3_ring 0 0.1", "Rslic at_3 ar_3 10k", "Rfloat clamp_n_3 0 10meg")  # fmt: skip
    rows = made.run("tran 0.2u 1.5m 0 0.5u", ["v(at_3,ar_3)", "i(Vsurge)"])
    return max(abs(r[1]) for r in rows), max(abs(r[2]) for r in rows)


def surge_figures() -> Iterator[Figure]:
    line = line_surge_v()
    yield Figure("line, 1.5 kV 10/700 µs: between the wires", line["wires"], "V", most=360)
    yield Figure("line, 1.5 kV 10/700 µs: behind the bridge", line["bridge"], "V", most=360)
    volt, ampere = phone_surge()
    yield Figure("telephone, 800 V 10/700 µs: at the SLIC", volt, "V", most=120)
    yield Figure("telephone, 800 V 10/700 µs: through the clamp", ampere, "A", most=13.3)


# --- caller ID -------------------------------------------------------------------------------


def caller_id_na(hertz: float) -> float:
    """Current into the chip's RNG pins from 1 V between the wires, nA; 0 Hz: direct voltage."""
    made = Deck(BOARD)
    made.parts("R530 R531 R532 R533 C530 C531")
    made.add("V1 tip_5 ring_5 dc 1 ac 1", "Vsense rng1_5 mid 0", "Rmid mid rng2_5 1",
             "Rfloat ring_5 0 1meg")  # fmt: skip
    if hertz == 0:
        return abs(made.run("tran 1m 200m", ["i(Vsense)"])[-1][1]) * 1e9
    rows = made.run(f"ac lin 1 {hertz:g} {hertz:g}", ["mag(i(Vsense))"])
    return rows[-1][1] * 1e9


def caller_id_figures() -> Iterator[Figure]:
    middle = caller_id_na(1000)
    for hertz in (300, 1200, 2200, 3400):
        yield Figure(f"caller ID network at {hertz} Hz against 1 kHz",
                     20 * math.log10(caller_id_na(hertz) / middle), "dB", -3.5, 1.5)  # fmt: skip
    yield Figure("direct voltage against 1 kHz", 20 * math.log10(caller_id_na(0) / middle), "dB",
                 most=-11)  # fmt: skip
    yield Figure("on-hook current at 56 V", caller_id_na(0) * 56 / 1e3, "µA", most=3.0)


# --- supply ----------------------------------------------------------------------------------


def lowest_5v(ringing: int, off_hook: int, feed_v: float = 4.85) -> float:
    """At the sockets, while ``ringing`` of them begin to ring; 0.1 ohm of cable and plug."""
    made = Deck(BOARD)
    made.parts("F1101 C1103")
    for ref in ("C1101", "C1102", "C106", "C206", "C306", "C406"):
        made.add(f"Resr{ref} p5v e{ref} 0.3", f"C{ref} e{ref} 0 {BOARD.value(ref) * 0.8:g}")
    idle = len(FXS) - min(len(FXS), ringing + off_hook)
    steady = off_hook * OFF_HOOK_A + idle * IDLE_A + REST_A
    made.add(f"Vfeed feed 0 {feed_v:g}", f"Rcable feed {made.node('F1101.1')} 0.1",
             f"Rfet {made.node('Q1101.2')} p5v 0.055",  # AOD417's most at 4.5 V
             f"Isteady p5v 0 {steady:g}",
             f"Iring p5v 0 pulse(0 {ringing * RINGING_A:g} 20m 10u 10u 1 2)")  # fmt: skip
    return min(row[1] for row in made.run("tran 10u 60m 1m 10u", ["v(p5v)"]))


def supply_a(ringing: int, off_hook: int) -> float:
    idle = len(FXS) - min(len(FXS), ringing + off_hook)
    return ringing * RINGING_A + off_hook * OFF_HOOK_A + idle * IDLE_A + REST_A


def supply_figures() -> Iterator[Figure]:
    for ringing, off_hook in ((2, 2), (0, 4), (4, 0)):
        name = f"{ringing} ring, {off_hook} off-hook"
        yield Figure(f"{name}: current", supply_a(ringing, off_hook), "A", most=FEED_A)
        yield Figure(f"{name}: lowest 5 V, feed at 4.85 V", lowest_5v(ringing, off_hook), "V",
                     least=4.25)  # fmt: skip
    yield Figure("2 ring, 4 off-hook (two sockets more than there are): current",
                 supply_a(2, 4), "A", most=FEED_A)  # fmt: skip


GROUPS: Groups = {
    "levels at boot": boot_figures,
    "hook level": hook_figures,
    "surge": surge_figures,
    "caller ID": caller_id_figures,
    "supply": supply_figures,
}
