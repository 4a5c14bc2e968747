"""The telephony daemon as a process: log, signals, one line when it is ready."""

import asyncio
import signal
import sys
from pathlib import Path

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
    await appliance.start(lambda line: None)
    sys.stdout.write(f"counterbell: ready, state in {state}\n")
    sys.stdout.flush()
    await ending.wait()
    await appliance.stop()
    return 0
