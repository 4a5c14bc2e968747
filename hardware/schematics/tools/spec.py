"""A board's circuit as plain tables: parts and nets. Written from the circuit, not from the sheets."""

import csv
import io
import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace

BOM_HEAD = (
    "Reference", "Quantity", "Value", "Footprint", "Maker", "Part number", "Note",
    "US$ each (estimate)",
)  # fmt: skip
_SCALE = {"p": 1e-12, "n": 1e-9, "µ": 1e-6, "m": 1e-3, "": 1.0, "k": 1e3, "M": 1e6}
_NUMBER = re.compile(r"(\d+(?:\.\d+)?)\s*([pnµmkM]?)")


class SpecError(ValueError):
    """A table that contradicts itself."""


@dataclass(frozen=True)
class Part:
    ref: str
    symbol: str  # KiCad's, "Device:R"
    value: str
    footprint: str
    maker: str
    mpn: str
    note: str = ""

    @property
    def number(self) -> float:
        """The value in ohms, farads, henries ...: "4.7k 1W" is 4700.0."""
        found = _NUMBER.match(self.value)
        if found is None:
            raise SpecError(f"{self.ref}: no number in {self.value!r}")
        return float(found[1]) * _SCALE[found[2]]


@dataclass(frozen=True)
class Board:
    name: str
    title: str
    parts: dict[str, Part]
    nets: dict[str, frozenset[str]]  # name: pins, "R1.2"
    unconnected: frozenset[str]  # pins left open on purpose

    def value(self, ref: str) -> float:
        return self.parts[ref].number

    def with_values(self, **values: str) -> "Board":
        """The same circuit with other values, by reference."""
        changed = {ref: replace(self.parts[ref], value=value) for ref, value in values.items()}
        return replace(self, parts=self.parts | changed)

    def net_of(self, pin: str) -> str:
        return next(name for name, pins in self.nets.items() if pin in pins)


def board(name: str, title: str, parts: str, nets: str, unconnected: str) -> Board:
    """``parts``: ref | symbol | value | footprint | maker | part number | note; ``nets``: NAME: pins."""
    table: dict[str, Part] = {}
    for line in _rows(parts):
        part = Part(*(field.strip() for field in line.split("|")))
        if part.ref in table:
            raise SpecError(f"{part.ref} is there twice")
        table[part.ref] = part
    joined: dict[str, frozenset[str]] = {}
    seen: dict[str, str] = {}
    for line in _rows(nets):
        net, _, pins = line.partition(":")
        if net in joined:
            raise SpecError(f"net {net} is there twice")
        joined[net] = frozenset(pins.split())
        for pin in pins.split():
            if pin in seen or pin.split(".")[0] not in table:
                raise SpecError(f"{net}: {pin} is no part's, or in {seen.get(pin)} too")
            seen[pin] = net
    loose = frozenset(unconnected.split())
    if loose & seen.keys():
        raise SpecError(f"joined, and open on purpose: {loose & seen.keys()}")
    return Board(name, title, table, joined, loose)


def _rows(text: str) -> list[str]:
    """Lines, a line that begins with blanks going on the one before; # begins a comment."""
    lines: list[str] = []
    for raw in text.strip("\n").splitlines():
        line = raw.split("#")[0].rstrip() if "|" not in raw else raw.rstrip()
        if not line.strip():
            continue
        if raw[0].isspace() and lines:
            lines[-1] += " " + line.strip()
        else:
            lines.append(line)
    return lines


def bill_of_materials(of: Board, price_of: Callable[[Part], float]) -> str:
    """CSV, like parts on one line. ``price_of``: US$ a piece."""
    groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for part in of.parts.values():
        price = f"{price_of(part):.2f}"
        key = (part.value, part.footprint, part.maker, part.mpn, part.note, price)
        groups[key].append(part.ref)
    rows = [
        (" ".join(sorted(refs, key=_by_number)), str(len(refs)), *rest)
        for rest, refs in groups.items()
    ]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(BOM_HEAD)
    writer.writerows(sorted(rows, key=lambda row: _by_number(row[0].split()[0])))
    return out.getvalue()


def _by_number(ref: str) -> tuple[str, int]:
    letters = ref.rstrip("0123456789")
    return (letters, int(ref[len(letters) :]))
