"""Board B's circuit: parts and nets. The sheets, the BOM and the ngspice decks are held to it.

Sheets 1 to 4 are the telephones' sockets 1 to 4, sheets 5 to 8 the lines' sockets 5 to 8. References
begin with the number of their sheet. Every GPIO is read from hardware/pinout.toml; its net has the
table's name in capitals.
"""

from pathlib import Path

from hardware import pinout
from hardware.schematics.board_b import sockets
from hardware.schematics.passives import C, bypass, resistors
from hardware.schematics.pi_header import SYMBOL, Header, pins_of_gpios
from hardware.schematics.tools.spec import board

PINOUT = pinout.read(pinout.SOURCE.read_text(encoding="utf-8"))
PI = PINOUT.boards["line_card"]
RP2040 = "MCU_RaspberryPi:RP2040"
HEADER = Header("J1001", "line_card", supply="PI_3V3", has_eeprom=True)


CHIP_PIN = {name: f"U901.{pins_of_gpios(RP2040)[pin.gpio]}" for name, pin in PINOUT.chip.items()}
PI_PIN = {name: HEADER.pin(name) for name in PI}
_SHIFT_QS = ("15", "1", "2", "3", "4", "5", "6", "7")  # QA to QH of a 74HC595
SHIFT_PIN = {
    name: f"U120{1 + bit // 8}.{_SHIFT_QS[bit % 8]}" for name, bit in PINOUT.shift_register.items()
}
LAMPS = ("fxo_lamp1", "fxo_lamp2", "fxs_lamp1", "fxs_lamp2", "fxs_lamp3", "fxs_lamp4")
# what the resistors to the Raspberry Pi join: its pin, the RP2040's net
PI_SERIES = {"uart_tx": "UART_RX", "uart_rx": "UART_TX", "uart_cts": "UART_RTS",
             "uart_rts": "UART_CTS", "run_gpio": "RUN", "swdio_gpio": "SWDIO",
             "swclk_gpio": "SWCLK"}  # fmt: skip

_HEADER = "Connector_PinHeader_2.54mm:PinHeader_1x0"
_LED = "Device:LED | {} | LED_SMD:LED_0805_2012Metric | Wuerth | 150080GS75000"

