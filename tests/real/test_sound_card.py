"""Sound cards end to end: engine, shared memory, child process, PortAudio, JACK, and back.

The servers run jackd's dummy backend, which needs no hardware: it keeps time by the machine's
clock.
"""

import asyncio
import json
import math
import os
import shutil
import signal
import statistics
import subprocess
from array import array
from collections.abc import Callable, Coroutine, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from appliance.audio.card_process import CardRequest, CardWatcher, ChildProcess
from appliance.audio.clips import Clip
from appliance.audio.engine import AudioEngine
from appliance.audio.sound_card import CardNeeds, cards_now
from appliance.audio.sound_cards import SoundCards
from appliance.settings import SoundCardSettings
from tests.real.conftest import TOML
from tests.real.rig import CEILING_S, PROGRAM, ROOT, Box, counterbell, environment
from tests.unit.card_rig import CardEar, key

RATE_HZ = 8000
DESK = SoundCardSettings("desk", "jack:system")
COUNTER = SoundCardSettings("counter", "jack:system")


class Server:
    """One JACK server, called ``name``, that is there or not."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, rate_hz: int, period: int) -> None:
        command = ["jackd", "-n", self.name, "--no-realtime", "-d", "dummy"]
        command += ["-r", str(rate_hz), "-p", str(period), "-C", "1", "-P", "1"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self.do("jack_wait", "-s", self.name, "-w", "-t", "10")

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(CEILING_S)
            self._process = None

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


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    assert shutil.which("jackd"), "needs the Debian package jackd2"
    made = Server(f"counterbell-{os.getpid()}")
    monkeypatch.setenv("JACK_DEFAULT_SERVER", made.name)
    monkeypatch.setenv("JACK_NO_AUDIO_RESERVATION", "1")
    monkeypatch.setenv("JACK_NO_START_SERVER", "1")
    yield made
    made.kill()


class Shop:
    """An engine with its real audio thread, and its cards."""

    def __init__(self, wanted: list[SoundCardSettings]) -> None:
        self.loop = asyncio.get_running_loop()
        self.told: list[str] = []
        self.started: list[ChildProcess] = []
        self.engine = AudioEngine(self.loop)
        needs = CardNeeds(self.loop, self._launch, cards_now, self.told.append)
        self.cards = SoundCards(self.engine.cards, needs)
        self.engine.start()
        self.cards.want(wanted)

    def _launch(
        self, loop: asyncio.AbstractEventLoop, request: CardRequest, watcher: CardWatcher
    ) -> ChildProcess:
        self.started.append(ChildProcess(loop, request, watcher))
        return self.started[-1]

    async def until(self, is_so: Callable[[], object], limit_s: float = CEILING_S) -> None:
        deadline = self.loop.time() + limit_s
        while not is_so():
            assert self.loop.time() < deadline, (self.told, self.cards.status(0.0))
            await self.pass_s(0.05)
            self.cards.poll()

    async def pass_s(self, seconds: float) -> None:
        passed = asyncio.Event()
        self.loop.call_later(seconds, passed.set)
        await passed.wait()

    def state(self, name: str) -> str:
        return str({card["name"]: card["state"] for card in self.cards.status(0.0)}[name])

    async def record(self, port: int, seconds: float) -> tuple["array[int]", "array[int]"]:
        """What came in at a port and what it was sent, for so long."""
        tap = self.engine.open_tap(port)
        both: array[int] = array("h")
        for _ in range(round(seconds / 0.1)):
            await self.pass_s(0.1)
            both.frombytes(tap.read())
        closed = asyncio.Event()
        tap.close(closed.set)
        await closed.wait()
        tap.release()
        return both[0::2], both[1::2]

    async def close(self) -> None:
        self.cards.stop()
        await self.until(lambda: all(one._process.returncode is not None for one in self.started))
        self.engine.close()


def in_shop(
    wanted: list[SoundCardSettings], story: Callable[[Shop], Coroutine[Any, Any, None]]
) -> None:
    async def whole() -> None:
        shop = Shop(wanted)
        try:
            await story(shop)
        finally:
            await shop.close()

    asyncio.run(whole())


def key_clip(low_hz: float, high_hz: float) -> Clip:
    says = key(low_hz, high_hz, 0.1, 0.1)
    return Clip("key", array("h", (round(32000 * says(n / RATE_HZ)) for n in range(2400))))


def snr_at(samples: "array[int]", hz: float) -> float:
    """What is left of a piece beside the sine and cosine of ``hz`` (least squares), in dB."""
    turn = math.tau * hz / RATE_HZ
    wave = [(math.cos(turn * n), math.sin(turn * n)) for n in range(len(samples))]
    cc = sum(c * c for c, _ in wave)
    ss = sum(s * s for _, s in wave)
    cs = sum(c * s for c, s in wave)
    xc = sum(x * c for x, (c, _) in zip(samples, wave, strict=True))
    xs = sum(x * s for x, (_, s) in zip(samples, wave, strict=True))
    a = (xc * ss - xs * cs) / (cc * ss - cs * cs)
    b = (xs * cc - xc * cs) / (cc * ss - cs * cs)
    left = sum((x - a * c - b * s) ** 2 for x, (c, s) in zip(samples, wave, strict=True))
    return 10 * math.log10((sum(x * x for x in samples) + 1e-9) / (left + 1e-9))


def snr_db(samples: "array[int]", hz: float) -> float:
    """Of a tone near ``hz``: while a clock is being followed, it is up to 0.4 % off."""
    near = max(range(-4000, 4001, 1000), key=lambda ppm: snr_at(samples, hz * (1 + ppm * 1e-6)))
    tries = range(near - 800, near + 801, 100)
    return max(snr_at(samples, hz * (1 + ppm * 1e-6)) for ppm in tries)


@pytest.mark.parametrize(("rate_hz", "period"), [(8008, 160), (16000, 256), (48000, 960)])
def test_what_a_port_plays_comes_back_through_the_card(
    server: Server, rate_hz: int, period: int
) -> None:
    async def story(shop: Shop) -> None:
        ear = CardEar()
        port = shop.engine.open_card_port("desk", ear)
        shop.engine.listen(port, digits=True, busy=False, silence_ms=0, lenient=False)
        await shop.until(lambda: ("card", True) in ear.told and shop.state("desk") == "running")
        assert shop.cards.status(0.0)[0]["rate_hz"] == rate_hz
        (client,) = server.clients()
        server.connect(client, client)
        await shop.pass_s(0.5)
        tone = array(
            "h", (round(9000 * math.sin(math.tau * 1004 * n / 8000)) for n in range(20000))
        )
        clips = [key_clip(770, 1336), Clip("tone", tone)]
        shop.engine.player.play(port, "p", clips, False, lambda *_: None)
        came, sent = await shop.record(port, 2.2)
        assert ("digit", "5") in ear.told
        begin = next(n for n, x in enumerate(came) if abs(x) > 3000)
        begin_sent = next(n for n, x in enumerate(sent) if abs(x) > 3000)
        assert (begin - begin_sent) / RATE_HZ < 0.4  # a late machine has the buffers grow
        pieces = [came[at : at + 240] for at in range(begin + 4000, len(came) - 240, 480)]
        figures = sorted(snr_db(piece, 1004.0) for piece in pieces)
        assert len(figures) > 10
        print(f"{rate_hz} Hz: SNR {statistics.median(figures):.1f} dB, worst {figures[0]:.1f}")
        # a busy machine makes the server late and spoils pieces; in virtual time none may be
        assert statistics.median(figures) >= 35.0

    server.start(rate_hz, period)
    in_shop([DESK], story)


def test_two_cards_hear_each_other(server: Server) -> None:
    async def story(shop: Shop) -> None:
        ears = {"desk": CardEar(), "counter": CardEar()}
        ports = {name: shop.engine.open_card_port(name, ear) for name, ear in ears.items()}
        for port in ports.values():
            shop.engine.listen(port, digits=True, busy=False, silence_ms=0, lenient=False)
        await shop.until(lambda: all(("card", True) in ear.told for ear in ears.values()))
        first, second = server.clients()
        server.connect(first, second)
        server.connect(second, first)
        await shop.pass_s(0.3)
        shop.engine.player.play(ports["desk"], "a", [key_clip(852, 1209)], False, lambda *_: None)
        await shop.until(lambda: ("digit", "7") in ears["counter"].told, 5.0)
        shop.engine.player.play(
            ports["counter"], "b", [key_clip(941, 1336)], False, lambda *_: None
        )
        await shop.until(lambda: ("digit", "0") in ears["desk"].told, 5.0)

    server.start(16000, 320)
    in_shop([DESK, COUNTER], story)


def test_a_killed_child_is_started_anew_and_disturbs_nobody(server: Server) -> None:
    async def story(shop: Shop) -> None:
        ears = {"desk": CardEar(), "counter": CardEar()}
        ports = {name: shop.engine.open_card_port(name, ear) for name, ear in ears.items()}
        await shop.until(lambda: all(("card", True) in ear.told for ear in ears.values()))
        for ear in ears.values():
            ear.told.clear()
        ticks = shop.engine.stats().ticks
        begun = shop.loop.time()
        os.kill(shop.started[0].pid, signal.SIGKILL)
        await shop.until(lambda: ears["desk"].told == [("card", False), ("card", True)])
        passed = shop.engine.stats().ticks - ticks
        assert passed == pytest.approx((shop.loop.time() - begun) * 100, rel=0.1)
        assert len(shop.started) == 3
        assert "Sound card desk is away: its process ended by signal 9" in shop.told
        assert ears["counter"].told == []
        assert shop.engine.port_stats(ports["counter"]).frames_in > 0

    server.start(8000, 160)
    in_shop([DESK, COUNTER], story)


def test_a_server_that_dies_and_returns(server: Server) -> None:
    async def story(shop: Shop) -> None:
        ear = CardEar()
        shop.engine.open_card_port("desk", ear)
        await shop.until(lambda: ("card", True) in ear.told)
        ear.told.clear()
        server.kill()
        await shop.until(lambda: shop.state("desk") == "away" and ear.told == [("card", False)])
        await shop.until(lambda: "no sound " in shop.cards.problems[0])  # it was looked for again
        server.start(48000, 960)
        await shop.until(lambda: shop.state("desk") == "running")
        await shop.until(lambda: ear.told == [("card", False), ("card", True)])
        assert shop.cards.status(0.0)[0]["rate_hz"] == 48000
        assert shop.cards.problems == ()

    server.start(8000, 160)
    in_shop([DESK], story)


def test_the_children_end_with_their_daemon(server: Server, tmp_path: Path) -> None:
    server.start(8000, 160)
    program = (
        "import asyncio, sys\n"
        "from tests.real.test_sound_card import DESK, Shop\n"
        "async def main():\n"
        "    shop = Shop([DESK])\n"
        "    await shop.until(lambda: shop.state('desk') == 'running')\n"
        "    print(shop.started[0].pid, flush=True)\n"
        "    await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen(
        [PROGRAM[0], "-c", program], stdout=subprocess.PIPE, cwd=ROOT, env=environment()
    ) as daemon:
        assert daemon.stdout is not None
        child = os.pidfd_open(int(daemon.stdout.readline()))
        daemon.kill()
    try:
        ended = asyncio.run(_readable(child))
    finally:
        os.close(child)
    assert ended


async def _readable(fd: int) -> bool:
    loop = asyncio.get_running_loop()
    seen = asyncio.Event()
    loop.add_reader(fd, seen.set)
    with suppress(TimeoutError):
        await asyncio.wait_for(seen.wait(), CEILING_S)
    loop.remove_reader(fd)
    return seen.is_set()


def test_the_cards_of_this_machine_are_listed(server: Server) -> None:
    server.start(16000, 320)
    listed = json.loads(counterbell("sound-cards", "--json").stdout)
    assert listed["system"] == ""
    jack = [card for card in listed["cards"] if card["device"] == "jack:system"]
    assert [card["rate_hz"] for card in jack] == [16000.0]
    assert "jack:system  (1 in, 1 out, 16000 Hz)\n" in counterbell("sound-cards").stdout


def test_a_daemon_without_that_card_says_so_and_serves_its_lines(box: Box, tmp_path: Path) -> None:
    wished = tmp_path / "shop.toml"
    wished.write_text(TOML + '[[sound_card]]\nname = "till"\ndevice = "nobody has this one"\n')
    usual = tmp_path / "usual.toml"
    usual.write_text(TOML)
    assert counterbell("config", "import", wished, state=box.state).returncode == 0
    status = box.until(lambda s: [c for c in s["sound_cards"] if c["state"] == "away"])
    (problem,) = status["problems"]
    assert "no sound " in problem  # system, or card of that name, as this machine may be
    assert status["lines"][0]["state"] == "ready"
    assert "till" in counterbell("status", state=box.state).stdout
    assert box.call_briefly()["line"] == "landline"
    assert counterbell("config", "import", usual, state=box.state).returncode == 0
    assert box.until(lambda s: not s["sound_cards"])["problems"] == []
