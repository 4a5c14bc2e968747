"""Lines and modems: from what the daemon tells, or from what a modem answered, to findings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from appliance.doctor.advice import next_step
from appliance.doctor.at_script import Modem
from appliance.doctor.daemon_view import DaemonView
from appliance.doctor.findings import Finding, Verdict
from appliance.doctor.port_probe import Probe
from appliance.doctor.usb_scan import UsbDevice
from appliance.settings import LineSettings

_WELL_STATES = frozenset({"ready", "ringing", "in_call"})
_TOLD = (
    "detail", "last_problem", "counters", "probe", "facts", "linecard", "socket", "volts", "ma",
    "in_use", "warning",
)  # of a driver's own report  # fmt: skip


@dataclass(frozen=True, slots=True)
class PortCheck:
    """What came of a port. ``others``: programs that have it open; it was left alone then."""

    probe: Probe
    others: tuple[str, ...] = ()


def line_finding(
    line: LineSettings, daemon: DaemonView, device: UsbDevice | None, check: PortCheck | None
) -> Finding:
    """A configured line; from the daemon while it runs, else from its port."""
    usb = _usb_facts(device)
    if daemon.status:
        return _told(line, daemon, usb)
    if check is None:
        reason = "its port was not asked" if line.port else "only the running daemon can tell"
        return Finding("line", line.name, line.driver, Verdict.UNKNOWN, reason, facts=usb)
    what, reason, step, facts = _judge(check, device)
    if not reason and check.probe.modem is not None:
        reason = _misfit(line, check.probe.modem)
        step = "write the driver that fits as driver in the line's configuration" if reason else ""
    verdict = Verdict.TROUBLE if reason else Verdict.WELL
    facts = {**usb, **facts, "port": line.port}
    return Finding("line", line.name, what or line.driver, verdict, reason, step, facts)


def modem_finding(
    path: str, device: UsbDevice | None, check: PortCheck | None, proposal: str
) -> Finding:
    """A modem that is no line of the configuration."""
    usb = _usb_facts(device)
    title = device.known.title if device is not None and device.known is not None else ""
    if check is None:
        reason = "it was not asked"
        return Finding(
            "modem", path, title or _usb_title(device), Verdict.UNKNOWN, reason, facts=usb
        )
    what, reason, step, facts = _judge(check, device)
    what = what or title or _usb_title(device)
    is_silent = check.probe.modem is None and not check.probe.refusal
    if is_silent and device is not None and device.known is None:
        reason = "it does not answer AT, so it is no modem"
        return Finding("modem", path, what, Verdict.UNUSED, reason, facts=usb)
    if reason:
        return Finding("modem", path, what, Verdict.TROUBLE, reason, step, {**usb, **facts})
    step = "to make it a line, add what 'counterbell doctor --propose' prints to the shop's TOML"
    return Finding(
        "modem", path, what, Verdict.UNUSED, "no line uses it", step if proposal else "",
        {**usb, **facts}, proposal,
    )  # fmt: skip


def _told(line: LineSettings, daemon: DaemonView, usb: Mapping[str, Any]) -> Finding:
    shown, health = daemon.shown("lines", "name", line.name), daemon.line_health(line.name)
    state = str(shown.get("state", "down"))
    model = str(health.get("model") or shown.get("model") or "")
    what = ", ".join(filter(None, (model or line.driver, state.replace("_", " "))))
    facts: dict[str, Any] = {key: health[key] for key in _TOLD if health.get(key)}
    facts |= {"state": state, "since": shown.get("since"), **usb}
    if shown.get("facts"):
        facts["facts"] = shown["facts"]
    if state in _WELL_STATES:
        return Finding("line", line.name, what, Verdict.WELL, facts=facts)
    reason = str(shown.get("reason") or health.get("reason") or "")
    if not reason and state == "initialising":
        return Finding("line", line.name, what, Verdict.WELL, "it starts", facts=facts)
    reason = reason or "the daemon does not say why: did it start this line at all?"
    return Finding("line", line.name, what, Verdict.TROUBLE, reason, next_step(reason), facts)


def _judge(check: PortCheck, device: UsbDevice | None) -> tuple[str, str, str, Mapping[str, Any]]:
    """(what it is, why it is not well, next step, facts) of a port that was asked."""
    probe = check.probe
    if probe.refusal:
        return "", probe.refusal, next_step(probe.refusal), {}
    if check.others:
        who = ", ".join(check.others)
        reason = f"{probe.path} is used by {who}"
        return "", f"{reason}, who takes what the modem says", next_step(reason), {}
    if probe.modem is None:
        reason = f"the modem at {probe.path} does not answer AT"
        return "", reason, next_step(reason), {}
    modem = probe.modem
    title = device.known.title if device is not None and device.known is not None else ""
    what = title or " ".join(modem.identity[:3]) or "a modem that does not say what it is"
    trouble = _modem_trouble(modem)
    step = next_step(trouble) if trouble else ""
    facts = _modem_facts(modem) | ({"baud": probe.baud} if probe.baud else {})
    speed = f", at {probe.baud} baud" if probe.baud else ""
    return f"{what}{_extra(modem)}{speed}", trouble, step, facts


def _modem_trouble(modem: Modem) -> str:
    if modem.kind == "voice":
        return "the modem offers no µ-law sound, which is needed" if modem.ulaw is False else ""
    if modem.kind == "other":
        return "no µ-law sound: it has neither voice (class 8) nor a SIM, it is a data modem"
    troubles = (
        (modem.sim == "BUSY", "the SIM does not answer yet: it starts"),
        (modem.sim != "READY", f"the SIM is not ready: {modem.sim}"),
        (modem.network not in ("home", "roaming", ""), f"no network: {modem.network}"),
        (modem.is_weak, f"weak signal: {modem.signal_dbm} dBm"),
    )
    return next((reason for is_so, reason in troubles if is_so), "")


def _extra(modem: Modem) -> str:
    parts = []
    if modem.kind == "voice":
        parts.append("voice modem")
    if modem.operator:
        parts.append(modem.operator)
    if modem.network == "roaming":
        parts.append("roaming")
    if modem.signal_dbm is not None:
        parts.append(f"{modem.signal_dbm} dBm")
    return "".join(f", {part}" for part in parts)


def _modem_facts(modem: Modem) -> dict[str, Any]:
    facts = {
        "identity": list(modem.identity),
        "classes": list(modem.classes),
        "formats": list(modem.formats),
        "sim": modem.sim,
        "signal_dbm": modem.signal_dbm,
        "network": modem.network,
        "operator": modem.operator,
    }
    return {"modem_kind": modem.kind} | {key: value for key, value in facts.items() if value}


def _misfit(line: LineSettings, modem: Modem) -> str:
    fits = {"voice": "voice_modem", "cellular": "cellular"}.get(modem.kind, line.driver)
    if fits == line.driver:
        return ""
    return f"the configuration says {line.driver}, but the modem there is for {fits}"


def _usb_title(device: UsbDevice | None) -> str:
    if device is None:
        return "a serial port"
    named = " ".join(filter(None, (device.maker, device.title)))
    return named or f"USB device {device.vendor}:{device.product}"


def _usb_facts(device: UsbDevice | None) -> dict[str, Any]:
    if device is None:
        return {}
    return {
        "usb": f"{device.vendor}:{device.product}",
        "socket": device.socket,
        "ports": {f"/dev/{port.tty}": list(port.names) for port in device.ports},
        "autosuspend": device.autosuspend,
        "current_ma": device.current_ma,
        "sound_cards": list(device.sound_cards),
    }
