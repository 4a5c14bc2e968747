"""What people wait for: the first byte, the greeting, a prompt that stops, a handset lifted."""

import asyncio
import random
import subprocess
import sys
import tempfile
from array import array
from math import sin
from pathlib import Path

from appliance.audio.clips import Clip
from appliance.simulator.caller import CallScript
from appliance.simulator.hat import HatConfig
from appliance.simulator.network import LineConfig, NetworkConfig, SimulatedNetwork
from appliance.simulator.voice_modem import VoiceModem
from tests.bench.audio_path import SILENCE, AudioPath, percentile
from tests.whole.shop import TOML, Shop
from tests.whole.sound import find_clip, linear, power_at, share_heard, tone, ulaw

PRESSES = 60
LIFTS = 10
CALLS = 5
READY_S = 30.0
QUIET = bytes([SILENCE])


def barge_in() -> list[tuple[str, str, str]]:
    """Keys at random moments of a prompt, on a pty in real time."""
    rng = random.Random(4)
    prompt = Clip("long", array("h", [round(6000 * sin(n / 5)) for n in range(80_000)]))
    low, high = linear(tone(770, 0.12, 0.15)), linear(tone(1336, 0.12, 0.15))
    key = ulaw([a + b for a, b in zip(low, high, strict=True)])
    waits = []
    with AudioPath(virtual=False) as path:
        path.marking = False
        path.run(1.0)
        path.engine.unbridge(path.line, path.handset)
        path.engine.listen(path.line, digits=True, busy=True, silence_ms=0, lenient=True)
        for _ in range(PRESSES):
            path.play(prompt)
            path.run(rng.uniform(0.15, 0.35))
            path.first_loud_sent = 0.0
            path.waiting = QUIET * rng.randrange(80) + key
            path.run(0.35)
            waits.append((path.last_loud_written - path.first_loud_sent) * 1000)
        heard, loop = len(path.ears.digits), path.engine.stats()
    shown = f"{percentile(waits, 0.95):.0f} ms (median {percentile(waits, 0.5):.0f}"
    late = f"{loop.late_ticks} of {loop.ticks} late, worst {loop.worst_late_us / 1000:.1f} ms"
    return [
        (
            "key's first byte to prompt's last byte: p95",
            f"{shown}; {heard} of {PRESSES} keys heard)",
            "<= 100 ms",
        ),
        ("ticks meanwhile", late, "-"),
    ]


class StreamWatch:
    """Notes when a modem said CONNECT and what it was sent from then on."""

    def __init__(self, modem: VoiceModem, loop: asyncio.AbstractEventLoop) -> None:
        self._say, self._receive, self._loop = modem._say, modem._receive, loop
        self.first_ms: list[float] = []  # from each CONNECT to the first byte that was read
        self.connected = self.first = 0.0
        self.wire = bytearray()
        self.loud_at = 0.0
        modem._say = self.say  # type: ignore[method-assign]
        modem._receive = self.receive  # type: ignore[method-assign]

    def say(self, result: str) -> None:
        if result == "CONNECT":
            self.connected, self.first = self._loop.time(), 0.0
        self._say(result)

    def receive(self, data: bytes) -> None:
        if self.connected:
            if not self.first:
                self.first = self._loop.time()
                self.first_ms.append((self.first - self.connected) * 1000)
            if not self.loud_at and data.strip(QUIET):
                self.loud_at = self._loop.time()
            self.wire += data
        self._receive(data)


def greeting(folder: Path) -> list[tuple[str, str, str]]:
    """A whole daemon in virtual time: what the modem is sent after CONNECT, sample by sample."""
    shop = Shop(folder / "greeting", _prompts(folder))
    watch = StreamWatch(shop.network.lines["landline"].modem, shop.loop)
    with shop:
        caller = shop.ring(give_up_after_s=30.0, hang_up_after_s=12.0)
        shop.until(caller.done.done)
        welcome = shop.box.prompts.clip("welcome").samples
    sent = linear(bytes(watch.wire).replace(b"\x10\x10", b"\x10"))
    loud = next(n for n, sample in enumerate(sent) if sample)
    wanted = linear(ulaw(welcome))
    lead = next(n for n, sample in enumerate(wanted) if sample)
    start = loud - lead
    alike = sum(a == b for a, b in zip(sent[start:], wanted, strict=False)) / len(wanted)
    heard = linear(bytes(caller.heard))
    place = find_clip(heard, wanted)
    share = 0.0 if place is None else share_heard(heard, wanted, place)
    begins_ms = (watch.loud_at - watch.connected) * 1000 - lead / 8
    return [
        ("greeting begins after CONNECT", f"{begins_ms:.0f} ms", "500 ± 20 ms"),
        ("silence sent before it", f"{start} samples ({start / 8:.0f} ms)", "-"),
        ("of its samples sent as they are", f"{alike:.1%} of {len(wanted)}", "100 %"),
        ("of it heard by the caller", f"{share:.1%}", "100 %"),
    ]