PARTS = f"""
{sockets.parts()}

U901 | {RP2040} | RP2040 | Package_DFN_QFN:QFN-56-1EP_7x7mm_P0.4mm_EP3.2x3.2mm | Raspberry Pi | SC0914(7) |
U902 | Memory_Flash:W25Q16JVSS | W25Q16JVSS | Package_SO:SOIC-8_5.3x5.3mm_P1.27mm | Winbond | W25Q16JVSSIQ | 2 MB
Y901 | Device:Crystal_GND24 | 12MHz 30ppm | Crystal:Crystal_SMD_3225-4Pin_3.2x2.5mm | Abracon | ABM8-272-T3 | all the board's lines take their 8 kHz from it
C901 | Device:C | 15p | {C} | Yageo | CC0805JRNPO9BN150 |
C902 | Device:C | 15p | {C} | Yageo | CC0805JRNPO9BN150 |
{bypass(*(f"C{i}" for i in range(903, 910)), "C912", "C913", "C914")}
C910 | Device:C | 1µ | {C} | Murata | GRM21BR71E105KA99L |
C911 | Device:C | 1µ | {C} | Murata | GRM21BR71E105KA99L |
{resistors("R901 1k,R902 10k,R903 1k,R904 10k,R905 10k,R906 10k,R907 10k,R908 10k")}
{resistors("R909 10k,R910 4.7k,R911 10k,R912 10k,R913 47k,R914 47k,R915 680")}
D901 | {_LED.format("LINK")} |
J901 | Connector_Generic:Conn_01x03 | SWD | {_HEADER}3_P2.54mm_Vertical | Wuerth | 61300311121 | first flash and rescue
JP901 | Jumper:Jumper_2_Open | BOOTSEL | {_HEADER}2_P2.54mm_Vertical | Wuerth | 61300211121 |

J1001 | {SYMBOL} | Raspberry Pi | Connector_PinSocket_2.54mm:PinSocket_2x20_P2.54mm_Vertical | Samtec | SSW-120-02-G-D | any model with 40 pins
U1001 | Memory_EEPROM:24LC32 | 24LC32 | Package_SO:SOIC-8_3.9x4.9mm_P1.27mm | Microchip | 24LC32AT-I/SN |
{resistors("R1001 3.9k,R1002 3.9k,R1003 10k")}
{resistors(",".join(f"R{1004 + i} 470" for i in range(len(PI_SERIES))))}
{bypass("C1001")}
JP1001 | Jumper:Jumper_2_Open | WRITE EEPROM | {_HEADER}2_P2.54mm_Vertical | Wuerth | 61300211121 |

J1101 | Connector:Barrel_Jack | 5V 3A | Connector_BarrelJack:BarrelJack_Horizontal | Same Sky | PJ-002AH | centre is plus
F1101 | Device:Polyfuse | 0.03 3A | Fuse:Fuse_1812_4532Metric | Littelfuse | 1812L300/12 | holds 3 A, 30 mohm at most when soldered
D1101 | Device:D_TVS | SMBJ5.0CA | Diode_SMD:D_SMB | Littelfuse | SMBJ5.0CA |
Q1101 | Transistor_FET:Q_PMOS_GDS | AOD417 | Package_TO_SOT_SMD:TO-252-2 | Alpha & Omega | AOD417 | 55 mohm at most at 4.5 V; blocks a supply the wrong way round
C1101 | Device:C_Polarized | 470µ 10V | Capacitor_SMD:CP_Elec_8x10 | Panasonic | EEE-FK1A471P |
C1102 | Device:C_Polarized | 470µ 10V | Capacitor_SMD:CP_Elec_8x10 | Panasonic | EEE-FK1A471P |
C1103 | Device:C | 10µ | {C} | Murata | GRM21BR61A106KE19L |
C1104 | Device:C | 1µ | {C} | Murata | GRM21BR71E105KA99L |
C1105 | Device:C | 10µ | {C} | Murata | GRM21BR61A106KE19L |
U1101 | Regulator_Linear:AP2112K-3.3 | AP2112K-3.3 | Package_TO_SOT_SMD:SOT-23-5 | Diodes Inc. | AP2112K-3.3TRG1 | 600 mA
D1102 | {_LED.format("POWER")} |
{resistors("R1101 100k,R1102 1k")}

U1201 | 74xx:74HC595 | 74HC595 | Package_SO:SOIC-16_3.9x9.9mm_P1.27mm | Nexperia | 74HC595D,118 |
U1202 | 74xx:74HC595 | 74HC595 | Package_SO:SOIC-16_3.9x9.9mm_P1.27mm | Nexperia | 74HC595D,118 |
{bypass("C1201", "C1202")}
K1201 | Relay:IM03 | IM03 | Relay_THT:Relay_DPDT_AXICOM_IMSeries_Pitch3.2mm | TE Connectivity | IM03TS | 5 V, 140 mW; 1 kV rms over open contacts
K1202 | Relay:IM03 | IM03 | Relay_THT:Relay_DPDT_AXICOM_IMSeries_Pitch3.2mm | TE Connectivity | IM03TS | 5 V, 140 mW; 1 kV rms over open contacts
Q1201 | Transistor_FET:2N7002 | 2N7002 | Package_TO_SOT_SMD:SOT-23 | onsemi | 2N7002LT1G |
Q1202 | Transistor_FET:2N7002 | 2N7002 | Package_TO_SOT_SMD:SOT-23 | onsemi | 2N7002LT1G |
D1201 | Diode:1N4148W | 1N4148W | Diode_SMD:D_SOD-123 | Diodes Inc. | 1N4148W-7-F |
D1202 | Diode:1N4148W | 1N4148W | Diode_SMD:D_SOD-123 | Diodes Inc. | 1N4148W-7-F |
{resistors("R1201 100k,R1202 100k,R1203 680,R1204 680,R1205 680,R1206 680,R1207 680,R1208 680")}
""" + "\n".join(f"D{1203 + i} | {_LED.format(lamp.upper())} |" for i, lamp in enumerate(LAMPS))  # fmt: skip

