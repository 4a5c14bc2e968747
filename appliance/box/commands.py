"""Programs that root's one-shots call; they speak plain English, whatever the box speaks."""

import os
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass

TIMEOUT_S = 120.0


@dataclass(frozen=True, slots=True)
class Ran:
    """How a program ended. ``code``: 127 where there is no such program, 124 where it hung."""

    code: int
    out: str
    told: str  # its standard error

    @property
    def reason(self) -> str:
        """The last thing it said, for a sentence."""
        lines = [line for line in (self.told or self.out).splitlines() if line.strip()]
        return lines[-1].strip() if lines else f"it ended with {self.code}"


Run = Callable[..., Ran]  # a command's words, and perhaps its standard input as ``given``


def run(words: Sequence[str], given: str = "") -> Ran:
    """Run a program to its end. Raises nothing that belongs to the program."""
    plain = {**os.environ, "LC_ALL": "C.UTF-8"}
    try:
        done = subprocess.run(
            list(words), input=given, capture_output=True, text=True, errors="replace",
            timeout=TIMEOUT_S, check=False, env=plain,
        )  # fmt: skip
    except FileNotFoundError:
        return Ran(127, "", f"{words[0]} is not installed")
    except subprocess.TimeoutExpired:
        return Ran(124, "", f"{words[0]} took longer than {TIMEOUT_S:g} s")
    return Ran(done.returncode, done.stdout, done.stderr)
