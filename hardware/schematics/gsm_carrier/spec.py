"""The GSM carrier's circuit: parts and nets. GPIOs come from hardware/pinout.toml.

References begin with the number of their sheet: R301 is on sheet 3.

The card's pins are those of Quectel's mini-PCIe cards (EC25, EG25-G): as Arduino prints them for its
Pro 4G Module, which is an EG25-G card. Its supply is 3.0 to 3.6 V there, not the bare module's 3.8 V.
"""

from dataclasses import dataclass

from hardware.schematics.passives import C, bypass, resistors
from hardware.schematics.pi_header import V3, V5, Header
from hardware.schematics.tools.spec import board

HEADER = Header("J501", "gsm_carrier")


@dataclass(frozen=True)
class Converter:
    """TPS54302's promises (Texas Instruments' data sheet): the resistors, coil and limits follow.

    Believed, not verified: ``reference_error`` and the least of ``peak_a``.
    """

    reference_v: float = 0.596
    reference_error: float = 0.025  # over temperature
    divider_error: float = 0.002  # two resistors of 0.1 %
    hertz: float = 400e3
    peak_a: float = 4.0  # least of its current limit; 5 A usual
    least_input_v: float = 4.5
    soft_start_s: float = 5e-3

    def output_v(self, upper_ohm: float, lower_ohm: float) -> float:
        return self.reference_v * (1 + upper_ohm / lower_ohm)

    def ripple_a(self, henry: float, input_v: float, output_v: float) -> float:
        """Peak to peak."""
        return (input_v - output_v) * output_v / (input_v * henry * self.hertz)


CONVERTER = Converter()
CARD_LEAST_V, CARD_MOST_V = 3.0, 3.6  # VCC_3V3 of the card
BURST_A, BURST_S, FRAME_S = 2.0, 577e-6, 4.615e-3  # GSM, one slot of eight at full power

_POLYMER = (
    "Capacitor_Tantalum_SMD:CP_EIA-7343-31_Kemet-D | Kemet | T520D477M006ATE025 | 6.3 V, 25 mΩ"
)
_AO3400A = "Package_TO_SOT_SMD:SOT-23 | Alpha & Omega | AO3400A | fully on at 2.5 V"

PARTS = f"""
J101 | Connector:Barrel_Jack | 5V 3A | Connector_BarrelJack:BarrelJack_Horizontal | Same Sky | PJ-002AH | an adapter of its own, plus in the middle
F101 | Device:Fuse | 3A | Fuse:Fuse_1206_3216Metric | Littelfuse | 0466003.NR |
D101 | Device:D_Zener | SMBJ5.0A | Diode_SMD:D_SMB | Littelfuse | SMBJ5.0A | clamps; blows the fuse when plus and minus are swapped
C101 | Device:C_Polarized | 470µ | Capacitor_SMD:CP_Elec_8x10 | Panasonic | EEE-FT1A471AP | 10 V, low impedance
C102 | Device:C | 22µ | Capacitor_SMD:C_1206_3216Metric | Murata | GRM31CR61C226ME15L | 16 V
{bypass("C103", "C104")}
U101 | Regulator_Switching:TPS54302 | TPS54302 | Package_TO_SOT_SMD:TSOT-23-6 | Texas Instruments | TPS54302DDCR |
L101 | Device:L | 4.7µ | Inductor_SMD:L_Coilcraft_XAL60xx_6.36x6.56mm | Coilcraft | XAL6060-472MEC | saturates above 10 A
R101 | Device:R | 47k | Resistor_SMD:R_0805_2012Metric | Yageo | RT0805BRD0747KL | 0.1 %: the card bears 3.6 V at most
R102 | Device:R | 10k | Resistor_SMD:R_0805_2012Metric | Yageo | RT0805BRD0710KL | 0.1 %
{resistors("R103 220, R104 10k")}
C105 | Device:C | 150p C0G | {C} | Murata | GRM2165C1H151JA01D |
C106 | Device:C | 22µ | Capacitor_SMD:C_1206_3216Metric | Murata | GRM31CR61C226ME15L | 16 V
C107 | Device:C | 22µ | Capacitor_SMD:C_1206_3216Metric | Murata | GRM31CR61C226ME15L | 16 V
C108 | Device:C_Polarized | 470µ | {_POLYMER}
C109 | Device:C_Polarized | 470µ | {_POLYMER}
C110 | Device:C_Polarized | 470µ | {_POLYMER}

J201 | Connector:Bus_PCI_Express_Mini | EC25 | Connector_PCIe:PCIe_Mini_TE_1775838-2 | TE Connectivity | 1775838-2 | the footprint is to be drawn from the maker's sheet; with latch 1717831
J202 | Connector:USB_C_Receptacle_USB2.0_16P | USB | Connector_USB:USB_C_Receptacle_GCT_USB4105-xx-A_16P_TopMnt_Horizontal | GCT | USB4105-GF-A | cable to the Pi: data only
U201 | Power_Protection:USBLC6-2SC6 | USBLC6-2SC6 | Package_TO_SOT_SMD:SOT-23-6 | STMicroelectronics | USBLC6-2SC6 |
{resistors("R201 5.1k, R202 5.1k")}
{bypass("C201", "C204")}
C202 | Device:C | 33p C0G | {C} | Murata | GRM2165C1H330JA01D | short-circuits the card's own radio
C203 | Device:C | 10p C0G | {C} | Murata | GRM2165C1H100JA01D | short-circuits the card's own radio

J301 | Connector:SIM_Card | NANO SIM | Connector_Card:nanoSIM_GCT_SIM8060-6-0-14-00 | GCT | SIM8060-6-0-14-00-A |
U301 | Power_Protection:SRV05-4 | SRV05-4 | Package_TO_SOT_SMD:SOT-23-6 | Littelfuse | SRV05-4HTG | 3 pF a line
{resistors("R301 22, R302 22, R303 22, R304 47k")}
{bypass("C301")}

Q401 | Transistor_FET:AO3400A | AO3400A | {_AO3400A}
Q402 | Transistor_FET:AO3400A | AO3400A | {_AO3400A}
Q403 | Transistor_FET:BSS84 | BSS84 | Package_TO_SOT_SMD:SOT-23 | onsemi | BSS84 |
Q404 | Transistor_FET:AO3400A | AO3400A | {_AO3400A}
D401 | Device:LED | NETWORK | LED_SMD:LED_0805_2012Metric | Wuerth | 150080RS75000 | red, 2 V: blinks as the network is looked for, found, used
{resistors("R401 100, R402 4.7k, R403 330, R404 100, R405 10k, R406 1k, R407 470k, R408 10k, R409 4.7k")}
C401 | Device:C | 10µ | {C} | Murata | GRM21BR61A106KE19L |

J501 | Connector:Raspberry_Pi_4 | Raspberry Pi | Connector_PinSocket_2.54mm:PinSocket_2x20_P2.54mm_Vertical | Samtec | SSW-120-02-G-D | any model with 40 pins
"""

