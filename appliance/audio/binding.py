"""The C audio loop as cffi sees it, and its error numbers as AudioError."""

import errno
import os
from typing import Any

from appliance.audio._audio_loop import ffi as _ffi
from appliance.audio._audio_loop import lib as _lib
from appliance.errors import AudioError

ffi: Any = _ffi
lib: Any = _lib


def check(result: int, what: str) -> None:
    """Raise AudioError, naming ``what``, when C answered with a negative errno."""
    if result == -errno.EAGAIN:
        raise AudioError(f"{what}: too many requests wait for the audio loop; is it running?")
    if result < 0:
        raise AudioError(f"{what}: {os.strerror(-result)}")


def ulaw_encode(samples: bytes) -> bytes:
    """µ-law (ITU-T G.711) of 16-bit samples in the machine's byte order. Any thread."""
    count = len(samples) // 2
    codes = bytearray(count)
    lib.audio_ulaw_encode(ffi.from_buffer("int16_t[]", samples), ffi.from_buffer(codes), count)
    return bytes(codes)
