"""Puts new firmware into a line card over its link, and says what came of it.

The port is ours alone meanwhile. A link that is lost is greeted again and the transfer goes on
where it stopped; whatever goes wrong, the card runs on with what it has.
"""

import asyncio
import secrets
import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from appliance.errors import LinkError
from appliance.interfaces import BytePipe, PipeOpener
from appliance.linecard.frames import WINDOW, MessageLink
from appliance.linecard.image import ImageError, Part, is_signed_by, read_parts
from appliance.linecard.messages import HelloReply, parse_hello_reply

_HELLO, _HELLO_REPLY = 0x01, 0x81
_BEGIN, _DATA, _END, _STATUS, _REBOOT, _REPORT, _KEY = 0x1C, 0x1D, 0x1E, 0x1F, 0x20, 0x98, 0x99
_PIECE = 56
_TICK_S = 0.010
_HELLO_EVERY_S = 0.2
_GREETING_S = 5.0
_LOST_S = 1.0  # a sector takes the card up to 0.4 s to erase
_ANSWER_S = 5.0
_CHECK_S = 20.0
_TRIAL_S = 75.0  # the card gives a new image 60 s
_MOST_LOSSES = 10
_REPORT_SHAPE = struct.Struct(">3B3B2x2I8s")


class State(IntEnum):
    """Of the card's update."""

    IDLE = 0
    RECEIVING = 1
    CHECKING = 2
    READY = 3


class Outcome(IntEnum):
    """How the image that runs came to run."""

    SETTLED = 0
    TRIAL = 1
    WENT_BACK = 2


_ERRORS = {
    1: "a telephone or a line of the card is in use: try again when nobody is on the phone",
    2: "the card did not expect that now: try again",
    3: "the card does not take the file for firmware",
    4: "the file is for another board",
    5: "the file has no image for the card's free slot",
    6: "the file is older than what the card runs: --allow-older installs it all the same",
    7: "a piece came at the wrong place: try again",
    8: "the transfer was not complete: try again",
    9: "what the card stored is not what was sent: try again, or the card's flash is worn out",
    10: "the signature is not the one this card trusts",
    11: "this card can't be updated over the link",
}


class UpdateFailed(LinkError):
    """The card runs on with what it had; the text is one sentence for the owner."""


class _Lost(LinkError):
    """The link broke; it may come back."""


@dataclass(frozen=True, slots=True)
class Report:
    """UPDATE_REPORT. ``next``: bytes the card has; ``target``: offset of the slot it will take."""

    state: int
    error: int
    outcome: int
    version: tuple[int, int, int]
    next: int
    target: int
    board: str


def parse_report(payload: bytes) -> Report:
    """Raises LinkError when it is too short."""
    if len(payload) < _REPORT_SHAPE.size:
        raise LinkError(f"the HAT's UPDATE_REPORT has {len(payload)} bytes")
    state, error, outcome, major, minor, patch, _next, target, board = _REPORT_SHAPE.unpack_from(
        payload
    )
    name = board.rstrip(b"\0").decode("ascii", "replace")
    return Report(state, error, outcome, (major, minor, patch), _next, target, name)


