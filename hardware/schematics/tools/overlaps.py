"""Text on a sheet that touches other text, a symbol or a wire: what a reader would stumble over."""

from collections.abc import Iterator
from itertools import pairwise

from hardware.schematics.tools.fields import CHAR_MM
from hardware.schematics.tools.sheet import STEP, TEXT_MM, Label, Note, Sheet
from hardware.schematics.tools.symbols import Box

_LINE = 1.62  # from one line of a note to the next, of its letters' height


def overlaps(sheet: Sheet) -> list[str]:
    """Each pair as a sentence."""
    texts = list(_texts(sheet))
    bodies = [(f"symbol {p.part.ref}", _shrunk(p.body(), 0.2)) for p in sheet.placed
              if not p.part.ref.startswith("#")]  # fmt: skip
    wires = [(f"wire {a}-{b}", _wire_box(a, b)) for a, b in sheet.wires]
    wires += [("a frame", _wire_box(a, b)) for frame in sheet.frames for a, b in _edges(frame)]
    found = []
    for i, (name, box) in enumerate(texts):
        for other, other_box in [*texts[i + 1 :], *bodies, *wires]:
            if _touch(box, other_box):
                found.append(f"{sheet.name}: {name} touches {other}")
    for i, (name, box) in enumerate(bodies):
        for other, other_box in bodies[i + 1 :]:
            if _touch(box, other_box):
                found.append(f"{sheet.name}: {name} touches {other}")
    return found


def _texts(sheet: Sheet) -> Iterator[tuple[str, Box]]:
    for placed in sheet.placed:
        for field in placed.fields.fields:
            if not field.hidden:
                yield f"{placed.part.ref}'s {field.text!r}", _shrunk(field.box(), 0.25)
    for label in sheet.labels:
        yield f"label {label.net}", _label_box(label)
    for note in sheet.notes:
        yield f"note {note.text[:20]!r}", _note_box(note)


def _note_box(note: Note) -> Box:
    x, y = note.at[0] * STEP, note.at[1] * STEP
    rows = note.text.split("\n")
    width = max(map(len, rows)) * CHAR_MM * note.size / TEXT_MM
    return (x, y, x + width, y + len(rows) * _LINE * note.size)


def _label_box(label: Label) -> Box:
    x, y = label.at[0] * STEP, label.at[1] * STEP
    width = (len(label.net) + (2 if label.kind == "global_label" else 0)) * 0.95 * TEXT_MM
    near, tall = 0.4, 0.8  # mm from its place, half its height
    if label.kind == "label":  # above its wire
        return (x + near, y - 1.7, x + width, y - 0.3) if label.angle != 180 else (
            x - width, y - 1.7, x - near, y - 0.3)  # fmt: skip
    match label.angle:
        case 0:
            return (x + near, y - tall, x + width, y + tall)
        case 180:
            return (x - width, y - tall, x - near, y + tall)
        case 90:
            return (x - tall, y - width, x + tall, y - near)
    return (x - tall, y + near, x + tall, y + width)


def _wire_box(a: tuple[float, float], b: tuple[float, float]) -> Box:
    (ax, ay), (bx, by) = sorted((a, b))
    return (ax * STEP, min(ay, by) * STEP, bx * STEP, max(ay, by) * STEP)


def _edges(frame: Box) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    left, top, right, bottom = frame
    corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
    return list(pairwise(corners))


def _shrunk(box: Box, by: float) -> Box:
    return (box[0] + by, box[1] + by, box[2] - by, box[3] - by)


def _touch(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
