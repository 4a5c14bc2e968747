"""Sheet 9: the RP2040, its flash, crystal, supply pins, and the levels at rest."""

from hardware.schematics.board_b.drawing.kit import bypass, out, pull
from hardware.schematics.board_b.spec import CHIP_PIN
from hardware.schematics.tools.sheet import Sheet

_PULLS = (("R905", "UART_TX", "+3V3"), ("R906", "UART_RX", "+3V3"), ("R907", "UART_CTS", "+3V3"),
          ("R908", "UART_RTS", "+3V3"), ("R909", "SI_CS_N", "+3V3"), ("R910", "SI_INT_N", "+3V3"),
          ("R911", "SR_OE_N", "+3V3"), ("R904", "RUN", "+3V3"), ("R912", "SI_RESET_N", "GND"),
          ("R913", "SPI_MISO", "GND"), ("R914", "PCM_UP", "GND"))  # fmt: skip


def draw(s: Sheet) -> None:
    s.note(14, 12, "RP2040", 2.54)
    s.part("U901", 108, 68, side="below", dx=10)
    for name, pin in CHIP_PIN.items():
        out(s, pin, name.upper(), 3)
    s.power("GND", "U901.57")
    s.open("U901.46", "U901.47")
    s.wire("U901.19", (84, 44), (84, 45))
    s.power("GND", (84, 45))
    for pin, net in (("26", "RUN"), ("24", "SWCLK"), ("25", "SWDIO")):
        out(s, f"U901.{pin}", net, -3)
    _supplies(s)
    _flash(s)
    _crystal(s)
    for i, (ref, net, to) in enumerate(_PULLS):
        pull(s, ref, net, 172, 26 + 8 * i, to)
    s.net("LED", (172, 118), 180)
    s.part("R915", 178, 118, turn=90)
    s.part("D901", 190, 118, turn=180)
    s.wire((172, 118), "R915.1")
    s.wire("R915.2", "D901.2")
    s.wire("D901.1", (198, 118))
    s.power("GND", (198, 118))
    s.part("J901", 34, 112, side="below")
    for pin, net in (("1", "SWCLK"), ("2", "SWDIO")):
        out(s, f"J901.{pin}", net, -3)
    s.power("GND", "J901.3")
    s.note(14, 126, _NOTE)


def _supplies(s: Sheet) -> None:
    ends = bypass(s, "C903 C904 C905 C906 C907 C908 C909 C910", 24, 20)
    s.wire((ends[0], 20), (110, 20))
    s.power("+3V3", (90, 20))
    for pin in ("48", "43", "1", "44"):
        s.wire(f"U901.{pin}", (s.place(f"U901.{pin}")[0], 20))
    ends = bypass(s, "C911 C912 C913", 128, 20)
    s.wire((114, 20), (ends[-1], 20))
    s.wire("U901.45", (114, 20))
    s.wire("U901.23", (118, 20))
    s.power("+1V1", (122, 20))


def _flash(s: Sheet) -> None:
    s.part("U902", 58, 70, mirror="y", side="below", dx=-6)
    for chip, flash in (
        ("56", "1"),
        ("52", "6"),
        ("53", "5"),
        ("55", "2"),
        ("54", "3"),
        ("51", "7"),
    ):
        s.wire(f"U901.{chip}", f"U902.{flash}")
    s.part("R902", 82, 60, side="left")
    s.power("+3V3", "R902.1")
    s.wire("R902.2", (82, 64))
    s.part("R903", 72, 58, side="left")
    s.wire("R903.2", (72, 64))
    s.part("JP901", 64, 50, side="above")
    s.wire("JP901.2", (72, 50), "R903.1")
    s.wire("JP901.1", (58, 50), (58, 51))
    s.power("GND", (58, 51))
    s.part("C914", 38, 62)
    s.wire("U902.8", (58, 58), (38, 58), "C914.1", bend="v")
    s.power("+3V3", (46, 58))
    s.power("GND", "C914.2")
    s.power("GND", "U902.4")


def _crystal(s: Sheet) -> None:
    s.part("Y901", 76, 85, turn=270, side="right", dy=-1)
    s.wire("U901.20", (76, 80), "Y901.1")
    s.part("R901", 85, 88, turn=90, side="below")
    s.wire("U901.21", "R901.2")
    s.part("C901", 66, 90, side="left")
    s.wire((76, 80), (66, 80), "C901.1")
    s.power("GND", "C901.2")
    s.part("C902", 76, 98, side="left")
    s.wire("Y901.3", "C902.1")
    s.wire((76, 92), (80, 92), (80, 88), "R901.1")
    s.power("GND", "C902.2")
    s.power("GND", (72, 85))


_NOTE = """
12 MHz x 128 / 12 = 128 MHz: PCLK (1.024 MHz = /125), FSYNC (8 kHz = /16000), MCLK (256 kHz = /500) have no jitter of a fraction.
All GPIO numbers are those of hardware/pinout.toml. At rest the RP2040 pulls every pin down with 50 to 80 kohm:
each level that must be high is pulled up here or on its sheet: SR_OE_N (relays, ringing and lamps off), FRn, SI_CS_N, UART.
SI_RESET_N is pulled down: every line on-hook. R904, R1008: RUN is open drain, the Raspberry Pi may pull it low.
JP901 while power comes: the chip's own USB loader; here SWD serves in its place (J901, or the Raspberry Pi).
"""
