"""One sheet: symbols at places chosen by hand, wires from pin to pin, labels, notes.

Places are in steps of 1.27 mm (KiCad's 50 mil), y down; a pin's place is found from its symbol.
Each uuid is made of what it names, so that the same script makes the same file.
"""

import uuid
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise

from hardware.schematics.tools import symbols
from hardware.schematics.tools.fields import FieldPlaces, field_places
from hardware.schematics.tools.sexpr import Text, write
from hardware.schematics.tools.spec import Board, Part

STEP = 1.27
TEXT_MM = 1.27
NOTE_MM = 1.5
Where = "str | tuple[float, float]"  # "R1.2", "U3.7", or a place
_SPACE = uuid.UUID("6e1ac9f0-5a3b-4f0e-9d0b-8f7e54b1c8a3")


def stable_uuid(*words: object) -> Text:
    return Text(uuid.uuid5(_SPACE, "/".join(map(str, words))))


@dataclass
class Placed:
    part: Part
    symbol: symbols.Symbol
    unit: int
    at: symbols.Point  # steps
    turn: int
    mirror: str
    fields: FieldPlaces

    @property
    def mm(self) -> symbols.Point:
        return (self.at[0] * STEP, self.at[1] * STEP)

    def body(self) -> symbols.Box:
        return symbols.box_placed(self.symbol.body(self.unit), self.turn, self.mirror, self.mm)

    def pins(self) -> dict[str, symbols.Point]:
        """Pin number: place in steps."""
        places = {}
        for pin in self.symbol.unit_pins(self.unit):
            dx, dy = symbols.placed(pin.at, self.turn, self.mirror)
            places[pin.number] = (
                round(self.at[0] + dx / STEP, 3),
                round(self.at[1] + dy / STEP, 3),
            )
        return places


@dataclass
class Label:
    net: str
    at: symbols.Point
    angle: int  # 0: text to the right of the place, 180: to its left, 90: above
    kind: str  # "label", "global_label"


@dataclass
class Note:
    text: str
    at: symbols.Point
    size: float