NETS = f"""
# 1: feed and supply
VIN: J101.1 F101.1
VIN_F: F101.2 D101.1 C101.1 C102.1 C103.1 U101.3
SUPPLY: U101.5 R104.2 {HEADER.pin("supply_gpio")}
BOOT: U101.6 C104.1
SW: U101.2 C104.2 L101.1
FB: U101.4 R101.2 R102.1 C105.2
VMOD: L101.2 R101.1 C105.1 C106.1 C107.1 C108.1 C109.1 C110.1 R103.1
    J201.2 J201.39 J201.41 J201.52 C201.1 C202.1 C203.1 R403.1 R405.1 Q403.2
# 2: card and USB
USB_DP: J201.38 U201.3 U201.4 J202.A6 J202.B6
USB_DM: J201.36 U201.1 U201.6 J202.A7 J202.B7
VBUS: J202.A4 J202.A9 J202.B4 J202.B9 U201.5 C204.1
CC1: J202.A5 R201.1
CC2: J202.B5 R202.1
LED_WWAN_N: J201.42 D401.1 R405.2 Q403.1
W_DISABLE_N: J201.20 Q402.3
PERST_N: J201.22 Q401.3
# 3: SIM
USIM_VDD: J201.8 J301.1 C301.1 U301.5 R304.1
USIM_DATA: J201.10 R301.1
USIM_CLK: J201.12 R302.1
USIM_RST: J201.14 R303.1
SIM_IO: R301.2 J301.7 U301.1 R304.2
SIM_CLK: R302.2 J301.3 U301.3
SIM_RST: R303.2 J301.2 U301.4
# 4: key, reset and status
RESET: {HEADER.pin("reset_gpio")} R401.1 R402.1
RESET_G: R401.2 Q401.1
POWER: {HEADER.pin("power_gpio")} R404.1 R409.1
POWER_G: R404.2 Q402.1
LED_A: R403.2 D401.2
SEEN: Q403.3 R406.1
HELD: R406.2 C401.1 R407.1 Q404.1
STATUS_N: Q404.3 R408.2 {HEADER.pin("status_gpio")}
# 5: Raspberry Pi
PI_5V: {HEADER.all(*V5)}  # not used
+3V3: {HEADER.all(*V3)} R104.1 R408.1
GND: {HEADER.ground()} J101.2 D101.2 C101.2 C102.2 C103.2 U101.1 R102.2 C106.2 C107.2 C108.2
    C109.2 C110.2 R103.2 J201.4 J201.9 J201.15 J201.18 J201.21 J201.26 J201.27 J201.29 J201.34
    J201.35 J201.37 J201.40 J201.43 J201.50 J201.MP J202.A1 J202.A12 J202.B1 J202.B12 J202.S1
    U201.2 R201.2 R202.2 C201.2 C202.2 C203.2 C204.2 J301.5 U301.2 C301.2 Q401.2 R402.2 Q402.2
    R409.2 Q404.2 C401.2 R407.2
"""

OPEN = f"""
J201.24 J201.6 J201.28 J201.48 J201.33 J201.31 J201.25 J201.23 J201.13 J201.11 J201.32 J201.30
J201.1 J201.7 J201.46 J201.44 J201.3 J201.5 J201.45 J201.47 J201.49 J201.51 J201.16 J201.19 J201.17
J202.A8 J202.B8 J301.6 U301.6 {HEADER.unused()}
"""

BOARD = board("gsm_carrier", "GSM carrier: mini-PCIe modem", PARTS, NETS, OPEN)
