"""How good the legs of a bridge are: the C loop's meters in words that the history keeps."""

from dataclasses import dataclass
from typing import Any

from appliance.audio.binding import check, ffi, lib

NOBODY_SPOKE_DB10 = -990


@dataclass(frozen=True, slots=True)
class LegMeters:
    """One port since it was metered anew. ``in`` is what came from its device, ``out`` what it got.

    Levels: active speech level in dBm0 (ITU-T P.56), None when nobody spoke. ``dead_air_ms``: in
    stretches of over 2 s in which neither side spoke. ``in_was_dead``: it was told that nothing
    came in while the other side spoke; ``out_was_dead`` the other way round.
    """

    ms: int
    level_in_dbm0: float | None
    level_out_dbm0: float | None
    clipped_in_percent: float
    clipped_out_percent: float
    voice_in_ms: int
    voice_out_ms: int
    overtalk_ms: int
    dead_air_ms: int
    in_was_dead: bool
    out_was_dead: bool


def read_leg_meters(pointer: Any, port: int) -> LegMeters:
    """The meters of one port, a second old at most. Raises AudioError."""
    raw = ffi.new("audio_port_meters *")
    check(lib.audio_port_get_meters(pointer, port, raw), f"meters of port {port}")
    return LegMeters(
        raw.ms,
        _level(raw.level_in_db10),
        _level(raw.level_out_db10),
        raw.clipped_in_ppm / 10_000,
        raw.clipped_out_ppm / 10_000,
        raw.voice_in_ms,
        raw.voice_out_ms,
        raw.overtalk_ms,
        raw.dead_air_ms,
        bool(raw.one_way & lib.AUDIO_ONE_WAY_IN),
        bool(raw.one_way & lib.AUDIO_ONE_WAY_OUT),
    )


def _level(db10: int) -> float | None:
    return None if db10 == NOBODY_SPOKE_DB10 else db10 / 10
