"""Sheet 10: the Raspberry Pi's header, the board's EEPROM."""

from hardware.schematics.board_b.spec import HEADER, PI_SERIES
from hardware.schematics.pi_header import draw_eeprom, draw_header
from hardware.schematics.tools.sheet import Sheet


def draw(s: Sheet) -> None:
    s.note(14, 12, "RASPBERRY PI, EEPROM", 2.54)
    draw_header(s, HEADER, 84, 48)
    draw_eeprom(s, HEADER, "U1001 R1001 R1002 R1003 JP1001 C1001")
    for i, (name, net) in enumerate(PI_SERIES.items()):
        x, y = (44, 84 + 8 * i) if i < 4 else (124, 84 + 8 * (i - 4))
        ref = f"R{1004 + i}"
        s.part(ref, x, y, turn=90)
        s.wire((x - 6, y), f"{ref}.1")
        s.wire(f"{ref}.2", (x + 6, y))
        s.net(net, (x - 6, y), 180)
        s.net(f"PI_{name.upper()}", (x + 6, y))
    s.note(14, 122, _NOTE)


_NOTE = """
The link: 2,000,000 baud with RTS/CTS. What the Raspberry Pi sends (TX, RTS) the RP2040 hears (RX, CTS), and the other way round.
The seven resistors keep one side from feeding the other while only one of them has power: 6 mA at most each.
The Raspberry Pi and the board have supplies of their own; 5 V of the header is not joined, ground is.
U1001 (24C32) carries the board's name and device-tree overlay (hardware/hat); it hangs on the Raspberry Pi's 3.3 V as
the HAT specification asks. JP1001: fit it to write.
"""
