# ruff: noqa: E501  (tables)
"""The circuits of the eight sockets: a telephone's (FXS, 1 to 4) and a line's (FXO, 5 to 8).

A line's circuit is that of the Si3050's data sheet (figure 17) with the values of its evaluation
board; the last two digits of its references are the evaluation board's.
"""

from collections import defaultdict

from hardware.schematics.passives import BIG_R, HIGH_C, Y2_C, C, bypass, resistors
from hardware.schematics.prices import OPTION

FXS = (1, 2, 3, 4)
FXO = (5, 6, 7, 8)
LIFELINE = {1: 5, 2: 6}  # telephone's socket: the line's it falls back to
_JACK = "Connector_RJ:RJ14_Connfly_DS1133-S4_Horizontal | Connfly | DS1133-S4"
_PTC = "Device:Polyfuse | 8 120mA | Fuse:Fuse_Bourns_MF-RHT070 | Littelfuse | TRF250-120 | 250 V PTC of telecom kind, 6 to 10 ohms"
_BEAD = (
    "Device:FerriteBead | 600R@100MHz | Inductor_SMD:L_1206_3216Metric | Murata | BLM31PG601SN1L |"
)
_SOT = "Package_TO_SOT_SMD:SOT-23 | onsemi"


def fxs_parts(n: int) -> str:
    return f"""
J{n}01 | Connector:6P4C | PHONE {n} | {_JACK} | an internal telephone; never the wall
F{n}01 | {_PTC}
F{n}02 | {_PTC}
FB{n}01 | {_BEAD}
FB{n}02 | {_BEAD}
D{n}01 | Diode_Bridge:MB4S | MB4S | Package_TO_SOT_SMD:TO-269AA | onsemi | MB4S |
D{n}02 | Device:D_Zener | 82V 1.5SMC82A | Diode_SMD:D_SMC | Littelfuse | 1.5SMC82A | 1500 W
U{n}01 | counterbell:AG1171 | Ag1171 | Connector_PinHeader_2.54mm:PinHeader_1x14_P2.54mm_Vertical | Silvertel | Ag1171 |
U{n}02 | counterbell:W681360 | W681360 | Package_SO:TSSOP-20_4.4x6.5mm_P0.65mm | Nuvoton | W681360WG | pins to be held against its own data sheet
Q{n}01 | Transistor_FET:2N7002 | 2N7002 | {_SOT} | 2N7002LT1G |
{resistors(f"R{n}01 4.7k,R{n}02 10k,R{n}03 10k,R{n}04 10k,R{n}05 100k,R{n}06 20k,R{n}07 11k")}
{resistors(f"R{n}08 39k", BIG_R)}
C{n}01 | Device:C | 10n | {C} | Yageo | CC0805KRX7R9BB103 |
C{n}06 | Device:C_Polarized | 470µ 10V | Capacitor_SMD:CP_Elec_8x10 | Panasonic | EEE-FK1A471P |
{bypass(*(f"C{n}0{i}" for i in (2, 3, 4, 5, 7)))}
"""


def fxo_parts(n: int) -> str:
    note = "" if n < 7 else OPTION
    text = f"""
J{n}01 | Connector:6P4C | LINE {n} | {_JACK} | to the wall
F{n}01 | {_PTC}
F{n}02 | {_PTC}
FB{n}01 | {_BEAD}
FB{n}02 | {_BEAD}
FB{n}03 | {_BEAD}
FB{n}04 | {_BEAD}
D{n}01 | Device:D_TVS | P3100SBL | Diode_SMD:D_SMB | Littelfuse | P3100SBLRP | SIDACtor: holds off 275 V, fires below 350 V
D{n}02 | Device:D_Zener | 43V | Diode_SMD:D_SOD-123 | onsemi | MMSZ43T1G |
D{n}03 | Diode_Bridge:MB6S | MB6S | Package_TO_SOT_SMD:TO-269AA | onsemi | MB6S |
U{n}01 | counterbell:SI3050 | Si3050-E1 | Package_SO:TSSOP-20_4.4x6.5mm_P0.65mm | Skyworks | SI3050-E1-FT |
U{n}02 | counterbell:SI3019 | Si3019-F | Package_SO:SOIC-16_3.9x9.9mm_P1.27mm | Skyworks | SI3019-F-FS |
Q{n}01 | Transistor_BJT:MMBTA42 | MMBTA42 | {_SOT} | MMBTA42LT1G |
Q{n}02 | Transistor_BJT:MMBTA92 | MMBTA92 | {_SOT} | MMBTA92LT1G |
Q{n}03 | Transistor_BJT:MMBTA42 | MMBTA42 | {_SOT} | MMBTA42LT1G |
Q{n}04 | Transistor_BJT:MMBTA06 | MMBTA06 | {_SOT} | MMBTA06LT1G |
Q{n}05 | Transistor_BJT:MMBTA06 | MMBTA06 | {_SOT} | MMBTA06LT1G |
{resistors(f"R{n}01 1.07k,R{n}03 3.65k,R{n}04 2.49k,R{n}10 536,R{n}11 73.2", BIG_R)}
{resistors(f"R{n}30 15M,R{n}31 5.1M,R{n}32 15M,R{n}33 5.1M", BIG_R)}
{resistors(f"R{n}02 150,R{n}05 100k,R{n}06 100k,R{n}09 1M,R{n}12 56.2,R{n}13 56.2")}
C{n}01 | Device:C | 33p Y2 | {Y2_C} | Murata | GA342A1XGF330JW31L | safety capacitor: it is the barrier
C{n}02 | Device:C | 33p Y2 | {Y2_C} | Murata | GA342A1XGF330JW31L | safety capacitor: it is the barrier
C{n}03 | Device:C | 3.9n 250V | {HIGH_C} | Yageo | CC1206KKX7RYBB392 |
C{n}04 | Device:C | 1µ 50V | {HIGH_C} | Murata | GRM31CR71H105KA61L | the evaluation board has an electrolytic
C{n}07 | Device:C | 2.7n | {C} | Yageo | CC0805KRX7R9BB272 |
C{n}08 | Device:C | 680p Y2 | {Y2_C} | Murata | GA342QR7GF681KW01L | safety capacitor over the barrier
C{n}09 | Device:C | 680p Y2 | {Y2_C} | Murata | GA342QR7GF681KW01L | safety capacitor over the barrier
C{n}10 | Device:C | 10n | {C} | Yageo | CC0805KRX7R9BB103 |
C{n}30 | Device:C | 120p 250V | {HIGH_C} | Yageo | CC1206JRNPO0BN121 |
C{n}31 | Device:C | 120p 250V | {HIGH_C} | Yageo | CC1206JRNPO0BN121 |
{bypass(f"C{n}05", f"C{n}06", f"C{n}50", f"C{n}51")}
"""
    return text if not note else _with_note(text, note)


