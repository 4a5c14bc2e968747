"""KiCad's symbols: read from kicad-symbols, made whole as a sheet embeds them, their pins' places.

In a library the y axis points up and in a sheet down. A symbol is turned anticlockwise first, then
mirrored; "x" mirrors about the x axis (up becomes down), "y" about the y axis.
"""

import functools
import math
import os
from dataclasses import dataclass
from pathlib import Path

from hardware.schematics.tools.sexpr import Text, child, children, parse

OURS = Path(__file__).parents[1] / "symbols"  # <nickname>.kicad_sym of parts KiCad does not know
KICADS = Path(os.environ.get("KICAD9_SYMBOL_DIR", "/usr/share/kicad/symbols"))
Point = tuple[float, float]
Box = tuple[float, float, float, float]  # left, top, right, bottom


class SymbolMissing(LookupError):
    """kicad-symbols is not installed, or has no such symbol."""


@dataclass(frozen=True)
class Pin:
    number: str
    unit: int  # 0: of every unit
    at: Point  # mm, y up
    kind: str  # "input", "passive", "power_in", ...


@dataclass(frozen=True)
class Symbol:
    """One symbol of a library, ``node`` as it is embedded in a sheet."""

    name: str
    node: list
    pins: tuple[Pin, ...]

    def unit_pins(self, unit: int) -> list[Pin]:
        return [pin for pin in self.pins if pin.unit in (0, unit)]

    def body(self, unit: int) -> Box:
        """What is drawn of a unit, pins left out; mm, y up."""
        points = [
            point
            for part in children(self.node, "symbol")
            if _unit_of(part) in (0, unit)
            for shape in part
            if isinstance(shape, list)
            for point in _extent(shape)
        ]
        points = points or [pin.at for pin in self.unit_pins(unit)]
        xs, ys = [x for x, _ in points], [y for _, y in points]
        return (min(xs), min(ys), max(xs), max(ys))


def placed(point: Point, turn: int, mirror: str) -> Point:
    """Where a point of a library symbol lies from the symbol's place on a sheet, mm, y down."""
    x, y = point
    for _ in range(turn // 90 % 4):
        x, y = -y, x
    y = -y
    if mirror == "x":
        y = -y
    elif mirror == "y":
        x = -x
    return (x, y)


@functools.cache
def load(lib_id: str) -> Symbol:
    """``lib_id``: "Device:R". Raises SymbolMissing."""
    nickname, name = lib_id.split(":")
    node = _read(nickname, name)
    parent = child(node, "extends")
    if parent is not None:
        node = _derived(_read(nickname, str(parent[1])), node)
    node[1] = Text(lib_id)
    pins = tuple(
        Pin(child(pin, "number")[1], _unit_of(part), _at(pin), pin[1])
        for part in children(node, "symbol")
        for pin in children(part, "pin")
    )
    return Symbol(lib_id, node, pins)


def _path(nickname: str) -> Path:
    ours = OURS / f"{nickname}.kicad_sym"
    return ours if ours.exists() else KICADS / f"{nickname}.kicad_sym"


def _read(nickname: str, name: str) -> list:
    """One symbol's node. Libraries are large: its lines are found first, and they alone parsed."""
    begin = f'\n\t(symbol "{name}"\n'
    _, found, rest = _library(nickname).partition(begin)
    if not found:
        raise SymbolMissing(f"{nickname}:{name}: no such symbol in {_path(nickname)}")
    return parse(begin + rest.partition("\n\t)\n")[0] + ")")


@functools.cache
def _library(nickname: str) -> str:
    try:
        return _path(nickname).read_text()
    except FileNotFoundError as error:
        raise SymbolMissing(f"{_path(nickname)} is missing: install kicad-symbols 9") from error


def _derived(base: list, node: list) -> list:
    """A symbol that ``extends`` another: the base's drawing with its own name and properties."""
    old, new = str(base[1]), str(node[1])
    own = {str(p[1]): p for p in children(node, "property")}
    whole: list = []
    for part in base:
        if isinstance(part, list) and part[0] == "property":
            whole.append(own.pop(str(part[1]), part))
        elif isinstance(part, list) and part[0] == "symbol":
            whole.extend(own.values())
            own = {}
            part[1] = Text(new + part[1][len(old) :])
            whole.append(part)
        else:
            whole.append(part)
    whole[1] = Text(new)
    return whole


def _unit_of(part: list) -> int:
    return int(part[1].rsplit("_", 2)[1])


def _at(node: list) -> Point:
    at = child(node, "at")
    return (float(at[1]), float(at[2]))


def _extent(shape: list) -> list[Point]:
    match shape[0]:
        case "rectangle" | "arc":
            return [_xy(part) for part in shape[1:] if part[0] in ("start", "mid", "end")]
        case "polyline":
            return [_xy(part) for part in children(child(shape, "pts"), "xy")]
        case "circle":
            (x, y), r = _xy(child(shape, "center")), float(child(shape, "radius")[1])
            return [(x - r, y - r), (x + r, y + r)]
    return []


def _xy(node: list) -> Point:
    return (float(node[1]), float(node[2]))


def box_placed(box: Box, turn: int, mirror: str, at: Point) -> Box:
    """A library box on the sheet."""
    corners = [placed((x, y), turn, mirror) for x in box[::2] for y in box[1::2]]
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    return (at[0] + min(xs), at[1] + min(ys), at[0] + max(xs), at[1] + max(ys))


def near(a: Point, b: Point) -> bool:
    return math.dist(a, b) < 1e-3
