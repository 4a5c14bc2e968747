"""Every command but the processes (run, web, demo): what a service starts does not load these."""

import argparse
from typing import Any

from appliance.box import one_shots
from appliance.cli import (
    backup,
    box,
    config,
    config_trial,
    data,
    doctor,
    hear,
    line_doctor,
    linecard,
    linecard_flash,
    prompt,
    self_test,
    sound,
    texts,
    update,
)
from appliance.simulator import commands as simulator_commands


def add_parsers(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add them to the command line; ``shared`` brings ``--state``."""
    data.add_parsers(commands, shared)
    texts.add_parsers(commands, shared)
    sound.add_parser(commands)
    self_test.add_parser(commands)
    update.add_parsers(commands, shared)
    config_trial.add_parsers(config.add_parsers(commands, shared), shared)
    backup.add_parsers(commands, shared)
    one_shots.add_commands(box.add_parsers(commands, shared))
    doctor.add_parsers(commands, shared)
    line_doctor.add_parsers(commands, shared)
    linecard_flash.add_parser(linecard.add_parsers(commands, shared), shared)
    hear.add_parsers(commands)
    prompt.add_parsers(commands, shared)
    simulator_commands.add_parsers(commands, shared)
