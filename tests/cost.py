"""Counts the instructions of the audio loop's ticks with callgrind: the same on every run."""

import re
import subprocess
import tempfile
from functools import cache
from pathlib import Path

INSTRUCTIONS_LIMIT = 78_000  # one call, 20 ms; measured 74,200 with gcc 12 on x86-64
ECHO_LIMITS = {"cancel": 195_000, "search": 75_000}  # 20 ms; measured 184,000 and 65,000
SHARE_LIMIT = 1.05  # what each of 8 calls may cost, of one alone
_ECHO_FEW, _ECHO_MANY = 150, 250  # aligned, and what the line holds learnt, before the first
_FEW, _MANY = 20, 60  # ticks; the difference leaves out what is done once


def bench_audio(name: str = "bench-audio") -> str:
    """The program that makes the calls; `make -C firmware` builds it."""
    program = Path(__file__).parents[1] / "build" / name
    assert program.exists(), f"{program} is missing; build it with: make -C firmware"
    return str(program)


@cache
def instructions_per_20_ms(calls: int) -> float:
    """For each call: line and handset bridged, recorded, all detectors on (see bench_call.c)."""
    few, many = (
        _count("audio_loop_step", bench_audio(), str(calls), str(ticks)) for ticks in (_FEW, _MANY)
    )
    return (many - few) * 2 / (_MANY - _FEW) / calls


@cache
def echo_instructions_per_20_ms(work: str) -> float:
    """The echo canceller alone: ``cancel``, aligned and learning, or ``search`` for the delay."""
    program = bench_audio("bench-echo")
    few, many = (
        _count("echo_cancel", program, work, str(ticks)) for ticks in (_ECHO_FEW, _ECHO_MANY)
    )
    return (many - few) * 2 / (_ECHO_MANY - _ECHO_FEW)


def _count(function: str, *program: str) -> int:
    with tempfile.TemporaryDirectory() as folder:
        command = [
            "valgrind",
            "--tool=callgrind",
            f"--callgrind-out-file={folder}/out",
            f"--toggle-collect={function}",
            *program,
        ]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    match = re.search(r"Collected\s*:\s*(\d+)", told)
    assert match is not None, told
    return int(match[1])
