"""What parts cost about: estimates of November 2026, US$ a piece at ten pieces, without tax.

Nobody was asked for an offer; they are there so that a board's sum can be reckoned. The longest
beginning of a part number counts.
"""

from hardware.schematics.tools.spec import Board, Part

OPTION = "only for four lines"  # a part whose note begins so is left out of the smaller board
_TABLE = """
RC0805 0.02, RC1206 0.03, RT0805 0.10, CRCW2512 0.45, CC0805 0.04, CC1206 0.12, GRM21 0.10,
GRM31 0.25, GRM31A7U2J 0.35, GA342 0.55, B32921 0.35, B32922 0.55, UEP2A 0.60, EEE-F 0.55,
T520D 2.10, BLM 0.10, XAL6060 2.60,
1N4148W 0.06, BZT52 0.10, MMSZ43 0.12, SMBJ 0.40, 1.5SMC 0.70, P2600SC 0.75, P3100SB 0.75,
SRV05 0.60, USBLC6 0.45, MB4S 0.30, MB6S 0.30, 2N7002 0.08, BSS84 0.15, AO3400A 0.20,
AOD417 0.75, IRFR220N 0.85, MMBT3904 0.05, MMBTA 0.12, 150080 0.18,
TRF250 0.85, 1812L300 0.75, 0466003 0.60, LAA110 4.20, LTV- 0.50, IM03 2.90, P1200 9.50,
SI3050 4.20, SI3019 3.20, Ag1171 8.80, W681360 4.20, WM8731 6.50, SC0914 1.00, W25Q16 0.75,
24LC32 0.65, 74HC595 0.35, 74HCT1G66 0.30, SN74LVC 0.35, MCP6004 0.75, MCP6001 0.35,
AP2112K 0.40, TPS54302 1.50, ABM8 0.80, ABL- 0.45,
DS1133 0.90, PJ-002 0.80, SSW-120 4.60, 613 0.30, 1984617 0.90, 5301-440C 0.70, SJ1-3523N 1.00,
SD1209 1.60, 1775838 1.90, USB4105 0.80, SIM8060 2.00
"""
_PRICES = {start: float(price) for start, price in map(str.split, _TABLE.split(","))}


def price_of(part: Part) -> float:
    """US$. Raises KeyError for a part that nobody has estimated."""
    starts = [start for start in _PRICES if part.mpn.startswith(start)]
    if not starts:
        raise KeyError(f"{part.ref}: no price of {part.mpn}")
    return _PRICES[max(starts, key=len)]


def cost_of(board: Board, *, full: bool = True) -> float:
    """US$ for the parts of one board; ``full``: with what is only fitted for four lines."""
    return sum(
        price_of(part) for part in board.parts.values() if full or not part.note.startswith(OPTION)
    )
