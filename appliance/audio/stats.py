"""The figures of the audio loop and of its ports, copied out of C."""

from dataclasses import dataclass
from typing import Any

from appliance.audio.binding import check, ffi, lib


@dataclass(frozen=True, slots=True)
class PortStats:
    """One port's figures. Frames at 8 kHz; levels in dBm0 over the last 100 ms.

    ``echo_delay_ms``: from writing a sample to its echo; ``echo_loss_db``: how much weaker the echo
    comes back (ERL); ``echo_removed_db``: what the canceller takes away of it (ERLE). 0 = unknown.
    """

    frames_in: int
    frames_out: int
    underruns: int
    overruns: int
    lost_frames: int
    drift_ppm: int
    level_in_dbm0: float
    level_out_dbm0: float
    fill_in_frames: int
    fill_out_frames: int
    echo_delay_ms: int
    echo_loss_db: float
    echo_removed_db: float


@dataclass(frozen=True, slots=True)
class LoopStats:
    """The loop's figures. ``late_ticks``: begun over 5 ms late."""

    ticks: int
    late_ticks: int
    worst_late_us: int
    dropped_events: int


def read_port_stats(pointer: Any, port: int) -> PortStats:
    """The figures of one port. Raises AudioError."""
    raw = ffi.new("audio_port_stats *")
    check(lib.audio_port_get_stats(pointer, port, raw), f"figures of port {port}")
    return PortStats(
        raw.frames_in,
        raw.frames_out,
        raw.underruns,
        raw.overruns,
        raw.lost_frames,
        raw.drift_ppm,
        raw.level_in_db10 / 10,
        raw.level_out_db10 / 10,
        raw.fill_in,
        raw.fill_out,
        raw.echo_delay_ms,
        raw.echo_loss_db10 / 10,
        raw.echo_removed_db10 / 10,
    )


def read_loop_stats(pointer: Any) -> LoopStats:
    """The loop's own figures."""
    raw = ffi.new("audio_loop_stats *")
    lib.audio_loop_get_stats(pointer, raw)
    return LoopStats(raw.ticks, raw.late_ticks, raw.worst_late_us, raw.dropped_events)
