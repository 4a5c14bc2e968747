"""Sheets 5 to 8: a line's socket. One script, four sheets; 7 and 8 are only fitted for four lines."""

from hardware.schematics.board_b.drawing.kit import out
from hardware.schematics.board_b.sockets import FXO, LIFELINE
from hardware.schematics.tools.sheet import Sheet

_CONTROL = {"1": "SPI_MISO", "19": "SPI_SCK", "3": "SI_CS_N", "5": "PCLK", "4": "FSYNC",
            "7": "PCM_DOWN", "6": "PCM_UP", "13": "SI_RESET_N", "9": "SI_INT_N"}  # fmt: skip
_LINE_SIDE = {"2": "DCT", "3": "RX", "4": "IB", "16": "DCT2", "14": "DCT3", "1": "QE", "12": "QE2",
              "13": "QB", "8": "RNG1", "9": "RNG2", "11": "IGND"}  # fmt: skip


def draw(s: Sheet) -> None:
    n = s.number
    fit = "" if n < FXO[2] else "   (fitted only for 4 lines)"
    s.note(14, 12, f"LINE SOCKET {n}{fit}", 2.54)
    _chips(s, n)
    _termination(s, n)
    _hook(s, n)
    _caller_id(s, n)
    _line(s, n)
    s.frame(57, 20, 224, 127.5)
    s.note(60, 20.6, "line side: 5 mm and more to everything outside of this frame")
    s.note(14, 130, _NOTE.format(n=n, device=n - FXO[0]))


def local(s: Sheet, net: str, free: tuple[float, float], joined: tuple[float, float]) -> None:
    """A wire across whose free end has a name of this sheet."""
    s.wire(free, joined)
    s.net(net, free, 0 if free < joined else 180, local=True)


def _chips(s: Sheet, n: int) -> None:
    one, two = f"U{n}01", f"U{n}02"
    s.part(one, 32, 54, side="below", dx=-6)
    for pin, net in _CONTROL.items():
        out(s, f"{one}.{pin}", net, -3)
    out(s, f"{one}.2", "SPI_MOSI" if n == FXO[0] else f"CHAIN_{n - 1}", -3)
    if n == FXO[-1]:
        s.open(f"{one}.20")
    else:
        out(s, f"{one}.20", f"CHAIN_{n}", -3)
    s.open(*(f"{one}.{pin}" for pin in (8, 10, 11, 12)))
    s.power("GND", f"{one}.18")
    s.part(f"C{n}50", 20, 30)
    s.part(f"C{n}51", 44, 32)
    s.wire(f"{one}.17", (30, 24), (20, 24), f"C{n}50.1", bend="v")
    s.power("+3V3", (25, 24))
    s.wire(f"{one}.16", (34, 26), (44, 26), f"C{n}51.1", bend="v")
    s.power("GND", f"C{n}50.2")
    s.power("GND", f"C{n}51.2")
    s.part(two, 80, 52, side="above", dx=-2)
    for i, (y, side) in enumerate(((42, "above"), (48, "below")), 1):
        s.part(f"R{n}1{1 + i}", 48, y, turn=90, side=side, dx=-0.5)
        s.part(f"C{n}0{i}", 60, y, turn=90, side=side, dx=3.5)
        s.wire(f"R{n}1{1 + i}.2", f"C{n}0{i}.1")
    s.wire(f"{one}.15", f"R{n}12.1")
    s.wire(f"{one}.14", f"R{n}13.1")
    s.wire(f"C{n}01.2", f"{two}.5")
    s.wire(f"C{n}02.2", f"{two}.6")
    s.part(f"C{n}06", 62, 71)
    s.part(f"C{n}05", 72, 71)
    s.wire(f"{two}.10", (62, 56), f"C{n}06.1")
    s.wire(f"{two}.7", (68, 60), (68, 66), (72, 66), f"C{n}05.1")
    s.wire(f"C{n}06.2", (62, 77), (80, 77), bend="v")
    s.wire(f"C{n}05.2", (72, 77))
    s.wire(f"{two}.15", (80, 77))
    s.net(f"IGND_{n}", (73, 77), local=True)
    s.power("PWR_FLAG", (62, 77), 180)
    for pin, net in _LINE_SIDE.items():
        out(s, f"{two}.{pin}", f"{net}_{n}", 7, local=True)


