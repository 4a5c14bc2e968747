"""Frames of the line-card link and its reliable messages, without I/O (docs/linecard-protocol.md).

For whoever speaks with a HAT that the audio loop does not hold: the doctor, the firmware update.
"""

import binascii
from dataclasses import dataclass

AUDIO, MESSAGE = 0x01, 0x02
NOTHING_HEARD = 0xFF
WINDOW = 8
RESEND_S = 0.040
KEEP_ALIVE_S = 0.050  # the HAT rests after 500 ms without a good frame
_SEQUENCES = 0xF0
_LONGEST = 1400  # of a frame on the wire


def stuff(data: bytes) -> bytes:
    """Consistent overhead byte stuffing: no 00 within."""
    out = bytearray()
    for block in data.split(b"\0"):
        for start in range(0, len(block) - 253, 254):
            out += b"\xff" + block[start : start + 254]
        rest = block[len(block) // 254 * 254 :]
        out += bytes((len(rest) + 1,)) + rest
    return bytes(out)


def unstuff(data: bytes) -> bytes | None:
    """What was stuffed, None for what never was."""
    out = bytearray()
    while data:
        code, block = data[0], data[1 : data[0]]
        if code == 0 or len(block) != code - 1:
            return None
        out += block
        data = data[code:]
        if code < 0xFF and data:
            out.append(0)
    return bytes(out)


def to_wire(body: bytes) -> bytes:
    """A frame as it is sent, with the 00 after it."""
    return stuff(body + binascii.crc_hqx(body, 0xFFFF).to_bytes(2, "big")) + b"\0"


def from_wire(frame: bytes) -> bytes | None:
    """The body of what stood between two 00, None when it is spoiled."""
    data = unstuff(frame)
    if data is None or len(data) < 4 or binascii.crc_hqx(data, 0xFFFF) != 0:
        return None
    return data[:-2]


@dataclass(slots=True)
class _Waiting:
    sequence: int
    body: bytes
    sent_s: float | None = None


class MessageLink:
    """The host's end of one link: messages arrive once and in order. Times in seconds."""

    def __init__(self) -> None:
        self._held = b""
        self._waiting: list[_Waiting] = []
        self._restart()
        self._spoke_s = -1.0
        self.heard_s = 0.0  # when the newest good frame came

    def _restart(self) -> None:
        self._accepted = NOTHING_HEARD
        self._expected = 0
        self._next = 0
        self._audio = 0
        self._waiting.clear()

    def greet(self, kind: int, payload: bytes) -> None:
        """Send a HELLO: the link begins anew."""
        self._restart()
        self.post(kind, payload)

    def post(self, kind: int, payload: bytes) -> None:
        """Queue a message."""
        self._waiting.append(_Waiting(self._next, bytes((kind,)) + payload))
        self._next = (self._next + 1) % _SEQUENCES

    @property
    def unacknowledged(self) -> int:
        return len(self._waiting)

    def due(self, now_s: float) -> bytes:
        """What is to be sent now: messages, or a frame without sockets to say that we are here."""
        out = b""
        for message in self._waiting[:WINDOW]:
            if message.sent_s is None or now_s - message.sent_s >= RESEND_S:
                message.sent_s = now_s
                head = bytes((MESSAGE, self._accepted, message.sequence))
                out += to_wire(head + message.body)
        if not out and now_s - self._spoke_s >= KEEP_ALIVE_S:
            self._audio = (self._audio + 1) % 256
            out = to_wire(bytes((AUDIO, self._accepted, self._audio)) + bytes(9))
        if out:
            self._spoke_s = now_s
        return out

    def receive(self, data: bytes, now_s: float) -> list[tuple[int, bytes]]:
        """Messages (kind, payload) that are new in these bytes."""
        *frames, rest = (self._held + data).split(b"\0")
        self._held = rest[-_LONGEST:]
        messages = []
        for frame in frames:
            body = from_wire(frame)
            if body is None:
                continue
            self.heard_s = now_s
            self._acknowledged(body[1])
            if body[0] == MESSAGE and len(body) >= 4 and body[2] == self._expected:
                self._accepted = body[2]
                self._expected = (body[2] + 1) % _SEQUENCES
                messages.append((body[3], body[4:]))
        return messages

    def _acknowledged(self, sequence: int) -> None:
        sent = [one.sequence for one in self._waiting if one.sent_s is not None]
        if sequence in sent:
            del self._waiting[: sent.index(sequence) + 1]
