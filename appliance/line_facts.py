"""What a line's driver says of itself, as a small table whose keys are always there."""

from collections.abc import Mapping
from typing import Any

from appliance.interfaces import LineDriver, TextLine

_STEP_DBM = 2  # a signal that trembles is no news for every page
_LATER = ("imei", "iccid", "imsi", "number", "firmware", "detail", "reason", "counters")


def line_facts(driver: LineDriver | None, health: Mapping[str, Any]) -> dict[str, Any]:
    """``facts`` of a line in the status snapshot; what the driver does not know is "" or null."""
    signal, roaming = health.get("signal_dbm"), health.get("roaming")
    return {
        "operator": _short(health.get("operator")),
        "roaming": roaming if isinstance(roaming, bool) else None,
        "signal_dbm": _stepped(signal) if isinstance(signal, int | float) else None,
        "registration": _short(health.get("registration")),
        "sim": _short(health.get("sim")),
        "last_problem": _short(health.get("last_problem"), 300),
        "warning": _short(health.get("warning"), 300),
        "texts": isinstance(driver, TextLine),
    }


def line_details(health: Mapping[str, Any]) -> dict[str, Any]:
    """More of it, for the line's own page: identities, counters and whatever else it tells."""
    shown = {key: value for key, value in health.items() if isinstance(value, str | int | float)}
    counters = health.get("counters")
    return {
        **{key: value for key, value in shown.items() if key in _LATER},
        "counters": dict(counters) if isinstance(counters, Mapping) else {},
    }


def _stepped(signal_dbm: float) -> int:
    return round(signal_dbm / _STEP_DBM) * _STEP_DBM


def _short(value: object, most: int = 60) -> str:
    return str(value)[:most] if isinstance(value, str) else ""