class _Wire:
    """The port, and the link over it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, pipe: BytePipe) -> None:
        self._loop = loop
        self._pipe = pipe
        self._unsent = b""
        self._news = asyncio.Event()
        self._gone: OSError | None = None
        self.link = MessageLink()
        self.messages: list[tuple[int, bytes]] = []
        loop.add_reader(pipe.fileno(), self._readable)
        self._timer = loop.call_soon(self._tick)

    def close(self) -> None:
        self._timer.cancel()
        self._loop.remove_reader(self._pipe.fileno())
        self._pipe.close()

    def _readable(self) -> None:
        try:
            data = self._pipe.read()
        except OSError as error:
            self._fail(error)
            return
        self.messages += self.link.receive(data, self._loop.time())
        self._news.set()

    def _tick(self) -> None:
        self._timer = self._loop.call_later(_TICK_S, self._tick)
        if not self._unsent:
            self._unsent = self.link.due(self._loop.time())
        try:
            self._unsent = self._unsent[self._pipe.write(self._unsent) :]
        except OSError as error:
            self._fail(error)
        self._news.set()

    def _fail(self, error: OSError) -> None:
        if self._gone is None:
            self._loop.remove_reader(self._pipe.fileno())
        self._gone = error
        self._news.set()

    async def turn(self) -> None:
        """Wait until something may have changed. Raises UpdateFailed when the port is gone."""
        if self._gone is not None:
            raise UpdateFailed(f"the port failed: {self._gone}")
        self._news.clear()
        await self._news.wait()


class Updater:
    """One update of one card.

    ``progress`` hears 0-100 per cent of the transfer; ``waiting`` is called all the time.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        file: bytes,
        *,
        allow_older: bool = False,
        progress: Callable[[int], None] = lambda _percent: None,
        waiting: Callable[[], None] = lambda: None,
    ) -> None:
        """Raises ImageError for a file that is no firmware."""
        self._loop = loop
        self._parts = read_parts(file)
        self._flags = int(allow_older)
        self._progress = progress
        self._waiting = waiting
        self._key = b""
        self._report: Report | None = None
        self._reply: HelloReply | None = None
        self._nonce = b""

    async def run(self, path: str, open_pipe: PipeOpener) -> str:
        """What was done, in a sentence. Raises UpdateFailed, ImageError, LinkError."""
        wire = _Wire(self._loop, open_pipe(path))
        try:
            part = await self._transfer(wire)
            return await self._try_it(wire, part)
        finally:
            wire.close()

    async def _transfer(self, wire: _Wire) -> Part:
        losses, best = 0, -1
        while True:
            try:
                part = await self._choose(wire)
                await self._send(wire, part)
                return part
            except _Lost as error:
                reached = self._report.next if self._report else 0
                losses = 0 if reached > best else losses + 1
                best = max(best, reached)
                if losses > _MOST_LOSSES:
                    raise UpdateFailed(f"the link broke too often: {error}") from error

    async def _greet(self, wire: _Wire, limit_s: float) -> HelloReply:
        deadline = self._loop.time() + limit_s
        while self._loop.time() < deadline:
            self._nonce = secrets.token_bytes(4)
            self._reply = None
            wire.link.greet(_HELLO, bytes((1, 2, 1)) + self._nonce)
            again = self._loop.time() + _HELLO_EVERY_S
            while self._loop.time() < again:
                await wire.turn()
                self._hear(wire)
                if self._reply is not None:
                    return self._reply
        raise UpdateFailed("no line card answers: is it fitted and is the port right?")

    def _hear(self, wire: _Wire) -> None:
        self._waiting()
        messages, wire.messages = wire.messages, []
        for kind, payload in messages:
            if kind == _HELLO_REPLY:
                reply = parse_hello_reply(payload)
                self._reply = reply if reply.nonce == self._nonce else self._reply
            elif kind == _REPORT:
                self._report = parse_report(payload)
            elif kind == _KEY:
                self._key = payload

    async def _until(self, wire: _Wire, done: Callable[[], bool], limit_s: float) -> None:
        deadline = self._loop.time() + limit_s
        while not done():
            await wire.turn()
            self._hear(wire)
            now_s = self._loop.time()
            if now_s - wire.link.heard_s > _LOST_S:
                raise _Lost("nothing is heard of the card")
            if now_s > deadline:
                raise _Lost("the card does not answer")

    def _answer(self) -> Report:
        """The report that is here. Raises UpdateFailed for one that tells of an error."""
        assert self._report is not None
        if self._report.error:
            why = _ERRORS.get(self._report.error, f"error {self._report.error}")
            raise UpdateFailed(f"the card refuses the update: {why}")
        return self._report

    async def _ask(self, wire: _Wire, kind: int, payload: bytes = b"") -> Report:
        self._report = None
        wire.link.post(kind, payload)
        await self._until(wire, lambda: self._report is not None, _ANSWER_S)
        return self._answer()

    async def _choose(self, wire: _Wire) -> Part:
        reply = await self._greet(wire, _GREETING_S)
        if reply.version < 2:
            raise UpdateFailed(
                f"the card's firmware {reply.firmware} can't be updated over the link: "
                "put the .uf2 file on it by USB once"
            )
        self._report, self._key = None, b""
        wire.link.post(_STATUS, b"")
        await self._until(wire, lambda: bool(self._report and self._key), _ANSWER_S)
        report = self._report
        assert report is not None
        part = next((one for one in self._parts if one.slot == report.target), None)
        if any(one.board != report.board for one in self._parts):
            made_for = self._parts[0].board
            raise ImageError(f"the file is for board {made_for}, the card is a {report.board}")
        if part is None:
            raise ImageError(_ERRORS[5])
        if not is_signed_by(part, self._key):
            raise ImageError("the file's signature is not the one this card trusts")
        return part

    async def _send(self, wire: _Wire, part: Part) -> None:
        data = part.data
        begin = struct.pack(">I", len(data)) + part.identity + bytes((self._flags,))
        sent = (await self._ask(wire, _BEGIN, begin)).next
        while sent < len(data):
            await self._until(wire, lambda: wire.link.unacknowledged < WINDOW, _ANSWER_S)
            self._answer()
            piece = data[sent : sent + _PIECE]
            wire.link.post(_DATA, struct.pack(">IB", sent, len(piece)) + piece)
            sent += len(piece)
            self._progress(100 * sent // len(data))
        await self._until(wire, lambda: wire.link.unacknowledged == 0, _ANSWER_S)
        report = await self._ask(wire, _END)
        if report.state == State.CHECKING:
            await self._until(wire, self._is_checked, _CHECK_S)
        self._answer()

    def _is_checked(self) -> bool:
        return self._report is not None and self._report.state != State.CHECKING

    async def _hear_of_trial(self, wire: _Wire, deadline: float) -> HelloReply:
        """The greeting and the report of what runs now; a card that restarts meanwhile is asked
        again."""
        while True:
            reply = await self._greet(wire, deadline - self._loop.time())
            self._report = None
            wire.link.post(_STATUS, b"")
            try:
                await self._until(wire, lambda: self._report is not None, _ANSWER_S)
                return reply
            except _Lost:
                if self._loop.time() > deadline:
                    raise

    async def _try_it(self, wire: _Wire, part: Part) -> str:
        self._report = None
        wire.link.post(_REBOOT, b"")
        heard = self._loop.time()
        while self._loop.time() - heard < _HELLO_EVERY_S * 2:  # until it restarts, or refuses
            await wire.turn()
            self._hear(wire)
            if self._report is not None:
                self._answer()
        wire.link.due(self._loop.time())
        reply = await self._hear_of_trial(wire, self._loop.time() + _TRIAL_S)
        if self._report is not None and self._report.outcome == Outcome.WENT_BACK:
            raise UpdateFailed(
                f"firmware {part.words} did not work, and the card went back to {reply.firmware}"
            )
        if reply.firmware != part.words:
            raise UpdateFailed(f"the card did not restart; it runs firmware {reply.firmware}")
        return f"the card runs firmware {reply.firmware}"
