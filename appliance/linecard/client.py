"""The client of one line-card HAT: opens its port, greets it, hands its events to their sockets.

The audio loop reads and writes the port from ``attach_link`` to ``link_detached``; this side only
opens it, says HELLO until it is answered, and closes it afterwards. Whatever goes wrong, it tries
again.
"""

import asyncio
import secrets
from collections.abc import Callable, Iterable
from dataclasses import asdict

from appliance.errors import AudioError, LinkError
from appliance.interfaces import AudioPorts, BytePipe, PipeOpener, PortListener
from appliance.linecard import messages
from appliance.linecard.link_states import LINK_TABLE, LinkInput, LinkState
from appliance.linecard.messages import HelloReply, Kind, PortHealth
from appliance.linecard.orders import SocketOrders
from appliance.linecard.sockets import Place, SocketHandler

HELLO_EVERY_S = 0.2
GREETING_LIMIT_S = 5.0  # unanswered for so long: close the port and open it again
FIRST_RETRY_S = 0.2
LAST_RETRY_S = 2.0
HEALTH_EVERY_S = 10.0


class _Attachment:
    """Listens to one attachment of the port; what a former one still says is not heard."""

    def __init__(self, client: "LinecardClient", pipe: BytePipe) -> None:
        self.client: LinecardClient | None = client
        self.pipe = pipe

    def link_message(self, kind: int, payload: bytes) -> None:
        if self.client is not None:
            self.client._heard(kind, payload)

    def link_lost(self, reason: str) -> None:
        if self.client is not None:
            self.client._fail(LinkInput.LOST, reason)

    def link_detached(self) -> None:
        if self.client is not None:
            self.client._detached()


