"""Board C's figures, each measured by ngspice on the spec's own values, each with its limit."""

from collections.abc import Iterator

from hardware.schematics import transistors
from hardware.schematics.board_c.spec import BOARD
from hardware.schematics.pi_header import BOOT_PULL_OHM
from hardware.schematics.tools.figures import GPIO_HIGH_V, GPIO_LOW_V, Figure, Groups
from hardware.schematics.tools.spice import Deck

BOUNCE_S = 0.3e-3  # a spark or a scratch, not the contact's own bounce
BELL_A, BELL_H = 0.15, 20e-3  # the largest sounder that J201 may have
BUZZER_OHM = 5 / 0.03


def _deck(parts: str) -> Deck:
    made = Deck(BOARD)
    made.parts(parts)
    made.add("V3 p3v3 0 3.3", "V5 p5v 0 5")
    return made


# --- hook switch -----------------------------------------------------------------------------


def _hook(moves: str, end_s: float, step_s: float = 5e-6) -> list[list[float]]:
    """Time and the GPIO's level; ``moves``: pwl of the switch, 1 closed."""
    made = _deck("D101 R101 R102 C101")
    made.add(f"Rpi p3v3 hook_n {BOOT_PULL_OHM:g}", f"Vmove move 0 pwl({moves})",
             "Shook hook_sw 0 move 0 contact",
             ".model contact sw(ron=0.5 roff=100meg vt=0.5 vh=0.1)")  # fmt: skip
    return made.run(f"tran {step_s:g} {end_s:g} 0 {step_s:g}", ["v(hook_n)"])


def opens_ms() -> float:
    """From the contact's opening to a high level."""
    rows = _hook("0 1 20m 1 20.001m 0", 60e-3)
    return next(1e3 * t - 20 for t, volt in rows if t > 20e-3 and volt > GPIO_HIGH_V)


def closes_ms() -> float:
    """From the contact's closing to a low level."""
    rows = _hook("0 0 20m 0 20.001m 1", 60e-3)
    return next(1e3 * t - 20 for t, volt in rows if t > 20e-3 and volt < GPIO_LOW_V)


def bounce_v(closed: bool) -> float:
    """The level while a contact that rests closed (or open) lets go (or touches) for a moment."""
    rest, other = (1, 0) if closed else (0, 1)
    rows = _hook(f"0 {rest} 20m {rest} 20.001m {other} {20 + BOUNCE_S * 1e3}m {other} "
                 f"{20.001 + BOUNCE_S * 1e3}m {rest}", 40e-3)  # fmt: skip
    levels = [volt for t, volt in rows if t > 19e-3]
    return max(levels) if closed else min(levels)


def spark_v() -> tuple[float, float]:
    """Peak at the hook's wire, and how far the GPIO is lifted, as 8 kV go into it from 150 pF
    through 330 ohms (IEC 61000-4-2)."""
    made = _deck("D101 R101 R102 C101")
    made.add("Cfinger finger 0 150p ic=8000", "Rfinger finger 0 1g",
             "Sspark finger hot go 0 spark", "Rspark hot hook_sw 330",
             "Vgo go 0 pulse(0 1 1u 1n 1n 1m 2m)",
             ".model spark sw(ron=1m roff=100g vt=0.5 vh=0.1)")  # fmt: skip
    made.options = "method=gear reltol=1e-3"
    rows = made.run("tran 2n 20u 0 2n uic", ["v(hook_sw)", "v(hook_n)"])
    return (max(row[1] for row in rows), max(row[2] for row in rows))


def hook_figures() -> Iterator[Figure]:
    yield Figure("hook contact opens: high after", opens_ms(), "ms", least=1, most=10)
    yield Figure("hook contact closes: low after", closes_ms(), "ms", least=1, most=10)
    yield Figure("closed contact lets go for 0.3 ms: highest level", bounce_v(True), "V",
                 most=GPIO_LOW_V)  # fmt: skip
    yield Figure("open contact touches for 0.3 ms: lowest level", bounce_v(False), "V",
                 least=GPIO_HIGH_V)  # fmt: skip
    wire, lifted = spark_v()
    yield Figure("spark of 8 kV into the hook's wire: there", wire, "V", least=5, most=40)
    yield Figure("the same: the GPIO is lifted by", lifted, "V", most=0.3)


# --- ringer and lamp -------------------------------------------------------------------------


def at_boot(gpio: str, gate: str, fet: str, parts: str) -> tuple[float, float]:
    """Highest gate voltage and highest drain current in mA while 5 V and 3.3 V come up, with the
    transistor that conducts soonest and a pull-up inside the Pi."""
    made = Deck(BOARD)
    made.parts(parts)
    transistors.put(made, fet, 0.0)
    drain = made.node(f"{fet}.3")
    made.add("V5 p5v 0 pwl(0 0 1m 0 1.1m 5)", "V3 p3v3 0 pwl(0 0 1m 0 1.1m 3.3)",
             f"Rpi p3v3 {gpio} {BOOT_PULL_OHM:g}", f"Rload p5v load {BUZZER_OHM:g}",
             f"Vload load {drain} 0")  # fmt: skip
    rows = made.run("tran 1u 20m 0 1u", [f"v({gate})", "i(Vload)"])
    settled = [row for row in rows if row[0] > 2e-3]
    return (max(row[1] for row in rows), max(row[2] for row in settled) * 1e3)


def ringing() -> tuple[float, float]:
    """Volts left over the transistor that conducts latest, and BELL's peak as it lets go."""
    made = _deck("R201 R202 D201")
    transistors.put(made, "Q201", 1.0)
    made.add("Vpin ringer 0 pulse(0 3.3 1m 10n 10n 9m 100m)", f"Lbell p5v coil {BELL_H:g}",
             f"Rbell coil bell {5 / BELL_A:g}")  # fmt: skip
    rows = made.run("tran 1u 12m 0 1u", ["v(bell)"])
    on = next(volt for t, volt in rows if t > 9.9e-3)
    return (on, max(volt for _, volt in rows))


def ringer_figures() -> Iterator[Figure]:
    for name, parts, fet in (("ringer", "R201 R202", "Q201"), ("lamp", "R205 R206", "Q202")):
        volt, milliamps = at_boot(name, f"{name}_g", fet, parts)
        yield Figure(f"{name} at boot: gate", volt, "V", most=0.5)
        yield Figure(f"{name} at boot: current", milliamps, "mA", most=0.1)
    on, peak = ringing()
    yield Figure("ringer sounds: left over the transistor", on, "V", most=0.2)
    yield Figure("largest sounder lets go: peak at BELL", peak, "V", most=6.5)


# --- keypad ----------------------------------------------------------------------------------


def row_v(key_ohm: float | None) -> float:
    """A row's level while its column is pulled low; None: no key."""
    made = _deck("R301 R305 R309")
    made.add(f"Rpi p3v3 key_row1 {BOOT_PULL_OHM:g}", "Rlow key_col1 0 60",
             f"Rkey row1 column1 {key_ohm or 1e9:g}")  # fmt: skip
    return made.run("op", ["v(key_row1)"])[0][1]


def keypad_figures() -> Iterator[Figure]:
    yield Figure("key of 1 kΩ down: its row", row_v(1000), "V", most=GPIO_LOW_V)
    yield Figure("no key down: a row", row_v(None), "V", least=GPIO_HIGH_V)


GROUPS: Groups = {
    "hook switch": hook_figures,
    "ringer and lamp": ringer_figures,
    "keypad": keypad_figures,
}