@dataclass
class Sheet:
    """``number`` begins at 1; 0 is the root."""

    board: Board
    name: str
    title: str
    number: int
    paper: str = "A4"
    placed: list[Placed] = field(default_factory=list)
    wires: list[tuple[symbols.Point, symbols.Point]] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    open_pins: list[symbols.Point] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    frames: list[symbols.Box] = field(default_factory=list)  # dashed, steps
    _powers: int = 0

    # --- what a drawing script says ----------------------------------------------------------

    def part(self, ref: str, x: float, y: float, turn: int = 0, mirror: str = "", unit: int = 1,
             **fields: object) -> None:  # fmt: skip
        """Place a unit of ``ref``. ``fields``: see fields.field_places."""
        part = self.board.parts[ref]
        symbol = symbols.load(part.symbol)
        self._put(part, symbol, unit, (x, y), turn, mirror, fields)

    def wire(self, *way: "Where", bend: str = "h") -> None:
        """Join places one after the other. A corner is made where two do not lie in line.

        ``bend``: "h" goes across first, "v" up or down first.
        """
        points = [self.place(where) for where in way]
        for begin, end in pairwise(points):
            corner = (end[0], begin[1]) if bend == "h" else (begin[0], end[1])
            for a, b in ((begin, corner), (corner, end)):
                if a != b:
                    self.wires.append((a, b))

    def net(self, name: str, where: "Where", angle: int = 0, *, local: bool = False) -> None:
        """A net's name; it joins all of this name on the board, or with ``local`` on this sheet."""
        kind = "label" if local else "global_label"
        self.labels.append(Label(name, self.place(where), angle, kind))

    def power(self, name: str, where: "Where", turn: int = 0) -> None:
        """A supply's symbol ("GND", "+3V3") with its pin at a place."""
        self._powers += 1
        ref = f"#{'FLG' if name == 'PWR_FLAG' else 'PWR'}{self.number:01d}{self._powers:02d}"
        lib = f"power:{name}"
        part = Part(ref, lib, name, "", "", "")
        hide_value = name in ("GND", "PWR_FLAG")
        self._put(part, symbols.load(lib), 1, self.place(where), turn, "",
                  {"hide_value": hide_value, "is_power": True})  # fmt: skip

    def open(self, *pins: str) -> None:
        """Pins left unconnected on purpose."""
        self.open_pins.extend(self.place(pin) for pin in pins)

    def note(self, x: float, y: float, text: str, size: float = NOTE_MM) -> None:
        """Text whose top left corner is at a place."""
        self.notes.append(Note(text.strip("\n"), (x, y), size))

    def frame(self, left: float, top: float, right: float, bottom: float) -> None:
        """A dashed frame around a function."""
        self.frames.append((left, top, right, bottom))

    # --- places ------------------------------------------------------------------------------

    def place(self, where: "Where") -> symbols.Point:
        """In steps. Raises LookupError for a pin that is not on the sheet."""
        if not isinstance(where, str):
            return (float(where[0]), float(where[1]))
        ref, number = where.split(".")
        for item in self.placed:
            if item.part.ref == ref and number in item.pins():
                return item.pins()[number]
        raise LookupError(f"{where} is not on sheet {self.name}")

    def _put(self, part: Part, symbol: symbols.Symbol, unit: int, at: symbols.Point, turn: int,
             mirror: str, fields: dict) -> None:  # fmt: skip
        item = Placed(part, symbol, unit, (float(at[0]), float(at[1])), turn, mirror, None)
        item.fields = field_places(
            item.body(), list(item.pins().values()), item.mm, part, turn, mirror, fields
        )
        self.placed.append(item)

    def junctions(self) -> list[symbols.Point]:
        """Where three or more ends meet, or an end meets a wire's middle."""
        ends: Counter[symbols.Point] = Counter(p for wire in self.wires for p in wire)
        pins = {p for item in self.placed for p in item.pins().values()}
        marks = []
        for point in sorted(ends | Counter(pins)):
            through = sum(_passes(point, wire) for wire in self.wires)
            if ends[point] + 2 * through + (point in pins) >= 3 and (through or ends[point] >= 2):
                marks.append(point)
        return marks

    def pieces(self) -> list[tuple[symbols.Point, symbols.Point]]:
        """The wires, cut where something joins them: KiCad joins at ends only."""
        cuts = {p for wire in self.wires for p in wire}
        cuts |= {p for item in self.placed for p in item.pins().values()}
        cuts |= {label.at for label in self.labels}
        pieces = []
        for wire in self.wires:
            stops = [wire[0], *sorted(p for p in cuts if _passes(p, wire)), wire[1]]
            if wire[0] > wire[1]:
                stops[1:-1] = reversed(stops[1:-1])
            pieces += pairwise(stops)
        return list(dict.fromkeys(pieces))

    # --- the file ----------------------------------------------------------------------------

    def render(self, project: str, path: str, extra: list | None = None) -> str:
        """The .kicad_sch; ``path``: the sheet's place in the hierarchy, "/uuid/uuid"."""
        root: list = [
            "kicad_sch", ["version", 20250114], ["generator", Text("eeschema")],
            ["generator_version", Text("9.0")],
            ["uuid", stable_uuid(project, self.name)], ["paper", Text(self.paper)],
            ["title_block", ["title", Text(self.title)],
             ["company", Text("Counterbell")],
             ["comment", 1, Text(self.board.title)],
             ["comment", 2, Text("Reference design, not approved. CERN-OHL-P-2.0")]],
            self._lib_symbols(),
        ]  # fmt: skip
        root += [self._junction(p) for p in self.junctions()]
        root += [["no_connect", _at(p), ["uuid", stable_uuid(self.name, "nc", p)]]
                 for p in self.open_pins]  # fmt: skip
        root += [self._wire(a, b, i) for i, (a, b) in enumerate(self.pieces())]
        root += [self._frame(box) for box in self.frames]
        root += [self._note(note) for note in self.notes]
        root += [self._label(label, i) for i, label in enumerate(self.labels)]
        root += [self._symbol(item, project, path) for item in self.placed]
        root += extra or []
        return write(root)

    def _lib_symbols(self) -> list:
        used = {item.symbol.name: item.symbol.node for item in self.placed}
        return ["lib_symbols", *(used[name] for name in sorted(used))]

    def _junction(self, p: symbols.Point) -> list:
        return ["junction", _at(p), ["diameter", 0], ["color", 0, 0, 0, 0],
                ["uuid", stable_uuid(self.name, "junction", p)]]  # fmt: skip

    def _wire(self, a: symbols.Point, b: symbols.Point, i: int) -> list:
        return ["wire", ["pts", _xy(a), _xy(b)], _STROKE, ["uuid", stable_uuid(self.name, "w", i)]]

    def _frame(self, box: symbols.Box) -> list:
        return ["rectangle", ["start", *_mm(box[:2])], ["end", *_mm(box[2:])],
                ["stroke", ["width", 0], ["type", "dash"]], ["fill", ["type", "none"]],
                ["uuid", stable_uuid(self.name, "frame", box)]]  # fmt: skip

    def _note(self, note: Note) -> list:
        return ["text", Text(note.text), ["exclude_from_sim", "no"], [*_at(note.at), 0],
                _effects(note.size, "left", "top"),
                ["uuid", stable_uuid(self.name, "note", note.at)]]  # fmt: skip

    def _label(self, label: Label, i: int) -> list:
        side = "right" if label.angle in (180, 270) else "left"
        effects = _effects(TEXT_MM, side, *(["bottom"] if label.kind == "label" else []))
        shape = [["shape", "passive"]] if label.kind == "global_label" else []
        node = [label.kind, Text(label.net), *shape, [*_at(label.at), label.angle], effects,
                ["uuid", stable_uuid(self.name, "label", i)]]  # fmt: skip
        if label.kind == "global_label":
            node.append(_hidden("Intersheetrefs", "${INTERSHEET_REFS}", label.at))
        return node

    def _symbol(self, item: Placed, project: str, path: str) -> list:
        part, identity = item.part, (self.name, item.part.ref, item.unit)
        is_power = part.ref.startswith("#")
        node: list = ["symbol", ["lib_id", Text(item.symbol.name)], [*_at(item.at), item.turn]]
        if item.mirror:
            node.append(["mirror", item.mirror])
        node += [["unit", item.unit], ["exclude_from_sim", "no"],
                 ["in_bom", "no" if is_power else "yes"], ["on_board", "yes"], ["dnp", "no"],
                 ["uuid", stable_uuid(*identity)]]  # fmt: skip
        hidden = {"Footprint": part.footprint, "Datasheet": "~"}
        if not is_power:
            hidden |= {"Maker": part.maker, "Part number": part.mpn, "Note": part.note}
        node += item.fields.nodes()
        node += [_hidden(key, value, item.at) for key, value in hidden.items()]
        node += [["pin", Text(number), ["uuid", stable_uuid(*identity, number)]]
                 for number in item.pins()]  # fmt: skip
        place = ["path", Text(path), ["reference", Text(part.ref)], ["unit", item.unit]]
        node.append(["instances", ["project", Text(project), place]])
        return node


_STROKE = ["stroke", ["width", 0], ["type", "default"]]


def _passes(point: symbols.Point, wire: tuple[symbols.Point, symbols.Point]) -> bool:
    """Whether a wire goes through a point without ending there."""
    (ax, ay), (bx, by) = wire
    x, y = point
    if ax == bx == x:
        return min(ay, by) < y < max(ay, by)
    return ay == by == y and min(ax, bx) < x < max(ax, bx)


def _mm(p: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(v * STEP for v in p)


def _at(p: symbols.Point) -> list:
    return ["at", *_mm(p)]


def _xy(p: symbols.Point) -> list:
    return ["xy", *_mm(p)]


def _font(size: float) -> list:
    return ["font", ["size", size, size]]


def _hidden(name: str, text: str, at: symbols.Point) -> list:
    effects = ["effects", _font(TEXT_MM), ["hide", "yes"]]
    return ["property", Text(name), Text(text), [*_at(at), 0], effects]


def _effects(size: float, *justify: str) -> list:
    return ["effects", _font(size), ["justify", *justify]]
