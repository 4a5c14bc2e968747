"""Sheet 10: the Raspberry Pi's header, the board's EEPROM."""

from hardware.schematics.board_b.drawing.kit import out
from hardware.schematics.board_b.spec import BOARD, PI_PIN, PI_SERIES
from hardware.schematics.tools.sheet import Sheet


def draw(s: Sheet) -> None:
    s.note(14, 12, "RASPBERRY PI, EEPROM", 2.54)
    s.part("J1001", 84, 44, side="above", dx=-16)
    for name, pin in PI_PIN.items():
        out(s, pin, f"PI_{name.upper()}", -4 if s.place(pin)[0] < 84 else 4)
    free = (pin for pin in BOARD.unconnected if pin.startswith("J1001."))
    s.open(*sorted(free))
    s.power("GND", "J1001.6")
    s.wire("J1001.2", (122, 26))
    s.net("PI_5V", (122, 26), 180, local=True)
    _eeprom(s)
    for i, (name, net) in enumerate(PI_SERIES.items()):
        x, y = (44, 84 + 8 * i) if i < 4 else (124, 84 + 8 * (i - 4))
        ref = f"R{1004 + i}"
        s.part(ref, x, y, turn=90)
        s.wire((x - 6, y), f"{ref}.1")
        s.wire(f"{ref}.2", (x + 6, y))
        s.net(net, (x - 6, y), 180)
        s.net(f"PI_{name.upper()}", (x + 6, y))
    s.note(14, 122, _NOTE)


def _eeprom(s: Sheet) -> None:
    s.part("U1001", 176, 42, mirror="y", side="below", dx=7)
    s.part("R1001", 138, 24)
    s.part("R1002", 148, 24)
    s.wire("J1001.27", (154, 32), (154, 40), "U1001.5")
    s.wire("J1001.28", (150, 34), (150, 42), "U1001.6")
    s.wire("R1001.2", (138, 32))
    s.wire("R1002.2", (148, 34))
    s.wire("J1001.1", (114, 28), (114, 18), (176, 18), "U1001.8")
    s.net("PI_3V3", (118, 18), local=True)
    s.wire("R1001.1", (138, 18))
    s.wire("R1002.1", (148, 18))
    s.part("C1001", 198, 25)
    s.wire((176, 18), (198, 18), "C1001.1")
    s.power("GND", "C1001.2")
    s.part("R1003", 144, 52, turn=90)
    s.wire((132, 52), "R1003.1")
    s.net("PI_3V3", (132, 52), local=True)
    s.wire("R1003.2", (158, 52))
    s.wire("U1001.7", (158, 44), (158, 58))
    s.part("JP1001", 168, 58, side="below")
    s.wire((158, 58), "JP1001.1")
    s.wire("JP1001.2", (178, 58), (178, 59))
    s.power("GND", (178, 59))
    s.power("GND", "U1001.4")
    s.wire("U1001.1", (190, 40), (190, 48))
    s.wire("U1001.2", (190, 42))
    s.wire("U1001.3", (190, 44))
    s.power("GND", (190, 48))
    s.net("ID_SD", (120, 32), local=True)
    s.net("ID_SC", (120, 34), local=True)
    s.net("WP", (159, 44), local=True)


_NOTE = """
The link: 2,000,000 baud with RTS/CTS. What the Raspberry Pi sends (TX, RTS) the RP2040 hears (RX, CTS), and the other way round.
The seven resistors keep one side from feeding the other while only one of them has power: 6 mA at most each.
The Raspberry Pi and the board have supplies of their own; 5 V of the header is not joined, ground is.
U1001 (24C32) carries the board's name and device-tree overlay (hardware/hat); it hangs on the Raspberry Pi's 3.3 V as
the HAT specification asks. JP1001: fit it to write.
"""
