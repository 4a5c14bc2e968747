"""Sheet 6: Raspberry Pi, HAT EEPROM, hook watchdog."""

from hardware.schematics.board_a.spec import HEADER
from hardware.schematics.pi_header import draw_eeprom, draw_header
from hardware.schematics.tools.sheet import Sheet


def draw(s: Sheet) -> None:
    s.note(14, 12, "RASPBERRY PI, EEPROM, WATCHDOG", 2.54)
    draw_header(s, HEADER, 84, 48)
    draw_eeprom(s, HEADER, "U601 R607 R608 R606 JP602 C602")
    _watchdog(s)
    _gate(s)
    s.note(14, 128, _NOTE)


def _watchdog(s: Sheet) -> None:
    s.part("U602", 60, 102, unit=1, side="above")
    s.part("R601", 42, 88, side="left")
    s.part("C601", 30, 99, side="left")
    s.part("R602", 38, 114, side="left")
    s.power("+3V3", "R601.1")
    s.wire("R601.2", (42, 98), "U602.7")
    s.wire((42, 94), (30, 94), "C601.1")
    s.wire("C601.2", (30, 102), (45, 102), (45, 100), "U602.6")
    s.power("GND", (47, 104), turn=270)
    s.wire((47, 104), "U602.1")
    s.wire((32, 106), "U602.2")
    s.net("KICK", (32, 106), 180)
    s.wire((38, 106), "R602.1")
    s.power("GND", "R602.2")
    s.wire("U602.3", (60, 114), (66, 114), (66, 112))
    s.power("+3V3", (66, 112))
    s.part("R604", 80, 98, turn=90)
    s.wire("U602.5", "R604.1")
    s.part("JP601", 90, 90, turn=90, side="left", dx=0.5)
    s.wire("JP601.1", (90, 98))
    s.power("+3V3", "JP601.2")


def _gate(s: Sheet) -> None:
    s.part("U603", 120, 96, side="above", dx=9, dy=-1)
    s.wire("R604.2", "U603.2")
    s.net("WD_OK", (92, 98), local=True)
    s.part("R603", 98, 85)
    s.wire((96, 80), (105, 80), (105, 94), "U603.1")
    s.wire((98, 80), "R603.1")
    s.net("HOOK", (96, 80), 180)
    s.power("+3V3", "U603.5")
    s.power("GND", "U603.3")
    s.power("GND", "R603.2")
    s.wire("U603.4", (150, 96))
    s.net("HOOK_DRIVE", (150, 96))
    s.part("R605", 138, 102)
    s.part("D601", 138, 111, turn=90)
    s.wire((138, 96), "R605.1")
    s.wire("R605.2", "D601.2")
    s.power("GND", "D601.1")
    s.part("U602", 176, 100, unit=2, side="right", dx=-0.5)
    s.wire((176, 88), (204, 88))
    s.wire((176, 112), (204, 112))
    s.wire("U602.8", (176, 88))
    s.wire("U602.4", (176, 112))
    s.power("+3V3", (176, 88))
    s.power("GND", (176, 112))
    for ref, x in (("C603", 194), ("C604", 204)):
        s.part(ref, x, 100)
        s.wire((x, 88), f"{ref}.1")
        s.wire(f"{ref}.2", (x, 112))


_NOTE = """
HOOK takes the line only while KICK moves: each rising edge of it gives 4.7 s
(R601 x C601). A daemon or computer that hangs drops the line by itself.
R602, R603 hold KICK and HOOK low until the Pi drives them.
JP601: fit it for software without a kick. JP602: fit it to write the EEPROM.
"""
