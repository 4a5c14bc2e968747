"""Board A's circuit: parts and nets. The sheets, the BOM and the ngspice decks are held to it.

References begin with the number of their sheet: R301 is on sheet 3. The GPIOs are those of
hardware/pinout.toml.
"""

from hardware.schematics.passives import C, bypass, resistors
from hardware.schematics.pi_header import V3, V5, Header
from hardware.schematics.tools.spec import board

HEADER = Header("J601", "one_line", takes_5v=True, has_eeprom=True)

PARTS = f"""
J101 | Connector:6P4C | LINE | Connector_RJ:RJ14_Connfly_DS1133-S4_Horizontal | Connfly | DS1133-S4 | to the wall
J102 | Connector:6P4C | PHONE | Connector_RJ:RJ14_Connfly_DS1133-S4_Horizontal | Connfly | DS1133-S4 | a plain telephone, may be left open
F101 | Device:Polyfuse | 8R 120mA | Fuse:Fuse_Bourns_MF-RHT070 | Littelfuse | TRF250-120 | 250 V PTC of telecom kind, 6 to 10 ohms
F102 | Device:Polyfuse | 8R 120mA | Fuse:Fuse_Bourns_MF-RHT070 | Littelfuse | TRF250-120 | 250 V PTC of telecom kind, 6 to 10 ohms
D101 | Device:D_TVS | P2600SC | Diode_SMD:D_SMB | Littelfuse | P2600SCLRP | SIDACtor: holds off 220 V, fires below 300 V
FB101 | Device:FerriteBead | 600R@100MHz | Inductor_SMD:L_1206_3216Metric | Murata | BLM31PG601SN1L |
FB102 | Device:FerriteBead | 600R@100MHz | Inductor_SMD:L_1206_3216Metric | Murata | BLM31PG601SN1L |
U101 | Isolator:LTV-814 | LTV-814S | Package_DIP:SMDIP-4_W9.53mm | Lite-On | LTV-814S-TA1 |
R101 | Device:R | 82 | Resistor_SMD:R_1206_3216Metric | Yageo | RC1206FR-0782RL |
{resistors("R102 10k")}
{bypass("C101")}

R201 | Device:R | 4.7k 1W | Resistor_SMD:R_2512_6332Metric | Vishay | CRCW25124K70FKEG | pulse proof
R202 | Device:R | 4.7k 1W | Resistor_SMD:R_2512_6332Metric | Vishay | CRCW25124K70FKEG | pulse proof
C201 | Device:C | 470n X2 | Capacitor_THT:C_Rect_L18.0mm_W8.0mm_P15.00mm_FKS3_FKP3 | TDK | B32922C3474M000 | 305 V AC film
D201 | Device:D_Zener | 27V | Diode_SMD:D_SOD-123 | Diodes Inc. | BZT52C27-7-F |
D202 | Device:D_Zener | 27V | Diode_SMD:D_SOD-123 | Diodes Inc. | BZT52C27-7-F |
D203 | Diode:1N4148W | 1N4148W | Diode_SMD:D_SOD-123 | Diodes Inc. | 1N4148W-7-F |
U201 | Isolator:LTV-817S | LTV-817S | Package_DIP:SMDIP-4_W9.53mm | Lite-On | LTV-817S-TA1-C | CTR 200 % to 400 %: rank C
{resistors("R203 47k")}
C202 | Device:C | 10n | {C} | Yageo | CC0805KRX7R9BB103 |

U301 | Relay_SolidState:LAA110 | LAA110LS | Package_DIP:SMDIP-8_W9.53mm | Littelfuse | LAA110LS | two opto-MOS switches, 350 V, 35 ohms, with current limit; 3.75 kV rms
D301 | Diode_Bridge:MB6S | MB6S | Package_TO_SOT_SMD:TO-269AA | onsemi | MB6S |
D302 | Device:D_TVS | SMBJ78CA | Diode_SMD:D_SMB | Littelfuse | SMBJ78CA |
{resistors("R301 220k,R302 330k,R304 1k,R305 100")}
R303 | Device:R | 13 | Resistor_SMD:R_1206_3216Metric | Yageo | RC1206FR-0713RL | sets the current limit
C301 | Device:C | 2.2µ 25V | {C} | Murata | GRM21BR71E225KA73L |
D303 | Device:D_Zener | 15V | Diode_SMD:D_SOD-123 | Diodes Inc. | BZT52C15-7-F |
Q301 | Transistor_FET:Q_NMOS_GDS | IRFR220N | Package_TO_SOT_SMD:TO-252-2 | Infineon | IRFR220NTRPBF | 200 V; 6 cm² of copper for 1.6 W
Q302 | Transistor_BJT:MMBT3904 | MMBT3904 | Package_TO_SOT_SMD:SOT-23 | onsemi | MMBT3904LT1G |
C302 | Device:C | 10µ 100V NP | Capacitor_THT:CP_Radial_D10.0mm_P5.00mm | Nichicon | UEP2A100MPD | bipolar electrolytic
R306 | Device:R | 10k 1W | Resistor_SMD:R_2512_6332Metric | Vishay | CRCW251210K0FKEG | pulse proof
C303 | Device:C | 22n X2 | Capacitor_THT:C_Rect_L13.0mm_W4.0mm_P10.00mm_FKS3_FKP3_MKS4 | TDK | B32921C3223M000 | 305 V AC film
C304 | Device:C | 1n 630V | Capacitor_SMD:C_1206_3216Metric | Murata | GRM31A7U2J102JW31D | keeps a surge's edge off the open relay
{resistors("R307 390,R308 390,R309 10k,R310 10k")}
Q303 | Transistor_FET:2N7002 | 2N7002 | Package_TO_SOT_SMD:SOT-23 | onsemi | 2N7002LT1G |
Q304 | Transistor_FET:2N7002 | 2N7002 | Package_TO_SOT_SMD:SOT-23 | onsemi | 2N7002LT1G |

T401 | Device:Transformer_1P_1S | 600:600 | Transformer_THT:Transformer_NF_ETAL_1-1_P1200 | ETAL | P1200 | dry, 600:600, 2.5 H or more at 300 Hz, about 2 x 60 ohms, tested for 3 kV or more
D401 | Device:D_TVS | SMBJ5.0CA | Diode_SMD:D_SMB | Littelfuse | SMBJ5.0CA |
U401 | Amplifier_Operational:MCP6004 | MCP6004 | Package_SO:SOIC-14_3.9x8.7mm_P1.27mm | Microchip | MCP6004T-I/SL |
U402 | 74xGxx:74LVC1G66 | 74HCT1G66 | Package_TO_SOT_SMD:SOT-23-5 | Nexperia | 74HCT1G66GV,125 | HCT: 3.3 V switches it on a 5 V supply
U403 | Amplifier_Operational:MCP6001-OT | MCP6001 | Package_TO_SOT_SMD:SOT-23-5 | Microchip | MCP6001T-I/OT |
{resistors("R401 430,R402 20k,R403 30k,R404 4.3k,R405 1.5k,R406 6.04k")}
{resistors("R407 2.7k,R408 7.5k,R409 2.2k,R410 8.2k")}
{resistors("R411 47k,R412 91k,R413 47k,R414 91k,R415 10k,R416 10k,R417 470")}
{resistors("R418 10k,R419 10k,R420 1k")}
C401 | Device:C | 1µ | {C} | Murata | GRM21BR71E105KA99L |
C402 | Device:C | 15n C0G | Capacitor_SMD:C_1206_3216Metric | Murata | GRM3195C1H153JA01D |
C403 | Device:C | 12n C0G | Capacitor_SMD:C_1206_3216Metric | Murata | GRM3195C1H123JA01D |
C404 | Device:C | 1µ | {C} | Murata | GRM21BR71E105KA99L |
C409 | Device:C | 2.2n C0G | {C} | Murata | GRM2165C1H222JA01D | stands for the transformer's leakage
C410 | Device:C | 2.2µ | {C} | Murata | GRM21BR71E225KA73L | stands for the transformer's inductance
C405 | Device:C | 10µ | {C} | Murata | GRM21BR61A106KE19L |
{bypass("C406", "C407", "C408")}
JP401 | Connector_Generic:Conn_02x03_Odd_Even | BALANCE | Connector_PinHeader_2.54mm:PinHeader_2x03_P2.54mm_Vertical | Wuerth | 61300621121 | one jumper: 1-2 600 ohms, 3-4 TBR21, 5-6 Australia

U501 | Audio:WM8731SEDS | WM8731SEDS | Package_SO:SSOP-28_5.3x10.2mm_P0.65mm | Cirrus Logic | WM8731SEDS/V |
Y501 | Device:Crystal | 12.288MHz | Crystal:Crystal_HC49-4H_Vertical | Abracon | ABL-12.288MHZ-B2 |
C501 | Device:C | 22p | {C} | Yageo | CC0805JRNPO9BN220 |
C502 | Device:C | 22p | {C} | Yageo | CC0805JRNPO9BN220 |
C503 | Device:C | 10µ | {C} | Murata | GRM21BR61A106KE19L |
{bypass("C504", "C505", "C506", "C507")}
C508 | Device:C | 10µ | {C} | Murata | GRM21BR61A106KE19L |
C509 | Device:C | 10µ | {C} | Murata | GRM21BR61A106KE19L |
C510 | Device:C | 1µ | {C} | Murata | GRM21BR71E105KA99L |
FB501 | Device:FerriteBead | 600R@100MHz | Inductor_SMD:L_0805_2012Metric | Murata | BLM21AG601SN1D |
FB502 | Device:FerriteBead | 600R@100MHz | Inductor_SMD:L_0805_2012Metric | Murata | BLM21AG601SN1D |

J601 | Connector:Raspberry_Pi_4 | Raspberry Pi | Connector_PinSocket_2.54mm:PinSocket_2x20_P2.54mm_Vertical | Samtec | SSW-120-02-G-D | any model with 40 pins
U601 | Memory_EEPROM:24LC32 | 24LC32 | Package_SO:SOIC-8_3.9x4.9mm_P1.27mm | Microchip | 24LC32AT-I/SN |
U602 | 74xGxx:74LVC1G123 | 74LVC1G123 | Package_SO:VSSOP-8_2.3x2mm_P0.5mm | Texas Instruments | SN74LVC1G123DCUR |
U603 | 74xGxx:74LVC1G08 | 74LVC1G08 | Package_TO_SOT_SMD:SOT-23-5 | Texas Instruments | SN74LVC1G08DBVR |
{resistors("R601 1M,R602 10k,R603 10k,R604 10k,R605 1k,R606 10k,R607 3.9k,R608 3.9k")}
C601 | Device:C | 4.7µ X7R | Capacitor_SMD:C_1206_3216Metric | Murata | GRM31CR71E475KA88L | with R601: 4.7 s
{bypass("C602", "C603", "C604")}
D601 | Device:LED | HOOK | LED_SMD:LED_0805_2012Metric | Wuerth | 150080GS75000 | lit while the line is taken
JP601 | Jumper:Jumper_2_Open | NO WATCHDOG | Connector_PinHeader_2.54mm:PinHeader_1x02_P2.54mm_Vertical | Wuerth | 61300211121 | fit it for software that does not kick
JP602 | Jumper:Jumper_2_Open | WRITE EEPROM | Connector_PinHeader_2.54mm:PinHeader_1x02_P2.54mm_Vertical | Wuerth | 61300211121 |
"""

