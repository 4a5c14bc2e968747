"""ngspice decks from a board's spec: its parts, its values, its nets; only the models are here.

A deck is made of the parts that a question needs. A model is what the part's data sheet promises,
by symbol or by value; a figure of a part that its value tells ("27V", "4.7k") is never typed again.
"""

import math
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from hardware.schematics.tools.spec import Board, Part

TIMEOUT_S = 120


class SpiceFailed(RuntimeError):
    """ngspice is missing, or could not solve a deck."""


@dataclass(frozen=True)
class Corner:
    """What data sheets leave open, each with its usual value."""

    temperature_c: float = 27.0
    threshold_v: float = 3.0  # IRFR220N: gate threshold 2 to 4 V
    opto_ctr: float = 1.0  # share of the least current transfer ratio that is left
    transformer_h: float = 3.5
    transformer_ohm: float = 60.0  # each winding
    leakage_h: float = 6e-3
    relays_closed: frozenset[str] = frozenset()  # "U301.1": the pole of unit 1
    capacitors: float = 1.0  # factor on every capacitor


@dataclass
class Deck:
    """``lines`` may name any net of the board; GND is ground."""

    board: Board
    corner: Corner = field(default_factory=Corner)
    lines: list[str] = field(default_factory=list)
    options: str = "reltol=1e-4 gmin=1e-11"

    def add(self, *lines: str) -> None:
        self.lines.extend(lines)

    def parts(self, refs: str) -> None:
        """Put parts of the board in, by reference: "R301 D301 U401.2" (a unit after the dot)."""
        for word in refs.split():
            ref, _, unit = word.partition(".")
            part = self.board.parts[ref]
            kind = part.symbol.split(":")[1]
            make = _BY_VALUE.get(part.value) or _BY_SYMBOL[kind]
            self.add(*make(self, part, unit or "1"))

    def node(self, pin: str) -> str:
        return _node(self.board.net_of(pin))

    def run(self, analysis: str, saved: Iterable[str]) -> list[list[float]]:
        """Rows of a scale and one column for each of ``saved``. Raises SpiceFailed."""
        columns = list(saved)
        with tempfile.TemporaryDirectory(prefix="counterbell-spice-") as folder:
            out = Path(folder) / "figures"
            text = "\n".join([
                f"* {self.board.title}", *self.lines, *_MODELS(self.corner),
                f".options temp={self.corner.temperature_c} {self.options}",
                ".control", "set wr_singlescale", "set wr_vecnames", analysis,
                f"wrdata {out} {' '.join(columns)}", "quit 0", ".endc", ".end", "",
            ])  # fmt: skip
            said = _ngspice(text, Path(folder))
            if not out.exists():
                raise SpiceFailed(f"{analysis}: no figures\n{said}")
            rows = [[float(v) for v in row.split()] for row in out.read_text().splitlines()[1:]]
        if not rows or any(len(row) != 1 + len(columns) for row in rows):
            raise SpiceFailed(f"{analysis}: wrong figures\n{said}")
        return rows


def _ngspice(deck: str, folder: Path) -> str:
    program = shutil.which("ngspice")
    if program is None:
        raise SpiceFailed("ngspice is missing: ./provision.sh test installs it")
    file = folder / "deck.cir"
    file.write_text(deck)
    done = subprocess.run([program, "-b", str(file)], capture_output=True, text=True, check=False,
                          cwd=folder, timeout=TIMEOUT_S)  # fmt: skip
    said = done.stdout + done.stderr
    if done.returncode or re.search(r"aborted|singular|unknown|no such", said, re.IGNORECASE):
        raise SpiceFailed(said + deck)
    return said


def _node(net: str) -> str:
    return "0" if net == "GND" else re.sub(r"\W", "_", net.replace("+", "p")).lower()


def _two(letter: str) -> "Maker":
    def make(deck: Deck, part: Part, _unit: str) -> list[str]:
        value = part.number * (deck.corner.capacitors if letter == "C" else 1)
        return [f"{letter}{part.ref} {_ends(deck, part)} {value:g}"]

    return make


def _ends(deck: Deck, part: Part, pins: str = "1 2") -> str:
    return " ".join(deck.node(f"{part.ref}.{pin}") for pin in pins.split())


def _bead(deck: Deck, part: Part, _unit: str) -> list[str]:
    return [f"R{part.ref} {_ends(deck, part)} 0.2"]


