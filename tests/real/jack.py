"""JACK servers without hardware for tests: started, wired, killed, and always forgotten by JACK."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.real.rig import CEILING_S

REGISTRY = Path("/dev/shm/jack-shm-registry")


class Server:
    """One JACK server, called ``name``, that is there or not."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._process: subprocess.Popen[bytes] | None = None
        self._is_known = False  # to JACK

    def start(self, rate_hz: int, period: int) -> None:
        command = ["jackd", "-n", self.name, "--no-realtime", "-d", "dummy"]
        command += ["-r", str(rate_hz), "-p", str(period), "-C", "1", "-P", "1"]
        # it ends, cleanly, with whoever started it: a server that is killed leaves things behind
        self._process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", *command],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self._is_known = True
        deadline = time.monotonic() + CEILING_S
        while not self._is_there():
            assert self._process.poll() is None, self._why_not()
            assert time.monotonic() < deadline, "jackd did not come up"

    def _is_there(self) -> bool:
        wait = ["jack_wait", "-s", self.name, "-w", "-t", "2"]
        return subprocess.run(wait, capture_output=True, check=False).returncode == 0

    def _why_not(self) -> str:
        return (
            "jackd ended at once. JACK knows eight servers at most, and one that was killed until"
            f" one of its name is started and ended; it knows {known_servers()} ({REGISTRY})"
        )

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(CEILING_S)
            self._process = None

    def end(self) -> None:
        """End it, so that JACK keeps nothing of it, however it fared."""
        while self._is_known:
            if self._process is None:
                self.start(8000, 160)
            assert self._process is not None
            self._process.terminate()
            try:
                self._is_known = self._process.wait(CEILING_S) != 0
            finally:
                self.kill()
        for of_a_killed_child in Path("/dev/shm").glob(f"jack_sem.*_{self.name}_*"):
            of_a_killed_child.unlink()

    def lives(self) -> bool:
        """Whether it does; jackd 1.9 dies (SIGPIPE) when it tells a client that was just killed."""
        return self._process is not None and self._process.poll() is None

    def do(self, *words: str) -> str:
        done = subprocess.run(words, capture_output=True, text=True, timeout=CEILING_S, check=False)
        return done.stdout

    def clients(self) -> list[str]:
        """The children's names here, oldest first."""
        ports = self.do("jack_lsp", "-s", self.name).splitlines()
        return [port.removesuffix(":out_0") for port in ports if port.endswith(":out_0")]

    def connect(self, source: str, target: str) -> None:
        done = self.do("jack_connect", "-s", self.name, f"{source}:out_0", f"{target}:in_0")
        wired = self.do("jack_lsp", "-s", self.name, "-c", f"{source}:out_0")
        assert f"{target}:in_0" in wired, done


def known_servers() -> list[str]:
    """The names of those that JACK thinks are there."""
    known = REGISTRY.read_bytes() if REGISTRY.exists() else b""
    return [name.decode() for name in re.findall(rb"jack-\d+:([^:\0]+):", known)]


def forget_the_dead() -> None:
    """What is left of servers of tests that were killed themselves."""
    for name in known_servers():
        words, _, pid = name.partition("-")
        if words == "counterbell" and pid.isdigit() and not Path(f"/proc/{pid}").exists():
            dead = Server(name)
            dead.start(8000, 160)
            dead.end()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    assert shutil.which("jackd"), "needs the Debian package jackd2"
    made = Server(f"counterbell-{os.getpid()}")
    monkeypatch.setenv("JACK_DEFAULT_SERVER", made.name)
    monkeypatch.setenv("JACK_NO_AUDIO_RESERVATION", "1")
    monkeypatch.setenv("JACK_NO_START_SERVER", "1")
    forget_the_dead()
    yield made
    made.end()
