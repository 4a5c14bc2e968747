"""Board A's figures, each measured by ngspice on the spec's own values, each with its limit."""

import math
from collections.abc import Iterator
from dataclasses import replace

from hardware.schematics.board_a.sim import line_decks as lines
from hardware.schematics.tools.figures import GPIO_HIGH_V, GPIO_LOW_V, Figure, Groups
from hardware.schematics.tools.spice import Corner, Deck

CORNERS = tuple(
    Corner(temperature_c=celsius, threshold_v=volt)
    for celsius in (0.0, 27.0, 60.0)
    for volt in (2.0, 3.0, 4.0)
)
BAND_HZ = (300, 3400)
USUAL = Corner()


# --- ring detector ---------------------------------------------------------------------------


def ring_pulses(volt_rms: float, hertz: float, feed_v: float = 48.0, cycles: int = 8) -> int:
    """Low pulses that a GPIO sees in the last ``cycles`` cycles of a ringing voltage."""
    made = lines.deck(f"{lines.PROTECTION} {lines.RING_DETECTOR} {lines.HOOK}", lines.ON_HOOK)
    made.add(
        f"Vring bell 0 dc {feed_v} sin({feed_v} {volt_rms * math.sqrt(2):g} {hertz})",
        "Rring bell line_a 500",
        "Rback line_b 0 0.1",
        *lines.SECONDARY,
    )
    before = 6  # cycles until the coupling capacitor has settled
    return _pulses(made, before / hertz, (before + cycles) / hertz, 1 / hertz / 400)


def common_mode_pulses(volt_rms: float, hertz: float, cycles: int = 8) -> int:
    """The same, of hum on both wires at once: 10 % more series resistance in one of them, and 1 nF
    across the isolation barrier."""
    made = lines.deck(f"{lines.PROTECTION} {lines.RING_DETECTOR} {lines.HOOK}", lines.ON_HOOK)
    made.add(
        f"Vhum hum 0 sin(0 {volt_rms * math.sqrt(2):g} {hertz})",
        "Rhum1 hum line_a 500", "Vfeed hum fed 48", "Rhum2 fed line_b 550",
        f"Cbarrier1 {made.node('U201.2')} 0 1n", f"Cbarrier2 {made.node('T401.2')} 0 1n",
        *lines.SECONDARY,
    )  # fmt: skip
    return _pulses(made, 4 / hertz, (4 + cycles) / hertz, 1 / hertz / 400)


def _pulses(made: Deck, begin_s: float, end_s: float, step_s: float) -> int:
    ring_n = made.node("U201.4")
    rows = made.run(f"tran {step_s:g} {end_s:g} {begin_s:g} {step_s:g}", [f"v({ring_n})"])
    is_low, pulses = rows[0][1] < GPIO_LOW_V, 0
    for _, volt in rows:
        if is_low and volt > GPIO_HIGH_V:
            is_low = False
        elif not is_low and volt < GPIO_LOW_V:
            is_low, pulses = True, pulses + 1
    return pulses


def ring_figures() -> Iterator[Figure]:
    """One low pulse in each cycle where it must fire, none where it must not."""
    for volt, hertz in [(v, f) for v in (40, 90) for f in (16, 25, 50, 68)]:
        yield Figure(f"ring detector, {volt} V {hertz} Hz, pulses in 8 cycles",
                     ring_pulses(volt, hertz), "", 8, 8)  # fmt: skip
    for volt, hertz in [(10, 16), (10, 25), (10, 68), (15, 50), (15, 60)]:
        yield Figure(f"ring detector, {volt} V {hertz} Hz between the wires, pulses",
                     ring_pulses(volt, hertz), "", 0, 0)  # fmt: skip
    for hertz in (50, 60):
        yield Figure(f"ring detector, 100 V {hertz} Hz hum on both wires, pulses",
                     common_mode_pulses(100, hertz), "", 0, 0)  # fmt: skip


# --- loop hold -------------------------------------------------------------------------------


def loop_ma(ohms: float, corner: Corner, reversed_feed: bool = False) -> tuple[float, float]:
    """Loop current from 48 V through ``ohms``, and the level at the loop sense's GPIO in V."""
    off_hook = replace(corner, relays_closed=lines.OFF_HOOK)
    made = lines.deck(f"{lines.PROTECTION} {lines.HOOK} {lines.HOLD}", off_hook)
    plus, minus = ("line_b", "line_a") if reversed_feed else ("line_a", "line_b")
    made.add(f"Vfeed fed {minus} 48", f"Rloop fed {plus} {ohms:g}", *lines.SECONDARY)  # fmt: skip
    rows = made.run("tran 1m 1.5 1.4 1m", ["i(Vfeed)", f"v({made.node('U101.4')})"])
    return (abs(rows[-1][1]) * 1e3, rows[-1][2])