def _termination(s: Sheet, n: int) -> None:
    s.part(f"R{n}01", 106, 52)
    s.part(f"C{n}04", 116, 52)
    s.part(f"R{n}10", 126, 60, turn=90)
    s.part(f"C{n}07", 116, 67)
    s.part(f"R{n}09", 106, 69)
    local(s, f"DCT_{n}", (100, 47), (106, 47))
    s.wire((106, 47), f"R{n}01.1")
    local(s, f"RX_{n}", (110, 44), (116, 44))
    s.wire((116, 44), f"C{n}04.1")
    s.wire(f"R{n}01.2", (106, 60), f"R{n}10.1", bend="v")
    s.wire(f"C{n}04.2", (116, 60), f"C{n}07.1")
    local(s, f"IB_{n}", (100, 64), (106, 64))
    s.wire((106, 64), f"R{n}09.1")
    s.wire(f"R{n}09.2", (106, 76), (116, 76), f"C{n}07.2", bend="v")
    s.net(f"IGND_{n}", (107, 76), local=True)


def _hook(s: Sheet, n: int) -> None:
    s.part(f"C{n}03", 150, 33)
    s.part(f"C{n}10", 162, 33)
    s.part(f"R{n}06", 172, 33)
    s.part(f"Q{n}02", 184, 38, mirror="x")
    s.part(f"Q{n}01", 200, 48)
    s.part(f"Q{n}03", 154, 46)
    s.part(f"D{n}02", 168, 52, turn=270)
    s.wire((150, 27), (202, 27))
    s.net(f"VP_{n}", (189, 27), local=True)
    s.power("PWR_FLAG", (156, 27))
    for pin in (f"C{n}03.1", f"C{n}10.1", f"R{n}06.1"):
        s.wire(pin, (s.place(pin)[0], 27))
    s.wire(f"Q{n}02.2", (186, 27))
    s.wire(f"Q{n}01.3", (202, 27))
    local(s, f"IGND_{n}", (143, 36), (150, 36))
    s.wire(f"Q{n}03.3", (156, 38), f"Q{n}02.1", bend="v")
    s.wire(f"C{n}10.2", (162, 38))
    s.wire(f"R{n}06.2", (172, 38))
    s.wire(f"Q{n}02.3", (186, 48), f"Q{n}01.1", bend="v")
    s.wire((163, 48), (186, 48))
    s.net(f"BASE_{n}", (176, 48), local=True)
    s.wire(f"D{n}02.1", (168, 48))
    s.wire(f"Q{n}03.2", (156, 56), (168, 56), f"D{n}02.2", bend="v")
    s.net(f"QE_{n}", (157, 56), local=True)
    s.part(f"R{n}03", 140, 52)
    s.wire((132, 46), f"Q{n}03.1")
    s.net(f"DCT2_{n}", (132, 46), local=True)
    s.wire((140, 46), f"R{n}03.1")
    s.wire(f"R{n}03.2", (140, 57), (148, 57), bend="v")
    s.net(f"BASE_{n}", (148, 57), 180, local=True)
    _amplifiers(s, n)


def _amplifiers(s: Sheet, n: int) -> None:
    """The current's path: Q4 (QB, QE2) and Q5 (DCT2, DCT3) below the hook switch's rail."""
    s.part(f"R{n}05", 190, 54)
    s.wire((190, 48), f"R{n}05.1")
    s.wire(f"Q{n}01.2", (202, 60), f"R{n}10.2", bend="v")
    s.wire(f"R{n}05.2", (190, 60))
    s.part(f"R{n}11", 142, 65)
    s.part(f"Q{n}05", 140, 74)
    s.part(f"R{n}02", 130, 74, turn=90)
    s.wire((142, 60), f"R{n}11.1")
    s.wire(f"R{n}11.2", f"Q{n}05.3")
    s.wire(f"R{n}02.2", f"Q{n}05.1")
    local(s, f"DCT2_{n}", (120, 74), (127, 74))
    s.wire(f"Q{n}05.2", (142, 80))
    local(s, f"DCT3_{n}", (149, 80), (142, 80))
    s.part(f"Q{n}04", 176, 70)
    s.part(f"R{n}04", 163, 66, side="left")
    s.wire((163, 48), f"R{n}04.1")
    s.wire(f"R{n}04.2", (163, 70))
    s.wire((164, 70), f"Q{n}04.1")
    s.wire((163, 70), (164, 70))
    s.net(f"QB_{n}", (165, 70), local=True)
    s.wire(f"Q{n}04.3", (178, 60))
    s.wire(f"Q{n}04.2", (178, 78))
    local(s, f"QE2_{n}", (184, 78), (178, 78))


