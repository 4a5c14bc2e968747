"""Greets a line-card HAT at its port (docs/linecard-protocol.md): HELLO, and who answers.

For a port that no daemon holds. A HAT that was greeted and then left alone is at rest and silent
again after half a second.
"""

import asyncio
import secrets

from appliance.errors import LinkError
from appliance.interfaces import BytePipe, PipeOpener
from appliance.linecard.frames import from_wire, to_wire
from appliance.linecard.messages import NONCE_BYTES, HelloReply, Kind, hello, parse_hello_reply

LIMIT_S = 3.0
HELLO_EVERY_S = 0.2
_MESSAGE, _NOTHING_HEARD = 0x02, 0xFF
_LONGEST = 700  # a frame is at most 656 bytes, its check and COBS' overhead


def hello_frame(nonce: bytes) -> bytes:
    """HELLO as it goes over the wire, with the 00 before and after it."""
    return message_frame(_NOTHING_HEARD, 0, Kind.HELLO, hello(nonce))


def message_frame(acknowledged: int, sequence: int, kind: int, payload: bytes) -> bytes:
    """One message as it goes over the wire, with the 00 before and after it."""
    body = bytes((_MESSAGE, acknowledged, sequence, kind)) + payload
    return b"\0" + to_wire(body)


def read_frame(frame: bytes) -> tuple[int, bytes] | None:
    """(kind, payload) of a message between two 00; None for audio and for what is no frame."""
    told = read_message(frame)
    return told[1:] if told is not None else None


def read_message(frame: bytes) -> tuple[int, int, bytes] | None:
    """(sequence, kind, payload) of a message between two 00, as `read_frame`."""
    body = from_wire(frame)
    if body is None or len(body) < 4:
        return None
    return (body[2], body[3], body[4:]) if body[0] == _MESSAGE else None


async def probe_hat(
    loop: asyncio.AbstractEventLoop, path: str, open_pipe: PipeOpener, limit_s: float = LIMIT_S
) -> HelloReply | None:
    """Who answers at ``path``, None for nobody. Raises LinkError when it can't be opened."""
    pipe = open_pipe(path)
    heard: asyncio.Future[HelloReply | None] = loop.create_future()
    greeting = _Greeting(pipe, heard)
    loop.add_reader(pipe.fileno(), greeting.readable)
    try:
        for _ in range(round(limit_s / HELLO_EVERY_S)):
            greeting.send()
            done, _ = await asyncio.wait((heard,), timeout=HELLO_EVERY_S)
            if done:
                return heard.result()
        return None
    finally:
        heard.cancel()
        loop.remove_reader(pipe.fileno())
        pipe.close()


class _Greeting:
    """Writes HELLOs, and reads until one of them is answered."""

    def __init__(self, pipe: BytePipe, heard: "asyncio.Future[HelloReply | None]") -> None:
        self._pipe = pipe
        self._heard = heard
        self._nonces: set[bytes] = set()
        self._bytes = b""

    def send(self) -> None:
        nonce = secrets.token_bytes(NONCE_BYTES)
        self._nonces.add(nonce)
        try:
            self._pipe.write(hello_frame(nonce))
        except OSError:
            self._end(None)

    def readable(self) -> None:
        try:
            self._bytes += self._pipe.read()
        except OSError:
            self._end(None)
            return
        *frames, rest = self._bytes.split(b"\0")
        self._bytes = rest[-_LONGEST:]
        for frame in frames:
            self._take(frame)

    def _take(self, frame: bytes) -> None:
        message = read_frame(frame)
        if message is None or message[0] != Kind.HELLO_REPLY:
            return
        try:
            reply = parse_hello_reply(message[1])
        except LinkError:
            return
        if reply.nonce in self._nonces:
            self._end(reply)

    def _end(self, reply: HelloReply | None) -> None:
        if not self._heard.done():
            self._heard.set_result(reply)
