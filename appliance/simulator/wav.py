"""Reads and writes the simulator's sound files: any common WAV in, 16-bit 8 kHz out."""

import struct
from pathlib import Path

from appliance.errors import SimulatorError
from appliance.simulator.codec import RATE_HZ, alaw_to_ulaw, ulaw_decode, ulaw_encode

_PCM, _ALAW, _ULAW, _EXTENSIBLE = 1, 6, 7, 0xFFFE


def read_wav(path: Path) -> bytes:
    """The file as 8 kHz µ-law, channels averaged, other rates interpolated linearly.

    Raises SimulatorError when the file cannot be read or holds another coding.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SimulatorError(f"{path}: {error.strerror}") from error
    try:
        return decode_wav(data)
    except SimulatorError as error:
        raise SimulatorError(f"{path}: {error}") from error


def decode_wav(data: bytes) -> bytes:
    """µ-law of a WAV file's bytes. Raises SimulatorError."""
    coding, channels, rate, bits, body = _parse(data)
    samples = _samples(coding, bits, body)
    if channels > 1:
        whole = len(samples) // channels * channels
        samples = [sum(samples[i : i + channels]) // channels for i in range(0, whole, channels)]
    if rate != RATE_HZ:
        samples = _resample(samples, rate)
    return ulaw_encode(samples)


def _parse(data: bytes) -> tuple[int, int, int, int, bytes]:
    if len(data) < 12 or data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise SimulatorError("not a WAV file")
    layout: tuple[int, int, int, int] | None = None
    position = 12
    while position + 8 <= len(data):
        name, size = data[position : position + 4], struct.unpack_from("<I", data, position + 4)[0]
        body = data[position + 8 : position + 8 + size]
        if name == b"fmt " and len(body) >= 16:
            coding, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", body)
            if coding == _EXTENSIBLE and len(body) >= 26:
                coding = struct.unpack_from("<H", body, 24)[0]
            layout = coding, channels, rate, bits
        elif name == b"data" and layout is not None:
            if not layout[1] or not layout[2]:
                raise SimulatorError("the WAV header names no channels or no rate")
            return (*layout, body)
        position += 8 + size + (size & 1)
    raise SimulatorError("the WAV file has no sound in it")


def _samples(coding: int, bits: int, body: bytes) -> list[int]:
    if coding == _PCM and bits == 16:
        return list(struct.unpack(f"<{len(body) // 2}h", body[: len(body) & ~1]))
    if coding == _PCM and bits == 8:
        return [(code - 128) << 8 for code in body]
    if coding == _ULAW and bits == 8:
        return ulaw_decode(body)
    if coding == _ALAW and bits == 8:
        return ulaw_decode(alaw_to_ulaw(body))
    raise SimulatorError(f"WAV coding {coding} with {bits} bits; use 16-bit or 8-bit PCM, or G.711")


def _resample(samples: list[int], rate: int) -> list[int]:
    count = len(samples) * RATE_HZ // rate
    out = []
    for n in range(count):
        index, part = divmod(n * rate, RATE_HZ)
        here = samples[index]
        after = samples[min(index + 1, len(samples) - 1)]
        out.append(here + (after - here) * part // RATE_HZ)
    return out


def encode_wav(ulaw: bytes) -> bytes:
    """A 16-bit mono 8 kHz WAV file of µ-law audio."""
    samples = ulaw_decode(ulaw)
    body = struct.pack(f"<{len(samples)}h", *samples)
    head = struct.pack("<HHIIHH", _PCM, 1, RATE_HZ, RATE_HZ * 2, 2, 16)
    chunks = b"WAVEfmt " + struct.pack("<I", len(head)) + head
    chunks += b"data" + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", len(chunks)) + chunks


def write_wav(path: Path, ulaw: bytes) -> None:
    """Save µ-law audio as a 16-bit WAV. Raises SimulatorError."""
    try:
        path.write_bytes(encode_wav(ulaw))
    except OSError as error:
        raise SimulatorError(f"{path}: {error.strerror}") from error
