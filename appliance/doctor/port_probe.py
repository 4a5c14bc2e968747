"""Asks the modem at a port who it is: politely, exclusively, within five seconds."""

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from appliance.doctor import at_script
from appliance.doctor.at_script import Answer, Modem
from appliance.interfaces import BytePipe, PipeOpener
from appliance.modem.at import AtOutput, Command, CommandQueue, Finished, Send

LIMIT_S = 5.0  # a port, from opening to closing
_WAKE_S = 0.3  # for a modem to leave a stream, and for what it still sends
# Of a UART whose modem was set to another speed than the usual 115200 baud; USB ignores it.
OTHER_SPEEDS_BAUD = (9600, 57_600, 230_400)
_ERROR = re.compile(rb"\+CM[ES] ERROR:\s*([^\r\n]{1,60})")


@dataclass(frozen=True, slots=True)
class Probe:
    """What came of a port. ``refusal``: why it could not be opened. ``modem``: None: silent.

    ``baud``: the speed at which it answered, 0: the usual one.
    """

    path: str
    refusal: str = ""
    modem: Modem | None = None
    baud: int = 0


@runtime_checkable
class TunablePipe(Protocol):
    """A BytePipe whose speed can be set: a serial port."""

    def set_flow(self, rtscts: bool, baud: int | None = None) -> None: ...


class Conversation:
    """One command after another through a pipe; ends at the first command after ``ends_at``."""

    def __init__(self, loop: asyncio.AbstractEventLoop, pipe: BytePipe, ends_at: float) -> None:
        """``ends_at``: in the loop's time, seconds."""
        self._loop = loop
        self._pipe = pipe
        self._ends_at = ends_at
        self._queue = CommandQueue()
        self._heard = asyncio.Event()
        self._bytes = b""
        self._lost = False
        loop.add_reader(pipe.fileno(), self._readable)

    def close(self) -> None:
        """Let go of the pipe, which stays open."""
        self._loop.remove_reader(self._pipe.fileno())

    async def ask(self, commands: Iterable[Command]) -> list[Answer]:
        """The answers to ``commands``, as far as there is time for them."""
        answers: list[Answer] = []
        for command in commands:
            if self._lost or self._loop.time() >= self._ends_at:
                break
            answers.append(await self._ask(command))
        return answers

    async def wake(self, data: bytes) -> None:
        """Send ``data`` raw, and throw away what comes for a moment."""
        self._send(data)
        until = min(self._loop.time() + _WAKE_S, self._ends_at)
        while not self._lost and self._loop.time() < until:
            self._bytes = b""
            await self._wait(until)
        self._queue.reset()
        self._bytes = b""

    async def _ask(self, command: Command) -> Answer:
        self._bytes = b""
        outputs = self._queue.submit((command,), self._loop.time())
        raw = b""
        while True:
            finished = self._carry_out(outputs)
            if finished is not None:
                error = _ERROR.search(raw)
                result = finished.result
                said = error[1].decode("latin-1").strip() if error else ""
                return Answer(command.text, result.ok, result.lines, said)
            if self._lost:
                self._queue.reset()
                return Answer(command.text, False)
            deadline = self._queue.deadline
            await self._wait(self._ends_at if deadline is None else min(deadline, self._ends_at))
            data, self._bytes = self._bytes, b""
            raw += data
            now = self._loop.time()
            if now >= self._ends_at and not data:
                self._queue.reset()
                return Answer(command.text, False)
            outputs = [*self._queue.feed(data, now), *self._queue.tick(now)]

    def _carry_out(self, outputs: Iterable[AtOutput]) -> Finished | None:
        finished = None
        for output in outputs:
            if isinstance(output, Send):
                self._send(output.data)
            elif isinstance(output, Finished):
                finished = output
        return finished

    def _send(self, data: bytes) -> None:
        try:
            self._pipe.write(data)  # a few bytes into an empty port: they fit
        except OSError:
            self._lose()

    async def _wait(self, until: float) -> None:
        """Until bytes came, or ``until``."""
        if self._bytes or self._lost:
            return
        self._heard.clear()
        timer = self._loop.call_at(until, self._heard.set)
        try:
            await self._heard.wait()
        finally:
            timer.cancel()

    def _readable(self) -> None:
        try:
            self._bytes += self._pipe.read()
        except OSError:
            self._lose()
        self._heard.set()

    def _lose(self) -> None:
        self._lost = True
        self._loop.remove_reader(self._pipe.fileno())


async def probe_port(
    loop: asyncio.AbstractEventLoop,
    path: str,
    open_pipe: PipeOpener,
    limit_s: float = LIMIT_S,
) -> Probe:
    """Open ``path``, ask, close. Takes at most ``limit_s``; a port that is held stays untouched."""
    try:
        pipe = open_pipe(path)
    except OSError as error:  # LineFault and LinkError are OSErrors
        return Probe(path, refusal=str(error))
    talk = Conversation(loop, pipe, loop.time() + limit_s)
    try:
        baud = await _find_speed(talk, pipe)
        return Probe(path) if baud is None else Probe(path, modem=await _examine(talk), baud=baud)
    finally:
        talk.close()
        pipe.close()


async def _find_speed(talk: Conversation, pipe: BytePipe) -> int | None:
    """The speed at which AT is answered, 0 for that of the opening; None: nobody answers."""
    if _greeted(await talk.ask(at_script.HELLO)):
        return 0
    await talk.wake(at_script.WAKE)
    if _greeted(await talk.ask(at_script.HELLO)):
        return 0
    if not isinstance(pipe, TunablePipe):
        return None
    for baud in OTHER_SPEEDS_BAUD:
        try:
            pipe.set_flow(False, baud)
        except OSError:
            return None
        if _greeted(await talk.ask(at_script.HELLO)):
            return baud
    return None


async def _examine(talk: Conversation) -> Modem:
    answers = await talk.ask(at_script.WHO)
    answers += await talk.ask(at_script.next_script(answers))
    return at_script.understand(answers)


def _greeted(answers: list[Answer]) -> bool:
    return any(answer.ok for answer in answers)
