"""An emulated mobile line in virtual time, and a host that types at it and listens to its PCM."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from appliance.loop import VirtualLoop
from appliance.simulator.caller import Caller, CallScript
from appliance.simulator.cellular.line import CellularConfig, SimulatedCellular
from appliance.simulator.far_end import FarEndConfig
from appliance.simulator.network import NetworkConfig, SimulatedNetwork
from appliance.simulator.pipes import HostPipe

FAR_ENDS = (
    FarEndConfig("0917.", "answer", rings=1),
    FarEndConfig("0918.", "busy"),
    FarEndConfig("0919.", "no_answer"),
    FarEndConfig("0920.", "answer", rings=1, hang_up_after_s=4.0),
)
Maker = Callable[..., "Bench"]


class Bench:
    """``options``: of CellularConfig. The port is open and the modem has echo off."""

    def __init__(
        self,
        profile: str = "ec25",
        *,
        seed: int = 1,
        far_ends: tuple[FarEndConfig, ...] = (),
        **options: object,
    ) -> None:
        self.loop = VirtualLoop()
        options.setdefault("audio_path", Path("/dev/pcm0"))
        config = CellularConfig("mobile", Path("/dev/mobile0"), profile, **options)  # type: ignore[arg-type]
        self.network = SimulatedNetwork(
            self.loop, NetworkConfig(cellular=(config,), far_ends=far_ends, seed=seed)
        )
        self.network.start()
        self.said = b""
        self.pcm = b""
        self.pcm_times: list[float] = []
        self.host: HostPipe | None = None
        self.pcm_pipe: HostPipe | None = None
        if self.line.plugged_in:
            self.open()

    @property
    def line(self) -> SimulatedCellular:
        return self.network.mobile("mobile")

    def open(self) -> None:
        """Open the port, anew if it was open."""
        if self.host is not None:
            self.host.close()
        self.host = self.network.open_pipe("/dev/mobile0")  # type: ignore[assignment]
        self.ask("ATE0")

    def open_pcm(self) -> HostPipe:
        self.pcm_pipe = self.network.open_pipe("/dev/pcm0")
        return self.pcm_pipe

    def close(self) -> None:
        self.network.stop()
        for pipe in (self.host, self.pcm_pipe):
            if pipe is not None:
                pipe.close()
        self.loop.close()

    def run(self, seconds: float, step_s: float = 0.005) -> bytes:
        """Let time pass; what the modem said meanwhile, looked at every ``step_s``."""

        async def passing() -> bytes:
            got = b""
            end = self.loop.time() + seconds
            while self.loop.time() < end:
                done = self.loop.create_future()
                self.loop.call_later(min(step_s, seconds), done.set_result, None)
                await done
                got += self._take()
            return got

        return self.loop.run_until_complete(passing())

    def _take(self) -> bytes:
        self._listen()
        if self.host is None:
            return b""
        try:
            data = self.host.read()
        except OSError:
            self.host.close()
            self.host = None
            return b""
        self.said += data
        return data

    def _listen(self) -> None:
        if self.pcm_pipe is None:
            return
        try:
            while data := self.pcm_pipe.read():
                self.pcm += data
                self.pcm_times.append(self.loop.time())
        except OSError:
            self.pcm_pipe.close()
            self.pcm_pipe = None

    def type(self, data: bytes) -> None:
        assert self.host is not None
        self.host.write(data)

    def ask(self, command: str, seconds: float = 0.5) -> str:
        self.type(command.encode() + b"\r")
        return self.run(seconds).decode()

    def until(self, words: bytes, limit_s: float = 60.0) -> float:
        """Let time pass until the modem has said ``words``; how long that took."""
        began, got = self.loop.time(), b""
        while words not in got:
            assert self.loop.time() - began < limit_s, f"never said {words!r}: {got!r}"
            got += self.run(0.05)
        return self.loop.time() - began

    def ring(self, number: str = "+639171234567", **more: object) -> Caller:
        return self.network.call("mobile", CallScript(number, **more))  # type: ignore[arg-type]


@contextmanager
def benches() -> Iterator[Maker]:
    """Makes benches with FAR_ENDS in their network, and closes them all."""
    made: list[Bench] = []

    def maker(profile: str = "ec25", **options: Any) -> Bench:
        made.append(Bench(profile, far_ends=FAR_ENDS, **options))
        return made[-1]

    yield maker
    for bench in made:
        bench.close()


def until_there(bench: Bench) -> float:
    began = bench.loop.time()
    while not bench.line.plugged_in:
        assert bench.loop.time() - began < 60
        bench.run(0.1)
    return bench.loop.time() - began