def first_byte(folder: Path) -> list[tuple[str, str, str]]:
    """The daemon as its own process; the modem on a pty."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    state = folder / "real"
    devices = state / "devices"
    devices.mkdir(parents=True)
    (state / "prompts").symlink_to(_prompts(folder))
    (state / "shop.toml").write_text(TOML.format(recording="off"))
    program = [sys.executable, "-m", "appliance.cli"]
    subprocess.run(
        [*program, "config", "import", str(state / "shop.toml"), "--state", str(state)],
        check=True,
        capture_output=True,
    )
    line, hat = LineConfig("landline", devices / "line0"), HatConfig("hat0", devices / "hat0")
    network = SimulatedNetwork(loop, NetworkConfig(lines=(line,), hats=(hat,)))
    watch = StreamWatch(network.lines["landline"].modem, loop)
    network.start()
    daemon = subprocess.Popen(
        [*program, "run", "--state", str(state)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert daemon.stdout is not None
        loop.run_until_complete(loop.run_in_executor(None, daemon.stdout.readline))
        for _ in range(CALLS):
            loop.run_until_complete(_short_call(network))
    finally:
        daemon.terminate()
        loop.run_until_complete(loop.run_in_executor(None, daemon.wait))
        network.stop()
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
    shown = f"most {max(watch.first_ms):.1f} ms, median {percentile(watch.first_ms, 0.5):.1f}"
    return [("CONNECT to the first byte, on a pty", f"{shown}, {CALLS} calls", "<= 20 ms")]


async def _short_call(network: SimulatedNetwork) -> None:
    """Ring until the line takes the call, and hang up at once."""
    ended = ""
    for _ in range(int(READY_S)):
        caller = network.call("landline", CallScript("111", hang_up_after_s=0.3))
        await asyncio.wait_for(caller.done, READY_S)
        ended = str(caller.result()["outcome"])
        if ended != "busy":
            break
        await _pause(1.0)
    assert ended == "answered", f"the call ended as {ended}"


async def _pause(seconds: float) -> None:
    """Let the line be released."""
    ended = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(seconds, ended.set_result, None)
    await ended


def _prompts(folder: Path) -> Path:
    prompts = folder / "prompts"
    prompts.mkdir(exist_ok=True)
    return prompts


def both_ways(folder: Path) -> list[tuple[str, str, str]]:
    """From the raw contact to a tone heard at both ends; virtual time."""
    waits = []
    with Shop(folder / "both-ways", _prompts(folder)) as shop:
        rng = random.Random(1)
        for _ in range(LIFTS):
            waits.append(_lift(shop, rng.uniform(0.5, 1.5)) * 1000)
    shown = f"{percentile(waits, 0.95):.0f} ms (median {percentile(waits, 0.5):.0f})"
    return [(f"hook contact to speech both ways: p95 of {LIFTS}", shown, "<= 100 ms")]


def _lift(shop: Shop, after_s: float) -> float:
    caller = shop.ring(press=("1",), press_after_s=2.0, say=tone(900, 30.0), say_after_s=0.3)
    phone = shop.phone("11")
    shop.until(lambda: phone.ringing)
    shop.pass_s(after_s)
    phone.clear()
    heard = len(caller.heard)
    phone.lift()
    phone.say(tone(700, 5.0))
    waited = shop.until(
        lambda: _is_tone(phone.heard[-160:]) and 700 in _tones(caller.heard[heard:][-160:]), 5.0
    )
    phone.hang_up()
    caller.hang_up()
    shop.until_ready()
    return waited


def _is_tone(ulaw_codes: bytes) -> bool:
    return 900 in _tones(ulaw_codes)


def _tones(ulaw_codes: bytes) -> list[int]:
    samples = linear(bytes(ulaw_codes))
    return [hz for hz in (700, 900) if samples and power_at(samples, hz) > 0.4]


def rows() -> list[tuple[str, str, str]]:
    """(figure, measured, bar)."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        return [*first_byte(folder), *greeting(folder), *both_ways(folder), *barge_in()]
