"""Real processes for tests: started, listened to, awaited. Every wait has a ceiling."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from appliance.control.client import Client
from appliance.simulator.client import request
from appliance.tied import tie

CEILING_S = 60.0  # generous: the machine may be busy with something else
TRIES = 10  # of what is measured by the clock, or heard: other work only ever makes it worse
PROGRAM = [sys.executable, "-m", "appliance.cli"]
ROOT = Path(__file__).parents[2]


def environment() -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("COUNTERBELL_")}
    return kept | {"PYTHONUNBUFFERED": "1", "LC_ALL": "C.UTF-8"}


def counterbell(
    *words: object, state: Path | None = None, given: str = "", cwd: Path = ROOT
) -> "subprocess.CompletedProcess[str]":
    """Run one command to its end."""
    where = ["--state", str(state)] if state else []
    done = subprocess.run(
        [*PROGRAM, *map(str, words), *where],
        input=given, capture_output=True, text=True, timeout=2 * CEILING_S,
        env=environment(), cwd=cwd,
        check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return done


def refused(done: "subprocess.CompletedProcess[str]", code: int) -> str:
    """The one line on stderr with which a command ended."""
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    assert len(done.stderr.splitlines()) == 1, done.stderr
    return done.stderr.rstrip("\n")


class Running:
    """One process and what it says on both of its outputs."""

    def __init__(self, *words: object, state: Path) -> None:
        self.state = state
        self.said = ""
        self.process = subprocess.Popen(
            [*PROGRAM, *map(str, words), "--state", str(state)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env=environment() | tie(), cwd=ROOT, start_new_session=True,
        )  # fmt: skip

    @property
    def pid(self) -> int:
        return self.process.pid

    def until(self, words: str, limit_s: float = CEILING_S) -> str:
        """Read until ``words`` were said after what was read before; what was said since then."""
        assert self.process.stdout is not None
        begun, deadline = len(self.said), time.monotonic() + limit_s
        while words not in self.said[begun:]:
            left = deadline - time.monotonic()
            ready, _, _ = select.select([self.process.stdout], [], [], max(0.0, left))
            data = os.read(self.process.stdout.fileno(), 65536) if ready else b""
            assert data, f"no {words!r} within {limit_s} s; it said:\n{self.said}"
            self.said += data.decode(errors="replace")
        return self.said[begun:]

    def ended(self, limit_s: float = CEILING_S) -> int:
        """Its exit code; all that it said is in ``said``."""
        out, _ = self.process.communicate(timeout=limit_s)
        self.said += out.decode(errors="replace") if out else ""
        return self.process.returncode

    def stop(self, number: int = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.ended()
        finally:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)


@contextmanager
def running(*words: object, state: Path) -> Iterator[Running]:
    """A process that is ended with the block, whatever happens."""
    process = Running(*words, state=state)
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.process.wait(CEILING_S)
        assert process.process.stdout is not None
        process.process.stdout.close()


class Box:
    """Network, daemon and page on one state folder, each on its own."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.client = Client(state / "control.sock")
        self.network = Running("simulate", "serve", state=state)
        self.network.until("ready")
        self.daemon = Running("run", state=state)
        self.daemon.until("ready")
        self.page = Running("web", "--listen", "127.0.0.1", "--port", 0, state=state)
        self.page.until("ready")
        self.until(at_rest)

    def stop(self) -> None:
        self.client.close()
        for process in (self.page, self.daemon, self.network):
            process.stop()

    def until(
        self, is_so: Callable[[dict[str, Any]], object], limit_s: float = CEILING_S
    ) -> dict[str, Any]:
        """Wait for a status that ``is_so``, by the daemon's own long poll."""
        deadline = time.monotonic() + limit_s
        status: dict[str, Any] = self.client.call("status.get")
        while not is_so(status):
            left = deadline - time.monotonic()
            assert left > 0, f"not so within {limit_s} s: {json.dumps(status, indent=1)}"
            since = status["revision"]
            status = self.client.call("status.changes", since=since, wait_s=min(left, 5.0))
        return status

    def ask(self, message: dict[str, Any]) -> dict[str, Any]:
        """Ask the network, without a process more."""
        result: dict[str, Any] = request(self.state, message)
        return result

    def come_to_rest(self) -> None:
        """Wait until all is at rest; a handset 11 that is left off the hook is put down.

        Who answered there hangs up when he hears that nobody is left; but he hears nothing more
        when this machine had no time for the emulated HAT: its link is lost, and is back off-hook.
        """
        status = self.until(lambda status: at_rest(status) or left_off_hook(status))
        if left_off_hook(status):
            self.ask({"do": "phone", "extension": "11", "actions": [["hang_up"]]})
            self.until(at_rest)

    def call_briefly(self) -> dict[str, Any]:
        """A call that is answered, and hung up at once; the newest in the history then."""
        result = self.ask({"do": "call", "line": "landline", "from": "123", "hang_up_after": 0.3})
        assert result["outcome"] == "answered", result
        newest: dict[str, Any] = self.client.call("calls.list", limit=1, story=True)["calls"][0]
        return newest


