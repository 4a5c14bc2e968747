"""Reads the WAV files a shop may bring: PCM of 8 or 16 bits, µ-law, A-law; mono or stereo.

Nothing here trusts the file: sizes are checked against what is there, and the length is limited.
"""

import struct
import sys
from array import array
from dataclasses import dataclass

from appliance.errors import PromptError

MAX_WAV_S = 180  # a long greeting; bounds what an upload may cost
WAVE_PCM, WAVE_ALAW, WAVE_ULAW, WAVE_EXTENSIBLE = 1, 6, 7, 0xFFFE  # RFC 2361, mmreg.h
_ALLOWED = "a WAV file of 8 or 16-bit PCM, µ-law or A-law, with one or two channels"


@dataclass(frozen=True, slots=True)
class Wav:
    """Decoded sound. ``samples``: 16-bit, mixed down to one channel; the file had ``channels``."""

    rate_hz: int
    samples: "array[int]"
    channels: int = 1


@dataclass(frozen=True, slots=True)
class _Format:
    encoding: int
    channels: int
    rate_hz: int
    bits: int


def ulaw_table() -> tuple[int, ...]:
    """The 256 sample values of µ-law (ITU-T G.711), 16-bit."""
    values = []
    for code in range(256):
        inverted = ~code & 0xFF
        magnitude = (((inverted & 0x0F) << 3) + 0x84 << (inverted >> 4 & 7)) - 0x84
        values.append(-magnitude if inverted & 0x80 else magnitude)
    return tuple(values)


def alaw_table() -> tuple[int, ...]:
    """The 256 sample values of A-law (ITU-T G.711), 16-bit."""
    values = []
    for code in range(256):
        even = code ^ 0x55
        exponent = even >> 4 & 7
        magnitude = ((even & 0x0F) << 4) + 8
        if exponent:
            magnitude = magnitude + 0x100 << exponent - 1
        values.append(magnitude if even & 0x80 else -magnitude)
    return tuple(values)


def read_wav(data: bytes, max_s: float = MAX_WAV_S) -> Wav:
    """Decode a WAV file. Raises PromptError, with what is allowed, for anything else.

    A data chunk longer than the file (a stream's header) ends where the file ends.
    """
    if len(data) < 12 or data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise PromptError(f"not a WAV file; give {_ALLOWED}")
    form, body = _find_chunks(data)
    if form.rate_hz <= 0 or form.channels not in (1, 2):
        raise PromptError(f"{form.channels} channels at {form.rate_hz} Hz; give {_ALLOWED}")
    frame_bytes = form.channels * form.bits // 8
    if len(body) > max_s * form.rate_hz * frame_bytes:
        raise PromptError(f"longer than {max_s:g} s; cut it")
    samples = _decode(form, body[: len(body) - len(body) % max(frame_bytes, 1)])
    if form.channels == 2:
        pairs = zip(samples[::2], samples[1::2], strict=True)
        samples = array("h", ((a + b) // 2 for a, b in pairs))
    return Wav(form.rate_hz, samples, form.channels)


def pcm_wav(samples: "array[int]", rate_hz: int) -> bytes:
    """A one-channel 16-bit PCM WAV file."""
    body = _little_endian(samples).tobytes()
    form = struct.pack("<HHIIHH", WAVE_PCM, 1, rate_hz, 2 * rate_hz, 2, 16)
    chunks = b"fmt " + struct.pack("<I", len(form)) + form
    chunks += b"data" + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def _find_chunks(data: bytes) -> tuple[_Format, bytes]:
    form: _Format | None = None
    at = 12
    while at + 8 <= len(data):
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        start = at + 8
        if name == b"fmt ":
            form = _read_format(data[start : start + min(size, 64)])
        elif name == b"data":
            if form is None:
                raise PromptError("the WAV file has sound before its format; save it again")
            return form, data[start : start + size]
        at = start + size + (size & 1)  # chunks are padded to an even length
    raise PromptError("the WAV file holds no sound; save it again")


def _read_format(body: bytes) -> _Format:
    if len(body) < 16:
        raise PromptError(f"the WAV file's format is cut short; give {_ALLOWED}")
    encoding, channels, rate_hz, _, _, bits = struct.unpack_from("<HHIIHH", body)
    if encoding == WAVE_EXTENSIBLE and len(body) >= 26:
        encoding = int.from_bytes(body[24:26], "little")  # the first field of the sub-format GUID
    return _Format(encoding, channels, rate_hz, bits)


def _decode(form: _Format, body: bytes) -> "array[int]":
    if form.encoding == WAVE_PCM and form.bits == 16:
        samples = array("h")
        samples.frombytes(body)
        return _little_endian(samples)
    if form.bits == 8 and form.encoding in (WAVE_PCM, WAVE_ULAW, WAVE_ALAW):
        if form.encoding == WAVE_PCM:
            table: tuple[int, ...] = tuple((code - 128) * 256 for code in range(256))
        else:
            table = ulaw_table() if form.encoding == WAVE_ULAW else alaw_table()
        return array("h", map(table.__getitem__, body))
    raise PromptError(f"format {form.encoding} with {form.bits} bits; give {_ALLOWED}")


def _little_endian(samples: "array[int]") -> "array[int]":
    if sys.byteorder == "little":
        return samples
    swapped = array("h", samples)
    swapped.byteswap()
    return swapped
