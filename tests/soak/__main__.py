"""Soaks emulated lines: `python -m tests.soak usr5637 --calls 1000`; --resume goes on after a stop.

Every batch of calls has a daemon, a network and a state folder of its own, and is drawn from the
seed and its number: a run that goes on after a stop makes the calls it would have made.
"""

import argparse
import json
import logging
import sys
import time
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from tests.soak.call import SoakCall, draw
from tests.soak.emulators import Emulator, emulators
from tests.soak.shop import SoakShop
from tests.soak.tally import Tally, table

BATCH = 20
_MEMORY = Path("/dev/shm")  # where there is one: a card's syncs are not what is soaked


def soak_batch(
    emulator: Emulator, seed: int, batch: int, calls: int, prompts: Path, *, skip: int = 0
) -> Tally:
    """The batch's first ``calls`` calls without ``skip``; a stuck line costs a new daemon."""
    tally = Tally()
    begun = time.perf_counter()
    done = skip
    while done < calls:
        done += _soak_shop(emulator, seed, batch * BATCH + done, calls - done, prompts, tally)
    tally.real_s = time.perf_counter() - begun
    return tally


def _soak_shop(
    emulator: Emulator, seed: int, first: int, calls: int, prompts: Path, tally: Tally
) -> int:
    """As many of the calls as one daemon survives."""
    chance = Random(f"{seed} {emulator.name} shop {first}")
    with (
        TemporaryDirectory(prefix="soak-", dir=_MEMORY if _MEMORY.is_dir() else None) as state,
        SoakShop(Path(state) / "state", prompts, emulator, chance) as shop,
    ):
        begun = shop.loop.time()
        for index in range(first, first + calls):
            chance = Random(f"{seed} {emulator.name} call {index}")
            plan = draw(chance, f"0917{index:06d}", tuple(emulator.signals))
            call = SoakCall(shop, plan, tally, f"{emulator.name} seed {seed} call {index}")
            if not call.make(chance):
                break
        tally.virtual_s += shop.loop.time() - begun
    return index - first + 1


class Progress:
    """The state file: what was asked, and each emulator's tally after its last whole batch."""

    def __init__(self, path: Path, seed: int) -> None:
        self._path = path
        self.seed = seed
        self.done: dict[str, int] = {}
        self.tallies: dict[str, Tally] = {}

    def load(self) -> None:
        """Raises SystemExit when there is nothing to go on with."""
        try:
            data: dict[str, Any] = json.loads(self._path.read_text())
        except FileNotFoundError:
            sys.exit(f"{self._path}: there is no run to go on with")
        self.seed = data["seed"]
        self.done = data["done"]
        self.tallies = {name: Tally.from_json(one) for name, one in data["tallies"].items()}

    def add(self, name: str, calls: int, tally: Tally) -> None:
        """One batch is done; the file is whole at any moment."""
        self.done[name] = self.done.get(name, 0) + calls
        self.tallies.setdefault(name, Tally()).add(tally)
        data = {
            "seed": self.seed,
            "done": self.done,
            "tallies": {name: one.as_json() for name, one in self.tallies.items()},
        }
        fresh = self._path.with_suffix(".new")
        fresh.write_text(json.dumps(data, indent=1))
        fresh.replace(self._path)


def _arguments(known: dict[str, Emulator]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("emulator", nargs="*", default=["all"], help=f"all, {', '.join(known)}")
    parser.add_argument("--calls", type=int, default=1000, help="through each emulator")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--resume", action="store_true", help="go on with the run in the file")
    parser.add_argument("--state", type=Path, default=Path("build/soak.json"), metavar="FILE")
    parser.add_argument("--batch", type=int, help="only this batch of calls; nothing is kept")
    return parser.parse_args()


def main() -> int:
    """0: every line came through."""
    logging.disable(logging.CRITICAL)
    known = emulators()
    asked = _arguments(known)
    names = list(known) if "all" in asked.emulator else asked.emulator
    if unknown := [name for name in names if name not in known]:
        sys.exit(f"there is no emulator {unknown[0]}; there are: {', '.join(known)}")
    progress = Progress(asked.state, asked.seed)
    if asked.resume:
        progress.load()
    with TemporaryDirectory(prefix="soak-prompts-") as prompts:
        for name in names:
            if asked.batch is not None:
                tally = soak_batch(known[name], asked.seed, asked.batch, BATCH, Path(prompts))
                progress.tallies[name] = tally
            else:
                _soak(known[name], asked.calls, progress, Path(prompts))
    for tally in progress.tallies.values():
        print(*tally.findings, sep="\n\n")
    print(table(progress.tallies, {name: dict(known[name].signals) for name in progress.tallies}))
    return 0 if all(tally.is_well for tally in progress.tallies.values()) else 1


def _soak(emulator: Emulator, calls: int, progress: Progress, prompts: Path) -> None:
    while (done := progress.done.get(emulator.name, 0)) < calls:
        batch, skip = divmod(done, BATCH)  # a run of fewer calls may have ended amid a batch
        size = min(BATCH - skip, calls - done)
        tally = soak_batch(emulator, progress.seed, batch, skip + size, prompts, skip=skip)
        progress.add(emulator.name, size, tally)
        whole = progress.tallies[emulator.name]
        shown = ("stuck", "without_history", "false_hang_ups")
        bad = ", ".join(f"{count} {whole.counts[count]}" for count in shown)
        told = f"{emulator.name}: {done + size} of {calls} calls; {bad}"
        print(f"{told}; {tally.virtual_s / tally.real_s:.0f} times real time", flush=True)


if __name__ == "__main__":
    sys.exit(main())
