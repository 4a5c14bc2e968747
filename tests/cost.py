"""Counts the instructions of the audio loop's ticks with callgrind: the same on every run."""

import re
import subprocess
import tempfile
from functools import cache
from pathlib import Path

INSTRUCTIONS_LIMIT = 78_000  # one call, 20 ms; measured 74,200 with gcc 12 on x86-64
SHARE_LIMIT = 1.05  # what each of 8 calls may cost, of one alone
_FEW, _MANY = 20, 60  # ticks; the difference leaves out what is done once


def bench_audio() -> str:
    """The program that makes the calls; `make -C firmware` builds it."""
    program = Path(__file__).parents[1] / "build" / "bench-audio"
    assert program.exists(), f"{program} is missing; build it with: make -C firmware"
    return str(program)


@cache
def instructions_per_20_ms(calls: int) -> float:
    """For each call: line and handset bridged, recorded, all detectors on (see bench_call.c)."""
    return (_count(calls, _MANY) - _count(calls, _FEW)) * 2 / (_MANY - _FEW) / calls


def _count(calls: int, ticks: int) -> int:
    with tempfile.TemporaryDirectory() as folder:
        command = [
            "valgrind",
            "--tool=callgrind",
            f"--callgrind-out-file={folder}/out",
            "--toggle-collect=audio_loop_step",
            bench_audio(),
            str(calls),
            str(ticks),
        ]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    match = re.search(r"Collected\s*:\s*(\d+)", told)
    assert match is not None, told
    return int(match[1])