def _zener(deck: Deck, part: Part, _unit: str) -> list[str]:
    model = f"z{part.ref}"
    return [f"D{part.ref} {_ends(deck, part, '2 1')} {model}",
            f".model {model} d(is=1e-14 rs=2 bv={part.number:g} ibv=5m cjo=50p)"]  # fmt: skip


def _tvs(deck: Deck, part: Part, _unit: str) -> list[str]:
    """SMBJxxCA: breaks down at 1.17 of its working voltage, 1.6 of it at full current (600 W)."""
    found = re.search(r"SMBJ([\d.]+)CA", part.value)
    assert found is not None
    working = float(found[1])
    ohms = (1.62 - 1.17) * working / (600 / (1.62 * working))
    a, b = _ends(deck, part).split()
    model = f"z{part.ref}"
    return [f"D{part.ref}a {part.ref}m {a} {model}", f"D{part.ref}b {part.ref}m {b} {model}",
            f".model {model} d(is=1e-14 rs={ohms / 2:g} bv={1.17 * working:g} ibv=1m "
            "cjo=200p)"]  # fmt: skip


def _clamp_82v(deck: Deck, part: Part, _unit: str) -> list[str]:
    """1.5SMC82A: 77.9 to 86.1 V at 1 mA, at most 113 V at 13.3 A: the worst of a lot."""
    return [f"D{part.ref} {_ends(deck, part, '2 1')} z{part.ref}",
            f".model z{part.ref} d(is=1e-14 rs={(113 - 86.1) / 13.3:g} bv=86.1 ibv=1m "
            "cjo=100p)"]  # fmt: skip


def _sidactor(fires_v: float) -> "Maker":
    """Open until it fires at the most its data sheet allows, then 0.5 ohms for the rest."""

    def make(deck: Deck, part: Part, _unit: str) -> list[str]:
        a, b = _ends(deck, part).split()
        name, over = part.ref, f"(abs(v({a},{b}))-{fires_v:g})"
        return [f"B{name}f 0 {name}f i=5m*({over}+abs({over}))", f"C{name}f {name}f 0 1n",
                f"R{name}f {name}f 0 1g", f"D{name}f {name}f {name}v clamp",
                f"V{name}v {name}v 0 3",
                f"B{name} {a} {b} i=v({a},{b})*(1+tanh((v({name}f)-2)/0.1)+1e-9)",
                f"C{name} {a} {b} 60p"]  # fmt: skip

    return make


def _bridge(deck: Deck, part: Part, _unit: str) -> list[str]:
    one, two, plus, minus = _ends(deck, part, "1 2 3 4").split()
    ways = ((one, plus), (two, plus), (minus, one), (minus, two))
    return [f"D{part.ref}{i} {a} {k} rectifier" for i, (a, k) in enumerate(ways)]


def _opto(deck: Deck, part: Part, _unit: str) -> list[str]:
    """Its LED (LTV-814: one each way) and a transistor of the least CTR, 0.1 V when it is full."""
    a, k, emitter, collector = _ends(deck, part, "1 2 3 4").split()
    least = {"LTV-814S": 0.2, "LTV-817S": 0.6}[part.value]  # at 1 mA; rank C: 2 to 4 at 5 mA
    name = part.ref
    current = f"i(V{name})"
    lines = [f"V{name} {a} {name}i 0", f"D{name} {name}i {k} led"]
    if part.value == "LTV-814S":
        lines.append(f"D{name}r {k} {name}i led")
        drive = f"sqrt({current}*{current}+1e-14)"
    else:
        drive = f"0.5*({current}+sqrt({current}*{current}+1e-14))"
    ctr = least * deck.corner.opto_ctr
    return [
        *lines,
        f"B{name} {collector} {emitter} i={ctr:g}*({drive})*tanh(v({collector},{emitter})/0.1)",
    ]


def _relay(deck: Deck, part: Part, unit: str) -> list[str]:
    """LAA110L: 35 ohms and a current limit of 0.2 A, or open."""
    pins = {"1": "8 7", "2": "6 5"}[unit]
    a, b = _ends(deck, part, pins).split()
    if f"{part.ref}.{unit}" not in deck.corner.relays_closed:
        return [f"R{part.ref}{unit} {a} {b} 1g", f"C{part.ref}{unit} {a} {b} 25p"]
    return [f"B{part.ref}{unit} {a} {b} i=0.2*tanh(v({a},{b})/7)"]


