"""How good a call's sound was, in one short sentence for the owner, or nothing when it was good."""

from collections.abc import Mapping
from typing import Any

from web_admin.words import duration_text

_LOW_DBM0, _LOUD_DBM0 = -30.0, -9.0  # active speech levels; a good line is near -20
_CLIPPED_PERCENT = 0.5
_DEAD_AIR_PART = 0.5
_SHORTEST_MS = 10_000  # a shorter talk says little of its line


def sentence(quality: Mapping[str, Any] | None) -> str:
    """The worst that was measured, first; ``quality`` as in docs/control-api.md."""
    if quality is None:
        return ""
    for trouble in quality.get("one_way") or ():
        if not trouble["over"]:
            since = duration_text(trouble["after_ms"] / 1000)
            who = "The caller could not be heard"
            if trouble["silent"] == "station":
                who = "The caller could not hear the shop"
            return f"{who} from {since} of the talk"
    return next(filter(None, (_side(quality, "caller"), _side(quality, "station"))), _air(quality))


def _side(quality: Mapping[str, Any], side: str) -> str:
    figures = quality.get(side)
    if not figures:
        return ""
    what = "Line" if side == "caller" else "Handset"
    if figures["clipped_percent"] > _CLIPPED_PERCENT:
        return f"{what} too loud: the sound was cut off"
    level = figures["level_dbm0"]
    if level is None:
        return ""
    if level < _LOW_DBM0:
        return f"{what} level low ({level:.0f} dBm0)"
    return f"{what} level high ({level:.0f} dBm0)" if level > _LOUD_DBM0 else ""


def _air(quality: Mapping[str, Any]) -> str:
    ms = quality.get("ms", 0)
    if ms < _SHORTEST_MS or quality["dead_air_ms"] < _DEAD_AIR_PART * ms:
        return ""
    return f"Nobody spoke for {duration_text(quality['dead_air_ms'] / 1000)} of it"
