"""Reads a network's TOML: lines, HATs, phones, far ends; an unknown key is an error."""

import tomllib
from dataclasses import fields
from pathlib import Path
from typing import TypeVar

import msgspec

from appliance.errors import SimulatorError
from appliance.simulator.cellular.attachment import NetworkHabits
from appliance.simulator.cellular.faults import CellularFaults
from appliance.simulator.cellular.line import CellularConfig
from appliance.simulator.cellular.sim_card import SimConfig
from appliance.simulator.far_end import FarEndConfig, check
from appliance.simulator.hat import HatConfig
from appliance.simulator.hat_line import HatLineConfig
from appliance.simulator.line_habits import LineHabits
from appliance.simulator.modem_state import Faults
from appliance.simulator.network import LineConfig, NetworkConfig
from appliance.simulator.phones import PhoneConfig

T = TypeVar("T")
_Table = dict[str, object]
_TABLES = ("network", "line", "cellular", "hat", "hat_line", "phone", "far_end")


def read_network(path: Path, state: Path) -> NetworkConfig:
    """The network in a file; relative ports are under ``state``. Raises SimulatorError."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SimulatorError(f"{path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SimulatorError(f"{path}: {error}") from error
    try:
        return parse_network(data, state)
    except SimulatorError as error:
        raise SimulatorError(f"{path}: {error}") from error


def parse_network(data: _Table, state: Path) -> NetworkConfig:
    """The network in a TOML table. Raises SimulatorError, naming the key."""
    _refuse_unknown(data, _TABLES, "the file")
    network = data.get("network", {})
    if not isinstance(network, dict):
        raise SimulatorError("[network] must be a table")
    _refuse_unknown(network, ("seed", "country"), "[network]")
    country = str(network.get("country", "PH"))
    seed = network.get("seed", 1)
    if not isinstance(seed, int):
        raise SimulatorError("[network] seed must be a whole number")
    return NetworkConfig(
        lines=tuple(_line(table, state, country) for table in _tables(data, "line")),
        hats=tuple(_hat(table, state) for table in _tables(data, "hat")),
        phones=tuple(_phone(table) for table in _tables(data, "phone")),
        hat_lines=tuple(_hat_line(table, country) for table in _tables(data, "hat_line")),
        cellular=tuple(_cellular(table, state, country) for table in _tables(data, "cellular")),
        far_ends=tuple(_far_end(table, state) for table in _tables(data, "far_end")),
        seed=seed,
    )


def parse_faults(table: object) -> Faults:
    """Faults by name. Raises SimulatorError, naming what there is."""
    if not isinstance(table, dict):
        raise SimulatorError(f"faults must be a table of {', '.join(_names(Faults))}")
    return _convert(table, Faults, "faults")


def parse_cellular_faults(table: object) -> CellularFaults:
    """As ``parse_faults``, for a mobile line."""
    if not isinstance(table, dict):
        raise SimulatorError(f"faults must be a table of {', '.join(_names(CellularFaults))}")
    return _convert(table, CellularFaults, "faults")


def _names(kind: type) -> tuple[str, ...]:
    return tuple(item.name for item in fields(kind))


def _tables(data: _Table, name: str) -> list[_Table]:
    tables = data.get(name, [])
    if not isinstance(tables, list):
        raise SimulatorError(f"write [[{name}]], with two brackets")
    return tables


def _convert(table: _Table, kind: type[T], where: str) -> T:
    _refuse_unknown(table, _names(kind), where)
    try:
        return msgspec.convert(table, kind, dec_hook=_path)
    except msgspec.ValidationError as error:
        raise SimulatorError(f"{where}: {error}") from error


def _path(kind: type, value: object) -> object:
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise NotImplementedError(f"{kind}")


def _place(table: _Table, state: Path, where: str) -> _Table:
    """``port`` in the file is ``path`` inside, under the state folder when it is relative."""
    port = table.get("port")
    if not isinstance(port, str) or "path" in table:
        raise SimulatorError(f'{where} needs port = "where its device appears"')
    return {key: value for key, value in table.items() if key != "port"} | {
        "path": str(state / port)
    }


def _line(table: _Table, state: Path, country: str) -> LineConfig:
    where = f"[[line]] {table.get('name', '')}".rstrip()
    rest = _with_habits(table, country, where)
    if "faults" in rest:
        parse_faults(rest["faults"])
    return _convert(_place(rest, state, where), LineConfig, where)


def _hat_line(table: _Table, country: str) -> HatLineConfig:
    where = f"[[hat_line]] {table.get('name', '')}".rstrip()
    return _convert(_with_habits(table, country, where), HatLineConfig, where)


def _with_habits(table: _Table, country: str, where: str) -> _Table:
    """The keys of LineHabits stand beside the others in the file."""
    rest = {key: value for key, value in table.items() if key not in _names(LineHabits)}
    habits = {key: value for key, value in table.items() if key in _names(LineHabits)}
    _convert(habits, LineHabits, where)
    return rest | {"habits": {"country": country} | habits}


def _cellular(table: _Table, state: Path, country: str) -> CellularConfig:
    """``audio_port`` in the file is ``audio_path`` inside; [cellular.sim] and so on are tables."""
    where = f"[[cellular]] {table.get('name', '')}".rstrip()
    rest = dict(table)
    parts = {"sim": SimConfig, "network": NetworkHabits, "faults": CellularFaults}
    for part, kind in parts.items():
        inner = rest.get(part, {})
        if not isinstance(inner, dict):
            raise SimulatorError(f"{where}: {part} must be a table")
        _refuse_unknown(inner, _names(kind), f"{where} {part}")
    rest["network"] = {"country": country} | dict(table.get("network", {}))  # type: ignore[call-overload]
    audio_port = rest.pop("audio_port", None)
    if isinstance(audio_port, str):
        rest["audio_path"] = str(state / audio_port)
    return _convert(_place(rest, state, where), CellularConfig, where)


def _hat(table: _Table, state: Path) -> HatConfig:
    where = f"[[hat]] {table.get('name', '')}".rstrip()
    return _convert(_place(table, state, where), HatConfig, where)


def _far_end(table: _Table, state: Path) -> FarEndConfig:
    where = f"[[far_end]] {table.get('number', '')}".rstrip()
    if says := table.get("says"):
        table = table | {"says": str(state / str(says))}
    entry = _convert(table, FarEndConfig, where)
    check(entry)
    return entry


def _phone(table: _Table) -> PhoneConfig:
    return _convert(table, PhoneConfig, f"[[phone]] {table.get('extension', '')}".rstrip())


def _refuse_unknown(table: _Table, known: tuple[str, ...], where: str) -> None:
    for key in table:
        if key not in known:
            raise SimulatorError(f"{where} has no key {key!r}; use {', '.join(known)}")
