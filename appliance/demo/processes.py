"""The demo's processes: started together, watched, started again with patience, ended in order."""

import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from appliance.errors import CounterbellError
from appliance.tied import tie

READY = "ready"  # the word every child's first line on its standard output holds
READY_LIMIT_S = 60.0
END_LIMIT_S = 8.0
FIRST_PATIENCE_S = 0.5
LONGEST_PATIENCE_S = 10.0
STEADY_S = 30.0  # one that ran so long did not fail at once: patience begins anew


@dataclass(slots=True)
class Child:
    """One process of the demo. ``on_again``: what to do when it is ready after a restart."""

    name: str
    command: Sequence[str]
    on_again: Callable[[], None] = lambda: None
    process: "subprocess.Popen[str] | None" = None
    is_ready: bool = False
    last_line: str = ""
    began_at: float = 0.0
    again_at: float = 0.0
    patience_s: float = FIRST_PATIENCE_S
    starts: int = field(default=0)


class Children:
    """Main thread only: the kernel ends a child with the *thread* that started it."""

    def __init__(self, children: Sequence[Child], say: Callable[[str], object]) -> None:
        self._children = {child.name: child for child in children}
        self._say = say
        self._lines: queue.Queue[tuple[str, int, str]] = queue.Queue()

    def start(self, name: str) -> None:
        """Start one; it is not ready yet. Raises CounterbellError when there is no such program."""
        child = self._children[name]
        child.is_ready = False
        child.starts += 1
        child.began_at = time.monotonic()
        try:
            child.process = subprocess.Popen(
                child.command,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                text=True,
                errors="replace",
                start_new_session=True,  # Ctrl-C reaches us alone; we end them in order
                env=os.environ | {"PYTHONUNBUFFERED": "1"} | tie(),
            )
        except OSError as error:
            raise CounterbellError(f"can't start {name}: {error.strerror}") from error
        reader = threading.Thread(target=self._read, args=(child, child.process), daemon=True)
        reader.start()

    def wait_ready(self, name: str) -> None:
        """Raises CounterbellError, with its own last words, when it ends or takes too long."""
        child = self._children[name]
        deadline = time.monotonic() + READY_LIMIT_S
        while not child.is_ready:
            ended = child.process is None or child.process.poll() is not None
            if not self._take(0.05 if ended else 0.2) and ended:
                raise CounterbellError(f"the {name} did not start: {child.last_line or 'no word'}")
            if time.monotonic() > deadline:
                raise CounterbellError(f"the {name} was not ready within {READY_LIMIT_S:.0f} s")

    def watch(self) -> None:
        """One look: pass on what they say, start again what died. Waits a fifth of a second."""
        self._take(0.2)
        now = time.monotonic()
        for child in self._children.values():
            if child.process is not None and child.process.poll() is not None:
                self._died(child, now)
            elif child.process is None and child.starts and now >= child.again_at:
                self.start(child.name)

    def end(self, *names: str) -> None:
        """End these together: asked first, killed after END_LIMIT_S with all that is theirs."""
        running = [child for name in names if (child := self._children[name]).process is not None]
        for child in running:
            assert child.process is not None
            child.process.terminate()
        deadline = time.monotonic() + END_LIMIT_S
        for child in running:
            assert child.process is not None
            with suppress(subprocess.TimeoutExpired):
                child.process.wait(max(0.1, deadline - time.monotonic()))
            _end_session(child.process)
            child.process = None
            child.starts = 0

    def _died(self, child: Child, now: float) -> None:
        assert child.process is not None
        _end_session(child.process)
        if now - child.began_at > STEADY_S:
            child.patience_s = FIRST_PATIENCE_S
        child.again_at = now + child.patience_s
        how = _how(child.process.returncode)
        self._say(f"  The {child.name} ended ({how}); again in {child.patience_s:g} s\n")
        child.patience_s = min(LONGEST_PATIENCE_S, child.patience_s * 2)
        child.process = None

    def _take(self, wait_s: float) -> bool:
        """Take one line that a child said; whether there was one."""
        try:
            name, pid, line = self._lines.get(timeout=wait_s)
        except queue.Empty:
            return False
        child = self._children[name]
        is_now = child.process is not None and child.process.pid == pid
        child.last_line = line
        if is_now and not child.is_ready and READY in line:
            child.is_ready = True
            if child.starts > 1:
                self._say(f"  The {name} is back\n")
                child.on_again()
        elif child.is_ready:
            self._say(f"  The {name} says: {line}\n")
        return True

    def _read(self, child: Child, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                if line.strip():
                    self._lines.put((child.name, process.pid, line.rstrip()))


def _how(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"by {signal.Signals(-code).name}"
    except ValueError:
        return f"by signal {-code}"


def _end_session(process: "subprocess.Popen[str]") -> None:
    """Kill it, and what it started: each child leads a session, and a process group, of its own."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
