"""32 full calls at once while Python is busy in the same process: how late ticks begin."""

import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from appliance.audio.binding import ffi, lib

SECONDS = 30
BUSY_THREADS = 3
PROGRAM = Path(__file__).parents[2] / "build" / "load-calls"


def rows() -> list[tuple[str, str, str]]:
    """(figure, measured, bar)."""
    full, control = lib.audio_loop_new(), lib.audio_loop_new()
    near, told = _run(full, control)
    lateness = {"32 calls": _lateness(full), "empty control thread": _lateness(control)}
    troubles = 0
    for port in range(len(near)):
        stats = ffi.new("audio_port_stats *")
        lib.audio_port_get_stats(full, port, stats)
        troubles += stats.underruns + stats.overruns
    for loop in (full, control):
        lib.audio_loop_free(loop)
    shown = [(f"tick lateness, {name}", text, "-") for name, text in lateness.items()]
    return [
        *shown,
        ("under/overruns, 32 ports", f"{troubles} in {SECONDS} s", "-"),
        ("the far ends", told, "-"),
    ]


def _run(full: object, control: object) -> tuple[list[int], str]:
    pairs = [socket.socketpair() for _ in range(lib.AUDIO_MAX_PORTS)]
    ears = lib.AUDIO_LISTEN_DIGITS | lib.AUDIO_LISTEN_TONES | lib.AUDIO_LISTEN_SILENCE
    for near, far in pairs:
        near.setblocking(False)
        far.setblocking(False)
    command = [str(PROGRAM), "feed", str(SECONDS), *(str(far.fileno()) for _, far in pairs)]
    for port, (near, _) in enumerate(pairs):
        lib.audio_port_attach_stream(full, port, near.fileno(), ffi.NULL, 0)
        lib.audio_port_listen(full, port, ears, 20_000)
        lib.audio_route_set(full, port, port ^ 1, 1)
    lib.audio_loop_start(full, 0)
    lib.audio_loop_start(control, 0)
    with _busy_python():
        told = subprocess.run(
            command,
            pass_fds=[far.fileno() for _, far in pairs],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
    lib.audio_loop_stop(full)
    lib.audio_loop_stop(control)
    for pair in pairs:
        for end in pair:
            with closing(end):
                pass
    return [port for port, _ in enumerate(pairs)], told


@contextmanager
def _busy_python() -> Iterator[None]:
    """Threads that hold the interpreter and make garbage for as long as the block lasts."""
    over = threading.Event()

    def work() -> None:
        while not over.is_set():
            _ = [{"number": n, "text": str(n)} for n in range(2000)]
            os.stat(PROGRAM)

    threads = [threading.Thread(target=work) for _ in range(BUSY_THREADS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def _lateness(loop: object) -> str:
    counts = ffi.new("uint32_t[]", lib.AUDIO_LATENESS_STEPS)
    lib.audio_loop_get_lateness(loop, counts)
    stats = ffi.new("audio_loop_stats *")
    lib.audio_loop_get_stats(loop, stats)
    shown = [f"{name} {_at(list(counts), share)}" for name, share in _SHARES]
    return f"{', '.join(shown)}, max {stats.worst_late_us / 1000:.2f} ms of {sum(counts)} ticks"


_SHARES = (("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999))


def _at(counts: list[int], share: float) -> str:
    wanted, seen = share * sum(counts), 0
    for step, count in enumerate(counts):
        seen += count
        if seen >= wanted:
            return f"{(step + 1) * lib.AUDIO_LATENESS_STEP_US / 1000:.2f} ms"
    return "later"
