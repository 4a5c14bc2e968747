"""Looks at a call's last half minute: the survey, and what is kept of a tone that ended it.

Of the sound only the tone itself is kept, from the line's side alone: no conversation is in it.
"""

import math
from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from appliance.audio.binding import ulaw_encode
from appliance.audio.line_survey import (
    FRAME_BYTES,
    MOST_FRAMES,
    PLOT_STEP_FRAMES,
    RATE_HZ,
    SHORTEST_FRAMES,
    LineSurvey,
    SurveyedTone,
    survey,
)
from appliance.audio.recording_file import wav_header

CLIP_S = 8.0
PLOT_S = 12.0
_MEAN_SQUARE_0DBM0 = 22828.0**2 / 2  # a sine 3.14 dB below full scale (ITU-T G.711)
_LOWEST_DBM0 = -70.0


@dataclass(frozen=True, slots=True)
class CallLook:
    """``clip``: a WAV of the tone the call ended in, or b"". ``plot``: the levels around it."""

    survey: LineSurvey
    clip: bytes
    plot: Mapping[str, Any]


def look_at_call(interleaved: bytes) -> CallLook | None:
    """Survey a call's last half minute; None when it was shorter than half a second."""
    frames = len(interleaved) // FRAME_BYTES
    if frames < SHORTEST_FRAMES:
        return None
    interleaved = interleaved[-MOST_FRAMES * FRAME_BYTES :]
    found = survey(interleaved)
    tone = next((one for one in found.tones if one.is_at_end and one.phases), None)
    if tone is None:
        return CallLook(found, b"", {})
    heard = array("h", interleaved)[::2]
    return CallLook(found, _clip(heard, tone), _plot(heard, tone))


def _clip(heard: "array[int]", tone: SurveyedTone) -> bytes:
    begin = max(tone.begin_frame, tone.end_frame - round(CLIP_S * RATE_HZ))
    codes = ulaw_encode(heard[begin : tone.end_frame].tobytes())
    return wav_header(1, len(codes)) + codes + b"\0" * (len(codes) & 1)


def _plot(heard: "array[int]", tone: SurveyedTone) -> Mapping[str, Any]:
    """Levels of 50 ms each, and where the bursts of the tone are, in ms from the first level."""
    begin = max(0, len(heard) - round(PLOT_S * RATE_HZ))
    steps = range(begin, len(heard) - PLOT_STEP_FRAMES + 1, PLOT_STEP_FRAMES)
    return {
        "step_ms": PLOT_STEP_FRAMES * 1000 // RATE_HZ,
        "level_dbm0": [_level(heard[at : at + PLOT_STEP_FRAMES]) for at in steps],
        "bursts_ms": _bursts(tone, begin),
    }


def _level(samples: "array[int]") -> float:
    mean_square = sum(sample * sample for sample in samples) / len(samples)
    if mean_square < 1:
        return _LOWEST_DBM0
    return max(_LOWEST_DBM0, round(10 * math.log10(mean_square / _MEAN_SQUARE_0DBM0), 1))


def _bursts(tone: SurveyedTone, begin: int) -> list[list[int]]:
    bursts, at, turn = [], float(tone.begin_frame), 0
    while at < tone.end_frame:
        on_ms, off_ms = tone.phases[turn % len(tone.phases)]
        end = min(at + on_ms * RATE_HZ / 1000, tone.end_frame)
        if end > begin:
            first = max(at, begin) - begin
            bursts.append([round(first / 8), round((end - begin) / 8)])
        at += (on_ms + off_ms) * RATE_HZ / 1000
        turn += 1
    return bursts
