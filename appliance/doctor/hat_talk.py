"""Asks a line-card HAT, at a port that no daemon holds, how it and each of its sockets are.

Both directions of docs/linecard-protocol.md's reliable messages, and no audio: the HAT stays at
rest, rings nothing and keeps its lines on-hook.
"""

import asyncio
import contextlib
import secrets
from dataclasses import dataclass, field

from appliance.doctor.hat_probe import message_frame, read_message
from appliance.errors import LinkError
from appliance.interfaces import BytePipe, PipeOpener
from appliance.linecard import messages
from appliance.linecard.messages import HelloReply, Kind, PortHealth

LIMIT_S = 3.0
AGAIN_S = 0.04  # as long as a message is not acknowledged, and as acknowledgement of the HAT's
_NOTHING_HEARD, _SEQUENCES = 0xFF, 0xF0
_LONGEST = 1400  # of an audio frame in 16-bit samples, its check and its stuffing


@dataclass(slots=True)
class HatAnswers:
    """``reply``: None when nobody answered. ``seconds``: until all had been said."""

    reply: HelloReply | None = None
    counters: dict[str, int] = field(default_factory=dict)
    ports: dict[int, PortHealth] = field(default_factory=dict)
    seconds: float = 0.0
    is_whole: bool = False


async def ask_hat(
    loop: asyncio.AbstractEventLoop, path: str, open_pipe: PipeOpener, limit_s: float = LIMIT_S
) -> HatAnswers:
    """What the HAT at ``path`` says of itself. Raises LinkError when it can't be opened."""
    begun = loop.time()
    pipe = open_pipe(path)
    talk = _Talk(pipe)
    loop.add_reader(pipe.fileno(), talk.readable)
    try:
        while loop.time() - begun < limit_s and not talk.is_over:
            talk.beat()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(talk.moved.wait(), AGAIN_S)
            talk.moved.clear()
    finally:
        loop.remove_reader(pipe.fileno())
        pipe.close()
    talk.answers.seconds = loop.time() - begun
    return talk.answers


class _Talk:
    """Our end: one order at a time, in order, each again until its answer is there."""

    def __init__(self, pipe: BytePipe) -> None:
        self.answers = HatAnswers()
        self.moved = asyncio.Event()
        self.is_lost = False
        self._pipe = pipe
        self._nonce = secrets.token_bytes(messages.NONCE_BYTES)
        self._bytes = b""
        self._heard = _NOTHING_HEARD
        self._orders: list[tuple[Kind, bytes]] = []
        self._sequence = 0

    @property
    def is_over(self) -> bool:
        return self.is_lost or self.answers.is_whole

    def beat(self) -> None:
        """Say what is to be said now; the acknowledgement goes with it."""
        hello = messages.hello(self._nonce, messages.NEWEST_PROTOCOL)
        kind, payload = self._orders[0] if self._orders else (Kind.HELLO, hello)
        try:
            self._pipe.write(message_frame(self._heard, self._sequence, kind, payload))
        except OSError:
            self.is_lost = True

    def readable(self) -> None:
        try:
            self._bytes += self._pipe.read()
        except OSError:
            self.is_lost = True
            self.moved.set()
            return
        *frames, rest = self._bytes.split(b"\0")
        self._bytes = rest[-_LONGEST:]
        for frame in frames:
            told = read_message(frame)
            if told is not None:
                self._take(*told)

    def _take(self, sequence: int, kind: int, payload: bytes) -> None:
        if kind == Kind.HELLO_REPLY:
            self._greeted(payload)
        elif self.answers.reply is not None and sequence == (self._heard + 1) % _SEQUENCES:
            self._heard = sequence
            self._told(kind, payload)

    def _greeted(self, payload: bytes) -> None:
        try:
            reply = messages.parse_hello_reply(payload)
        except LinkError:
            return
        if self.answers.reply is not None or reply.nonce != self._nonce:
            return
        self.answers.reply = reply
        self._heard = 0
        self._sequence = 1
        if reply.version:
            self._orders.append((Kind.GET_HEALTH, b""))
        if reply.version >= messages.NEWEST_PROTOCOL:
            mask = reply.fxs_mask | reply.fxo_mask
            sockets = [n for n in messages.SOCKETS if mask >> (n - 1) & 1]
            self._orders += [(Kind.GET_PORT_HEALTH, bytes((n,))) for n in sockets]
        self._is_done()

    def _told(self, kind: int, payload: bytes) -> None:
        try:
            if kind == Kind.HEALTH:
                self.answers.counters = messages.parse_health(payload)
                self._answered(Kind.GET_HEALTH)
            elif kind == Kind.PORT_HEALTH:
                port = messages.parse_port_health(payload)
                self.answers.ports[port.socket] = port
                self._answered(Kind.GET_PORT_HEALTH)
        except LinkError:
            return  # told again it would be as short: the limit ends it

    def _answered(self, kind: Kind) -> None:
        if self._orders and self._orders[0][0] is kind:
            self._orders.pop(0)
            self._sequence = (self._sequence + 1) % _SEQUENCES
            self._is_done()
            self.moved.set()

    def _is_done(self) -> None:
        self.answers.is_whole = not self._orders
        self.moved.set()