def _with_note(text: str, note: str) -> str:
    rows = []
    for row in text.strip().splitlines():
        head, _, said = row.rpartition("|")
        rows.append(f"{head}| {note}; {said.strip()}".rstrip("; ") if row else row)
    return "\n".join(rows)


def parts() -> str:
    return "\n".join([*map(fxs_parts, FXS), *map(fxo_parts, FXO)])


def fxs_nets(n: int) -> str:
    if n in LIFELINE:  # the lifeline relay stands between
        k = f"K120{n}"
        ends = f"""
S{n}_TIP: F{n}01.2 {k}.4
S{n}_RING: F{n}02.2 {k}.5
P{n}_TIP: J{n}01.3 {k}.3
P{n}_RING: J{n}01.2 {k}.6"""
    else:
        ends = f"""
P{n}_TIP: J{n}01.3 F{n}01.2
P{n}_RING: J{n}01.2 F{n}02.2"""
    return f"""{ends}
AT_{n}: U{n}01.2 FB{n}01.1
AR_{n}: U{n}01.1 FB{n}02.1
ST_{n}: FB{n}01.2 R{n}08.1 D{n}01.2 F{n}01.1
SR_{n}: FB{n}02.2 R{n}08.2 D{n}01.1 F{n}02.1
CLAMP_{n}: D{n}01.3 D{n}02.1
CLAMP_N_{n}: D{n}01.4 D{n}02.2
SHK_5V_{n}: U{n}01.5 R{n}01.1
PD_{n}: U{n}01.14 Q{n}01.3
VIN_{n}: U{n}01.9 C{n}01.2
RO_{n}: U{n}02.2 C{n}01.1
VOUT_{n}: U{n}01.10 C{n}02.2
AIN_{n}: C{n}02.1 R{n}06.2
AM_{n}: R{n}06.1 R{n}07.2 U{n}02.18
AO_{n}: U{n}02.17 R{n}07.1
VAG_{n}: U{n}02.20 U{n}02.19 C{n}03.1
VREF_{n}: U{n}02.1 C{n}04.1
PA_{n}: U{n}02.3 U{n}02.4"""


