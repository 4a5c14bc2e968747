"""A whole shop on one computer: emulated network, daemon, page, and a first call to look at."""

import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from appliance.errors import CounterbellError, SimulatorError
from appliance.prompt_making import make_demo_voices, make_prompts
from appliance.simulator.client import SimulatorClient
from appliance.storage.config_store import ConfigStore
from appliance.storage.state_folder import StateFolder

READY_LIMIT_S = 90.0  # a first start speaks every prompt; a Pi Zero 2 needs its time
DEMO_TOML = Path(__file__).with_name("demo.toml")
END_LIMIT_S = 8.0
RESTART_AFTER_S = 0.5


@dataclass
class Child:
    """One process of the demo. ``ready``: the words its first line must hold."""

    name: str
    command: Sequence[str]
    ready: str
    process: subprocess.Popen[str] | None = None


class Demo:
    """Starts the children in order, restarts one that dies, and ends them all."""

    def __init__(self, state: Path, listen: str, port: int, write: Callable[[str], object]) -> None:
        self.state = state
        self.port = port
        self._write = write
        self._lines: queue.Queue[tuple[str, str]] = queue.Queue()
        self._ending = False
        program = [sys.executable, "-m", "appliance.cli"]
        where = ["--state", str(state)]
        self.children = [
            Child("network", [*program, "simulate", "serve", *where], "ready"),
            Child("telephony", [*program, "run", *where], "ready"),
            Child(
                "page", [*program, "web", *where, "--listen", listen, "--port", str(port)], "ready"
            ),
        ]

    def start(self) -> None:
        """Start every child and wait until each says it is ready. Raises CounterbellError."""
        for child in self.children:
            self._spawn(child)
            self._wait_ready(child)

    def watch(self) -> None:
        """Pass the children's lines on and restart what dies, until interrupted."""
        while True:
            try:
                name, line = self._lines.get(timeout=RESTART_AFTER_S)
                self._write(f"  [{name}] {line}\n")
            except queue.Empty:
                for child in self.children:
                    if child.process is not None and child.process.poll() is not None:
                        self._write(f"  [{child.name}] ended ({child.process.returncode}); again\n")
                        self._spawn(child)

    def end(self) -> None:
        """End every child: asked first, killed after END_LIMIT_S."""
        self._ending = True
        running = [c.process for c in self.children if c.process and c.process.poll() is None]
        for process in reversed(running):
            process.terminate()
        deadline = time.monotonic() + END_LIMIT_S
        for process in running:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _spawn(self, child: Child) -> None:
        child.process = subprocess.Popen(
            child.command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            start_new_session=True,  # Ctrl-C reaches us alone; we end them in order
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )
        threading.Thread(target=self._read, args=(child.name, child.process), daemon=True).start()

    def _read(self, name: str, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self._lines.put((name, line.rstrip()))

    def _wait_ready(self, child: Child) -> None:
        assert child.process is not None
        deadline = time.monotonic() + READY_LIMIT_S
        while time.monotonic() < deadline:
            try:
                name, line = self._lines.get(timeout=0.2)
            except queue.Empty:
                if child.process.poll() is not None:
                    raise CounterbellError(
                        f"the demo's {child.name} ended with code {child.process.returncode}"
                    ) from None
                continue
            if name == child.name and child.ready in line:
                return
            self._write(f"  [{name}] {line}\n")
        raise CounterbellError(
            f"the demo's {child.name} was not ready within {READY_LIMIT_S:.0f} s"
        )


def addresses(port: int) -> list[str]:
    """Where the page can be opened: here, then the address a phone on the same Wi-Fi uses."""
    found = [f"http://localhost:{port}/"]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # RFC 5737: nothing is sent, only a route looked up
            found.append(f"http://{probe.getsockname()[0]}:{port}/")
        except OSError:
            pass  # no network at all: the box works without
    return found


def prepare(state: Path, progress: Callable[[str], None]) -> dict[str, Path]:
    """Give a new state folder the demo's shop, make every prompt; the people's voices by name."""
    with StateFolder(state) as folder:
        store = ConfigStore(folder.path)
        if store.current.generation == 0:
            store.save(DEMO_TOML.read_text(), DEMO_TOML.name, time.time())
    make_prompts(state, progress)
    return make_demo_voices(state / "voices")


def run_demo(state: Path, listen: str, port: int, first_call: bool) -> int:
    """Run the demo until Ctrl-C. Returns the exit code."""
    def write(text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()

    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    demo = Demo(state, listen, port, write)
    try:
        write("Preparing the shop (spoken prompts are made once) ...\n")
        voices = prepare(state, lambda line: write(f"\r  {line:<40}"))
        write("\n")
        write("Starting the telephone network, the telephony daemon and the page ...\n")
        demo.start()
        _greet(state, port, write)
        if first_call:
            _first_call(state, voices, write)
        write("Ctrl-C ends everything.\n\n")
        demo.watch()
    except KeyboardInterrupt:
        write("\nEnding ...\n")
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        demo.end()
    return 0


def _greet(state: Path, port: int, write: Callable[[str], object]) -> None:
    write("\n  Open the page:   " + "   or   ".join(addresses(port)) + "\n")
    code = state / "claim-code"
    if code.exists():
        write(f"  Claim code:      {code.read_text().strip()}   (once, then your own password)\n")
    program = f"{Path(sys.argv[0]).parent}/counterbell"
    write("\n  In another terminal:\n")
    write(f"    {program} simulate call --line landline --from 09171234567 --press 1\n")
    write(f"    {program} calls\n\n")


def _first_call(state: Path, voices: dict[str, Path], write: Callable[[str], object]) -> None:
    write("  A first caller rings the shop ...\n")
    client = SimulatorClient(state / "simulator.sock")
    try:
        client.answer_phones(["11"], after_s=2.0, say=voices["shop"], hang_up_after_s=None)
        for event in client.call(
            line="landline",
            number="09171234567",
            name="JUAN CRUZ",
            press=["1"],
            say=voices["caller"],
            say_after_s=9.0,  # after the key: two rings, a greeting from the counter
            hang_up_after_s=42.0,
            save=state / "first-call-heard.wav",
        ):
            write(f"    {event['at_s']:6.2f} s  {event['what']}\n")
    except SimulatorError as error:
        write(f"  The first call did not work: {error}\n")
    write("\n")
