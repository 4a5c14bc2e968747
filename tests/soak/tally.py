"""What came of the calls through one emulator: counted, kept as JSON, shown as a table."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

COUNTS = (
    "calls",
    "out",
    "rang",
    "answered",
    "missed",
    "stuck",
    "without_history",
    "twice",
    "in_two",
    "false_hang_ups",
    "false_answers",
    "dropped",
)
MUST_BE_ZERO = ("stuck", "without_history", "twice", "false_hang_ups", "false_answers")
_FINDINGS_KEPT = 50


@dataclass(slots=True)
class Tally:
    """``free_s``: seconds from each hang-up to a free line, by signal; ``free_faulty_s``: the same
    in calls whose line misbehaved besides. ``in_two``: a call cut in two rows by an unplugged
    modem or by lost RINGs. ``dropped``: the equipment ended the call of a caller who was there.
    """

    counts: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    free_s: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    free_faulty_s: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    findings: list[str] = field(default_factory=list)
    virtual_s: float = 0.0
    real_s: float = 0.0

    @property
    def is_well(self) -> bool:
        return not any(self.counts[name] for name in MUST_BE_ZERO)

    def find(self, what: str, story: str) -> None:
        """Count something that must not be, and keep its story."""
        self.counts[what] += 1
        if len(self.findings) < _FINDINGS_KEPT:
            self.findings.append(f"{what}: {story}")

    def add(self, other: "Tally") -> None:
        """Count another batch's in."""
        self.counts += other.counts
        self.faults += other.faults
        for mine, theirs in (
            (self.free_s, other.free_s),
            (self.free_faulty_s, other.free_faulty_s),
        ):
            for signal, times in theirs.items():
                mine[signal] += times
        self.findings = (self.findings + other.findings)[:_FINDINGS_KEPT]
        self.virtual_s += other.virtual_s
        self.real_s += other.real_s

    def as_json(self) -> dict[str, Any]:
        return {
            "counts": dict(self.counts),
            "faults": dict(self.faults),
            "free_s": dict(self.free_s),
            "free_faulty_s": dict(self.free_faulty_s),
            "findings": self.findings,
            "virtual_s": self.virtual_s,
            "real_s": self.real_s,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Tally":
        tally = cls(Counter(data["counts"]), Counter(data["faults"]))
        tally.free_s.update(data["free_s"])
        tally.free_faulty_s.update(data["free_faulty_s"])
        tally.findings = list(data["findings"])
        tally.virtual_s, tally.real_s = data["virtual_s"], data["real_s"]
        return tally


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least ``share`` of them don't exceed."""
    ordered = sorted(values)
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]


def table(tallies: dict[str, Tally], own_s: dict[str, dict[str, float]]) -> str:
    """Every emulator's counts, then each signal's times. ``own_s``: by emulator and signal."""
    lines = ["emulator        " + " ".join(f"{name:>15}" for name in COUNTS) + "     x real time"]
    for name, tally in tallies.items():
        cells = " ".join(f"{tally.counts[count]:>15}" for count in COUNTS)
        lines.append(f"{name:<15} {cells} {tally.virtual_s / max(tally.real_s, 1e-9):>15.0f}")
    lines += ["", "time from hang-up to a free line, seconds"]
    head = "n     p50     p95     max"
    lines.append(f"{'emulator':<15} {'signal':<26} {'own':>6}  {head}   with more faults: {head}")
    for name, tally in tallies.items():
        for signal, own in own_s[name].items():
            well, faulty = tally.free_s.get(signal, []), tally.free_faulty_s.get(signal, [])
            cells = f"{_figures(well)}                   {_figures(faulty)}"
            lines.append(f"{name:<15} {signal:<26} {own:>6.2f} {cells}")
    return "\n".join(lines)


def _figures(times: Sequence[float]) -> str:
    if not times:
        return f"{0:>3} " + " ".join(f"{'-':>7}" for _ in range(3))
    shown = (percentile(times, 0.5), percentile(times, 0.95), max(times))
    return f"{len(times):>3} " + " ".join(f"{value:>7.2f}" for value in shown)
