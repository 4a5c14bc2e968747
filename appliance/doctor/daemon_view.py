"""What the running daemon tells the doctor; or why it tells nothing."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from appliance.control.client import Client
from appliance.doctor.findings import Finding, Verdict
from appliance.errors import ControlError, DaemonNotRunning, PermissionDenied

ASK_S = 5.0
_START = "start it: 'sudo systemctl start counterbell-telephony', or 'counterbell run'"


@dataclass(frozen=True, slots=True)
class DaemonView:
    """``is_up``: None when this user may not know. ``trouble``: why there is no status."""

    is_up: bool | None
    status: Mapping[str, Any] = field(default_factory=dict)
    health: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    toml: str | None = None
    trouble: str = ""

    def line_health(self, name: str) -> Mapping[str, Any]:
        """A line's own report, or {}."""
        found: Mapping[str, Any] = self.health.get("lines", {}).get(name, {})
        return found

    def shown(self, table: str, key: str, name: str) -> Mapping[str, Any]:
        """The entry of a table of the status snapshot whose ``key`` is ``name``, or {}."""
        rows = self.status.get(table, ())
        return next((row for row in rows if row.get(key) == name), {})


def ask_daemon(state: Path) -> DaemonView:
    """Status, health and configuration of the daemon at ``state``; never raises for a dead one."""
    with Client(state / "control.sock", timeout_s=ASK_S) as client:
        try:
            status = client.call("status.get")
            health: dict[str, Any] = {}
            with suppress(PermissionDenied):
                health = client.call("health.get")
            return DaemonView(True, status, health, str(client.call("config.get")["toml"]))
        except DaemonNotRunning as error:
            return DaemonView(False, trouble=str(error))
        except PermissionDenied as error:
            return DaemonView(None, trouble=str(error))
        except ControlError as error:
            return DaemonView(True, trouble=str(error))


def daemon_finding(view: DaemonView, state: Path) -> Finding:
    """The daemon as one thing among the others."""
    if view.is_up is None:
        step = "run 'sudo counterbell doctor', or as the daemon's user"
        return Finding("daemon", "telephony", "", Verdict.UNKNOWN, view.trouble, step)
    if not view.is_up:
        reason = f"it does not run on {state}"
        return Finding("daemon", "telephony", "", Verdict.TROUBLE, reason, _START)
    if view.trouble:
        step = "restart it: 'sudo systemctl restart counterbell-telephony'"
        return Finding("daemon", "telephony", "", Verdict.TROUBLE, view.trouble, step)
    storage = view.status["storage"]["problem"]
    problems = [one for one in view.status["problems"] if one != storage]
    what = f"runs for {view.status['shop'] or 'a shop without a name'}"
    if problems:
        step = "see the other lines of this report, and 'counterbell status'"
        return Finding("daemon", "telephony", what, Verdict.TROUBLE, "; ".join(problems), step)
    return Finding("daemon", "telephony", what, Verdict.WELL)