NETS = f"""
# 1: line and protection
LINE_A: J101.3 F101.1
LINE_B: J101.2 F102.1
TIP_F: F101.2 D101.1 FB101.1
RING_F: F102.2 D101.2 FB102.1
RING_S: FB102.2 U101.1 R101.1
TIP: FB101.2 J102.3 R201.1 U301.8 C303.1
RING: U101.2 R101.2 J102.2 R202.2 D301.1 C304.2 T401.2
LOOP_N: U101.4 R102.2 C101.1 {HEADER.pin("loop_gpio")}
# 2: ring detector
RD_C: R201.2 C201.1
RD_Z1: C201.2 D201.1
RD_Z2: D201.2 D202.2
RD_LED: D202.1 D203.1 U201.1
RD_R: U201.2 D203.2 R202.1
RING_N: U201.4 R203.2 C202.1 {HEADER.pin("ring_gpio")}
# 3: hook and loop hold
TIP_H: U301.7 D301.2 C302.1 C304.1
VP: D301.3 D302.1 R301.1 Q301.2
VN: D301.4 D302.2 R302.2 C301.2 D303.2 Q302.2 R303.2
GATE: R301.2 R302.1 C301.1 D303.1 Q302.3 R305.1
GATE_Q: R305.2 Q301.1
SRC: Q301.3 R303.1 R304.1
LIMIT: R304.2 Q302.1
XFMR: C302.2 U301.5 T401.1
CID_C: C303.2 R306.1
CID_R: R306.2 U301.6
HOOK_LED: R307.2 U301.1
HOOK_LED_K: U301.2 Q303.3
CID_LED: R308.2 U301.3
CID_LED_K: U301.4 Q304.3
HOOK_DRIVE: Q303.1 R309.1 U603.4 R605.1
CID: Q304.1 R310.1 U402.4 {HEADER.pin("caller_id_gpio")}
# 4: hybrid
HYB: T401.4 R401.2 D401.1 R411.1
VREF: T401.3 D401.2 U403.1 U403.4 U401.3
    R406.2 R408.2 C402.2 R410.2 C403.2 R412.2 U401.12
TX: C401.1 U501.12
TX_C: C401.2 R402.1
TX_M: R402.2 R403.1 U401.2
TX_V: U401.1 R403.2 R401.1 C410.1
TX_B: C410.2 R404.1 C409.1
BAL: R404.2 C409.2 R405.1 U401.5
BAL_S: R405.2 JP401.1 JP401.3 JP401.5
Z_600: JP401.2 R406.1
Z_TBR: JP401.4 R407.1
Z_TBR2: R407.2 R408.1 C402.1
Z_AU: JP401.6 R409.1
Z_AU2: R409.2 R410.1 C403.1
BAL_B: U401.7 U401.6 R413.1
RX_P: R411.2 R412.1 U401.10
RX_M: R413.2 R414.1 U401.9
RX_D: R414.2 U401.8 R415.1 R417.1
RX_G: R417.2 U402.1
RX_S: R415.2 U402.2 R416.1 U401.13
RX_O: R416.2 U401.14 C404.1
RX_C: C404.2 R420.1
RX: R420.2 U501.20
VREF_D: R418.2 R419.1 C405.1 U403.3
# 5: codec and supplies
XTI: U501.25 Y501.1 C501.1
XTO: U501.26 Y501.2 C502.1
VMID: U501.16 C503.1
RLIN: U501.19 C510.1
+3.3VA: FB501.2 C504.1 C505.1 C508.1 U501.14 U501.8
+5VA: FB502.2 C509.1 C406.1 C407.1 C408.1 U401.4 U402.5 U403.5 R418.1
# 6: Raspberry Pi, EEPROM, watchdog
I2S_CLK: U501.3 {HEADER.pin("codec_clk")}
I2S_FS: U501.5 U501.7 {HEADER.pin("codec_fs")}
I2S_IN: U501.6 {HEADER.pin("codec_din")}
I2S_OUT: U501.4 {HEADER.pin("codec_dout")}
SDA: U501.23 {HEADER.pin("codec_sda")}
SCL: U501.24 {HEADER.pin("codec_scl")}
ID_SD: J601.27 U601.5 R607.2
ID_SC: J601.28 U601.6 R608.2
WP: U601.7 R606.2 JP602.1
KICK: {HEADER.pin("kick_gpio")} R602.1 U602.2
WD_RC: U602.7 R601.2 C601.1
WD_C: U602.6 C601.2
WD_Q: U602.5 R604.1
WD_OK: R604.2 JP601.1 U603.2
HOOK: {HEADER.pin("hook_gpio")} R603.1 U603.1
HOOK_LAMP: R605.2 D601.2
+5V: {HEADER.all(*V5)} R307.1 R308.1 FB502.1
+3V3: {HEADER.all(*V3)} R102.1 R203.1 FB501.1 U501.1 U501.27 C506.1 C507.1
    U601.8 U602.8 U602.3 U603.5 R601.1 R606.1 R607.1 R608.1 JP601.2 C602.1 C603.1 C604.1
GND: {HEADER.ground()}
    U101.3 C101.2 U201.3 C202.2 Q303.2 R309.2 Q304.2 R310.2
    U401.11 U402.3 U403.2 R419.2 C405.2 C406.2 C407.2 C408.2
    U501.28 U501.15 U501.11 U501.21 U501.22 C501.2 C502.2 C503.2 C504.2 C505.2 C506.2 C507.2
    C508.2 C509.2 C510.2 U601.1 U601.2 U601.3 U601.4 JP602.2 U602.4 U602.1 R602.2 U603.3 R603.2
    D601.1 C602.2 C603.2 C604.2
"""

OPEN = f"""
J101.1 J101.4 J102.1 J102.4 U501.2 U501.9 U501.10 U501.13 U501.17 U501.18
{HEADER.unused()}
"""

BOARD = board("board_a", "Board A: one-line board", PARTS, NETS, OPEN)
