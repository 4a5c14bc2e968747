"""A line-card HAT made of the firmware's own host build, driven through its stimulus socket.

In real time the card runs by itself on a pty. In virtual time it runs in lock-step: each 10 ms of
the loop's time it is told to step, and is waited for, so that nothing depends on how fast it is.
"""

import asyncio
import contextlib
import os
import socket
import subprocess
import tempfile
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from appliance.errors import SimulatorError
from appliance.simulator.pipes import HostPipe
from appliance.simulator.timers import Beat

_START_PATIENCE_S = 5.0
_ANSWER_PATIENCE_S = 10.0
_DEFAULT_BINARY = Path(__file__).parents[2] / "build" / "linecard-host"


class CardListener(Protocol):
    """Who hears what the card says of one socket."""

    def card_event(self, what: str, words: list[str]) -> None:
        """``what``: ringing, hook, heard; ``words``: the rest of the line after the socket.

        ``gone``: the card has no power any more, and whatever was off-hook is on-hook.
        """


@dataclass(frozen=True, slots=True)
class HatConfig:
    """One HAT. ``path``: the symbolic link to its pty. Sockets as printed on the board.

    ``echo_db``: return loss of each socket's hybrid, None = no echo. ``flash``: two files,
    its flash and the public key whose firmware it takes.
    """

    name: str
    path: Path
    fxs: tuple[int, ...] = (1, 2, 3, 4)
    fxo: tuple[int, ...] = ()
    clock_ppm: float = 0.0
    echo_db: float | None = 12.0
    binary: Path = field(default=_DEFAULT_BINARY)
    flash: tuple[Path, Path] | None = None


