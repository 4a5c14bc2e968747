"""KiCad's netlist of the sheets against the spec: each difference as a sentence."""

from hardware.schematics.tools import kicad
from hardware.schematics.tools.spec import Board

_FIELDS = {"Value": "value", "Footprint": "footprint", "Maker": "maker", "Part number": "mpn",
           "Note": "note", "symbol": "symbol"}  # fmt: skip


def differences(board: Board, tree: list) -> list[str]:
    """Empty when part by part, net by net, pin by pin the sheets are what the spec says."""
    return [*_parts(board, kicad.components(tree)), *_nets(board, kicad.nets(tree))]


def _parts(board: Board, drawn: dict[str, dict[str, str]]) -> list[str]:
    found = [f"{ref} is not drawn" for ref in sorted(board.parts.keys() - drawn.keys())]
    found += [f"{ref} is drawn, but not in the spec" for ref in sorted(drawn.keys() - board.parts)]
    for ref in sorted(drawn.keys() & board.parts.keys()):
        for name, key in _FIELDS.items():
            wanted, has = getattr(board.parts[ref], key), drawn[ref].get(name, "")
            if wanted != has:
                found.append(f"{ref}: {name} is drawn as {has!r}, the spec says {wanted!r}")
    return found


def _nets(board: Board, drawn: dict[str, frozenset[str]]) -> list[str]:
    found = []
    by_pin = {pin: name for name, pins in drawn.items() for pin in pins}
    for name, pins in board.nets.items():
        for drawn_name in sorted({by_pin.get(pin, "") for pin in pins}):
            has = drawn.get(drawn_name, frozenset())
            if has != pins:
                found.append(f"{name}: {_difference(has, pins)} (drawn as {drawn_name!r})")
            elif not _same_name(name, drawn_name):
                found.append(f"{name} is drawn as {drawn_name!r}")
    wanted = frozenset().union(*board.nets.values())
    for name, pins in drawn.items():
        loose = pins - wanted
        if len(pins) == 1 and loose <= board.unconnected:
            continue
        if loose:
            found.append(f"drawn as {name!r}, but not in the spec: {' '.join(sorted(loose))}")
    missing = board.unconnected - by_pin.keys()
    found += [f"{pin} is open in the spec, but not drawn" for pin in sorted(missing)]
    return found


def _difference(has: frozenset[str], wanted: frozenset[str]) -> str:
    return f"missing {sorted(wanted - has)}, too many {sorted(has - wanted)}"


def _same_name(name: str, drawn: str) -> bool:
    """A net without a label gets a name of KiCad's making, which says nothing."""
    return drawn.startswith("Net-(") or drawn.rsplit("/", 1)[-1] == name