def seize_ms(ohms: float) -> float:
    """From the relay's closing to 20 mA, in the worst corner (late threshold)."""
    corner = Corner(threshold_v=4.0, relays_closed=lines.OFF_HOOK)
    made = lines.deck(f"{lines.PROTECTION} {lines.HOOK} {lines.HOLD}", corner)
    made.add("Vfeed fed line_b pwl(0 0 10m 0 11m 48)", f"Rloop fed line_a {ohms:g}",
             *lines.SECONDARY)  # fmt: skip
    rows = made.run("tran 0.5m 0.6 0 0.5m", ["i(Vfeed)"])
    return next((t * 1e3 - 11 for t, i in rows if t > 0.02 and abs(i) >= 0.02), math.inf)


def hold_figures() -> Iterator[Figure]:
    for ohms, least, most in ((400, 20, 60), (1000, 20, 60), (1800, 20, 60)):
        every = [loop_ma(ohms, c, r) for c in CORNERS for r in (False, True)]
        name = f"loop current, 48 V and {ohms} Ω"
        yield Figure(f"{name}, least", min(i for i, _ in every), "mA", least=least)
        yield Figure(f"{name}, most", max(i for i, _ in every), "mA", most=most)
        yield Figure(f"loop sense, 48 V and {ohms} Ω, highest", max(v for _, v in every), "V",
                     most=GPIO_LOW_V)  # fmt: skip
    yield Figure("20 mA after the relay closes, 1800 Ω", seize_ms(1800), "ms", most=150)


# --- hybrid ----------------------------------------------------------------------------------


def _sound(balance: str, line: str, corner: Corner, source: str) -> list[tuple[float, ...]]:
    """Frequency, level at the codec's input, level between the wires; complex parts.

    ``source``: "codec" or "exchange", 1 V.
    """
    made = lines.hybrid_deck(balance, corner)
    codec, exchange = (1, 0) if source == "codec" else (0, 1)
    made.add(f"Vtx tx 0 dc 1.65 ac {codec}", "Iloop line_b line_a dc 30m",
             "Cfeed line_a zin 1", *lines.impedance(line, "zin", "zout"),
             f"Vfar zout line_b dc 0 ac {exchange}")  # fmt: skip
    wanted = ["vm(rx)", "vm(line_a,line_b)"]
    return [tuple(row) for row in made.run("ac dec 20 200 4000", wanted)]


def trans_hybrid_loss_db(balance: str, line: str, corner: Corner = USUAL) -> float:
    """The least in 300-3400 Hz: what comes back of our own sound, against a voice from the
    exchange that is as loud between the wires."""
    corner = replace(corner, relays_closed=lines.OFF_HOOK)
    own = _sound(balance, line, corner, "codec")
    far = _sound(balance, line, corner, "exchange")
    return min(
        20 * math.log10((far_rx / far_line) / (own_rx / own_line))
        for (hertz, own_rx, own_line), (_, far_rx, far_line) in zip(own, far, strict=True)
        if BAND_HZ[0] * 0.999 <= hertz <= BAND_HZ[1] * 1.001
    )


def levels_db() -> tuple[float, float]:
    """At 1 kHz into 600 ohms: line level of a full-scale codec (1 V), dBm; codec level of 0 dBm on
    the line, dB of full scale."""
    corner = Corner(relays_closed=lines.OFF_HOOK)
    own = min(_sound("600", "600", corner, "codec"), key=lambda row: abs(row[0] - 1000))
    far = min(_sound("600", "600", corner, "exchange"), key=lambda row: abs(row[0] - 1000))
    return (20 * math.log10(own[2] / 0.7746), 20 * math.log10(far[1] / far[2] * 0.7746))


def return_loss_db(line: str) -> float:
    """The board's impedance against the line's, the least in 300-3400 Hz."""
    corner = Corner(relays_closed=lines.OFF_HOOK)
    made = lines.hybrid_deck("600", corner)
    made.add("Vtx tx 0 1.65", "Iloop line_b line_a dc 30m", "Cfeed line_a zin 1",
             "Itest line_b zin dc 0 ac 1", "Rzin zin line_b 100meg", "Itwin 0 twin dc 0 ac 1",
             *lines.impedance(line, "twin", "0"), "Rtwin twin 0 1g")  # fmt: skip
    wanted = ["vr(line_a,line_b)", "vi(line_a,line_b)", "vr(twin)", "vi(twin)"]
    losses = []
    for hertz, zr, zi, tr, ti in made.run("ac dec 20 200 4000", wanted):
        if BAND_HZ[0] * 0.999 <= hertz <= BAND_HZ[1] * 1.001:
            z, twin = complex(zr, zi), complex(tr, ti)
            losses.append(20 * math.log10(abs(z + twin) / abs(z - twin)))
    return min(losses)