def _caller_id(s: Sheet, n: int) -> None:
    for y, over, low, high, c, ring, dy in (
        (93, 87, 31, 30, 30, 1, "above"),
        (116, 122, 33, 32, 31, 2, "below"),
    ):
        s.part(f"R{n}{low}", 96, y, turn=90)
        s.part(f"R{n}{high}", 110, y, turn=90, side="below" if ring == 1 else "above")
        s.part(f"C{n}{c}", 110, over, turn=90, side=dy)
        s.wire(f"R{n}{low}.2", f"R{n}{high}.1")
        s.wire(f"R{n}{high}.1", f"C{n}{c}.1")
        s.wire(f"R{n}{high}.2", f"C{n}{c}.2")
        local(s, f"RNG{ring}_{n}", (86, y), (93, y))


def _line(s: Sheet, n: int) -> None:
    s.part(f"D{n}03", 132, 104, side="right", dx=0.5, dy=3.5)
    for y, near, far, fuse, pin in ((93, f"FB{n}03", f"FB{n}01", f"F{n}01", 2),
                                    (116, f"FB{n}04", f"FB{n}02", f"F{n}02", 1)):  # fmt: skip
        side = "above" if y == 93 else "below"
        s.part(near, 150, y, turn=90, side=side)
        s.part(far, 174, y, turn=90, side=side)
        s.part(fuse, 196, y, turn=90, side=side)
        s.wire((113, y), f"{near}.1")
        s.wire((132, y), f"D{n}03.{pin}")
        s.wire(f"{near}.2", f"{far}.1")
        s.wire(f"{far}.2", f"{fuse}.1")
    local(s, f"VP_{n}", (144, 104), (138, 104))
    local(s, f"IGND_{n}", (118, 104), (126, 104))
    s.part(f"C{n}08", 164, 98)
    s.part(f"C{n}09", 164, 110)
    s.wire((164, 93), f"C{n}08.1")
    s.wire((164, 116), f"C{n}09.2")
    s.wire(f"C{n}08.2", f"C{n}09.1")
    s.wire((164, 104), (158, 104))
    s.power("GND", (158, 104))
    s.part(f"D{n}01", 185, 104, turn=270)
    s.wire((185, 93), f"D{n}01.1")
    s.wire((185, 116), f"D{n}01.2")
    if n in LIFELINE.values():
        s.wire((185, 93), (185, 88))
        s.net(f"L{n}_TIP", (185, 88), 0)
        s.wire((185, 116), (185, 121))
        s.net(f"L{n}_RING", (185, 121), 0)
    s.part(f"J{n}01", 216, 106, mirror="y", side="above")
    s.open(f"J{n}01.1", f"J{n}01.4")
    s.wire(f"F{n}01.2", (203, 93), f"J{n}01.3", bend="v")
    s.wire(f"F{n}02.2", (203, 116), f"J{n}01.2", bend="v")


_NOTE = """
Device {device} of the chain on SPI. U{n}01 is held in reset, and the line on-hook, until the firmware lives.
Only C{n}01, C{n}02, C{n}08 and C{n}09 (Y2) cross the barrier; the last two join the wires to GND.
D{n}01 fires below 350 V; F{n}01, F{n}02 open while mains touches the line, and mend themselves.
R{n}30 to R{n}33, C{n}30, C{n}31: 20 Mohm a wire for direct voltage (1.4 uA), 5.1 Mohm for sound: caller ID on-hook.
Circuit: Si3050 data sheet rev. 1.5, figure 17; values: its evaluation board; seen through another open
design (hjca14/interhardware), not on a bench. Reference design, not approved.
"""
