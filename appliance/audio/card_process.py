"""A child process that serves one sound card, and what it says."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from appliance.errors import SoundCardError
from appliance.tied import tie

PROGRAM = [sys.executable, "-m", "appliance.audio.sound_card_child"]
REAP_S = 0.1
LONGEST_LINE = 65536


@dataclass(frozen=True, slots=True)
class CardRequest:
    """What a card's process is told: the card's stable name, its rate (0: its own), the memory.

    ``rt_priority``: SCHED_FIFO 1-99 of the callback's thread, 0 = ordinary.
    """

    device: str
    rate_hz: int
    memory_fd: int
    rt_priority: int = 0


class CardWatcher(Protocol):
    """Who hears of a card's process. Called on the main thread, never after its end."""

    def card_said(self, facts: Mapping[str, Any]) -> None:
        """One line of the child's: see sound_card_child."""

    def card_ended(self, code: int) -> None:
        """It is gone; ``code`` as `subprocess.Popen.returncode`."""


class CardProcess(Protocol):
    """A card's process that was started."""

    def kill(self) -> None:
        """End it now; `card_ended` follows."""


class CardLauncher(Protocol):
    """Starts a card's process. Raises SoundCardError when it can't be started."""

    def __call__(
        self, loop: asyncio.AbstractEventLoop, request: CardRequest, watcher: CardWatcher
    ) -> CardProcess: ...


def launch(
    loop: asyncio.AbstractEventLoop, request: CardRequest, watcher: CardWatcher
) -> CardProcess:
    """A real process. Raises SoundCardError."""
    return ChildProcess(loop, request, watcher)


class ChildProcess:
    """`CardProcess`: ends when the daemon does, or when its standard input is closed."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, request: CardRequest, watcher: CardWatcher
    ) -> None:
        self._loop = loop
        self._watcher = watcher
        self._said = b""
        words = ["--memory-fd", str(request.memory_fd), f"--device={request.device}"]
        words += ["--rate-hz", str(request.rate_hz), "--rt-priority", str(request.rt_priority)]
        try:
            self._process = subprocess.Popen(
                [*PROGRAM, *words],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, **tie()},
                pass_fds=(request.memory_fd,),
            )
        except OSError as error:
            raise SoundCardError(f"its process can't be started: {error.strerror}") from error
        assert self._process.stdout is not None
        self._out = self._process.stdout.fileno()
        os.set_blocking(self._out, False)
        loop.add_reader(self._out, self._read)

    @property
    def pid(self) -> int:
        return self._process.pid

    def kill(self) -> None:
        """SIGKILL: it holds nothing that could be left half done."""
        self._process.kill()

    def _read(self) -> None:
        try:
            data = os.read(self._out, LONGEST_LINE)
        except BlockingIOError:
            return
        if not data:
            self._loop.remove_reader(self._out)
            self._process.kill()
            self._reap()
            return
        *lines, self._said = (self._said + data).split(b"\n")
        self._said = self._said[-LONGEST_LINE:]
        for line in lines:
            self._tell(line)

    def _tell(self, line: bytes) -> None:
        try:
            facts = json.loads(line)
        except ValueError:
            return  # not ours: a library found a way to print
        if isinstance(facts, dict):
            self._watcher.card_said(facts)

    def _reap(self) -> None:
        """A process that hangs in its device's driver takes a while to die: nobody waits for it."""
        code = self._process.poll()
        if code is None:
            self._loop.call_later(REAP_S, self._reap)
            return
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._watcher.card_ended(code)