class LinecardClient(SocketOrders):
    """One HAT. ``name`` and ``port``: from its settings, the port's path resolved.

    ``ring_at_once``: telephones that may have ringing current together (link version 2).
    """

    def __init__(
        self,
        name: str,
        port: str,
        audio: AudioPorts,
        open_pipe: PipeOpener,
        loop: asyncio.AbstractEventLoop,
        *,
        make_nonce: Callable[[], bytes] = lambda: secrets.token_bytes(messages.NONCE_BYTES),
        newest: int = messages.PROTOCOL,
        codecs: int = messages.CODEC_ULAW,
        ring_at_once: int = messages.RING_AT_ONCE,
    ) -> None:
        self.name = name
        self._path = port
        self._audio = audio
        self._open_pipe = open_pipe
        self._loop = loop
        self._make_nonce = make_nonce
        self._newest, self._codecs = newest, codecs  # offered; the HAT chooses
        self._ring_at_once = ring_at_once
        self._state = LinkState.STOPPED
        self._since = loop.time()
        self._reason = ""
        self._told: str | None = None  # the reason the handlers know; None: they think it is up
        self._attachment: _Attachment | None = None
        self._link = -1
        self._nonce = b""
        self._reply: HelloReply | None = None
        self._retry_s = FIRST_RETRY_S
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._places: dict[int, Place] = {}
        self._counters: dict[str, int] = {}
        self._ports: dict[int, PortHealth] = {}
        self._stats = {"opened": 0, "refused": 0, "hellos": 0, "lost": 0, "bad_messages": 0}
        self._stopped: asyncio.Future[None] | None = None
        self._lease: asyncio.TimerHandle | None = None

    # --- for the composition root ------------------------------------------------------------

    def start(self) -> None:
        """Begin to reach the HAT, a lent one too. Idempotent."""
        self._end_lease()
        self._reason = ""
        if self._enter(LinkInput.START) and self._state is LinkState.OPENING:
            self._open()

    def lend(self, reason: str, seconds: float) -> bool:
        """Let go of the port for somebody else, who says so again before ``seconds`` are over.

        ``reason``: why the sockets do not work meanwhile. True once the port is free.
        """
        self._end_lease()
        self._lease = self._loop.call_later(seconds, self.start)
        self._fail(LinkInput.STOP, reason)
        self._reason = reason
        self._tell_down(reason)
        return self._state is LinkState.STOPPED

    def _end_lease(self) -> None:
        if self._lease is not None:
            self._lease.cancel()
            self._lease = None

    async def stop(self) -> None:
        """Let go of the port and close it. Idempotent."""
        self._end_lease()
        self._fail(LinkInput.STOP, "the line card is being stopped")
        if self._state is LinkState.STOPPING:
            if self._stopped is None:
                self._stopped = self._loop.create_future()
            await asyncio.shield(self._stopped)

    @property
    def health(self) -> dict[str, object]:
        """For the status page. ``since``: monotonic seconds; ``counters``: the HAT's own."""
        reply = self._reply
        return {
            "state": self._state.value,
            "reason": self._reason,
            "since": self._since,
            "port": self._path,
            "firmware": reply.firmware if reply else "",
            "protocol": reply.version if reply else 0,
            "codec": messages.CODEC_NAMES.get(reply.codec, "") if reply else "",
            "serial": reply.serial if reply else "",
            "fxs_mask": reply.fxs_mask if reply else 0,
            "fxo_mask": reply.fxo_mask if reply else 0,
            "counters": dict(self._counters),
            "driver": dict(self._stats),
            "ports": {str(socket): _shown(one) for socket, one in sorted(self._ports.items())},
        }

    @property
    def version(self) -> int:
        """Of the link's protocol, as the HAT chose it; 0: nobody has answered yet."""
        return self._reply.version if self._reply else 0

    def port_health(self, socket: int) -> PortHealth | None:
        """What the socket's chip said of itself last (every 10 s; link version 2)."""
        return self._ports.get(socket)

    # --- for stations and lines --------------------------------------------------------------

    def register(self, socket: int, handler: SocketHandler, exchange: bool = False) -> None:
        """Hand a socket's events to ``handler``; ``exchange``: it must be an FXO socket.

        Raises LinkError when the socket is taken or does not exist on any card.
        """
        if socket not in messages.SOCKETS:
            raise LinkError(f"{self.name} has no socket {socket}: they are numbered 1-8")
        if socket in self._places:
            raise LinkError(f"socket {socket} of {self.name} is used twice")
        self._places[socket] = Place(handler, exchange)
        if self._state is LinkState.UP:
            self._power_telephones((socket,))
            self._tell_up(socket)
        elif self._told is not None:
            handler.on_down(self._told)

    def unregister(self, socket: int) -> None:
        """Nobody answers for the socket: its telephone stops ringing, its line goes on-hook."""
        place = self._places.pop(socket, None)
        if place is not None:
            self._send(Kind.RELEASE if place.exchange else Kind.STOP_RING, bytes((socket,)))

    def open_port(self, socket: int, listener: PortListener) -> int:
        """The audio port of a socket, for as long as the link is up. Raises AudioError."""
        if self._state is not LinkState.UP:
            raise AudioError(f"{self.name} is {self._state.value}")
        return self._audio.link_port(self._link, socket, listener)

    def _is_up(self) -> bool:
        return self._state is LinkState.UP

    # --- the link's life ---------------------------------------------------------------------

    def _enter(self, event: LinkInput) -> bool:
        """Follow the table; False when the event means nothing now."""
        new = LINK_TABLE.get((self._state, event))
        if new is None:
            return False
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._state = new
        self._since = self._loop.time()
        return True

    def _after(self, seconds: float, what: str, then: Callable[[], None]) -> None:
        """Do it later, unless the state changes before."""
        self._timers[what] = self._loop.call_later(seconds, then)

    def _open(self) -> None:
        try:
            pipe = self._open_pipe(self._path)
        except OSError as error:
            self._refuse(str(error))
            return
        attachment = _Attachment(self, pipe)
        try:
            self._link = self._audio.attach_link(pipe.fileno(), attachment)
        except (AudioError, OSError) as error:
            pipe.close()
            self._refuse(str(error))
            return
        self._attachment = attachment
        self._stats["opened"] += 1
        self._enter(LinkInput.OPENED)
        self._after(GREETING_LIMIT_S, "give up", self._give_up)
        self._greet()

    def _give_up(self) -> None:
        self._fail(LinkInput.TIME_UP, f"no line card answers at {self._path}")

    def _refuse(self, reason: str) -> None:
        self._stats["refused"] += 1
        self._reason = reason
        self._enter(LinkInput.REFUSED)
        self._tell_down(reason)
        self._retry_later()

    def _greet(self) -> None:
        if self._state is not LinkState.GREETING:
            return
        self._nonce = self._make_nonce()
        self._stats["hellos"] += 1
        self._after(HELLO_EVERY_S, "hello", self._greet)
        self._post(Kind.HELLO, messages.hello(self._nonce, self._newest, self._codecs))

    def _fail(self, event: LinkInput, reason: str) -> None:
        """The link is of no use any more: tell the handlers, have the audio loop let go of it."""
        held = self._state in (LinkState.GREETING, LinkState.UP)
        if not self._enter(event):
            return
        self._reason = reason
        self._stats["lost"] += event is LinkInput.LOST
        self._tell_down(reason)
        if held:
            self._detach()

    def _detach(self) -> None:
        try:
            self._audio.detach_link(self._link)
        except AudioError:  # it let go already; its report is no longer awaited
            self._detached()

    def _detached(self) -> None:
        """The port is ours again: close it, and only now."""
        attachment, self._attachment = self._attachment, None
        self._link = -1
        if attachment is not None:
            attachment.client = None
            attachment.pipe.close()
        if not self._enter(LinkInput.DETACHED):
            return
        self._reason = self._reason or "the audio loop let go of the link"
        self._tell_down(self._reason)
        if self._state is LinkState.RETRYING:
            self._retry_later()
        if self._stopped is not None:
            self._stopped.set_result(None)
            self._stopped = None

    def _retry_later(self) -> None:
        self._after(self._retry_s, "retry", self._retry)
        self._retry_s = min(self._retry_s * 2, LAST_RETRY_S)

    def _retry(self) -> None:
        if self._enter(LinkInput.TIME_UP):
            self._open()

    def _tell_down(self, reason: str) -> None:
        if self._told == reason:
            return
        self._told = reason
        for place in list(self._places.values()):
            place.handler.on_down(reason)

    def _tell_up(self, socket: int) -> None:
        place, reply = self._places[socket], self._reply
        if reply is None:
            return
        bit = 1 << (socket - 1)
        if (reply.fxo_mask if place.exchange else reply.fxs_mask) & bit:
            place.handler.on_up(bool(reply.off_hook_mask & bit))
        else:
            kind = "exchange line" if place.exchange else "telephone"
            place.handler.on_down(f"{self.name} has no socket {socket} for a {kind}")

    # --- messages ----------------------------------------------------------------------------

    def _power_telephones(self, sockets: Iterable[int]) -> None:
        """Telephones' sockets have current when somebody answers for them, else none."""
        mask = self._reply.fxs_mask if self._reply else 0
        for socket in sockets:
            if mask >> (socket - 1) & 1:
                self.use_port(socket, socket in self._places)

    def _send(self, kind: Kind, payload: bytes) -> None:
        if self._state is LinkState.UP:
            self._post(kind, payload)

    def _post(self, kind: Kind, payload: bytes) -> None:
        try:
            self._audio.send_link_message(self._link, kind, payload)
        except AudioError as error:
            self._fail(LinkInput.LOST, str(error))

    def _ask_health(self) -> None:
        self._after(HEALTH_EVERY_S, "health", self._ask_health)
        self._send(Kind.GET_HEALTH, b"")
        if self.version >= messages.NEWEST_PROTOCOL:
            for socket in list(self._places):
                self._send(Kind.GET_PORT_HEALTH, bytes((socket,)))

    def _heard(self, kind: int, payload: bytes) -> None:
        try:
            if kind == Kind.HELLO_REPLY:
                self._welcome(messages.parse_hello_reply(payload))
            elif self._state is not LinkState.UP:
                return
            elif kind == Kind.HEALTH:
                self._counters = messages.parse_health(payload)
            elif kind == Kind.PORT_HEALTH:
                told = messages.parse_port_health(payload)
                self._ports[told.socket] = told
            else:
                self._deliver(kind, payload)
        except LinkError:
            self._stats["bad_messages"] += 1

    def _welcome(self, reply: HelloReply) -> None:
        if self._state is not LinkState.GREETING or reply.nonce != self._nonce:
            return  # the answer to an earlier HELLO: the HAT started anew with the later one
        self._reply = reply
        if not messages.PROTOCOL <= reply.version <= self._newest:
            self._fail(
                LinkInput.MISFIT,
                f"{self.name} (firmware {reply.firmware}) does not speak link version "
                f"{self._newest}: update its firmware",
            )
            return
        self._enter(LinkInput.ACCEPTED)
        self._reason = ""
        self._told = None
        self._retry_s = FIRST_RETRY_S
        self.ring_supply(self._ring_at_once)
        self._power_telephones(messages.SOCKETS)
        self._ask_health()
        for socket in list(self._places):
            if self._is_up():  # a handler may have been told of a loss meanwhile
                self._tell_up(socket)

    def _deliver(self, kind: int, payload: bytes) -> None:
        place = self._places.get(payload[0]) if payload else None
        if place is None:
            return  # a socket nobody has configured
        detail = payload[1] if len(payload) > 1 else None
        handler = place.handler
        if kind == Kind.HOOK_FLASH:
            handler.on_flash()
        elif detail is None:
            raise LinkError(f"message {kind:02x} is too short")
        elif kind == Kind.HOOK:
            handler.on_hook(detail != 0)
        elif kind == Kind.PULSE_DIGIT:
            if chr(detail) not in "0123456789":
                raise LinkError(f"{detail} is no dialled digit")
            handler.on_pulse_digit(chr(detail))
        elif kind == Kind.RING_DETECTED:
            handler.on_ring(detail != 0)
        elif kind == Kind.LOOP:
            handler.on_loop(detail != 0)
        elif kind == Kind.LINE_STATE:
            handler.on_line_state(messages.parse_line_state(payload))


def _shown(port: PortHealth) -> dict[str, object]:
    """For programs: flags by name."""
    flags = [flag.name.lower() for flag in messages.LineFlag if flag & port.flags and flag.name]
    return asdict(port) | {"flags": flags}