def fxo_nets(n: int) -> str:
    phone = {line: f"K120{phone}" for phone, line in LIFELINE.items()}.get(n)
    tip, ring = (f" {phone}.2", f" {phone}.7") if phone else ("", "")
    return f"""
LINE_A_{n}: J{n}01.3 F{n}01.2
LINE_B_{n}: J{n}01.2 F{n}02.2
L{n}_TIP: F{n}01.1 D{n}01.1 FB{n}01.2{tip}
L{n}_RING: F{n}02.1 D{n}01.2 FB{n}02.2{ring}
TF_{n}: FB{n}01.1 C{n}08.1 FB{n}03.2
RF_{n}: FB{n}02.1 C{n}09.2 FB{n}04.2
TIP_{n}: FB{n}03.1 D{n}03.2 R{n}30.2 C{n}30.2
RING_{n}: FB{n}04.1 D{n}03.1 R{n}32.2 C{n}31.2
CT_{n}: R{n}30.1 C{n}30.1 R{n}31.2
CR_{n}: R{n}32.1 C{n}31.1 R{n}33.2
RNG1_{n}: R{n}31.1 U{n}02.8
RNG2_{n}: R{n}33.1 U{n}02.9
VP_{n}: D{n}03.3 C{n}03.1 Q{n}01.3 Q{n}02.2 R{n}06.1 C{n}10.1
IGND_{n}: D{n}03.4 C{n}03.2 R{n}09.2 C{n}07.2 C{n}05.2 C{n}06.2 U{n}02.15 U{n}02.11
DCL_{n}: R{n}01.2 C{n}04.2 C{n}07.1 R{n}10.1
DCT_{n}: R{n}01.1 U{n}02.2
RX_{n}: C{n}04.1 U{n}02.3
IB_{n}: R{n}09.1 U{n}02.4
HK_{n}: R{n}10.2 R{n}11.1 Q{n}04.3 Q{n}01.2 R{n}05.2
Q5C_{n}: R{n}11.2 Q{n}05.3
Q5B_{n}: Q{n}05.1 R{n}02.2
DCT3_{n}: Q{n}05.2 U{n}02.14
DCT2_{n}: R{n}02.1 R{n}03.1 Q{n}03.1 U{n}02.16
BASE_{n}: R{n}03.2 R{n}04.1 R{n}05.1 Q{n}01.1 Q{n}02.3 D{n}02.1
QB_{n}: R{n}04.2 Q{n}04.1 U{n}02.13
QE2_{n}: Q{n}04.2 U{n}02.12
QE_{n}: Q{n}03.2 D{n}02.2 U{n}02.1
Q2B_{n}: Q{n}02.1 R{n}06.2 C{n}10.2 Q{n}03.3
VREG_{n}: C{n}05.1 U{n}02.7
VREG2_{n}: C{n}06.1 U{n}02.10
C1A_{n}: U{n}01.15 R{n}12.1
C1_{n}: R{n}12.2 C{n}01.1
C1B_{n}: C{n}01.2 U{n}02.5
C2A_{n}: U{n}01.14 R{n}13.1
C2_{n}: R{n}13.2 C{n}02.1
C2B_{n}: C{n}02.2 U{n}02.6
VA_{n}: U{n}01.16 C{n}51.1"""


def nets() -> str:
    chain = "".join(f"\nCHAIN_{n}: U{n}01.20 U{n + 1}01.2" for n in FXO[:-1])
    return "".join([*map(fxs_nets, FXS), *map(fxo_nets, FXO)]) + chain + "\n"


def _control() -> dict[str, str]:
    """Name in hardware/pinout.toml: the sockets' pins on its net."""
    found: dict[str, list[str]] = defaultdict(list)
    for n in FXS:
        for name, pins in {
            "codec_mclk": "11", "pclk": "12 9", f"codec_fs{n}": "14 7", "pcm_down": "8",
            "pcm_up": "13",
        }.items():  # fmt: skip
            found[name] += [f"U{n}02.{pin}" for pin in pins.split()]
        found[f"shk{n}"] += [f"R{n}01.2", f"R{n}02.1"]
        found[f"fr{n}"] += [f"U{n}01.3", f"R{n}03.2"]
    for n in FXO:
        for name, pin in {
            "spi_sck": "19", "si_cs_n": "3", "spi_miso": "1", "si_reset_n": "13", "si_int_n": "9",
            "pclk": "5", "fsync": "4", "pcm_down": "7", "pcm_up": "6",
        }.items():  # fmt: skip
            found[name].append(f"U{n}01.{pin}")
    found["spi_mosi"].append(f"U{FXO[0]}01.2")
    return {name: " ".join(pins) for name, pins in found.items()}


CONTROL = _control()
OUTPUTS = {f"rm{n}": f"U{n}01.4 R{n}04.1" for n in FXS} | {
    f"pd_off{n}": f"Q{n}01.1 R{n}05.1" for n in FXS
}
GND = " ".join(
    [f"U{n}01.12 U{n}02.15 U{n}02.16 R{n}02.2 R{n}04.2 R{n}05.2 Q{n}01.2 C{n}03.2 C{n}04.2 C{n}05.2"
     f" C{n}06.2 C{n}07.2" for n in FXS]
    + [f"U{n}01.18 C{n}08.2 C{n}09.1 C{n}50.2 C{n}51.2" for n in FXO]
)  # fmt: skip
V3 = " ".join(
    [f"U{n}02.6 U{n}02.10 C{n}05.1 R{n}03.1" for n in FXS] + [f"U{n}01.17 C{n}50.1" for n in FXO]
)
V5 = " ".join(f"U{n}01.13 C{n}06.1 C{n}07.1" for n in FXS)
OPEN = " ".join(
    [f"J{n}01.1 J{n}01.4 U{n}01.6 U{n}01.7 U{n}01.8 U{n}01.11 U{n}02.5" for n in FXS]
    + [f"J{n}01.1 J{n}01.4 U{n}01.8 U{n}01.10 U{n}01.11 U{n}01.12" for n in FXO]
    + [f"U{FXO[-1]}01.20"]
)
