"""Board C's circuit: parts and nets. GPIOs come from hardware/pinout.toml.

References begin with the number of their sheet: R301 is on sheet 3.
"""

from hardware.schematics.passives import C, bypass, resistors
from hardware.schematics.pi_header import V3, V5, Header
from hardware.schematics.tools.spec import board

HEADER = Header("J501", "handset_adapter", takes_5v=True)
_ROWS = [HEADER.pin(f"keypad_row_{n}") for n in (1, 2, 3, 4)]
_COLUMNS = [HEADER.pin(f"keypad_column_{n}") for n in (1, 2, 3)]
_TERMINAL = "TerminalBlock_Phoenix:TerminalBlock_Phoenix_PT-1,5-2-3.5-H_1x02_P3.50mm_Horizontal | Phoenix Contact | 1984617"
_AO3400A = "Package_TO_SOT_SMD:SOT-23 | Alpha & Omega | AO3400A | fully on at 2.5 V"

PARTS = f"""
J101 | Connector:Screw_Terminal_01x02 | HOOK SWITCH | {_TERMINAL} | closed while the handset is lifted
D101 | Device:D_TVS | SMBJ5.0CA | Diode_SMD:D_SMB | Littelfuse | SMBJ5.0CA | clamps below 9.2 V; R102 and the Pi's own diodes do the rest
{resistors("R101 2.2k, R102 4.7k")}
C101 | Device:C | 470n | {C} | Murata | GRM21BR71H474KA88L | with R101 + R102: 3.2 ms

BZ201 | Device:Buzzer | 5V 30mA | Buzzer_Beeper:Buzzer_12x9.5RM7.6 | TDK | SD1209T5-A1 | makes its own tone from direct voltage
J201 | Connector:Screw_Terminal_01x02 | BELL | {_TERMINAL} | another sounder instead of BZ201: 5 V, 150 mA at most
Q201 | Transistor_FET:AO3400A | AO3400A | {_AO3400A}
D201 | Diode:1N4148W | 1N4148W | Diode_SMD:D_SOD-123 | Diodes Inc. | 1N4148W-7-F | takes the coil's current when it is switched off
C201 | Device:C | 10µ | {C} | Murata | GRM21BR61A106KE19L |
D202 | Device:LED | LAMP | LED_SMD:LED_0805_2012Metric | Wuerth | 150080GS75000 | green
J202 | Connector:Screw_Terminal_01x02 | LAMP | {_TERMINAL} | an LED in the telephone: + and -
Q202 | Transistor_FET:AO3400A | AO3400A | {_AO3400A}
{resistors("R201 100, R202 4.7k, R203 330, R204 330, R205 100, R206 4.7k")}

J301 | Connector_Generic:Conn_01x07 | KEYPAD | Connector_PinHeader_2.54mm:PinHeader_1x07_P2.54mm_Vertical | Wuerth | 61300711121 | 1-4: rows from the top; 5-7: columns from the left
U301 | Power_Protection:SRV05-4 | SRV05-4 | Package_TO_SOT_SMD:SOT-23-6 | Littelfuse | SRV05-4HTG |
U302 | Power_Protection:SRV05-4 | SRV05-4 | Package_TO_SOT_SMD:SOT-23-6 | Littelfuse | SRV05-4HTG |
{resistors("R301 470, R302 470, R303 470, R304 470, R305 10k, R306 10k, R307 10k, R308 10k")}
{resistors("R309 470, R310 470, R311 470")}
{bypass("C301")}

J401 | Connector:4P4C | HANDSET | Connector_RJ:RJ9_Evercom_5301-440xxx_Horizontal | Evercom | 5301-440C | look inside the handset: makers differ
J402 | Connector_Audio:AudioJack3 | TO HEADPHONES | Connector_Audio:Jack_3.5mm_CUI_SJ1-3523N_Horizontal | Same Sky | SJ1-3523N | cable to the stick's headphone socket
J403 | Connector_Audio:AudioJack3 | TO MICROPHONE | Connector_Audio:Jack_3.5mm_CUI_SJ1-3523N_Horizontal | Same Sky | SJ1-3523N | cable to the stick's microphone socket
{resistors("R401 100")}
D401 | Diode:1N4148W | 1N4148W | Diode_SMD:D_SOD-123 | Diodes Inc. | 1N4148W-7-F | no loud clicks at the ear
D402 | Diode:1N4148W | 1N4148W | Diode_SMD:D_SOD-123 | Diodes Inc. | 1N4148W-7-F | no loud clicks at the ear
FB401 | Device:FerriteBead | 600R@100MHz | Inductor_SMD:L_0805_2012Metric | Murata | BLM21AG601SN1D |
FB402 | Device:FerriteBead | 600R@100MHz | Inductor_SMD:L_0805_2012Metric | Murata | BLM21AG601SN1D |
C401 | Device:C | 1n C0G | {C} | Murata | GRM2165C1H102JA01D | keeps a mobile phone's buzz out

J501 | Connector:Raspberry_Pi_4 | Raspberry Pi | Connector_PinSocket_2.54mm:PinSocket_2x20_P2.54mm_Vertical | Samtec | SSW-120-02-G-D | any model with 40 pins
"""

