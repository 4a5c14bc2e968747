"""Sheets 1 to 4: a telephone's socket. One script, four sheets."""

from hardware.schematics.board_b.drawing.kit import out
from hardware.schematics.board_b.sockets import LIFELINE
from hardware.schematics.tools.sheet import Sheet

_CODEC = {"11": "CODEC_MCLK", "12": "PCLK", "9": "PCLK", "8": "PCM_DOWN", "13": "PCM_UP"}


def draw(s: Sheet) -> None:
    n = s.number
    s.note(14, 12, f"TELEPHONE SOCKET {n}", 2.54)
    s.part(f"U{n}02", 50, 50, side="above", dx=-6.5)
    for pin, net in (_CODEC | {"14": f"CODEC_FS{n}", "7": f"CODEC_FS{n}"}).items():
        out(s, f"U{n}02.{pin}", net, -4)
    s.wire(f"U{n}02.10", (34, 56), (34, 60))
    s.power("+3V3", (34, 60), 180)
    s.wire(f"U{n}02.16", (38, 58), (38, 62))
    s.power("GND", (38, 62))
    s.power("GND", f"U{n}02.15")
    s.part(f"C{n}05", 36, 32)
    s.wire((36, 29), (36, 26), (50, 26), f"U{n}02.6")
    s.power("+3V3", (44, 26))
    s.power("GND", f"C{n}05.2")
    _sound(s, n)
    _feed(s, n)
    _line(s, n)
    _levels(s, n)
    s.note(14, 112, _NOTE.format(n=n))
    if n in LIFELINE:
        s.note(14, 127, _LIFELINE.format(n=n, line=LIFELINE[n]))


def _sound(s: Sheet, n: int) -> None:
    s.part(f"R{n}07", 80, 42, turn=90, side="above")
    s.wire(f"U{n}02.17", f"R{n}07.1")
    s.part(f"R{n}06", 94, 44, turn=90, side="below")
    s.wire(f"U{n}02.18", f"R{n}06.1")
    s.wire(f"R{n}07.2", (86, 42), (86, 44))
    s.part(f"C{n}02", 106, 44, turn=90)
    s.wire(f"R{n}06.2", f"C{n}02.1")
    s.wire(f"U{n}02.19", (64, 46), (64, 48))
    s.wire(f"U{n}02.20", (80, 48), (80, 62))
    s.part(f"C{n}03", 80, 65)
    s.wire(f"U{n}02.1", (68, 50), (68, 62))
    s.part(f"C{n}04", 68, 65)
    s.power("GND", f"C{n}03.2")
    s.power("GND", f"C{n}04.2")
    s.part(f"C{n}01", 106, 52, turn=90)
    s.wire(f"U{n}02.2", f"C{n}01.1")
    s.wire(f"U{n}02.3", (64, 54), (64, 56), f"U{n}02.4")
    s.open(f"U{n}02.5")


def _feed(s: Sheet, n: int) -> None:
    s.part(f"U{n}01", 136, 52, side="below", dx=5)
    s.wire(f"C{n}02.2", f"U{n}01.10")
    s.wire(f"C{n}01.2", f"U{n}01.9")
    for pin, net in (("3", f"FR{n}"), ("4", f"RM{n}"), ("5", f"SHK_5V_{n}"), ("14", f"PD_{n}")):
        out(s, f"U{n}01.{pin}", net, -3)
    s.open(*(f"U{n}01.{pin}" for pin in (6, 7, 8, 11)))
    s.power("GND", f"U{n}01.12")
    s.part(f"C{n}06", 108, 28)
    s.part(f"C{n}07", 122, 28)
    s.wire(f"U{n}01.13", (136, 22), (108, 22), f"C{n}06.1", bend="v")
    s.wire((122, 22), f"C{n}07.1")
    s.power("+5V", (129, 22))
    s.power("GND", f"C{n}06.2")
    s.power("GND", f"C{n}07.2")


