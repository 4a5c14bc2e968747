"""The telephony daemon as a process: log, signals, one line when it is ready."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

from appliance.app import Appliance
from appliance.logs import log_to_stderr
from appliance.machine import real_machine


def run(state: Path, rt_priority: int, log_level: str) -> int:
    """``counterbell run``: serve until SIGTERM or SIGINT. Returns the exit code.

    Raises CounterbellError when it can't start; then nothing is left behind.
    """
    with log_to_stderr(log_level):
        return asyncio.run(_serve(state, rt_priority))


async def _serve(state: Path, rt_priority: int) -> int:
    loop = asyncio.get_running_loop()
    ending = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ending.set)
    appliance = Appliance(state, real_machine(loop, rt_priority))
    is_restart = False

    def restart() -> None:
        nonlocal is_restart
        is_restart = True
        ending.set()

    appliance.on_restart = restart
    await appliance.start(lambda line: None)
    sys.stdout.write(f"counterbell: ready, state in {state}\n")
    sys.stdout.flush()
    await ending.wait()
    await appliance.stop()
    if is_restart and "NOTIFY_SOCKET" not in os.environ:
        start_anew()  # a service manager does it otherwise: Restart=always
    return 0


def start_anew() -> NoReturn:
    """This process once more from its beginning, under the same id."""
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
