"""An emulated modem on a line, and a host that types at it, over a socket pair in virtual time."""

import asyncio
import random
from collections.abc import Callable, Iterator

import pytest

from appliance.loop import VirtualLoop
from appliance.simulator.caller import Caller, CallScript
from appliance.simulator.codec import DleDecoder
from appliance.simulator.exchange import ExchangeLine
from appliance.simulator.line_habits import LineHabits
from appliance.simulator.pipes import HostPipe, SocketPort
from appliance.simulator.profiles import PROFILES
from appliance.simulator.tones import tone
from appliance.simulator.voice_modem import VoiceModem

SPEECH = tone((300.0, 800.0), 1000, -10.0)


def passing_s(loop: VirtualLoop, seconds: float) -> "asyncio.Future[None]":
    done: asyncio.Future[None] = loop.create_future()
    loop.call_later(seconds, done.set_result, None)
    return done


class Bench:
    """A modem on a line, and a host that types at it."""

    def __init__(self, loop: VirtualLoop, seed: int = 1, **options: object) -> None:
        self.loop = loop
        habits = options.pop("habits", LineHabits(country="US"))
        profile = PROFILES[str(options.pop("profile", "usr5637"))]
        assert isinstance(habits, LineHabits)
        self.port = SocketPort(loop)
        self.line = ExchangeLine(loop, "landline", habits, random.Random(seed), loop.clock.utc)
        self.modem = VoiceModem(
            loop,
            self.port,
            profile,
            self.line,
            random.Random(seed),
            **options,  # type: ignore[arg-type]
        )
        self.line.attach(self.modem)
        self.modem.plug_in()
        self.host: HostPipe = self.port.connect()
        self.pieces: list[bytes] = []
        self.times: list[float] = []

    def take(self) -> bytes:
        data = self.host.read()
        if data:
            self.pieces.append(data)
            self.times.append(self.loop.time())
        return data

    def run(self, seconds: float) -> bytes:
        """Let time pass; everything the modem wrote, read each millisecond."""

        async def passing() -> bytes:
            got = b""
            end = self.loop.time() + seconds
            while self.loop.time() < end:
                await passing_s(self.loop, 0.001)
                got += self.take()
            return got

        return self.loop.run_until_complete(passing())

    def ask(self, command: str, seconds: float = 0.25) -> bytes:
        self.host.write(command.encode() + b"\r")
        return self.run(seconds)

    def connect(self, coding: str = "131") -> bytes:
        """Answer and enter full duplex; the stream's first bytes."""
        for command in ("ATE0", "AT+FCLASS=8", f"AT+VSM={coding},8000", "AT+VLS=1"):
            assert b"OK" in self.ask(command)
        _, connect, stream = self.ask("AT+VTR").partition(b"\r\nCONNECT\r\n")
        assert connect
        return stream

    def call(self, script: CallScript) -> Caller:
        caller = Caller(self.loop, self.line, script)
        caller.start()
        return caller


@pytest.fixture
def make_bench() -> Iterator[Callable[..., Bench]]:
    benches: list[Bench] = []
    loop = VirtualLoop()

    def make(**options: object) -> Bench:
        benches.append(Bench(loop, **options))  # type: ignore[arg-type]
        return benches[-1]

    yield make
    for bench in benches:
        bench.modem.unplug()
        bench.line.stop()
        bench.host.close()
    loop.close()


def decode(wire: bytes, ends: tuple[int, ...] = (3,)) -> tuple[bytes, list[int], bytes]:
    items, rest = DleDecoder().feed(wire, ends)
    data = b"".join(item for item in items if isinstance(item, bytes))
    return data, [item for item in items if isinstance(item, int)], rest
