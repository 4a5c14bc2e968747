"""The GSM carrier: its sheets, and the root that shows how they go together."""

from hardware.schematics.gsm_carrier.drawing import card, control, sim_card, supply
from hardware.schematics.gsm_carrier.spec import BOARD, HEADER
from hardware.schematics.pi_header import header_page
from hardware.schematics.tools.project import Page, Project

_PI = """
Pins as hardware/pinout.toml has them ("gsm_carrier"): free beside the other boards on the same Pi.
Nothing is fed from the Pi's 5 V, and nothing feeds it. From its 3.3 V: 1 mA of pull-ups.
Sound and commands go over USB (sheet 2); the Pi's UART and I2S stay free.
"""
PROJECT = Project(
    BOARD,
    (
        Page("supply", "Feed and supply", supply.draw, (14, 36),
             "5 V to the card's 3.4 V, 3 A, switched.\nFrom 5: SUPPLY. To 2, 4: VMOD"),
        Page("card", "Card and USB", card.draw, (82, 36),
             "The mini-PCIe socket, USB to the Pi.\nTo 3: USIM_. From 4: W_DISABLE_N, PERST_N"),
        Page("sim_card", "SIM", sim_card.draw, (150, 36),
             "Nano SIM and its protection.\nFrom 2: USIM_"),
        Page("control", "Key, reset and status", control.draw, (14, 66),
             "Transistors between the Pi and the card.\nFrom 5: POWER, RESET. To 5: STATUS_N"),
        Page("pi", "Raspberry Pi", header_page(HEADER, _PI), (82, 66), "Header.\nTo 1, 4"),
    ),
    "A mobile line for a Raspberry Pi: a Quectel EC25 or EG25-G mini-PCIe card on USB (driver cellular).\n"
    "The part's number begins with its sheet's: R301 is on sheet 3. Circuit: spec.py; figures: sim/.",
)  # fmt: skip
