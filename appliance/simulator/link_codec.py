"""An independent reading of docs/linecard-protocol.md: COBS, CRC, the two frame bodies."""

import binascii
import struct
from dataclasses import dataclass

MAX_BODY = 1296
_AUDIO, _MESSAGE, _AUDIO_LINEAR = 1, 2, 3
_SOCKET_SAMPLES = 80
_MAX_PAYLOAD = 64
_MAX_SEQUENCE = 0xEF
_HELLOS = (0x01,)  # restarts the sequences: always sent as 00


@dataclass(frozen=True, slots=True)
class AudioFrame:
    """10 ms of every present socket. ``audio``: 80 µ-law bytes by socket number 1-8.

    ``linear``: 80 signed 16-bit samples instead, big-endian: 160 bytes.
    """

    ack: int
    sequence: int
    counter: int
    peer_counter: int
    audio: tuple[tuple[int, bytes], ...]
    linear: bool = False


@dataclass(frozen=True, slots=True)
class MessageFrame:
    """One reliable message."""

    ack: int
    sequence: int
    kind: int
    payload: bytes


Frame = AudioFrame | MessageFrame


def crc16(data: bytes) -> int:
    """CRC-16/CCITT-FALSE: polynomial 1021, start FFFF, no reflection."""
    return binascii.crc_hqx(data, 0xFFFF)


def cobs_encode(data: bytes) -> bytes:
    """``data`` without zero bytes, as COBS; the closing 00 is not included."""
    out = bytearray()
    blocks = data.split(b"\0")
    for number, block in enumerate(blocks):
        rest = block
        while len(rest) >= 254:
            out.append(255)
            out += rest[:254]
            rest = rest[254:]
            if not rest and number == len(blocks) - 1:
                return bytes(out)
        out.append(len(rest) + 1)
        out += rest
    return bytes(out)


def cobs_decode(data: bytes) -> bytes | None:
    """The inverse of ``cobs_encode``; None for what is no COBS."""
    out = bytearray()
    position = 0
    while position < len(data):
        code = data[position]
        block = data[position + 1 : position + code]
        if code == 0 or len(block) != code - 1 or 0 in block:
            return None
        out += block
        position += code
        if code < 255 and position < len(data):
            out.append(0)
    return bytes(out)


def encode_body(frame: Frame) -> bytes:
    """The body of a frame. Raises ValueError for fields out of range."""
    if isinstance(frame, MessageFrame):
        if len(frame.payload) > _MAX_PAYLOAD or not 0 <= frame.sequence <= _MAX_SEQUENCE:
            raise ValueError("payload over 64 bytes, or sequence over EF")
        return bytes([_MESSAGE, frame.ack, frame.sequence, frame.kind]) + frame.payload
    mask = 0
    sound = b""
    kind, size = (_AUDIO_LINEAR, 160) if frame.linear else (_AUDIO, _SOCKET_SAMPLES)
    for socket, samples in sorted(frame.audio):
        if not 1 <= socket <= 8 or len(samples) != size:
            raise ValueError("sockets are 1-8 with 80 samples each")
        mask |= 1 << (socket - 1)
        sound += samples
    head = struct.pack(
        ">BBBIIB", kind, frame.ack, frame.sequence, frame.counter, frame.peer_counter, mask
    )
    return head + sound


def decode_body(body: bytes) -> Frame | None:
    """The frame in a body; None when it is malformed."""
    if len(body) >= 4 and body[0] == _MESSAGE:
        if len(body) > 4 + _MAX_PAYLOAD or body[2] > _MAX_SEQUENCE:
            return None
        if body[3] in _HELLOS and body[2] != 0:
            return None
        return MessageFrame(body[1], body[2], body[3], body[4:])
    if len(body) >= 12 and body[0] in (_AUDIO, _AUDIO_LINEAR):
        kind, ack, sequence, counter, peer, mask = struct.unpack_from(">BBBIIB", body)
        sockets = [n for n in range(1, 9) if mask & 1 << (n - 1)]
        size = _SOCKET_SAMPLES * (2 if kind == _AUDIO_LINEAR else 1)
        if len(body) != 12 + size * len(sockets):
            return None
        sound = body[12:]
        pieces = tuple((n, sound[i * size : (i + 1) * size]) for i, n in enumerate(sockets))
        return AudioFrame(ack, sequence, counter, peer, pieces, kind == _AUDIO_LINEAR)
    return None


def encode_frame(frame: Frame) -> bytes:
    """What goes on the wire: COBS(body + CRC), then 00."""
    body = encode_body(frame)
    return cobs_encode(body + struct.pack(">H", crc16(body))) + b"\0"


class LinkDecoder:
    """Finds frames in a byte stream, however it is split; spoiled ones are counted and dropped."""

    def __init__(self) -> None:
        self.good = 0
        self.bad = 0
        self._held = bytearray()

    def feed(self, chunk: bytes) -> list[Frame]:
        frames: list[Frame] = []
        pieces = chunk.split(b"\0")
        for piece in pieces[:-1]:
            frame = self._finish(bytes(self._held) + piece)
            self._held.clear()
            if frame is not None:
                frames.append(frame)
        self._held += pieces[-1]
        if len(self._held) > MAX_BODY + 16:  # no frame is so long: wait for the next 00
            del self._held[MAX_BODY + 16 :]
        return frames

    def _finish(self, wire: bytes) -> Frame | None:
        if not wire:
            return None
        raw = cobs_decode(wire)
        frame = None
        if raw is not None and 3 <= len(raw) <= MAX_BODY + 2:
            body, crc = raw[:-2], raw[-2:]
            if crc16(body) == int.from_bytes(crc, "big"):
                frame = decode_body(body)
        if frame is None:
            self.bad += 1
        else:
            self.good += 1
        return frame
