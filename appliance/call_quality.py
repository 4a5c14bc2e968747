"""What is kept of a bridge's meters: the two sides of a call, for the history and the page."""

from appliance.audio.engine import AudioEngine
from appliance.core.commands import Figure


def measure(audio: AudioEngine, caller: int | None, station: int | None) -> dict[str, object]:
    """The quality of two bridged ports so far; {} when neither has audio. Raises AudioError.

    Keys: ``ms``, ``overtalk_ms``, ``dead_air_ms``, and ``caller`` and ``station``: each a mapping
    (see docs/audio.md), or None without audio.
    """
    first = caller if caller is not None else station
    if first is None:
        return {}
    both = audio.legs.meters(first)
    return {
        "ms": both.ms,
        "overtalk_ms": both.overtalk_ms,
        "dead_air_ms": both.dead_air_ms,
        "caller": _side(audio, caller),
        "station": _side(audio, station),
    }


def _side(audio: AudioEngine, port: int | None) -> dict[str, Figure] | None:
    if port is None:
        return None
    meters = audio.legs.meters(port)
    stats = audio.port_stats(port)
    return {
        "level_dbm0": meters.level_in_dbm0,
        "clipped_percent": round(meters.clipped_in_percent, 3),
        "talk_ms": meters.voice_in_ms,
        "lost_frames": stats.lost_frames,
        "echo_return_loss_db": stats.echo_loss_db or None,  # 0: no echo was found
        "echo_removed_db": stats.echo_removed_db or None,
    }
