"""kicad-cli 9, run in a home of its own so that nobody's settings count."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hardware.schematics.tools import symbols
from hardware.schematics.tools.sexpr import child, children, parse

TEMPLATE = Path("/usr/share/kicad/template/sym-lib-table")
TIMEOUT_S = 120


class KicadFailed(RuntimeError):
    """kicad-cli is missing, is not version 9, or did not do what it was asked."""


@contextmanager
def _home() -> Iterator[dict[str, str]]:
    with tempfile.TemporaryDirectory(prefix="counterbell-kicad-") as folder:
        settings = Path(folder) / "kicad" / "9.0"
        settings.mkdir(parents=True)
        table = TEMPLATE.read_text().rstrip().removesuffix(")")
        for ours in sorted(symbols.OURS.glob("*.kicad_sym")):
            table += f'(lib (name "{ours.stem}")(type "KiCad")(uri "{ours}")(options "")(descr ""))'
        (settings / "sym-lib-table").write_text(table + "\n)\n")
        # without a table of footprints KiCad asks; the names are checked against the spec
        (settings / "fp-lib-table").write_text("(fp_lib_table\n  (version 7)\n)\n")
        yield os.environ | {
            "HOME": folder,
            "KICAD_CONFIG_HOME": str(Path(folder) / "kicad"),
            "XDG_CACHE_HOME": folder,
            "KICAD9_SYMBOL_DIR": str(symbols.KICADS),
        }


def run(*arguments: str | Path) -> str:
    """Raises KicadFailed with what kicad-cli said."""
    program = shutil.which("kicad-cli")
    if program is None:
        raise KicadFailed("kicad-cli is missing: ./provision.sh test installs KiCad 9")
    with _home() as environment:
        done = subprocess.run(
            [program, *map(str, arguments)], capture_output=True, text=True, check=False,
            env=environment, timeout=TIMEOUT_S,
        )  # fmt: skip
    if done.returncode:
        raise KicadFailed(f"kicad-cli {arguments}: {done.stdout}{done.stderr}")
    return done.stdout


def version() -> tuple[int, ...]:
    return tuple(int(part) for part in run("version").strip().split("+")[0].split(".")[:3])


def violations(sheet: Path) -> list[str]:
    """All that KiCad's electrical rules check finds, as sentences."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "erc.json"
        run("sch", "erc", "--severity-all", "--format", "json", "--output", report, sheet)
        found = json.loads(report.read_text())
    return [
        f"{one['severity']} {one['type']} on {page['path']}: {one['description']}: "
        + "; ".join(
            f"{item['description']} at {item['pos']['x'] * 100:.2f},{item['pos']['y'] * 100:.2f}"
            for item in one["items"]
        )
        for page in found["sheets"]
        for one in page["violations"]
    ]


def export(kind: str, sheet: Path, to: Path) -> None:
    """``kind``: pdf (``to`` is a file) or svg (``to`` is a folder)."""
    run("sch", "export", kind, "--output", to, sheet)


def netlist(sheet: Path) -> list:
    """KiCad's own netlist, parsed."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "netlist"
        run("sch", "export", "netlist", "--format", "kicadsexpr", "--output", file, sheet)
        return parse(file.read_text())


def components(tree: list) -> dict[str, dict[str, str]]:
    """Reference: Value, Footprint, Maker, Part number, Note, symbol."""
    found = {}
    for comp in children(child(tree, "components"), "comp"):
        fields = {
            str(child(one, "name")[1]): str(one[2]) if len(one) > 2 else ""
            for one in children(child(comp, "fields") or [], "field")
        }
        source = child(comp, "libsource")
        found[str(child(comp, "ref")[1])] = fields | {
            "Value": str(child(comp, "value")[1]),
            "symbol": f"{child(source, 'lib')[1]}:{child(source, 'part')[1]}",
        }
    return found


def nets(tree: list) -> dict[str, frozenset[str]]:
    """Name: pins, "R1.2"."""
    return {
        str(child(net, "name")[1]): frozenset(
            f"{child(node, 'ref')[1]}.{child(node, 'pin')[1]}" for node in children(net, "node")
        )
        for net in children(child(tree, "nets"), "net")
    }