class Hat:
    """One card. ``lockstep``: in virtual time, on a socket pair that ``connect`` hands out."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, config: HatConfig, *, lockstep: bool
    ) -> None:
        self.config = config
        self.linked = False
        self._loop = loop
        self._lockstep = lockstep
        self._process: subprocess.Popen[bytes] | None = None
        self._link: socket.socket | None = None
        self._stimulus: socket.socket | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._received = b""
        self._answers: deque[Callable[[str], None]] = deque()
        self._events: deque[list[str]] = deque()
        self._unsent = b""
        self._listeners: dict[int, CardListener] = {}
        self._beat = Beat(loop, self._step, config.clock_ppm)  # in lock-step its clock is ours

    def listen(self, number: int, listener: CardListener) -> None:
        """Who hears of socket ``number``."""
        self._listeners[number] = listener

    # Starting and stopping

    def start(self) -> None:
        """Run the card. Raises SimulatorError when it cannot be started."""
        binary = self.config.binary
        if not binary.exists():
            raise SimulatorError(f"{binary} is missing; build it with: make -C firmware")
        self._folder = tempfile.TemporaryDirectory(prefix="linecard-")
        control = Path(self._folder.name) / "stimulus"
        arguments, inherited = self._arguments(control)
        try:
            self._process = subprocess.Popen(
                arguments, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, pass_fds=inherited
            )
        except OSError as error:
            raise SimulatorError(f"{binary}: {error.strerror}") from error
        finally:
            for fd in inherited:
                os.close(fd)
        self._stimulus = self._reach(control)
        if self._lockstep:
            self._beat.start()
        else:
            self._stimulus.setblocking(False)
            self._loop.add_reader(self._stimulus, self._read)

    def _arguments(self, control: Path) -> tuple[list[str], tuple[int, ...]]:
        config = self.config
        arguments = [str(config.binary), "--die-with-parent", "--stimulus", str(control)]
        arguments += ["--fxs", ",".join(map(str, config.fxs))]
        if config.fxo:
            arguments += ["--fxo", ",".join(map(str, config.fxo))]
        if config.clock_ppm:
            arguments += ["--clock-ppm", f"{config.clock_ppm:g}"]
        if config.echo_db is not None:
            arguments += ["--echo-db", f"{config.echo_db:g}"]
        if config.flash is not None:
            file, key = config.flash
            arguments += ["--flash", str(file), "--update-key", str(key)]
        if not self._lockstep:
            config.path.parent.mkdir(parents=True, exist_ok=True)
            return [*arguments, "--link", str(config.path)], ()
        self._link, theirs = socket.socketpair()
        self._link.setblocking(False)
        fd = theirs.detach()
        return [*arguments, "--lockstep", "--link-fd", str(fd)], (fd,)

    def _reach(self, control: Path) -> socket.socket:
        """Connect to a process that has only just begun: the one place that waits in real time."""
        deadline = time.monotonic() + _START_PATIENCE_S
        while time.monotonic() < deadline:
            if self._process is not None and self._process.poll() is not None:
                raise SimulatorError(f"{self.config.binary} ended at once; run it by hand")
            end = socket.socket(socket.AF_UNIX)
            end.settimeout(_ANSWER_PATIENCE_S)
            try:
                end.connect(str(control))
            except OSError:
                end.close()
                time.sleep(0.005)
                continue
            return end
        self.stop()
        raise SimulatorError(f"{self.config.binary} did not open its stimulus socket")

    def connect(self) -> HostPipe:
        """The host's end of the link, in lock-step. Raises SimulatorError when there is none."""
        if self._link is None:
            raise SimulatorError(f"HAT {self.config.name} is not running in virtual time")
        with contextlib.suppress(BlockingIOError):
            while self._link.recv(65536):  # a port that is opened holds nothing old
                pass
        return HostPipe(self._link.dup())

    def stop(self) -> None:
        """End the card. Idempotent."""
        self._beat.stop()
        if self._process is not None:
            for listener in self._listeners.values():
                listener.card_event("gone", [])
        if self._stimulus is not None:
            if not self._lockstep:
                self._loop.remove_reader(self._stimulus)
                self._loop.remove_writer(self._stimulus)
            self._stimulus.close()
            self._stimulus = None
        if self._link is not None:
            self._link.close()
            self._link = None
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(timeout=2.0)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    # Commands

    def command(self, text: str, on_answer: Callable[[str], None] | None = None) -> None:
        """Send one line. ``on_answer`` gets ``ok`` or ``error TEXT``; without it an error raises.

        Raises SimulatorError when the card is gone, or (in lock-step) when it refuses.
        """
        if self._stimulus is None:
            raise SimulatorError(f"HAT {self.config.name} is not running")
        if self._lockstep:
            answer = self._ask(text)
            if on_answer is not None:
                on_answer(answer)
            elif answer != "ok":
                raise SimulatorError(f"HAT {self.config.name}: {text[:20]}: {answer}")
            return
        self._answers.append(on_answer or _ignore)
        self._unsent += text.encode("ascii") + b"\n"
        self._write()

    def _ask(self, text: str) -> str:
        """Send and wait for the answer; events that come first are kept for the next turn."""
        assert self._stimulus is not None
        try:
            self._stimulus.sendall(text.encode("ascii") + b"\n")
            while True:
                while b"\n" not in self._received:
                    data = self._stimulus.recv(65536)
                    if not data:
                        raise SimulatorError(f"HAT {self.config.name} ended unexpectedly")
                    self._received += data
                line, _, self._received = self._received.partition(b"\n")
                words = line.decode("ascii", "replace")
                if not words.startswith("*"):
                    return words
                self._events.append(words.split(" ")[1:])
        except OSError as error:
            if isinstance(error, SimulatorError):
                raise
            raise SimulatorError(f"HAT {self.config.name}: {error}") from error

    def _step(self) -> None:
        self._ask("step 10")
        self._tell()

    def _write(self) -> None:
        if self._stimulus is None:
            return
        try:
            sent = self._stimulus.send(self._unsent)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._lost()
            return
        self._unsent = self._unsent[sent:]
        if self._unsent:
            self._loop.add_writer(self._stimulus, self._write)
        else:
            self._loop.remove_writer(self._stimulus)

    def _read(self) -> None:
        if self._stimulus is None:
            return
        try:
            data = self._stimulus.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._lost()
            return
        *lines, self._received = (self._received + data).split(b"\n")
        for line in lines:
            words = line.decode("ascii", "replace")
            if words.startswith("*"):
                self._events.append(words.split(" ")[1:])
            elif self._answers:
                self._answers.popleft()(words)
        self._tell()

    def _lost(self) -> None:
        if self._stimulus is not None:
            self._loop.remove_reader(self._stimulus)
            self._loop.remove_writer(self._stimulus)
            self._stimulus.close()
            self._stimulus = None
        self.linked = False

    def _tell(self) -> None:
        while self._events:
            what, *words = self._events.popleft()
            if what == "link" and words:
                self.linked = words[0] == "up"
            elif words and words[0].isdigit():
                listener = self._listeners.get(int(words[0]))
                if listener is not None:
                    listener.card_event(what, words[1:])


def _ignore(_: str) -> None:
    """For commands whose answer nobody awaits."""
