"""Our services, timers and the hardware watchdog, asked of systemd."""

from collections.abc import Mapping

from appliance.box.reading import TROUBLE, UNKNOWN, UNUSED, WELL, Look, Reading

UNITS = (
    "counterbell-telephony.service",
    "counterbell-web.service",
    "counterbell-web.socket",
    "counterbell-maintenance.timer",
    "counterbell-backup.timer",
    "counterbell-update.path",
    "counterbell-network.path",
)
ONE_SHOTS = (
    "counterbell-boot.service",
    "counterbell-update.service",
    "counterbell-network.service",
    "counterbell-maintenance.service",
    "counterbell-backup.service",
)
_ASKED = "Id,LoadState,ActiveState,SubState,Result,NRestarts,UnitFileState,ActiveEnterTimestamp"
MANY_RESTARTS = 3  # one may be an update's; these are not
_WATCHDOG_REFUSED = ("Failed to set timeout", "Failed to open watchdog device")


def has_systemd(look: Look) -> bool:
    return (look.root / "run/systemd/system").is_dir()


def service_readings(look: Look) -> list[Reading]:
    """One a unit of ours that is installed here."""
    if not has_systemd(look):
        return [Reading("service", "systemd", "this machine has no systemd: no services", UNUSED)]
    told = look.ask(("systemctl", "show", "-p", _ASKED, *UNITS, *ONE_SHOTS))
    if told is None:
        return [Reading("service", "systemd", "", UNKNOWN, "systemd does not answer this user")]
    units = [_fields(block) for block in told.split("\n\n") if block.strip()]
    here = [one for one in units if one.get("LoadState") not in ("not-found", None)]
    if not here:
        return [Reading("service", "counterbell", "not installed on this machine", UNUSED)]
    return [_unit(one) for one in here]


def _fields(block: str) -> Mapping[str, str]:
    return dict(line.split("=", 1) for line in block.splitlines() if "=" in line)


def _unit(unit: Mapping[str, str]) -> Reading:
    name = unit.get("Id", "")
    state, result = unit.get("ActiveState", ""), unit.get("Result", "")
    restarts = int(unit.get("NRestarts") or 0)
    since = unit.get("ActiveEnterTimestamp", "")
    facts = {"state": state, "result": result, "restarts": restarts, "since": since}
    log = f"see why: 'sudo journalctl -b -u {name}'"
    if unit.get("LoadState") == "masked":
        step = f"'sudo systemctl unmask {name}', then './provision.sh install' once more"
        return Reading("service", name, "", TROUBLE, "it is masked", step, facts)
    if name in ONE_SHOTS:
        what = "at work" if state == "activating" else f"last result: {result or 'none yet'}"
        if state == "failed" or result not in ("", "success"):
            reason = f"its last run failed ({result})"
            return Reading("service", name, what, TROUBLE, reason, log, facts)
        return Reading("service", name, what, facts=facts)
    if state not in ("active", "reloading", "activating"):
        reason = f"it is {state}" + (f" ({result})" if result not in ("", "success") else "")
        step = f"'sudo systemctl restart {name}'; {log}"
        return Reading("service", name, state, TROUBLE, reason, step, facts)
    what = f"{state} since {since}" if since else state
    if restarts >= MANY_RESTARTS:
        reason = f"it was started again {restarts} times since the box started"
        return Reading("service", name, what, TROUBLE, reason, log, facts)
    if restarts:
        what += f", started again {restarts} times" if restarts > 1 else ", started again once"
    return Reading("service", name, what, facts=facts)


def watchdog_reading(look: Look) -> Reading:
    """Whether a box that hangs starts itself again."""
    wanted = look.ask(("systemctl", "show", "-p", "RuntimeWatchdogUSec", "--value"))
    has_device = any((look.root / "dev").glob("watchdog*"))
    facts = {"wanted": (wanted or "").strip(), "device": has_device}
    if not has_systemd(look) or not has_device:
        return Reading("watchdog", "hardware", "this machine has none", UNUSED, facts=facts)
    if wanted is None:
        return Reading("watchdog", "hardware", "", UNKNOWN, "systemd does not answer this user")
    what, verdict, reason, step = _watchdog(look, wanted.strip())
    return Reading("watchdog", "hardware", what, verdict, reason, step, facts)


def _watchdog(look: Look, wanted: str) -> tuple[str, str, str, str]:
    """What, verdict, reason and next step, where there is a device and systemd."""
    if wanted in ("0", "infinity", ""):
        step = "'sudo ./provision.sh install' puts its setting in, then restart the box"
        return "", TROUBLE, "it is switched off", step
    journal = look.ask(("journalctl", "-b", "-q", "--no-pager", "-o", "cat", "_PID=1"))
    told = (journal or "").splitlines()
    refused = [line for line in told if any(word in line for word in _WATCHDOG_REFUSED)]
    if refused:
        reason = f"the kernel refused it: {refused[-1][:160]}"
        step = "set RuntimeWatchdogSec=15s in /etc/systemd/system.conf.d: this Pi takes no more"
        return wanted, TROUBLE, reason, step
    if journal is None:
        reason = "whether the kernel took it stands in the journal, which this user may not read"
        return wanted, UNKNOWN, reason, "run 'sudo counterbell doctor'"
    return f"starts a box that hangs again after {wanted}", WELL, "", ""
