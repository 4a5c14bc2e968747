"""Runs every benchmark and prints one table for each.

A benchmark is a module ``bench_*.py`` beside this file with a docstring and ``rows()``: a list of
(figure, value, bar) texts. Nothing here is a test: bars are printed beside what was measured.
"""

import importlib
import sys
from pathlib import Path


def main(wanted: list[str]) -> int:
    found = sorted(path.stem for path in Path(__file__).parent.glob("bench_*.py"))
    unknown = [name for name in wanted if f"bench_{name}" not in found]
    if unknown:
        known = ", ".join(name.removeprefix("bench_") for name in found)
        sys.stderr.write(f"no benchmark {unknown[0]}; there are {known}\n")
        return 2
    for name in found:
        if wanted and name.removeprefix("bench_") not in wanted:
            continue
        module = importlib.import_module(f"tests.bench.{name}")
        print(f"\n{(module.__doc__ or name).strip().splitlines()[0]}")
        rows = [("figure", "measured", "bar"), *module.rows()]
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        for row in rows:
            print(
                "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