def at_rest(status: dict[str, Any]) -> bool:
    """The line waits for calls, every handset is on its hook."""
    return status["lines"][0]["state"] == "ready" and all(
        station["state"] == "idle" for station in status["stations"]
    )


def left_off_hook(status: dict[str, Any]) -> bool:
    """Handset 11 is off the hook and hears nothing; after busy tone and howler, or at once."""
    return bool(status["stations"][0]["state"] == "off_hook")


def in_call(status: dict[str, Any]) -> bool:
    return status["lines"][0]["state"] == "in_call"


def best_of(first_s: float, attempt: Callable[[], float], bar_s: float) -> float:
    """The least time taken: ``first_s``, and only while that is over the bar, by ``attempt``."""
    took = [first_s]
    while len(took) < TRIES and min(took) > bar_s:
        took.append(attempt())
    return min(took)


def modem_returns_s(box: Box) -> float:
    """Pull the modem out, where it is in, and put it back as another device; s until it serves."""
    port = box.state / "devices" / "line0"
    if os.path.lexists(port):
        box.ask({"do": "line_fault", "line": "landline", "unplug": True})
    box.until(lambda status: status["lines"][0]["state"] in {"retrying", "fault"})
    held = os.openpty()  # so that it comes back under another number
    begun = time.monotonic()
    box.ask({"do": "line_fault", "line": "landline", "replug": True})
    for fd in held:
        os.close(fd)
    box.until(lambda status: status["lines"][0]["state"] == "ready")
    served_s = time.monotonic() - begun
    print(f"served {served_s:.1f} s after it came back as {os.readlink(port)}")
    return served_s


def processes_of(state: Path) -> set[int]:
    """Every process that names this state folder in its command, or was started by one."""
    parents: dict[int, int] = {}
    found: set[int] = set()
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            pid = int(folder.name)
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            if fields[0] == "Z":
                continue
            parents[pid] = int(fields[1])
            if str(state).encode() in (folder / "cmdline").read_bytes():
                found.add(pid)
    found.discard(os.getpid())
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def wait_for_end(pids: set[int], limit_s: float = CEILING_S) -> None:
    """Until every one of these processes is gone."""
    deadline = time.monotonic() + limit_s
    for pid in pids:
        with suppress(ProcessLookupError):
            fd = os.pidfd_open(pid)
            try:
                left = max(0.0, deadline - time.monotonic())
                assert select.select([fd], [], [], left)[0], f"process {pid} runs on"
            finally:
                os.close(fd)


def busy_port() -> socket.socket:
    """A port that somebody listens on."""
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    taken.listen()
    return taken


def free_port() -> int:
    with busy_port() as taken:
        return int(taken.getsockname()[1])
