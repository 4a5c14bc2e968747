"""The host's end of the link: these tests' own reading of docs/linecard-protocol.md."""

import struct
from dataclasses import dataclass, field

import numpy as np

from appliance.simulator.link_codec import cobs_decode, cobs_encode, crc16
from tests.rp2040.emulated_card import EmulatedCard, Samples

HELLO, RING, STOP_RING, SEIZE, RELEASE, FLASH_LINE = 0x01, 0x10, 0x11, 0x12, 0x13, 0x14
GET_HEALTH, COUNTRY, HELLO_REPLY, HOOK, HOOK_FLASH, PULSE_DIGIT = 0x16, 0x17, 0x81, 0x90, 0x91, 0x92
RING_DETECTED, LOOP, HEALTH, LINE_STATE = 0x93, 0x94, 0x95, 0x96
LINEAR = 1
TICK_MS, SAMPLES = 10, 80
_AUDIO, _MESSAGE, _AUDIO_LINEAR = 1, 2, 3
_NONE, _SEQUENCES, _RESEND_MS = 0xFF, 0xF0, 40


@dataclass(frozen=True, slots=True)
class Report:
    """A message of the card's, and the chip time when it was whole."""

    kind: int
    payload: bytes
    us: float


@dataclass(slots=True)
class _Waiting:
    sequence: int
    body: bytes
    sent_ms: float = -1e9


def frame(body: bytes) -> bytes:
    """``body`` as it goes over the wire."""
    return cobs_encode(body + struct.pack(">H", crc16(body))) + b"\0"


