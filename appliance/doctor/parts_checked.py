"""Line cards, handsets and sound cards: what the daemon or their own answers say of them."""

from collections.abc import Mapping
from typing import Any

from appliance.doctor.advice import next_step
from appliance.doctor.daemon_view import DaemonView
from appliance.doctor.findings import Finding, Verdict
from appliance.linecard.messages import PROTOCOL, HelloReply
from appliance.settings import LinecardSettings, Settings

_BAD_FRAMES_PERCENT = 1.0


def linecard_finding(
    card: LinecardSettings, daemon: DaemonView, greeting: HelloReply | str | None
) -> Finding:
    """``greeting``: who answered HELLO, or why the port could not be opened; None: nobody."""
    if daemon.is_up:
        return _linecard_told(card, daemon)
    if isinstance(greeting, HelloReply):
        what = _hat(greeting.firmware, greeting.fxs_mask, greeting.fxo_mask)
        if greeting.version != PROTOCOL:
            reason = f"it does not speak link version {PROTOCOL}"
            return _trouble(card.name, what, reason, next_step("firmware"))
        return Finding("linecard", card.name, what, Verdict.WELL, facts={"serial": greeting.serial})
    reason = greeting or f"nobody answers at {card.port}"
    return _trouble(card.name, "", reason, next_step("line card"))


def _linecard_told(card: LinecardSettings, daemon: DaemonView) -> Finding:
    health = daemon.health.get("linecards", {}).get(card.name)
    if not health:
        return Finding("linecard", card.name, "", Verdict.UNKNOWN, "the daemon says nothing of it")
    what = _hat(health["firmware"], health["fxs_mask"], health["fxo_mask"])
    counters = dict(health.get("counters", {}))
    facts = {"port": health["port"], "serial": health["serial"], **counters}
    if health["state"] != "up":
        reason = str(health["reason"] or f"the link is {health['state']}")
        return _trouble(card.name, what, reason, next_step(f"the HAT: {reason}"), facts)
    good, bad = counters.get("good_frames", 0), counters.get("bad_frames", 0)
    if bad * 100 > (good + bad) * _BAD_FRAMES_PERCENT:
        reason = f"{bad} of {good + bad} frames came damaged"
        return _trouble(card.name, what, reason, "press the HAT onto all 40 pins, then see again")
    return Finding("linecard", card.name, what, Verdict.WELL, facts=facts)


def _hat(firmware: str, fxs_mask: int, fxo_mask: int) -> str:
    if not firmware:
        return ""
    handsets, lines = fxs_mask.bit_count(), fxo_mask.bit_count()
    return f"line card, firmware {firmware}, {handsets} handset and {lines} line sockets"


def _trouble(
    name: str, what: str, reason: str, step: str, facts: Mapping[str, Any] | None = None
) -> Finding:
    return Finding("linecard", name, what, Verdict.TROUBLE, reason, step, facts or {})


def station_findings(settings: Settings, daemon: DaemonView) -> list[Finding]:
    """The handsets, while a daemon runs that can tell."""
    found = []
    for station in settings.stations if daemon.status else ():
        shown = daemon.shown("stations", "extension", station.extension)
        state = str(shown.get("state", "down"))
        what = f"{station.name}, {state.replace('_', ' ')}"
        name = station.extension
        if state == "down":
            reason = str(shown.get("reason") or "it can't be reached")
            found.append(Finding("station", name, what, Verdict.TROUBLE, reason, next_step(reason)))
        elif state == "off_hook":
            step = "put the handset on its hook"
            reason = "somebody left it off the hook"
            found.append(Finding("station", name, what, Verdict.TROUBLE, reason, step))
        else:
            found.append(Finding("station", name, what, Verdict.WELL))
    return found


def sound_card_findings(
    settings: Settings, daemon: DaemonView, cards: Mapping[str, Any] | str
) -> list[Finding]:
    """The configured sound cards, then those that nobody uses. ``cards``: the list, or a reason."""
    listed = [] if isinstance(cards, str) else list(cards["cards"])
    why_not = cards if isinstance(cards, str) else str(cards["system"])
    found = []
    used: set[str] = set()
    for card in settings.sound_cards:
        there = next((one for one in listed if card.device in one["names"]), None)
        used.update(there["names"] if there else ())
        shown = daemon.shown("sound_cards", "name", card.name)
        reason = ""
        if shown and shown["state"] == "away":
            reason = str(shown["reason"])
        elif not shown and there is None:
            reason = f"no sound system: {why_not}" if why_not else f"there is no {card.device}"
        verdict = Verdict.TROUBLE if reason else Verdict.WELL
        step = next_step(f"sound card: {reason}") if reason else ""
        facts = {key: shown[key] for key in ("rate_hz", "xruns", "drift_ppm") if key in shown}
        found.append(Finding("sound_card", card.name, card.device, verdict, reason, step, facts))
    for one in listed:
        if one["device"] not in used:
            about = f"{one['channels_in']} in, {one['channels_out']} out, {one['rate_hz']:g} Hz"
            found.append(Finding("sound_card", one["device"], about, Verdict.UNUSED))
    return found
