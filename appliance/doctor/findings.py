"""What the doctor found, a record a thing; how it is printed and written as JSON."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

SCHEMA = 1


class Verdict(Enum):
    """WELL; TROUBLE needs a step; UNUSED is no trouble; UNKNOWN could not be told by this user."""

    WELL = "well"
    TROUBLE = "trouble"
    UNUSED = "unused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing. ``kind``: as in KINDS. ``what``: what it is. ``reason``: why it is not well.

    ``next_step``: one sentence for the technician, "" where there is nothing to do. ``facts``: for
    programs, plain values. ``proposal``: TOML that would put it to use.
    """

    kind: str
    name: str
    what: str
    verdict: Verdict
    reason: str = ""
    next_step: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    proposal: str = ""


KINDS = (
    "daemon", "line", "modem", "linecard", "station", "sound_card", "gpio", "storage", "power",
    "card", "temperature", "clock", "watchdog", "service",
)  # fmt: skip


def needs_a_step(findings: Iterable[Finding]) -> bool:
    """Whether anything is in trouble: the exit code."""
    return any(finding.verdict is Verdict.TROUBLE for finding in findings)


def as_json(findings: Sequence[Finding], at: float, version: str) -> dict[str, Any]:
    """The report for programs (docs/technician.md). ``at``: UTC seconds."""
    return {
        "schema": SCHEMA,
        "version": version,
        "at": at,
        "well": not needs_a_step(findings),
        "findings": [
            {
                "kind": one.kind,
                "name": one.name,
                "what": one.what,
                "verdict": one.verdict.value,
                "reason": one.reason,
                "next_step": one.next_step,
                "facts": dict(one.facts),
                "proposal": one.proposal,
            }
            for one in findings
        ],
    }


def as_text(findings: Sequence[Finding]) -> str:
    """Aligned lines for people: what, how it is, and under it the next step."""
    ordered = sorted(findings, key=lambda one: KINDS.index(one.kind))
    rows = [
        (one.kind.replace("_", " "), one.name, one.verdict.value, _about(one)) for one in ordered
    ]
    widths = [max((len(row[n]) for row in rows), default=0) for n in range(3)]
    out = []
    for row, one in zip(rows, ordered, strict=True):
        cells = [f"{_printable(row[n]):<{widths[n]}}" for n in range(3)]
        out.append("  ".join((*cells, _printable(row[3]))).rstrip())
        if one.next_step:
            out.append(" " * (widths[0] + 2) + f"next: {_printable(one.next_step)}")
    troubled = sum(one.verdict is Verdict.TROUBLE for one in ordered)
    out.append(f"{troubled} of {len(ordered)} need a step" if troubled else "all is well")
    return "".join(f"{line}\n" for line in out)


def _about(one: Finding) -> str:
    return f"{one.what}: {one.reason}" if one.what and one.reason else one.what or one.reason


def _printable(text: str) -> str:
    """Text of a device or a caller can't move the cursor."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
