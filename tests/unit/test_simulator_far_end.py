"""Who answers in the emulated network: numbers, progress in time, and what is heard."""

import asyncio
from collections.abc import Callable, Iterator

import pytest

from appliance.errors import SimulatorError
from appliance.loop import VirtualLoop
from appliance.simulator.codec import mean_power, power_of_dbm0, ulaw_decode
from appliance.simulator.far_end import Directory, FarEnd, FarEndConfig, Progress
from appliance.simulator.speech import hello
from tests.whole.sound import loudest_at

PassS = Callable[[float], bytes]


@pytest.fixture
def loop() -> Iterator[VirtualLoop]:
    loop = VirtualLoop()
    yield loop
    loop.close()


class Near:
    """Who dialled: pulls 10 ms frames while time passes."""

    def __init__(self, loop: VirtualLoop, config: FarEndConfig, number: str = "5551234") -> None:
        self.loop = loop
        self.told: list[tuple[float, Progress]] = []
        self.directory = Directory(loop, (config,))
        self.far: FarEnd = self.directory.call(
            number, "US", lambda p: self.told.append((round(loop.time(), 2), p))
        )

    def hear(self, seconds: float) -> bytes:
        async def passing() -> bytes:
            got = b""
            for _ in range(round(seconds * 100)):
                tick = asyncio.get_running_loop().create_future()
                self.loop.call_later(0.01, tick.set_result, None)
                await tick
                got += self.far.next_frame()
            return got

        return self.loop.run_until_complete(passing())

    @property
    def steps(self) -> list[Progress]:
        return [step for _, step in self.told]


def is_loud(sound: bytes) -> bool:
    return mean_power(sound) > power_of_dbm0(-30.0)


@pytest.mark.parametrize(
    ("pattern", "number", "fits"),
    [
        ("5551234", "5551234", True),
        ("5551234", "555123", False),
        ("09XXXXXXXXX", "09171234567", True),
        ("09XXXXXXXXX", "0917123456", False),
        ("0XX*", "012*", True),
        ("0XX*", "0123", False),
        ("+63.", "+639171234567", True),
        (".", "1", True),
        ("00.", "0", False),
    ],
)
def test_numbers(pattern: str, number: str, fits: bool) -> None:
    assert FarEndConfig(pattern).matches(number) is fits


def test_it_answers_after_so_many_rings_and_speaks(loop: VirtualLoop) -> None:
    near = Near(loop, FarEndConfig("555.", rings=2, hang_up_after_s=5.0))
    assert not is_loud(near.hear(1.45))
    first = near.hear(2.0)
    assert loudest_at(first, 440) > 0.4
    assert loudest_at(first, 480) > 0.4
    assert not is_loud(near.hear(3.9))
    near.hear(2.5)
    assert near.steps == [Progress.ALERTING, Progress.ANSWERED]
    assert near.told[1][0] == pytest.approx(1.5 + 8.3, abs=0.02)
    assert is_loud(near.hear(2.0))
    near.far.hear(hello()[:80])
    near.hear(4.0)
    assert near.steps[-1] is Progress.GONE
    assert near.far.ended_by == "far"
    assert near.far.heard == hello()[:80]
    assert not is_loud(near.hear(0.5))


@pytest.mark.parametrize(
    ("behaviour", "hz"), [("busy", 480), ("congestion", 620), ("unobtainable", 1400)]
)
def test_refusals_are_heard_and_told(loop: VirtualLoop, behaviour: str, hz: int) -> None:
    near = Near(loop, FarEndConfig("5551234", behaviour))
    near.hear(1.5)
    assert loudest_at(near.hear(1.0), hz) > 0.2
    assert near.steps == [Progress.REFUSED]
    assert near.far.cause == behaviour
    near.hear(95.0)
    assert near.steps[-1] is Progress.GONE


def test_an_unknown_number_is_unobtainable(loop: VirtualLoop) -> None:
    near = Near(loop, FarEndConfig("1"), number="999")
    near.hear(2.0)
    assert near.far.cause == "unobtainable"


def test_nobody_answers_and_the_network_gives_up(loop: VirtualLoop) -> None:
    near = Near(loop, FarEndConfig("5551234", "no_answer", country="GB"))
    near.hear(3.0)
    assert near.steps == [Progress.ALERTING]
    near.hear(95.0)
    assert (near.far.cause, near.far.ended_by) == ("no_answer", "network")


def test_the_near_end_hangs_up(loop: VirtualLoop) -> None:
    near = Near(loop, FarEndConfig("5551234", rings=0))
    near.hear(3.0)
    near.far.key_pressed("5")
    near.far.hang_up()
    near.far.hang_up()
    assert near.steps == [Progress.ALERTING, Progress.ANSWERED]
    assert [m["what"] for m in near.far.timeline][-2:] == ["key", "hung_up"]
    near.hear(100.0)
    assert len(near.told) == 2


def test_fax_and_silence(loop: VirtualLoop) -> None:
    fax = Near(loop, FarEndConfig("5551234", "fax", rings=0))
    fax.hear(4.0)
    assert loudest_at(fax.hear(1.0), 2100) > 0.9
    silent = Near(loop, FarEndConfig("5551234", "silence"))
    assert not is_loud(silent.hear(10.0))
    assert silent.told == []


def test_what_cannot_be_emulated_is_named(loop: VirtualLoop) -> None:
    for config in (
        FarEndConfig("55a"),
        FarEndConfig(""),
        FarEndConfig("5", "sings"),
        FarEndConfig("5", country="QQ"),
        FarEndConfig("5", says="/nowhere.wav"),
    ):
        with pytest.raises(SimulatorError, match="far end"):
            Directory(loop, (config,))


def test_the_voice_has_syllables(loop: VirtualLoop) -> None:
    samples = ulaw_decode(hello())
    assert 15_000 < len(samples) < 20_000
    frames = [hello()[n : n + 160] for n in range(0, len(samples), 160)]
    loud = [is_loud(frame) for frame in frames]
    assert 0.5 < sum(loud) / len(loud) < 0.98