def _line(s: Sheet, n: int) -> None:
    s.part(f"FB{n}01", 154, 38, turn=90)
    s.part(f"FB{n}02", 154, 60, turn=90, side="below")
    s.wire(f"U{n}01.2", (149, 44), (149, 38), f"FB{n}01.1")
    s.wire(f"U{n}01.1", (149, 54), (149, 60), f"FB{n}02.1")
    s.part(f"R{n}08", 162, 49)
    s.part(f"D{n}01", 180, 49, side="right", dx=0.5, dy=-3.5)
    s.part(f"F{n}01", 196, 38, turn=90)
    s.part(f"F{n}02", 196, 60, turn=90, side="below")
    for y, bead, fuse, end, pin in (
        (38, f"FB{n}01", f"F{n}01", 46, 2),
        (60, f"FB{n}02", f"F{n}02", 52, 1),
    ):
        s.wire(f"{bead}.2", f"{fuse}.1")
        s.wire((162, y), (162, end))
        s.wire((180, y), f"D{n}01.{pin}")
    s.part(f"D{n}02", 180, 67, turn=180)
    s.wire(f"D{n}01.3", (188, 49), (188, 67), f"D{n}02.1")
    s.wire(f"D{n}01.4", (172, 49), (172, 67), f"D{n}02.2")
    s.part(f"J{n}01", 216, 48, mirror="y", side="below")
    s.open(f"J{n}01.1", f"J{n}01.4")
    for fuse, pin, wire, y in ((f"F{n}01", 3, "TIP", 38), (f"F{n}02", 2, "RING", 60)):
        if n in LIFELINE:
            s.wire(f"{fuse}.2", (202, y))
            s.net(f"S{n}_{wire}", (202, y))
            out(s, f"J{n}01.{pin}", f"P{n}_{wire}", -2)
        else:
            s.wire(f"{fuse}.2", (203, y), f"J{n}01.{pin}", bend="v")


def _levels(s: Sheet, n: int) -> None:
    s.part(f"R{n}03", 36, 90)
    s.power("+3V3", f"R{n}03.1")
    s.wire((30, 96), (36, 96), f"R{n}03.2")
    s.net(f"FR{n}", (30, 96), 180)
    s.part(f"R{n}04", 64, 95)
    s.wire((58, 88), (64, 88), f"R{n}04.1")
    s.net(f"RM{n}", (58, 88), 180)
    s.power("GND", f"R{n}04.2")
    s.part(f"R{n}01", 96, 88, turn=90)
    s.part(f"R{n}02", 104, 95)
    s.wire((90, 88), f"R{n}01.1")
    s.net(f"SHK_5V_{n}", (90, 88), 180)
    s.wire(f"R{n}01.2", (110, 88))
    s.net(f"SHK{n}", (110, 88))
    s.wire((104, 88), f"R{n}02.1")
    s.power("GND", f"R{n}02.2")
    s.part(f"Q{n}01", 152, 92)
    s.part(f"R{n}05", 142, 98, side="left")
    s.wire((136, 92), f"Q{n}01.1")
    s.net(f"PD_OFF{n}", (136, 92), 180)
    s.wire((142, 92), f"R{n}05.1")
    s.power("GND", f"R{n}05.2")
    s.power("GND", f"Q{n}01.2")
    s.wire(f"Q{n}01.3", (154, 84), (160, 84))
    s.net(f"PD_{n}", (160, 84))


_NOTE = """
FOR INTERNAL TELEPHONES ONLY. NEVER TO THE WALL: U{n}01 is not isolated and rings with up to 72 V.
U{n}01 (SLIC) rings while RM{n} is high and FR{n} toggles; FR{n} rests high (R{n}03). RM at most 33 % of the time.
PD can only be pulled low, by Q{n}01. Nothing may drive it high: that destroys the module.
SHK swings to 5 V: R{n}01 and R{n}02 make 3.3 V of it; a module with 3.3 V logic gives 2.1 V, still high.
R{n}08 carries caller ID to the telephone that is on-hook (39 k: -6 dBm, 18 mA more). D{n}01, D{n}02: 82 V clamp.
U{n}02: 13-bit linear; full scale is -1.9 dBm towards the telephone (RO-), +3.4 dBm from it (R{n}06, R{n}07).
Check before a layout: pins of U{n}02 (from the MC145483), high level of F/R and RM at 5 V supply (3.3 V here).
"""
_LIFELINE = """
LIFELINE: J{n}01 goes through relay K120{n} (sheet 12); released, this telephone is on the line of socket {line}.
"""
