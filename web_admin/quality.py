"""How good a call's sound was, in one short sentence for the owner, or nothing when it was good."""

from collections.abc import Mapping
from typing import Any

from web_admin.words import duration_text

_LOW_DBM0, _LOUD_DBM0 = -30.0, -9.0  # active speech levels; a good line is near -20
_CLIPPED_PERCENT = 0.5
_DEAD_AIR_PART = 0.5
_SHORTEST_MS = 10_000  # a shorter talk says little of its line


def sentence(quality: Mapping[str, Any] | None, is_outbound: bool = False) -> str:
    """The worst that was measured, first; ``quality`` as in docs/control-api.md.

    Of a call out the figures of ``caller`` are the handset's, those of ``station`` the line's.
    """
    if quality is None:
        return ""
    for trouble in quality.get("one_way") or ():
        if not trouble["over"]:
            since = duration_text(trouble["after_ms"] / 1000)
            other = "The other side" if is_outbound else "The caller"
            who = f"{other} could not be heard"
            if trouble["silent"] == "station":
                who = f"{other} could not hear the shop"
            elif trouble["silent"] == "far_end":
                who = "The other side could not be heard"
            return f"{who} from {since} of the talk"
    line, handset = ("station", "caller") if is_outbound else ("caller", "station")
    sides = (_side(quality.get(line), "Line"), _side(quality.get(handset), "Handset"))
    return next(filter(None, sides), _air(quality))


def _side(figures: Mapping[str, Any] | None, what: str) -> str:
    if not figures:
        return ""
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