def hybrid_figures() -> Iterator[Figure]:
    soft = Corner(transformer_h=2.5, transformer_ohm=66, capacitors=0.9)
    for line in lines.BALANCE:
        yield Figure(f"trans-hybrid loss into {line}, 300-3400 Hz, least",
                     trans_hybrid_loss_db(line, line), "dB", least=20)  # fmt: skip
        yield Figure("the same, transformer 2.5 H and 2 × 66 Ω, capacitors -10 %",
                     trans_hybrid_loss_db(line, line, soft), "dB", least=20)  # fmt: skip
    yield Figure("trans-hybrid loss into TBR21 with the jumper on 600 (mismatch)",
                 trans_hybrid_loss_db("600", "TBR21"), "dB")  # fmt: skip
    out, into = levels_db()
    yield Figure("line level of a full-scale tone, 600 Ω", out, "dBm", least=-1.5, most=1.5)
    yield Figure("codec level of 0 dBm on the line", into, "dBFS", least=-1.5, most=1.5)
    yield Figure("return loss against 600 Ω", return_loss_db("600"), "dB", least=14)
    yield Figure("return loss against TBR21", return_loss_db("TBR21"), "dB", least=6)


# --- caller ID -------------------------------------------------------------------------------


def caller_id_db(hertz: float) -> float:
    """On-hook, the codec's level of a tone, against the same tone off-hook."""
    off = min(_sound("600", "600", Corner(relays_closed=lines.OFF_HOOK), "exchange"),
              key=lambda row: abs(row[0] - hertz))  # fmt: skip
    on = min(_sound_on_hook(), key=lambda row: abs(row[0] - hertz))
    return 20 * math.log10((on[1] / on[2]) / (off[1] / off[2]))


def _sound_on_hook() -> list[tuple[float, ...]]:
    made = lines.hybrid_deck("600", Corner(relays_closed=lines.CALLER_ID))
    made.parts(lines.RING_DETECTOR)
    made.add("Vtx tx 0 1.65", "Vfar far line_b dc 48 ac 1", "Rfar far line_a 600")
    return [tuple(r) for r in made.run("ac dec 40 200 4000", ["vm(rx)", "vm(line_a,line_b)"])]


def caller_id_figures() -> Iterator[Figure]:
    for hertz in (1200, 2200):
        yield Figure(f"caller ID on-hook at {hertz} Hz against off-hook", caller_id_db(hertz), "dB",
                     least=-4, most=4)  # fmt: skip


# --- surge -----------------------------------------------------------------------------------


def surge(closed: frozenset[str]) -> dict[str, float]:
    """1.5 kV 10/700 µs between the wires through 40 ohms (ITU-T K.44's generator): peaks."""
    everything = f"{lines.PROTECTION} {lines.RING_DETECTOR} {lines.HOOK} {lines.HOLD} D401 R401"
    made = lines.deck(everything, Corner(relays_closed=closed))
    made.options = "method=gear reltol=3e-3 gmin=1e-10 abstol=1e-9 vntol=1e-4 itl4=200"
    made.add("Vvref vref 0 2.5", "Vtx tx_v 0 2.5",
             "Vsurge surge 0 exp(0 1560 10u 3u 20u 1m)", "Rsurge surge line_a 40",
             "Rback line_b 0 0.1")  # fmt: skip
    nodes = {"between the wires behind the fuses": "tip_f,ring_f", "at the hook relay": "tip,tip_h",
             "at the loop hold": "vp,vn", "at the hybrid": "hyb,vref"}  # fmt: skip
    rows = made.run("tran 0.2u 1.5m 0 0.5u", [f"v({pair})" for pair in nodes.values()])
    return {name: max(abs(row[1 + i]) for row in rows) for i, name in enumerate(nodes)}


def surge_figures() -> Iterator[Figure]:
    limits = {"between the wires behind the fuses": 350, "at the hook relay": 350,
              "at the loop hold": 126, "at the hybrid": 9.2}  # fmt: skip
    for state, closed in (("on-hook", frozenset()), ("off-hook", lines.OFF_HOOK)):
        for name, volt in surge(closed).items():
            yield Figure(f"surge of 1.5 kV 10/700 µs, {state}: {name}", volt, "V",
                         most=limits[name])  # fmt: skip


GROUPS: Groups = {
    "ring detector": ring_figures,
    "loop hold": hold_figures,
    "hybrid": hybrid_figures,
    "caller ID": caller_id_figures,
    "surge": surge_figures,
}
