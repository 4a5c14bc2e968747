"""Sheet 2: the card's socket and the USB to the Pi."""

from hardware.schematics.tools.sheet import Sheet

_RIGHT = ("42", "8", "10", "12", "14")
_LEFT = ("38", "36", "20", "22")
_OPEN = """24 6 28 48 33 31 25 23 13 11 32 30 1 7 46 44 3 5 45 47 49 51 16 19 17"""


def draw(s: Sheet) -> None:
    s.note(14, 12, "CARD AND USB", 2.54)
    _card(s)
    _usb(s)
    s.note(122, 92, _NOTE)


def _card(s: Sheet) -> None:
    s.part("J201", 80, 66, side="below", dx=-8)
    for pins, steps in ((_LEFT, -6), (_RIGHT, 6)):
        for pin in pins:
            x, y = s.place(f"J201.{pin}")
            s.wire((x, y), (x + steps, y))
            s.net(s.board.net_of(f"J201.{pin}"), (x + steps, y), 180 if steps < 0 else 0)
    s.open(*(f"J201.{pin}" for pin in _OPEN.split()))
    for pin in ("2", "39", "41", "52"):
        x, _ = s.place(f"J201.{pin}")
        s.wire(f"J201.{pin}", (x, 34))
    s.wire((30, 34), (80, 34))
    s.net("VMOD", (30, 34), 180)
    for ref, x in (("C201", 56), ("C202", 45), ("C203", 34)):
        s.part(ref, x, 40)
        s.wire((x, 34), f"{ref}.1")
        s.power("GND", f"{ref}.2")
    s.wire("J201.MP", "J201.15")
    s.power("GND", "J201.15")


def _usb(s: Sheet) -> None:
    s.part("J202", 140, 58, side="above", dy=-0.5)
    s.part("U201", 194, 58, side="below", dy=3, dx=7)
    s.wire("J202.A4", (212, 46))
    s.wire((194, 46), "U201.5")
    s.part("C204", 212, 51)
    s.wire((212, 46), "C204.1")
    s.power("GND", "C204.2")
    s.net("VBUS", (174, 46), local=True)
    for pin, net in (("A5", "CC1"), ("B5", "CC2")):
        x, y = s.place(f"J202.{pin}")
        s.wire((x, y), (x + 4, y))
        s.net(net, (x + 4, y))
    for first, second, net in (("A7", "B7", "USB_DM"), ("B6", "A6", "USB_DP")):
        x, y = s.place(f"J202.{first}")
        s.wire(f"J202.{first}", (x + 4, y), (x + 4, s.place(f"J202.{second}")[1]), f"J202.{second}")
        at = s.place(f"J202.{second}")[1]
        s.wire((x + 4, at), (x + 8, at))
        s.net(net, (x + 8, at))
    for pin in ("1", "3", "6", "4"):
        x, y = s.place(f"U201.{pin}")
        end = (x + (4 if pin in "64" else -4), y)
        s.wire((x, y), end)
        s.net(s.board.net_of(f"U201.{pin}"), end, 0 if pin in "64" else 180)
    s.power("GND", "U201.2")
    s.open("J202.A8", "J202.B8")
    s.wire("J202.S1", (134, 80), (140, 80), "J202.A1")
    s.power("GND", (140, 80))
    for ref, x in (("R201", 166), ("R202", 176)):
        s.part(ref, x, 78)
        s.wire((x, 74), f"{ref}.1")
        s.net("CC1" if ref == "R201" else "CC2", (x, 74), 90)
        s.power("GND", f"{ref}.2")


_NOTE = """
Pins of Quectel's mini-PCIe cards (EC25, EG25-G), as Arduino prints them for
its Pro 4G Module. Not held against Quectel's own sheet, which was not at hand:
do so before you order boards. Pin 24 is reserved there: left open.

The card has no power key: it starts when it is fed. W_DISABLE# is its radio
switch (off unless AT+QCFG="airplanecontrol",1 allows it). PERST# is its reset.

USB: a C socket as a device; the Pi's VBUS feeds only U201. Keep the pair
together, 90 ohms, no branches.

Antennas go to the card's own sockets: main (M) needed, diversity (D) for LTE,
5 cm from everything; outside a metal box. GNSS is not used.
"""
