"""``counterbell simulate serve``: one network in real time, until SIGINT or SIGTERM."""

import asyncio
import signal
import sys
from pathlib import Path

from appliance.simulator.config_file import read_network
from appliance.simulator.network import NetworkConfig, SimulatedNetwork, default_config
from appliance.simulator.phones import PhoneHabits
from appliance.simulator.server import SimulatorServer


def serve(config_file: Path | None, state: Path, answer_after_s: float | None) -> None:
    """Prints one line when ready. Raises SimulatorError when it can't begin."""
    config = read_network(config_file, state) if config_file else default_config(state)
    asyncio.run(_serve_until_told(config, state, answer_after_s))


async def _serve_until_told(
    config: NetworkConfig, state: Path, answer_after_s: float | None
) -> None:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    network = SimulatedNetwork(loop, config)
    server = SimulatorServer(network, state)
    await server.start()
    try:
        network.start()
        for phone in network.phones.values():
            phone.behave(PhoneHabits(answer_after_s=answer_after_s))
        places = [(line.name, line.path) for line in config.lines]
        places += [(mobile.name, mobile.path) for mobile in config.cellular]
        lines = ", ".join(f"{name} at {path}" for name, path in places)
        hats = ", ".join(f"{hat.name} at {hat.path}" for hat in config.hats)
        sys.stdout.write(f"ready: lines {lines or 'none'}; HATs {hats or 'none'}\n")
        sys.stdout.flush()
        await ended.wait()
    finally:
        await server.stop()
        network.stop()
