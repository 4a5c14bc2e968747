"""One reading of the machine, and what a reading is taken from: a file system and commands."""

import os
import re
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ASK_S = 10.0  # for a command to answer
WELL, TROUBLE, UNKNOWN, UNUSED = "well", "trouble", "unknown", "unused"

Ask = Callable[[Sequence[str]], str | None]
"""A command's output; None when it is not there, fails, or takes too long."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One thing of the machine. ``verdict``: well, trouble, unknown (could not be told here), or
    unused (this machine has none: no fault).

    ``what``: how it is. ``reason``: why it is not well. ``next_step``: one sentence. ``notice``:
    what the owner is told of it on his page, "" for nothing.
    """

    kind: str
    name: str
    what: str
    verdict: str = WELL
    reason: str = ""
    next_step: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    notice: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """Where to look. ``root``: of the file system. ``utc``, ``uptime_s``: now.

    ``state``: the state folder, a real path whatever ``root`` is.
    """

    state: Path
    root: Path = Path("/")
    ask: Ask = lambda _words: None
    utc: float = 0.0
    uptime_s: float = 0.0

    def text(self, path: str) -> str:
        """A small file of the kernel's, stripped; "" when it can't be read."""
        try:
            return (self.root / path).read_text(errors="replace").strip("\0\n ")
        except OSError:
            return ""


def real_look(state: Path) -> Look:
    """This machine, now."""
    return Look(state, Path("/"), run_command, time.time(), time.monotonic())


def run_command(words: Sequence[str]) -> str | None:
    """See Ask."""
    try:
        done = subprocess.run(
            list(words), stdin=subprocess.DEVNULL, capture_output=True, timeout=ASK_S, check=False,
            env={**os.environ, "LC_ALL": "C"},
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None


def moment_text(at: float, now: float) -> str:
    """'today 14:02', 'yesterday 09:30' or '3 Nov 14:02', by the box's own time zone."""
    then, today = time.localtime(at), time.localtime(now)
    yesterday = time.localtime(now - 86400)
    clock = time.strftime("%H:%M", then)
    if then[:3] == today[:3]:
        return f"today {clock}"
    if then[:3] == yesterday[:3]:
        return f"yesterday {clock}"
    return f"{then.tm_mday} {time.strftime('%b', then)} {clock}"


_STAMP = re.compile(r"^\[\s*(\d+\.\d+)\]\s*(.*)$")
_KERNEL_LOGS = (
    ("journalctl", "-k", "-b", "-q", "--no-pager", "-o", "short-monotonic", "-n", "20000"),
    ("dmesg",),
)


@dataclass(frozen=True, slots=True)
class KernelLine:
    """One line of the kernel's log. ``at``: UTC, counted back from now, so that a clock that was
    set since then does no harm."""

    at: float
    text: str


def kernel_log(look: Look) -> list[KernelLine] | None:
    """Of this boot; None where this user may not read it."""
    for words in _KERNEL_LOGS:
        told = look.ask(words)
        lines = [found for found in map(_STAMP.match, (told or "").splitlines()) if found]
        if lines:
            began = look.utc - look.uptime_s
            return [KernelLine(began + float(one[1]), one[2]) for one in lines]
    return None
