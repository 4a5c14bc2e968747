"""Sheet 6: Raspberry Pi, HAT EEPROM, hook watchdog."""

from hardware.schematics.tools.sheet import Sheet

_LEFT = {"32": "LOOP_N", "33": "CID", "36": "KICK", "12": "I2S_CLK", "35": "I2S_FS",
         "38": "I2S_IN", "40": "I2S_OUT"}  # fmt: skip
_RIGHT = {"3": "SDA", "5": "SCL", "29": "RING_N", "31": "HOOK"}
_FREE = "8 10 11 13 15 16 18 22 37 7 26 24 21 19 23"


def draw(s: Sheet) -> None:
    s.note(14, 12, "RASPBERRY PI, EEPROM, WATCHDOG", 2.54)
    s.part("J601", 84, 48, side="above", dx=-16)
    for pin, net in _LEFT.items():
        x, y = s.place(f"J601.{pin}")
        s.wire((x, y), (x - 6, y))
        s.net(net, (x - 6, y), 180)
    s.open(*(f"J601.{pin}" for pin in _FREE.split()))
    for pin, net in _RIGHT.items():
        x, y = s.place(f"J601.{pin}")
        s.wire((x, y), (x + 6, y))
        s.net(net, (x + 6, y))
    s.wire("J601.2", (114, 30), (114, 24))
    s.power("+5V", (114, 24))
    s.wire("J601.1", (120, 32), (120, 24))
    s.power("+3V3", (120, 24))
    s.power("GND", "J601.6")
    _eeprom(s)
    _watchdog(s)
    _gate(s)
    s.note(14, 128, _NOTE)


def _eeprom(s: Sheet) -> None:
    s.part("U601", 170, 50, mirror="y", side="below", dx=6)
    s.part("R607", 134, 29)
    s.part("R608", 144, 29)
    s.wire("J601.27", (150, 36), (150, 48), "U601.5")
    s.wire("J601.28", (146, 38), (146, 50), "U601.6")
    s.wire("R607.2", (134, 36))
    s.wire("R608.2", (144, 38))
    s.power("+3V3", "R607.1")
    s.power("+3V3", "R608.1")
    s.part("R606", 144, 58, turn=90)
    s.power("+3V3", (138, 58))
    s.wire((138, 58), "R606.1")
    s.wire("R606.2", (154, 58))
    s.wire("U601.7", (154, 52), (154, 64))
    s.part("JP602", 164, 64, side="below")
    s.wire((154, 64), "JP602.1")
    s.wire("JP602.2", (172, 64), (172, 66))
    s.power("GND", (172, 66))
    s.power("GND", "U601.4")
    s.wire("U601.1", (182, 48), (182, 54))
    s.wire("U601.2", (182, 50))
    s.wire("U601.3", (182, 52))
    s.power("GND", (182, 54))
    s.part("C602", 192, 45)
    s.wire("U601.8", (170, 40), (192, 40), "C602.1")
    s.power("+3V3", (170, 40))
    s.power("GND", "C602.2")
    s.net("ID_SD", (123, 36), local=True)
    s.net("ID_SC", (123, 38), local=True)
    s.net("WP", (156, 52), local=True)


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
