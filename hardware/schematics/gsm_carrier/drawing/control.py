"""Sheet 4: key, reset and status."""

from hardware.schematics.tools.sheet import Sheet


def draw(s: Sheet) -> None:
    s.note(14, 12, "KEY, RESET AND STATUS", 2.54)
    _open_drain(s, "POWER", "W_DISABLE_N", "R404", "R409", "Q402", 40)
    _open_drain(s, "RESET", "PERST_N", "R401", "R402", "Q401", 74)
    _status(s)
    s.note(24, 98, _NOTE)


def _open_drain(s: Sheet, pi: str, card: str, series: str, down: str, fet: str, y: float) -> None:
    s.part(fet, 70, y)
    s.part(series, 56, y, turn=90)
    s.part(down, 44, y + 7)
    s.wire((36, y), f"{series}.1")
    s.net(pi, (36, y), 180)
    s.wire((44, y), f"{down}.1")
    s.power("GND", f"{down}.2")
    s.wire(f"{series}.2", f"{fet}.1")
    s.power("GND", f"{fet}.2")
    s.wire(f"{fet}.3", (72, y - 8), (84, y - 8))
    s.net(card, (84, y - 8))


def _status(s: Sheet) -> None:
    s.part("R403", 128, 33)
    s.part("D401", 128, 41, turn=90, dx=1)
    s.part("R405", 144, 37)
    s.part("Q403", 158, 48, mirror="x")
    s.wire((128, 28), (160, 28))
    s.net("VMOD", (136, 28), 90)
    s.wire((128, 28), "R403.1")
    s.wire("R403.2", "D401.2")
    s.wire("D401.1", (128, 48))
    s.wire((144, 28), "R405.1")
    s.wire("R405.2", (144, 48))
    s.wire("Q403.2", (160, 28))
    s.wire((122, 48), "Q403.1")
    s.net("LED_WWAN_N", (122, 48), 180)
    s.part("R406", 160, 58)
    s.wire("Q403.3", "R406.1")
    s.part("C401", 160, 75)
    s.part("R407", 172, 75)
    s.wire("R406.2", "C401.1")
    s.wire((160, 66), (186, 66))
    s.wire((172, 66), "R407.1")
    s.power("GND", "C401.2")
    s.power("GND", "R407.2")
    s.part("Q404", 190, 66)
    s.wire((186, 66), "Q404.1")
    s.power("GND", "Q404.2")
    s.part("R408", 192, 52)
    s.power("+3V3", "R408.1")
    s.wire("R408.2", "Q404.3")
    s.wire((192, 58), (204, 58))
    s.net("STATUS_N", (204, 58))


_NOTE = """
High on POWER or RESET pulls W_DISABLE# or PERST# low: radio off, reset. R409, R402 keep both quiet while the Pi
starts; the Pi itself pulls GPIO 7 up then (50 kilohms), which lifts the gate to 0.3 V only.
The EC25's card has no key: board = "gsm_carrier" leaves POWER alone. What brings a dead card back is RESET, then
SUPPLY (sheet 1).

STATUS_N is low while the modem runs: its network lamp blinks at least every 2 s, and C401 with R407 holds that for
longer than the lamp's pause.
"""