# supplies and what is not of a socket
_GND = """
U901.57 U901.19 U902.4 Y901.2 Y901.4 C901.2 C902.2 R912.2 R913.2 R914.2 D901.1 J901.3 JP901.1
C903.2 C904.2 C905.2 C906.2 C907.2 C908.2 C909.2 C910.2 C911.2 C912.2 C913.2 C914.2
U1001.1 U1001.2 U1001.3 U1001.4 C1001.2 JP1001.2
J1101.2 D1101.2 R1101.2 C1101.2 C1102.2 C1103.2 C1104.2 C1105.2 U1101.2 D1102.1
U1201.8 U1202.8 C1201.2 C1202.2 Q1201.2 Q1202.2 R1201.2 R1202.2
""" + " ".join(f"D{1203 + i}.1" for i in range(6))
_3V3 = """
U901.48 U901.43 U901.1 U901.10 U901.22 U901.33 U901.42 U901.49 U901.44
C903.1 C904.1 C905.1 C906.1 C907.1 C908.1 C909.1 C910.1 U902.8 C914.1
R902.1 R904.1 R905.1 R906.1 R907.1 R908.1 R909.1 R910.1 R911.1
U1101.5 C1105.1 R1102.1 U1201.16 U1202.16 U1201.10 U1202.10 C1201.1 C1202.1
"""
_5V = """
Q1101.3 C1101.1 C1102.1 C1103.1 C1104.1 U1101.1 U1101.3
K1201.1 K1202.1 D1201.1 D1202.1
"""
_ON_THE_CONTROLLERS_NETS = {  # beside the RP2040's own pin and the sockets'
    "uart_tx": "R905.2 R1005.1", "uart_rx": "R906.2 R1004.1", "uart_cts": "R907.2 R1007.1",
    "uart_rts": "R908.2 R1006.1", "spi_miso": "R913.1", "si_cs_n": "R909.2",
    "spi_sck": "U1201.11 U1202.11", "spi_mosi": "U1201.14", "si_reset_n": "R912.1",
    "si_int_n": "R910.2", "sr_latch": "U1201.12 U1202.12", "sr_oe_n": "R911.2 U1201.13 U1202.13",
    "pcm_up": "R914.1", "led": "R915.1",
}  # fmt: skip
_OUTPUTS = {  # beside the shift register's own pin and the sockets'
    "lifeline1": "Q1201.1 R1201.1",
    "lifeline2": "Q1202.1 R1202.1",
    **{lamp: f"R{1203 + i}.1" for i, lamp in enumerate(LAMPS)},
}


def _nets() -> str:
    rows = [
        f"GND: {_GND} {HEADER.ground()} {sockets.GND}",
        f"+3V3: {_3V3} {sockets.V3}",
        f"+5V: {_5V} {sockets.V5}",
    ]
    rows += [
        f"{name.upper()}: {pin} {_ON_THE_CONTROLLERS_NETS.get(name, '')} {sockets.CONTROL.get(name, '')}"
        for name, pin in CHIP_PIN.items()
    ]
    rows += [
        f"{name.upper()}: {pin} {_OUTPUTS.get(name, '')} {sockets.OUTPUTS.get(name, '')}"
        for name, pin in SHIFT_PIN.items()
    ]
    rows += [f"PI_{name.upper()}: {PI_PIN[name]} R{1004 + i}.2" for i, name in enumerate(PI_SERIES)]
    rows += [f"LAMP_{i}: R{1203 + i}.2 D{1203 + i}.2" for i in range(6)]
    text = "\n".join(" ".join(row.split()) for row in rows)
    return text + sockets.nets() + _REST


_REST = """
+1V1: U901.45 U901.23 U901.50 C911.1 C912.1 C913.1
RUN: U901.26 R904.2 R1008.1
SWDIO: U901.25 J901.2 R1009.1
SWCLK: U901.24 J901.1 R1010.1
QSPI_SS: U901.56 U902.1 R902.2 R903.2
QSPI_SCLK: U901.52 U902.6
QSPI_SD0: U901.53 U902.5
QSPI_SD1: U901.55 U902.2
QSPI_SD2: U901.54 U902.3
QSPI_SD3: U901.51 U902.7
BOOT: R903.1 JP901.2
XIN: U901.20 Y901.1 C901.1
XOUT: U901.21 R901.2
XTAL: R901.1 Y901.3 C902.1
LINK_LAMP: R915.2 D901.2
PI_3V3: J1001.1 J1001.17 U1001.8 C1001.1 R1001.1 R1002.1 R1003.1
ID_SD: J1001.27 U1001.5 R1001.2
ID_SC: J1001.28 U1001.6 R1002.2
WP: U1001.7 R1003.2 JP1001.1
5V_IN: J1101.1 F1101.1
5V_F: F1101.2 D1101.1 Q1101.2
GATE: Q1101.1 R1101.1
POWER_LAMP: R1102.2 D1102.2
PI_5V: J1001.2 J1001.4
SR_CHAIN: U1201.9 U1202.14
K1: Q1201.3 K1201.8 D1201.2
K2: Q1202.3 K1202.8 D1202.2
"""
OPEN = " ".join(["U901.46 U901.47 U1202.9 U1101.4", HEADER.unused(), sockets.OPEN])
BOARD = board("board_b", "Board B: line-card HAT", PARTS, _nets(), OPEN)
FOLDER = Path(__file__).parent
