"""Where a symbol's reference and value are written, level and beside its body."""

from dataclasses import dataclass

from hardware.schematics.tools.sexpr import Text
from hardware.schematics.tools.spec import Part
from hardware.schematics.tools.symbols import Box, Point

STEP = 1.27
SIZE = 1.27
CHAR_MM = 1.17  # about the width of a letter of this size in KiCad's stroke font
GAP_MM = 1.0
CHIP_GAP_MM = 1.6  # above or below a body with pins on all sides


@dataclass(frozen=True)
class Field:
    name: str
    text: str
    at: Point  # mm, the middle of the text's height; its left end, right end or centre
    justify: str  # "left", "right", "" for centred
    hidden: bool

    def box(self) -> Box:
        width = CHAR_MM * len(self.text)
        x, y = self.at
        left = {"left": x, "right": x - width}.get(self.justify, x - width / 2)
        return (left, y - SIZE * 0.6, left + width, y + SIZE * 0.6)


@dataclass(frozen=True)
class FieldPlaces:
    fields: tuple[Field, ...]
    turn: int
    mirror: str

    def nodes(self) -> list[list]:
        """KiCad turns and mirrors a field with its symbol: undo that, so that all text is level."""
        angle = 90 if self.turn % 180 else 0
        flips = (self.turn in (90, 180)) != (self.mirror == "y")
        nodes = []
        for one in self.fields:
            side = one.justify
            if flips and side:
                side = "left" if side == "right" else "right"
            effects: list = ["effects", ["font", ["size", SIZE, SIZE]]]
            if side:
                effects.append(["justify", side])
            if one.hidden:
                effects.append(["hide", "yes"])
            nodes.append(
                ["property", Text(one.name), Text(one.text), ["at", *one.at, angle], effects]
            )
        return nodes


def field_places(
    body: Box, pins: list[Point], at: Point, part: Part, turn: int, mirror: str, wish: dict
) -> FieldPlaces:
    """``wish``: side ("right", "left", "above", "below", "split": one above, one below),
    dx, dy (steps to shift both), hide_value, is_power."""
    left, top, right, bottom = body
    middle_x, middle_y = (left + right) / 2, (top + bottom) / 2
    upright = len({round(x, 3) for x, _ in pins}) == 1 and len(pins) == 2
    if part.symbol.startswith("Transistor"):
        usual = "left" if mirror == "y" else "right"
    else:
        usual = "right" if upright else "split"
    side = wish.get("side") or usual
    line = SIZE * 1.4
    gap = GAP_MM if len(pins) == 2 else CHIP_GAP_MM
    if wish.get("is_power"):
        up = (top + bottom) / 2 <= at[1]
        value_y = top - GAP_MM if up else bottom + GAP_MM
        places = [(at[0], at[1], ""), (at[0], value_y, "")]
    elif side == "right":
        places = [(right + GAP_MM, middle_y + d * line / 2, "left") for d in (-1, 1)]
    elif side == "left":
        places = [(left - GAP_MM, middle_y + d * line / 2, "right") for d in (-1, 1)]
    elif side == "above":
        places = [(middle_x, top - gap - d * line, "") for d in (1, 0)]
    elif side == "below":
        places = [(middle_x, bottom + gap + d * line, "") for d in (0, 1)]
    else:
        places = [(middle_x, top - GAP_MM, ""), (middle_x, bottom + GAP_MM, "")]
    dx, dy = wish.get("dx", 0) * STEP, wish.get("dy", 0) * STEP
    names = (("Reference", part.ref, bool(wish.get("is_power"))),
             ("Value", part.value, bool(wish.get("hide_value"))))  # fmt: skip
    fields = tuple(
        Field(name, text, (x + dx, y + dy), justify, hidden)
        for (name, text, hidden), (x, y, justify) in zip(names, places, strict=True)
    )
    return FieldPlaces(fields, turn, mirror)
