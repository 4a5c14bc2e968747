"""The emulated chip with its board, a process: time passes in it only when it is told so."""

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build"
IMAGE = BUILD / "linecard.bin"
IMAGE_4_LINES = BUILD / "linecard-4-lines.bin"
BOOTROM = BUILD / "rp2040-bootrom.bin"
RUNNER = Path(__file__).parent / "runner.js"
WALL_LIMIT_S = 1800  # then `timeout` ends the runner, and kills it when that does not help
KILL_AFTER_S = 5

Samples = NDArray[np.int16]


class EmulatedCard:
    """One runner process. ``run`` and ``ask`` raise RuntimeError when it fails or is gone."""

    def __init__(
        self,
        image: Path = IMAGE,
        *,
        lines: int = 2,
        plain: bool = False,
        wall_limit_s: int = WALL_LIMIT_S,
    ) -> None:
        limit = ["timeout", "-k", str(KILL_AFTER_S), str(wall_limit_s)]
        self._process = subprocess.Popen(
            [*limit, "node", str(RUNNER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.us = 0.0  # chip time
        self.halted: int | None = None
        self.restarts = 0
        self.events: list[dict[str, Any]] = []
        self.ask("start", bootrom=str(BOOTROM), image=str(image), lines=lines, plain=plain)

    def close(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()
        try:
            self._process.wait(KILL_AFTER_S)
        except subprocess.TimeoutExpired:
            self._process.terminate()  # `timeout` hands it on, and kills later
            self._process.wait(2 * KILL_AFTER_S)

    def ask(self, op: str, **order: object) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"op": op, **order}) + "\n")
        self._process.stdin.flush()
        text = self._process.stdout.readline()
        if not text:
            raise RuntimeError(f"the runner is gone (exit status {self._process.poll()})")
        answer: dict[str, Any] = json.loads(text)
        if "error" in answer:
            raise RuntimeError(answer["error"])
        self.us = answer["us"]
        return answer

    def run(self, ms: float, down: bytes = b"") -> bytes:
        """Lets ``ms`` of chip time pass while the host sends ``down``; what the card sent."""
        answer = self.ask("run", ms=ms, down=base64.b64encode(down).decode())
        self.events += answer["events"]
        self.halted = answer["halted"]
        self.restarts = answer["restarts"]
        return base64.b64decode(answer["up"])

    def state(self) -> dict[str, Any]:
        return self.ask("state")

    # --- telephones and lines ---
    def contacts(self, socket: int, *steps: tuple[float, bool]) -> None:
        """Moves of a telephone's hook contact: ms from now, closed (lifted)."""
        self.ask("contacts", socket=socket, steps=steps)

    def lift(self, socket: int) -> None:
        self.contacts(socket, (0, True))

    def hang_up(self, socket: int) -> None:
        self.contacts(socket, (0, False))

    def dial_pulses(self, socket: int, count: int, break_ms: int = 60, make_ms: int = 40) -> None:
        steps = []
        for pulse in range(count):
            start = pulse * (break_ms + make_ms)
            steps += [(start, False), (start + break_ms, True)]
        self.contacts(socket, *steps)

    def say(self, socket: int, samples: Samples) -> None:
        text = base64.b64encode(samples.astype("<i2").tobytes()).decode()
        self.ask("say", socket=socket, samples=text)

    def listen(self, socket: int) -> None:
        self.ask("listen", socket=socket, on=True)

    def heard(self, socket: int) -> Samples:
        raw = base64.b64decode(self.ask("heard", socket=socket)["samples"])
        return np.frombuffer(raw, "<i2").astype(np.int16)

    def line(self, socket: int, **changes: object) -> None:
        self.ask("line", socket=socket, **changes)

    # --- what was seen ---
    def seen(self, kind: str, **fields: object) -> list[dict[str, Any]]:
        return [
            event
            for event in self.events
            if event["kind"] == kind and all(event.get(name) == fields[name] for name in fields)
        ]
