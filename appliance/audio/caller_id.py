"""Caller ID found by the C detectors: in what a port hears, or in a capture that is at hand."""

from array import array
from collections.abc import Mapping
from dataclasses import dataclass

from appliance.audio.binding import ffi, lib
from appliance.interfaces import HeardCallerId

MAX_FOUND = 64  # in one capture
_KINDS: Mapping[int, str] = {
    lib.AUDIO_CALLER_ID_BELL202: "bell202",
    lib.AUDIO_CALLER_ID_V23: "v23",
    lib.AUDIO_CALLER_ID_DTMF: "dtmf",
}


@dataclass(frozen=True, slots=True)
class FoundCallerId:
    """One caller ID of a capture. ``end_s``: when it ended, from the capture's first sample."""

    heard: HeardCallerId
    end_s: float


def heard_caller_id(kind: int, data: bytes, whole: int, level_db10: int) -> HeardCallerId:
    """C's numbers (audio_loop.h, AUDIO_CALLER_ID) in words."""
    return HeardCallerId(_KINDS[kind], data, bool(whole), level_db10 / 10)


def scan_caller_ids(samples: "array[int]") -> list[FoundCallerId]:
    """Every caller ID in ``samples`` (8 kHz, 16-bit, array typecode h), in order. Any thread."""
    out = ffi.new("audio_caller_id[]", MAX_FOUND)
    count = lib.audio_caller_id_scan(
        ffi.from_buffer("int16_t[]", samples), len(samples), out, MAX_FOUND
    )
    return [
        FoundCallerId(
            heard_caller_id(
                out[i].kind, bytes(out[i].data[0 : out[i].len]), out[i].whole, out[i].level_db10
            ),
            out[i].end_frames / lib.AUDIO_RATE_HZ,
        )
        for i in range(count)
    ]
