"""Scores touch-tone detectors on one set of impairments and on talk, and prints the table.

python -m tests.dsp                            ours, in both modes
python -m tests.dsp --peers --markdown         beside spandsp and multimon-ng
python -m tests.dsp --program "CMD"            another program, see listeners.py
python -m tests.dsp --presses 1600 --minutes 120 --seed 7 --resume FILE
                                               a long run; what FILE holds already is not done again
"""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np

from tests.dsp import listeners, talk
from tests.dsp.impairments import CELLS, Cell, make_strip
from tests.dsp.listeners import Listener
from tests.dsp.score import Score, score, summarise
from tests.dsp.signals import mu_law, to_samples


class Notes:
    """Figures found so far, one JSON line each; a run that was cut short goes on from there."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._known: dict[str, object] = {}
        if path is not None and path.exists():
            for line in path.read_text().splitlines():
                key, value = json.loads(line)
                self._known[key] = value

    def get(self, key: str) -> object:
        return self._known.get(key)

    def put(self, key: str, value: object) -> None:
        self._known[key] = value
        if self._path is not None:
            with self._path.open("a") as file:
                file.write(json.dumps([key, value]) + "\n")


def cell_scores(
    cell: Cell, who: list[Listener], presses: int, seed: int, notes: Notes
) -> list[Score]:
    """One row for every program; the sound is made only when a figure is missing."""
    strip = None
    found = []
    for listener in who:
        key = f"{seed}/{presses}/{cell.name}/{listener.name}"
        known = notes.get(key)
        if not isinstance(known, dict):
            if strip is None:
                strip = make_strip(
                    cell, presses, np.random.default_rng([seed, *cell.name.encode()])
                )
            known = asdict(score(strip, listener.listen(strip.samples)))
            notes.put(key, known)
        found.append(Score(**{**known, "late_ms": tuple(known["late_ms"])}))
    return found


def talk_counts(
    name: str, make: talk.Maker, who: list[Listener], minutes: float, seed: int, notes: Notes
) -> list[int]:
    """False keys of every program in so many minutes of one kind of talk."""
    counts = dict.fromkeys((listener.name for listener in who), 0)
    done = 0.0
    while done < minutes:
        part = min(10.0, minutes - done)
        sound = None
        for listener in who:
            key = f"{seed}/{done:g}+{part:g} min/{name}/{listener.name}"
            known = notes.get(key)
            if not isinstance(known, int):
                if sound is None:
                    rng = np.random.default_rng([seed, round(done * 60), *name.encode()])
                    sound = to_samples(mu_law(make(part * 60, rng)))
                known = len(listener.listen(sound))
                notes.put(key, known)
            counts[listener.name] += known
        done += part
    return list(counts.values())


class Table:
    """Prints rows, either in columns or in Markdown."""

    def __init__(self, markdown: bool) -> None:
        self._markdown = markdown

    def row(self, name: str, cells: list[str]) -> None:
        if self._markdown:
            print("| " + " | ".join([name, *cells]) + " |", flush=True)
        else:
            print(f"{name:54}" + "".join(f"{cell:>22}" for cell in cells), flush=True)

    def head(self, name: str, cells: list[str]) -> None:
        print()
        self.row(name, cells)
        if self._markdown:
            print("|" + " --- |" * (len(cells) + 1))


def _shown(found: Score) -> str:
    extra = f" +{found.extra}" if found.extra else ""
    late = found.late_p95_ms
    return f"{100 * found.right / found.pressed:.1f} %{extra}" + (
        f", {late:.0f} ms" if late else ""
    )


def run(options: argparse.Namespace) -> None:
    who = list(listeners.ours())
    who += listeners.peers() if options.peers else []
    who += [listeners.other(command) for command in options.program]
    notes, table = Notes(options.resume), Table(options.markdown)
    names = [listener.name for listener in who]
    rows: list[list[tuple[Cell, Score]]] = [[] for _ in who]
    for wanted, title in (
        ("accept", "must be heard"),
        ("reject", "must not be heard"),
        ("disputed", "disputed, not scored"),
    ):
        table.head(f"{title} (heard, extra, 95 % within)", names)
        for cell in (cell for cell in CELLS if cell.wanted == wanted):
            found = cell_scores(cell, who, options.presses, options.seed, notes)
            for column, one in zip(rows, found, strict=True):
                column.append((cell, one))
            table.row(cell.name, [_shown(one) for one in found])
    print_summary(table, names, rows)
    for title, kinds in (("harsh", talk.HARSH), ("ordinary", talk.ORDINARY)):
        table.head(f"false keys in {options.minutes:g} min each, {title}", names)
        for name, make in kinds.items():
            counts = talk_counts(name, make, who, options.minutes, options.seed, notes)
            table.row(name, [str(count) for count in counts])


def print_summary(table: Table, names: list[str], rows: list[list[tuple[Cell, Score]]]) -> None:
    table.head("all scored rows", names)
    figures = [summarise(column) for column in rows]
    table.row("heard of what must be", [f"{100 * one.accepted:.2f} %" for one in figures])
    table.row("extra keys", [str(one.extra) for one in figures])
    table.row(
        "heard of what must not be",
        [f"{one.rejected_wrongly} of {one.must_reject}" for one in figures],
    )
    table.row("heard under dial tone", [f"{100 * one.under_dial_tone:.2f} %" for one in figures])
    table.row("keys split by a hole of 10 ms", [str(one.split_by_holes) for one in figures])
    table.row(
        "onset to report, 95 %",
        [f"{one.late_p95_ms:.0f} ms" if one.late_p95_ms else "no times" for one in figures],
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.dsp", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--presses", type=int, default=160, help="keys in each row")
    parser.add_argument("--minutes", type=float, default=20, help="of each kind of talk")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--peers", action="store_true", help="spandsp and multimon-ng besides")
    parser.add_argument("--program", action="append", default=[], help="another program besides")
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("--resume", type=Path, metavar="FILE", help="keep figures here")
    run(parser.parse_args())
    return 0


if __name__ == "__main__":
    sys.exit(main())
