"""What a stretch of a line's sound holds, measured afterwards: tones that repeat, levels, echo.

The work is done in C (firmware/audio/survey*.c) without the interpreter's lock; never call it on
the main thread: half a minute of sound takes a Pi's core up to a third of a second.
"""

from dataclasses import dataclass
from typing import Any

from appliance.audio.binding import check, ffi, lib

RATE_HZ = int(lib.AUDIO_RATE_HZ)
MOST_FRAMES = int(lib.AUDIO_SURVEY_MAX_FRAMES)
SHORTEST_FRAMES = RATE_HZ // 2
FRAME_BYTES = 4
NOTHING_DBM0 = -99.0
PLOT_STEP_FRAMES = 400  # 50 ms


@dataclass(frozen=True, slots=True)
class SurveyedTone:
    """A tone that repeats strictly. ``hz``: strongest first. No phases: steady.

    ``phases``: (on, off) in ms. ``sent_dbm0``: what we sent at its frequency meanwhile.
    ``is_at_end``: it lasted until the sound ended; else ``sound_after_ms`` of sound followed it.
    ``begin_frame``, ``end_frame``: its place in the surveyed sound.
    """

    hz: tuple[float, ...]
    phases: tuple[tuple[float, float], ...]
    cycles: int
    jitter_ms: float
    level_dbm0: float
    snr_db: float
    sent_dbm0: float
    begin_frame: int
    end_frame: int
    is_at_end: bool
    sound_after_ms: int


@dataclass(frozen=True, slots=True)
class LineSurvey:
    """Levels in dBm0; None where there was nothing to measure. ``hum_hz``: 50, 60 or 0: none."""

    noise_dbm0: float | None
    speech_dbm0: float | None
    hum_hz: int
    hum_dbm0: float | None
    echo_return_loss_db: float | None
    echo_delay_ms: float | None
    tones: tuple[SurveyedTone, ...]


def survey(interleaved: bytes) -> LineSurvey:
    """Survey 16-bit frames, heard and sent in turn, as a tap gives them. Any thread but the main.

    From 0.5 to 32.7 s of them. Raises AudioError otherwise, or when memory is short.
    """
    found = ffi.new("audio_survey *")
    frames = len(interleaved) // FRAME_BYTES
    check(
        lib.audio_survey_call(ffi.from_buffer("int16_t[]", interleaved), frames, found),
        f"survey of {frames} frames",
    )
    has_echo = found.echo_return_loss_db > NOTHING_DBM0
    return LineSurvey(
        noise_dbm0=_level(found.noise_dbm0),
        speech_dbm0=_level(found.speech_dbm0),
        hum_hz=found.hum_hz,
        hum_dbm0=_level(found.hum_dbm0),
        echo_return_loss_db=_level(found.echo_return_loss_db),
        echo_delay_ms=round(found.echo_delay_ms, 1) if has_echo else None,
        tones=tuple(_tone(found.tones[n]) for n in range(found.tone_count)),
    )


def _tone(tone: Any) -> SurveyedTone:
    phases = tuple((tone.on_ms[p], tone.off_ms[p]) for p in range(tone.phases))
    return SurveyedTone(
        hz=tuple(tone.hz[0 : tone.lines]),
        phases=phases,
        cycles=tone.cycles,
        jitter_ms=tone.jitter_ms,
        level_dbm0=tone.level_dbm0,
        snr_db=tone.snr_db,
        sent_dbm0=tone.sent_dbm0,
        begin_frame=tone.begin_frame,
        end_frame=tone.end_frame,
        is_at_end=bool(tone.at_end),
        sound_after_ms=tone.sound_after_ms,
    )


def _level(dbm0: float) -> float | None:
    return None if dbm0 <= NOTHING_DBM0 else round(dbm0, 1)
