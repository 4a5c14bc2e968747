"""Sheet 4: transformer, two-wire to four-wire hybrid with its balance, levels to the codec."""

from hardware.schematics.tools.sheet import Sheet


def draw(s: Sheet) -> None:
    s.note(14, 12, "HYBRID", 2.54)
    _transformer(s)
    _send(s)
    _balance(s)
    _receive(s)
    _supply(s)
    s.note(152, 14, _NOTE)


def _transformer(s: Sheet) -> None:
    s.part("T401", 44, 50, side="above", dx=6, dy=-1.8)
    s.part("D401", 60, 50, turn=270, side="right", dx=-5, dy=-7.5)
    s.net("XFMR", (32, 46), 180)
    s.net("RING", (32, 54), 180)
    s.wire((32, 46), "T401.1")
    s.wire((32, 54), "T401.2")
    s.wire("T401.4", (78, 46))
    s.wire((60, 46), "D401.1")
    s.wire("T401.3", (60, 54), "D401.2")
    s.net("VREF", (60, 54), local=True)
    s.net("HYB", (68, 46), local=True)
    s.frame(20, 38, 44, 62)
    s.note(20.6, 59.5, "line side")


def _send(s: Sheet) -> None:
    s.part("U401", 110, 26, mirror="y", unit=1, side="above")
    s.part("R401", 78, 36)
    s.part("R403", 110, 34, turn=270)
    s.part("R402", 128, 28, turn=270)
    s.part("C401", 140, 28, turn=270)
    s.wire("U401.1", (78, 26), "R401.1")
    s.wire("R401.2", (78, 46))
    s.wire("U401.2", (119, 28), (119, 34), "R403.1")
    s.wire("R403.2", (101, 34), (101, 26))
    s.wire((119, 28), "R402.2")
    s.wire("R402.1", "C401.2")
    s.wire("C401.1", (146, 28))
    s.net("TX", (146, 28))
    s.wire("U401.3", (119, 24))
    s.net("VREF", (119, 24), local=True)


def _balance(s: Sheet) -> None:
    s.part("C410", 90, 33)
    s.part("R404", 90, 48, side="left")
    s.part("C409", 98, 48)
    s.wire((90, 26), "C410.1")
    s.wire("C410.2", "R404.1")
    s.wire((90, 42), (98, 42), "C409.1")
    s.wire("R404.2", (90, 56))
    s.wire("C409.2", (98, 54), (90, 54))
    s.part("R405", 108, 56, turn=90)
    s.part("JP401", 124, 58, side="above", dx=0.8)
    s.wire((90, 56), "R405.1")
    s.wire("R405.2", "JP401.1")
    s.wire((117, 56), (117, 60), "JP401.5")
    s.wire((117, 58), "JP401.3")
    s.net("BAL", (100, 56), local=True)
    for pin, x, top, bottom, cap in (("6", 138, "R409", "R410", "C403"),
                                     ("4", 160, "R407", "R408", "C402")):  # fmt: skip
        s.part(top, x, 66)
        s.part(bottom, x, 77, side="left")
        s.part(cap, x + 6, 77)
        s.wire(f"JP401.{pin}", (x, s.place(f"JP401.{pin}")[1]), f"{top}.1")
        s.wire(f"{top}.2", f"{bottom}.1")
        s.wire((x, 72), (x + 6, 72), f"{cap}.1")
        s.wire(f"{bottom}.2", (x, 84))
        s.wire(f"{cap}.2", (x + 6, 84))
    s.part("R406", 182, 77)
    s.wire("JP401.2", (182, 56), "R406.1")
    s.wire("R406.2", (182, 84))
    s.wire((138, 84), (186, 84))
    s.net("VREF", (186, 84), local=True)
    s.note(136, 85, "Australia")
    s.note(158, 85, "TBR21")
    s.note(179, 85, "600 ohms")