def _mosfet(deck: Deck, part: Part, _unit: str) -> list[str]:
    gate, drain, source = _ends(deck, part, "1 2 3").split()
    return [f"M{part.ref} {drain} {gate} {source} irfr220n"]


def _npn(deck: Deck, part: Part, _unit: str) -> list[str]:
    return [f"Q{part.ref} {_ends(deck, part, '3 1 2')} mmbt3904"]


def _diode(deck: Deck, part: Part, _unit: str) -> list[str]:
    return [f"D{part.ref} {_ends(deck, part, '2 1')} d4148"]


def _transformer(deck: Deck, part: Part, _unit: str) -> list[str]:
    a, b, c, d = _ends(deck, part, "1 2 4 3").split()
    is_ = deck.corner
    name, ohms, henries = part.ref, is_.transformer_ohm, is_.transformer_h
    k = 1 - is_.leakage_h / 2 / henries
    return [f"R{name}p {a} {name}p {ohms:g}", f"L{name}p {name}p {b} {henries:g}",
            f"R{name}s {c} {name}s {ohms:g}", f"L{name}s {name}s {d} {henries:g}",
            f"K{name} L{name}p L{name}s {k:.6f}"]  # fmt: skip


def _amplifier(deck: Deck, part: Part, unit: str) -> list[str]:
    """1 MHz, rail to rail between 0 and 5 V."""
    pins = "3 4 1" if part.value == "MCP6001" else _QUAD[unit]
    plus, minus, out = _ends(deck, part, pins).split()
    name = f"{part.ref}{unit}"
    return [f"G{name} 0 {name}g {plus} {minus} 1m", f"R{name} {name}g 0 100meg",
            f"C{name} {name}g 0 {1e-3 / (2 * math.pi * 1e6):.4g}",
            f"D{name}h {name}g {name}h clamp", f"V{name}h {name}h 0 4.45",
            f"D{name}l {name}l {name}g clamp", f"V{name}l {name}l 0 0.55",
            f"E{name} {name}e 0 {name}g 0 1", f"R{name}o {name}e {out} 1"]  # fmt: skip


def _switch(deck: Deck, part: Part, _unit: str) -> list[str]:
    closed = f"{part.ref}.1" in deck.corner.relays_closed
    return [f"R{part.ref} {_ends(deck, part)} {'50' if closed else '1g'}"]


Maker = Callable[[Deck, Part, str], list[str]]
_QUAD = {"1": "3 2 1", "2": "5 6 7", "3": "10 9 8", "4": "12 13 14"}
_BY_VALUE: dict[str, Maker] = {
    "P2600SC": _sidactor(300), "P3100SBL": _sidactor(350), "82V 1.5SMC82A": _clamp_82v,
}  # fmt: skip
_BY_SYMBOL: dict[str, Maker] = {
    "R": _two("R"), "Polyfuse": _two("R"), "C": _two("C"), "FerriteBead": _bead,
    "D_Zener": _zener, "D_TVS": _tvs, "MB4S": _bridge, "MB6S": _bridge, "1N4148W": _diode,
    "LTV-814": _opto, "LTV-817S": _opto, "LAA110": _relay, "Q_NMOS_GDS": _mosfet, "MMBT3904": _npn,
    "Transformer_1P_1S": _transformer, "MCP6004": _amplifier, "MCP6001-OT": _amplifier,
    "74LVC1G66": _switch,
}  # fmt: skip


def _MODELS(corner: Corner) -> list[str]:
    return [
        ".model rectifier d(is=1e-9 n=1.7 rs=0.2 bv=600)",
        ".model d4148 d(is=4e-9 n=1.9 rs=0.6 bv=100)",
        ".model led d(is=1e-17 n=1.5 rs=2 bv=6 ibv=10u)",
        ".model clamp d(is=1e-14 n=1 rs=0.1)",
        ".model mmbt3904 npn(is=6.7e-15 bf=300 vaf=75 rb=10 cje=4.5p cjc=3.6p tf=0.3n)",
        f".model irfr220n vdmos(nchan vto={corner.threshold_v:g} kp=2.5 rs=0.05 rd=0.3 "
        "cgdmax=0.3n cgdmin=20p cgs=0.25n cjo=0.1n is=1e-12 lambda=0.003)",
    ]
