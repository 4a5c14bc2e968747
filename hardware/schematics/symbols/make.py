"""Symbols of chips from their tables of pins: a box, its pins on the four sides.

Where the numbers are from, and who else says so:
SI3050   Si3050+Si3011/18/19 data sheet rev. 1.5, table 26 (20-pin TSSOP), as an open design held it
         against that table (github.com/hjca14/interhardware); the drawing on the data sheet's first
         page agrees for pins 13 to 20
SI3019   the same, table 27 (16-pin SOIC); all 16 as on the first page of the Si3056+Si3018/19/10
         data sheet, the same chip
AG1171   Silvertel Ag1171 data sheet v1.6, pin table. 1 and 2: also data sheet v1.0, section 5.10.
         6 to 11 and 14: also a telephone that was built with it (ESP-CellCore, build notes v0.9)
W681360  not seen: those of the MC145483, a codec of the same kind. Only the first page of its data
         sheet (rev. A.5): 13 bits, MCLK and bit clock 256 kHz to 4.8 MHz, 2.7 to 5.25 V, TSSOP-20
"""

from dataclasses import dataclass
from pathlib import Path

from hardware.schematics.tools.sexpr import Text, write

LIBRARY = Path(__file__).with_name("counterbell.kicad_sym")
GRID = 2.54
LENGTH = 2.54


@dataclass(frozen=True)
class Chip:
    """``left`` and ``right`` from top to bottom, "" for a gap: "number name kind"."""

    name: str
    says: str
    half_width: float  # mm, without pins
    left: str
    right: str
    top: str
    bottom: str


CHIPS = (
    Chip(
        "SI3050", "Voice DAA, system side, TSSOP-20", 10.16,
        "2 SDI input|1 SDO tri_state|20 SDITHRU output|19 SCLK input|3 ~{CS} input||5 PCLK input"
        "|4 FSYNC input|7 DRX input|6 DTX tri_state||13 ~{RESET} input|9 AOUT/~{INT} open_collector"
        "|8 ~{RGDT} open_collector",
        "15 C1A passive|||14 C2A passive||||||10 ~{RG} output|11 ~{TGD} input|12 ~{TGDE} output||",
        "17 VDD power_in||16 VA passive", "18 GND power_in",
    ),
    Chip(
        "SI3019", "Voice DAA, line side, SOIC-16", 10.16,
        "5 C1B passive|||6 C2B passive||||10 VREG2 passive||7 VREG passive|",
        "2 DCT passive|3 RX passive|4 IB passive|16 DCT2 passive|14 DCT3 passive|1 QE passive"
        "|12 QE2 passive|13 QB passive|8 RNG1 passive|9 RNG2 passive|11 SC passive",
        "", "15 IGND passive",
    ),
    Chip(
        "AG1171", "Telephone line feed and ringing (SLIC) module, SIL-14", 10.16,
        "10 VOUT output||||9 VIN input||3 F/~{R} input|4 RM input|5 SHK output|14 PD passive",
        "2 TIP passive|||||1 RING passive|6 NC no_connect|7 NC no_connect|8 NC no_connect"
        "|11 NC no_connect",
        "13 +V power_in", "12 GND power_in",
    ),
    Chip(
        "W681360", "PCM codec, 13-bit linear, 3 V, TSSOP-20", 10.16,
        "11 MCLK input|12 BCLKT input|9 BCLKR input|14 FST input|7 FSR input|8 PCMR input"
        "|13 PCMT tri_state|10 PUI input|16 HB input",
        "17 AO output|18 AI- input|19 AI+ input|20 VAG passive|1 VREF passive|2 RO- output"
        "|3 PAI input|4 PAO- output|5 PAO+ output",
        "6 VDD power_in", "15 VSS power_in",
    ),
)  # fmt: skip


def library() -> str:
    return write([
        "kicad_symbol_lib", ["version", "20241209"], ["generator", Text("counterbell")],
        ["generator_version", Text("9.0")], *(_symbol(chip) for chip in CHIPS),
    ])  # fmt: skip


def _symbol(chip: Chip) -> list:
    rows = max(len(chip.left.split("|")), len(chip.right.split("|")))
    first = (rows - 1) // 2 * GRID  # the place of the first row, on the grid
    top, bottom = first + GRID, first - rows * GRID
    wide = chip.half_width
    pins = [
        *_column(chip.left, -wide - LENGTH, first, 0),
        *_column(chip.right, wide + LENGTH, first, 180),
        *_row(chip.top, top + LENGTH, 270),
        *_row(chip.bottom, bottom - LENGTH, 90),
    ]
    box = [
        "rectangle", ["start", -wide, top], ["end", wide, bottom],
        ["stroke", ["width", 0.254], ["type", "default"]], ["fill", ["type", "background"]],
    ]  # fmt: skip
    fields = {"Reference": "U", "Value": chip.name, "Footprint": "", "Datasheet": "~",
              "Description": chip.says}  # fmt: skip
    return [
        "symbol", Text(chip.name), ["exclude_from_sim", "no"], ["in_bom", "yes"],
        ["on_board", "yes"],
        *(["property", Text(k), Text(v), ["at", 0, 0, 0],
           ["effects", _font(), *([] if k in ("Reference", "Value") else [["hide", "yes"]])]]
          for k, v in fields.items()),
        ["symbol", Text(f"{chip.name}_0_1"), box],
        ["symbol", Text(f"{chip.name}_1_1"), *pins],
    ]  # fmt: skip


def _column(text: str, x: float, first: float, angle: int) -> list[list]:
    return [
        _pin(word, x, first - i * GRID, angle) for i, word in enumerate(text.split("|")) if word
    ]


def _row(text: str, y: float, angle: int) -> list[list]:
    words = text.split("|")
    begin = -(len(words) // 2) * GRID
    return [_pin(word, begin + i * GRID, y, angle) for i, word in enumerate(words) if word]


def _pin(word: str, x: float, y: float, angle: int) -> list:
    number, name, kind = word.split()
    return [
        "pin", kind, "line", ["at", x, y, angle], ["length", LENGTH],
        ["name", Text(name), ["effects", _font()]], ["number", Text(number), ["effects", _font()]],
    ]  # fmt: skip


def _font() -> list:
    return ["font", ["size", 1.27, 1.27]]
