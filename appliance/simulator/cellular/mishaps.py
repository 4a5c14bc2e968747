"""What ``simulate fault`` does to a mobile line: faults by name, leads, power, network, signal."""

from pathlib import Path

from appliance.errors import SimulatorError
from appliance.simulator.cellular.line import SimulatedCellular
from appliance.simulator.config_file import parse_cellular_faults

_KEYS = ("unplug", "replug", "keeps_power", "path", "faults", "supply", "power_key")
_NETWORK_KEYS = ("signal", "service", "roaming")


def mobile_fault(line: SimulatedCellular, request: dict[str, object]) -> dict[str, object]:
    """Do what ``request`` asks for. Raises SimulatorError, naming the key."""
    for key in request:
        if key not in ("do", "line", *_KEYS, *_NETWORK_KEYS):
            raise SimulatorError(f"unknown key {key!r}; use {', '.join((*_KEYS, *_NETWORK_KEYS))}")
    if request.get("unplug") is True:
        line.unplug(keeps_power=request.get("keeps_power") is True)
    if request.get("faults") is not None:
        line.misbehave(parse_cellular_faults(request["faults"]))
    if request.get("supply") is not None:
        line.set_supply(request["supply"] is True)
    press_s = request.get("power_key")
    if press_s is not None:
        line.power_key.press(_number(press_s, "power_key"))
    if request.get("replug") is True:
        path = request.get("path")
        line.plug_in(Path(path) if isinstance(path, str) else None)
    _change_network(line, request)
    return {"plugged_in": line.plugged_in, "power": line.modem.power.name.lower()}


def _change_network(line: SimulatedCellular, request: dict[str, object]) -> None:
    if request.get("signal") is not None:
        line.attachment.set_signal(int(_number(request["signal"], "signal")))
    if request.get("service") is False:
        line.attachment.lose_service()
    roaming = request.get("roaming")
    if request.get("service") is True or roaming is not None:
        line.attachment.regain_service(roaming if isinstance(roaming, bool) else None)


def _number(value: object, key: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise SimulatorError(f"{key} must be a number")
    return float(value)