@dataclass(slots=True)
class LinkHost:
    """Talks to the card tick by tick. ``speech``: what a socket shall hear."""

    card: EmulatedCard
    codec: int = LINEAR
    reports: list[Report] = field(default_factory=list)
    speech: dict[int, Samples] = field(default_factory=dict)
    listening: bool = False
    heard: dict[int, list[Samples]] = field(default_factory=dict)
    audio_frames: int = 0
    gaps: int = 0  # audio frames of the card that were missing
    bad: int = 0
    holds_audio: bool = False  # sends no audio
    silent: bool = False  # sends nothing at all
    _held: bytes = b""
    _accepted: int = _NONE
    _expected: int = 0
    _next: int = 0
    _waiting: list[_Waiting] = field(default_factory=list)
    _audio_next: int | None = None
    _audio_sent: int = 0
    _sent_samples: int = 0
    _heard_counter: int = 0
    _up: bool = False
    _nonce: int = 0
    _owed: int = 0  # audio frames to answer
    mask: int = 0

    # --- link ---
    def greet(self, tries: int = 20) -> bytes:
        """HELLO until it is answered, as a host does every 200 ms; the reply's payload."""
        for _ in range(tries):
            self._nonce += 1
            hello = bytes([1, 2, 1 << self.codec]) + struct.pack(">I", self._nonce)
            self._accepted, self._expected, self._next = _NONE, 0, 0
            self._waiting.clear()
            self._up = False
            self._audio_next = None
            self.send(HELLO, hello)
            before = len(self.reports)
            for _ in range(20):
                self.tick()
                replies = [r for r in self.reports[before:] if r.kind == HELLO_REPLY]
                if replies and replies[-1].payload[16:20] == hello[3:7]:
                    self._up = True
                    self.mask = replies[-1].payload[5] | replies[-1].payload[6]
                    self._owed = 2
                    return replies[-1].payload
        raise AssertionError("no reply to HELLO")

    def send(self, kind: int, payload: bytes = b"") -> None:
        self._waiting.append(_Waiting(self._next, bytes([kind]) + payload))
        self._next = (self._next + 1) % _SEQUENCES

    def tick(self, ms: float = TICK_MS, spoil: bytes = b"") -> None:
        """10 ms: sends what is due (after ``spoil``), lets the time pass, reads what came."""
        now_ms = self.card.us / 1000
        down = bytearray(spoil)
        if not self.silent:
            for message in self._waiting:
                if now_ms - message.sent_ms >= _RESEND_MS:
                    message.sent_ms = now_ms
                    head = bytes([_MESSAGE, self._accepted, message.sequence])
                    down += frame(head + message.body)
            while self._up and self._owed > 0:
                self._owed -= 1
                if not self.holds_audio:
                    down += frame(self._audio_body())
        self._read(self.card.run(ms, bytes(down)))

    def run(self, ms: float) -> None:
        for _ in range(round(ms / TICK_MS)):
            self.tick()

    def wait_for(self, kind: int, payload: bytes | None = None, limit_ms: float = 3000) -> Report:
        """The first such report from now on (``payload``: how it begins)."""
        start = len(self.reports)
        for _ in range(round(limit_ms / TICK_MS)):
            self.tick()
            for report in self.reports[start:]:
                if report.kind == kind and report.payload.startswith(payload or b""):
                    return report
        raise AssertionError(f"no report {kind:02x} {payload!r}; {self.reports[start:]}")

    def health(self) -> tuple[int, ...]:
        """Uptime ms, good and bad frames, lost audio frames, under- and overruns, start's cause."""
        self.send(GET_HEALTH)
        payload = self.wait_for(HEALTH).payload
        return (*struct.unpack(">6I", payload[:24]), payload[24])

    # --- frames ---
    def _audio_body(self) -> bytes:
        head = struct.pack(
            ">BBBIIB",
            _AUDIO_LINEAR if self.codec == LINEAR else _AUDIO,
            self._accepted,
            self._audio_sent % 256,
            self._sent_samples & 0xFFFFFFFF,
            self._heard_counter,
            self.mask,
        )
        self._audio_sent += 1
        self._sent_samples += SAMPLES
        for socket in range(1, 9):
            if self.mask >> (socket - 1) & 1:
                head += self._speech(socket)
        return head

    def _speech(self, socket: int) -> bytes:
        left = self.speech.get(socket, np.zeros(0, np.int16))
        piece = np.zeros(SAMPLES, np.int16)
        piece[: min(SAMPLES, len(left))] = left[:SAMPLES]
        self.speech[socket] = left[SAMPLES:]
        if self.codec == LINEAR:
            return piece.astype(">i2").tobytes()
        return b"\xff" * SAMPLES  # µ-law: silence is all these tests say

    def _read(self, chunk: bytes) -> None:
        pieces = (self._held + chunk).split(b"\0")
        self._held = pieces.pop()
        for piece in pieces:
            if not piece:
                continue
            raw = cobs_decode(piece)
            if raw is None or len(raw) < 3 or crc16(raw[:-2]) != int.from_bytes(raw[-2:], "big"):
                self.bad += 1
                continue
            self._take(raw[:-2])

    def _take(self, body: bytes) -> None:
        acknowledged = [w.sequence for w in self._waiting]
        if body[1] in acknowledged:
            del self._waiting[: acknowledged.index(body[1]) + 1]
        if body[0] == _MESSAGE:
            if body[2] == self._expected:
                self._accepted = body[2]
                self._expected = (body[2] + 1) % _SEQUENCES
                self.reports.append(Report(body[3], body[4:], self.card.us))
        elif self._up:
            self._take_audio(body)

    def _take_audio(self, body: bytes) -> None:
        if self._audio_next is not None:
            self.gaps += (body[2] - self._audio_next) % 256
        self._audio_next = (body[2] + 1) % 256
        self.audio_frames += 1
        self._owed += 1
        (counter,) = struct.unpack_from(">I", body, 3)
        self._heard_counter = counter
        if not self.listening or body[0] != _AUDIO_LINEAR:
            return
        sockets = [n for n in range(1, 9) if body[11] >> (n - 1) & 1]
        for index, socket in enumerate(sockets):
            at = 12 + index * 2 * SAMPLES
            piece = np.frombuffer(body[at : at + 2 * SAMPLES], ">i2").astype(np.int16)
            self.heard.setdefault(socket, []).append(piece)
