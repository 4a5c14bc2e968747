"""Counts the instructions of the audio loop's ticks with callgrind: the same on every run."""

import platform
import re
import subprocess
import tempfile
import tomllib
from functools import cache
from pathlib import Path

INSTRUCTIONS_LIMIT = 78_000  # one call, 20 ms; measured 74,200 with gcc 12 on x86-64
ECHO_LIMITS = {"cancel": 195_000, "search": 75_000}  # 20 ms; measured 184,000 and 65,000
IDLE_LIMITS = {"bare": 2_200, "hat": 105_000}  # a tick in which nobody calls; see bench_idle.c
SHARE_LIMIT = 1.05  # what each of 8 calls may cost, of one alone
BUDGET_MARGIN = 1.05
HARD_LIMITS = {"port": 60_000, "port_with_echo": 260_000, "drift": 10_000}  # whatever the machine
_ECHO_FEW, _ECHO_MANY = 150, 250  # aligned, and what the line holds learnt, before the first
_IDLE_FEW, _IDLE_MANY = 200, 600
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


@cache
def idle_instructions_per_tick(with_what: str) -> float:
    """Nobody calls: ``bare``, without any device, or with a ``hat`` of eight sockets."""
    program = bench_audio("bench-idle")
    few, many = (
        _count("audio_loop_step", program, with_what, str(ticks))
        for ticks in (_IDLE_FEW, _IDLE_MANY)
    )
    return (many - few) / (_IDLE_MANY - _IDLE_FEW)


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


@cache
def blocks() -> dict[str, float]:
    """Instructions for 20 ms of one port, by block (see bench_blocks.c), and ``port`` for all.

    ``port`` is half of a bridged, recorded call with every detector on both sides.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = [
            "valgrind",
            "--tool=callgrind",
            f"--callgrind-out-file={folder}/out",
            _bench_blocks(),
        ]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        rounds = int(told.splitlines()[1])
        found = dict(_read_dump(path) for path in sorted(Path(folder).glob("out.*")))
    assert found.keys() == set(told.splitlines()[2:]), f"callgrind counted {sorted(found)}"
    spent = {name: count / rounds for name, count in found.items()}
    port, echo = instructions_per_20_ms(1) / 2, echo_instructions_per_20_ms("cancel")
    return spent | {"port": port, "echo": echo, "port_with_echo": port + echo}


def machine() -> str:
    """What a budget holds for: processor and compiler, as ``x86_64-gcc-12``."""
    program = subprocess.run([_bench_blocks()], capture_output=True, text=True, check=True)
    return f"{platform.machine()}-{program.stdout.splitlines()[0]}"


def budget() -> dict[str, int]:
    """Instructions each block may take here; empty where nobody has measured yet."""
    path = Path(__file__).parent / "bench" / "budget.toml"
    found: dict[str, int] = tomllib.loads(path.read_text()).get(machine(), {})
    return found


def _bench_blocks() -> str:
    program = Path(bench_audio()).with_name("bench-blocks")
    assert program.exists(), f"{program} is missing; build it with: make -C firmware"
    return str(program)


def _read_dump(path: Path) -> tuple[str, int]:
    text = path.read_text()
    name = re.search(r"^desc: Trigger: Client Request: (\w+)$", text, re.MULTILINE)
    count = re.search(r"^totals: (\d+)$", text, re.MULTILINE)
    assert name is not None, f"{path} is no dump of one block"
    assert count is not None, f"{path} has no total"
    return name[1], int(count[1])