NETS = f"""
# 1: hook switch
HOOK_SW: J101.1 D101.1 R101.2 R102.1
HOOK_N: R102.2 C101.1 {HEADER.pin("hook_gpio")}
# 2: ringer and lamp
RINGER: {HEADER.pin("ringer_gpio")} R201.1 R202.1
RINGER_G: R201.2 Q201.1
BELL: Q201.3 BZ201.2 J201.2 D201.2
LAMP: {HEADER.pin("lamp_gpio")} R205.1 R206.1
LAMP_G: R205.2 Q202.1
LAMP_K: Q202.3 D202.1 J202.2
LAMP_A: R203.2 D202.2
LAMP_X: R204.2 J202.1
# 3: keypad
ROW1: J301.1 U301.1 R301.2
ROW2: J301.2 U301.3 R302.2
ROW3: J301.3 U301.4 R303.2
ROW4: J301.4 U301.6 R304.2
COLUMN1: J301.5 U302.1 R309.2
COLUMN2: J301.6 U302.3 R310.2
COLUMN3: J301.7 U302.4 R311.2
KEY_ROW1: R301.1 R305.2 {_ROWS[0]}
KEY_ROW2: R302.1 R306.2 {_ROWS[1]}
KEY_ROW3: R303.1 R307.2 {_ROWS[2]}
KEY_ROW4: R304.1 R308.2 {_ROWS[3]}
KEY_COL1: R309.1 {_COLUMNS[0]}
KEY_COL2: R310.1 {_COLUMNS[1]}
KEY_COL3: R311.1 {_COLUMNS[2]}
# 4: sound of the handset; its ground is the stick's and joins the Pi's inside the stick only
EAR: J402.T R401.1
EAR_P: R401.2 D401.2 D402.1 J401.3
MIC: J403.T J403.R FB401.1
MIC_P: FB401.2 C401.1 J401.4
MIC_M: FB402.2 C401.2 J401.1
SOUND_GND: J402.S J403.S D401.1 D402.2 J401.2 FB402.1
# 5: Raspberry Pi
+5V: {HEADER.all(*V5)} BZ201.1 J201.1 D201.1 C201.1 R203.1 R204.1
+3V3: {HEADER.all(*V3)} R101.1 R305.1 R306.1 R307.1 R308.1 U301.5 U302.5 C301.1
GND: {HEADER.ground()} J101.2 D101.2 C101.2 Q201.2 R202.2 C201.2 Q202.2 R206.2
    U301.2 U302.2 C301.2
"""

OPEN = f"J402.R U302.6 {HEADER.unused()}"

BOARD = board("board_c", "Board C: handset adapter", PARTS, NETS, OPEN)