def _receive(s: Sheet) -> None:
    s.part("U401", 80, 96, unit=2, side="above")
    s.wire((90, 56), (71, 56), (71, 94), "U401.5")
    s.wire("U401.6", (74, 102), (88, 102), (88, 96))
    s.part("R413", 98, 96, turn=90)
    s.part("R411", 98, 108, turn=90)
    s.wire("U401.7", "R413.1")
    s.wire((66, 46), (66, 108), "R411.1")
    s.part("U401", 118, 102, mirror="x", unit=3, side="below")
    s.part("R412", 106, 114)
    s.wire("R413.2", (106, 96), (106, 100), "U401.9")
    s.wire("R411.2", (106, 108), (106, 104), "U401.10")
    s.wire((106, 108), "R412.1")
    s.wire("R412.2", (106, 119), (109, 119))
    s.net("VREF", (109, 119), local=True)
    s.part("R414", 118, 92, turn=90)
    s.wire((106, 96), (106, 92), "R414.1")
    s.wire("R414.2", (128, 92), (128, 102))
    s.part("R415", 140, 102, turn=90)
    s.wire("U401.8", "R415.1")
    s.part("R417", 138, 112, turn=90)
    s.wire((128, 102), (128, 112), "R417.1")
    s.part("U402", 154, 112, unit=1, side="above", dy=-0.5)
    s.wire("R417.2", "U402.1")
    s.wire("U402.2", (168, 112), (168, 102))
    s.net("CID", (140, 118), 180)
    s.wire((140, 118), "U402.4")
    s.part("U401", 184, 104, mirror="x", unit=4, side="below")
    s.wire("R415.2", "U401.13")
    s.part("R416", 184, 94, turn=90)
    s.wire((172, 102), (172, 94), "R416.1")
    s.wire("R416.2", (194, 94), (194, 104))
    s.part("C404", 199, 104, turn=90)
    s.part("R420", 208, 104, turn=90)
    s.wire("U401.14", "C404.1")
    s.wire("C404.2", "R420.1")
    s.wire("R420.2", (214, 104))
    s.net("RX", (214, 104))
    s.wire("U401.12", (175, 106))
    s.net("VREF", (175, 106), 180, local=True)


def _supply(s: Sheet) -> None:
    s.part("R418", 26, 128, side="left")
    s.part("R419", 26, 140, side="left")
    s.part("C405", 34, 140)
    s.part("U403", 52, 136, side="right", dx=-0.5, dy=-4)
    s.wire("R418.2", "R419.1")
    s.wire((26, 134), "U403.3")
    s.wire((34, 134), "C405.1")
    s.wire("U403.4", (46, 148), (62, 148), (62, 136), "U403.1")
    s.wire((62, 136), (64, 136))
    s.net("VREF", (64, 136), local=True)
    s.power("+5VA", "R418.1")
    s.power("+5VA", "U403.5")
    for pin in ("R419.2", "C405.2", "U403.2"):
        s.power("GND", pin)
    s.part("U401", 76, 136, unit=5, side="right", dx=1.5)
    s.part("U402", 102, 136, unit=2, side="right", dx=-0.5)
    s.power("+5VA", (74, 126))
    s.wire((74, 126), (128, 126))
    s.wire((74, 126), "U401.4")
    s.wire((102, 126), "U402.5")
    s.wire((74, 148), (128, 148))
    s.wire("U401.11", (74, 148))
    s.wire("U402.3", (102, 148))
    s.power("GND", (74, 148))
    for ref, x in (("C406", 88), ("C407", 118), ("C408", 128)):
        s.part(ref, x, 136)
        s.wire((x, 126), f"{ref}.1")
        s.wire(f"{ref}.2", (x, 148))


_NOTE = """
What we send (TX) reaches the line through R401; what comes
from the line (HYB) reaches the codec as RX. To keep our own
sound out of RX, BAL copies it with ten times the impedance:
R404 for R401, R405 for the windings, fuses and relay, C409 for
the leakage, C410 for the inductance, and one of three networks
for the line. U401C takes BAL from HYB.

JP401, one jumper: 1-2 600 ohms, 3-4 TBR21 (Europe),
5-6 Australia, New Zealand. The right one: least echo.

1 V at the codec is about 0 dBm on the line, both ways.
CID high: 26 dB more, for the on-hook line.
R420 spares the codec what its 3.3 V do not hold.
"""
