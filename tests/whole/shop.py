"""A whole shop in virtual time: emulated network and real daemon on one loop, nothing waits."""

import asyncio
import struct
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from appliance.app import Appliance, Machine
from appliance.loop import InlineWorker, VirtualLoop
from appliance.settings_toml import read_toml
from appliance.simulator.caller import Caller, CallScript, make_deeds
from appliance.simulator.hat import HatConfig
from appliance.simulator.network import LineConfig, NetworkConfig, SimulatedNetwork
from appliance.simulator.phones import PhoneConfig, PhoneHabits
from appliance.storage.config_store import ConfigStore
from appliance.storage.state_folder import StateFolder

TOML = """
[shop]
name = "Test shop"
country = "US"
[recording]
mode = "{recording}"
confirmed_by = "a test"
[[line]]
name = "landline"
driver = "voice_modem"
port = "devices/line0"
answer = "menu:main"
[[linecard]]
name = "hat0"
port = "devices/hat0"
[[station]]
extension = "11"
name = "Counter"
driver = "linecard_fxs"
linecard = "hat0"
socket = 1
[[station]]
extension = "12"
name = "Kitchen"
driver = "linecard_fxs"
linecard = "hat0"
socket = 2
[[ring_group]]
name = "orders"
stations = ["11", "12"]
strategy = "ring_all"
ring_for_s = 12
otherwise = "voicemail:owner"
[[voicemail]]
name = "owner"
[[menu]]
name = "main"
prompt = "welcome"
wait_for_key_s = 3
repeats = 1
otherwise = "ring_group:orders"
keys = {{ 1 = "ring_group:orders", 2 = "prompt:hours", 0 = "voicemail:owner" }}
[[prompt]]
name = "welcome"
text = {{ en = "Hello. Press 1." }}
[[prompt]]
name = "hours"
text = {{ en = "Six to eight." }}
"""


class Shop:
    """Use as a context manager; drive it with `run` and `until`. ``at_s`` is virtual time."""

    def __init__(
        self,
        state: Path,
        prompts: Path,
        *,
        recording: str = "off",
        line: dict[str, Any] | None = None,
        hat: dict[str, Any] | None = None,
        toml: str = "",
    ) -> None:
        self.state = state
        state.mkdir(parents=True, exist_ok=True)
        if not (state / "prompts").exists():
            (state / "prompts").symlink_to(prompts)
        self.loop = VirtualLoop()
        asyncio.set_event_loop(self.loop)
        devices = state / "devices"
        self.network = SimulatedNetwork(
            self.loop,
            NetworkConfig(
                lines=(LineConfig("landline", devices / "line0", **(line or {})),),
                hats=(HatConfig("hat0", devices / "hat0", **(hat or {})),),
                phones=(PhoneConfig("11", "hat0", 1), PhoneConfig("12", "hat0", 2)),
            ),
        )
        self._save_config(toml or TOML.format(recording=recording))
        self.box = self._make_box()

    def _save_config(self, toml: str) -> None:
        read_toml(toml, "test.toml")
        with StateFolder(self.state) as folder:
            ConfigStore(folder.path).save(toml, "test.toml", 0.0)

    def _make_box(self) -> Appliance:
        def identify(path: str) -> object | None:
            for line in self.network.lines.values():
                if str(line.config.path) == path:
                    return (path, id(line.port), line.plugged_in) if line.plugged_in else None
            return path

        return Appliance(
            self.state,
            Machine(
                self.loop,
                self.loop.clock,
                self.network.open_pipe,
                self.network.open_pipe,
                identify,
                lambda _name: InlineWorker(),
                None,
            ),
        )

    def __enter__(self) -> "Shop":
        self.network.start()
        self.run(self.box.start(lambda _line: None))
        self.until(lambda: self.line_state == "ready" and self.station_state("12") != "down")
        return self

    def __exit__(self, *_error: object) -> None:
        self.run(self.box.stop())
        self.network.stop()
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()

    # --- driving -----------------------------------------------------------------------------

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(work)

    def pass_s(self, seconds: float) -> None:
        """Let virtual time go by."""
        done = self.loop.create_future()
        self.loop.call_later(seconds, done.set_result, None)
        self.loop.run_until_complete(done)

    def until(self, is_so: Callable[[], object], limit_s: float = 120.0) -> float:
        """Let virtual time go by until ``is_so``; how long that took. Fails after ``limit_s``."""
        begun = self.loop.time()
        while not is_so():
            assert self.loop.time() - begun < limit_s, f"not so within {limit_s} s: {self.told()}"
            self.pass_s(0.01)
        return self.loop.time() - begun

    def ring(
        self,
        press: tuple[str, ...] = (),
        *,
        number: str = "09171234567",
        name: str = "JUAN CRUZ",
        press_after_s: float | None = None,
        say: bytes = b"",
        say_after_s: float | None = None,
        hang_up_after_s: float | None = None,
        give_up_after_s: float = 60.0,
    ) -> Caller:
        deeds = make_deeds(press, press_after_s, say, say_after_s)
        script = CallScript(
            number=number,
            name=name,
            deeds=deeds,
            hang_up_after_s=hang_up_after_s,
            give_up_after_s=give_up_after_s,
        )
        return self.network.call("landline", script)

    def answer_with(self, extension: str, after_s: float, **more: Any) -> None:
        self.network.phone(extension).behave(PhoneHabits(answer_after_s=after_s, **more))

    # --- looking -----------------------------------------------------------------------------

    @property
    def status(self) -> dict[str, Any]:
        return self.box.status()

    @property
    def line_state(self) -> str:
        return str(self.status["lines"][0]["state"])

    def station_state(self, extension: str) -> str:
        states = {one["extension"]: one["state"] for one in self.status["stations"]}
        return str(states[extension])

    def calls(self) -> list[dict[str, Any]]:
        """Newest first, with their stories."""
        return list(self.box.reader_worker.submit(self._read_calls).result()["calls"])

    def _read_calls(self) -> dict[str, Any]:
        return self.box.reader.list_calls(story=True)

    def messages(self) -> list[dict[str, Any]]:
        reading = self.box.reader_worker.submit(self.box.reader.list_messages)
        return list(reading.result()["messages"])

    def last_call(self) -> dict[str, Any]:
        return self.calls()[0]

    def told(self) -> str:
        """The story so far, for a failing test's message."""
        status = self.status
        stories = "\n".join(note["text"] for call in self.calls() for note in call["story"])
        return f"{status['lines']} {status['stations']} {status['calls']}\n{stories}"


def tone(hz: float, seconds: float, amplitude: float = 0.3) -> bytes:
    """A steady tone as µ-law, made with this test's own arithmetic (ITU-T G.711)."""
    from math import pi, sin  # noqa: PLC0415

    return bytes(
        _ulaw(round(32767 * amplitude * sin(2 * pi * hz * n / 8000)))
        for n in range(round(seconds * 8000))
    )


def _ulaw(sample: int) -> int:
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), 32635) + 132
    exponent = magnitude.bit_length() - 8
    mantissa = (magnitude >> (exponent + 3)) & 0x0F
    return ~(sign | exponent << 4 | mantissa) & 0xFF


def linear(ulaw: bytes) -> list[int]:
    """µ-law to 16-bit samples."""
    return [_linear(code) for code in ulaw]


def _linear(code: int) -> int:
    code = ~code & 0xFF
    magnitude = (((code & 0x0F) << 3) + 132 << (code >> 4 & 7)) - 132
    return -magnitude if code & 0x80 else magnitude


def wav_channels(path: Path) -> list[bytes]:
    """The channels of a µ-law WAV file."""
    data = path.read_bytes()
    assert data[:4] == b"RIFF"
    assert data[8:12] == b"WAVE"
    place, channels = 12, 0
    while place < len(data):
        kind, size = data[place : place + 4], struct.unpack_from("<I", data, place + 4)[0]
        if kind == b"fmt ":
            form, channels = struct.unpack_from("<HH", data, place + 8)
            assert form == 7
        if kind == b"data":
            body = data[place + 8 : place + 8 + size]
            return [body[n::channels] for n in range(channels)]
        place += 8 + size + size % 2
    raise AssertionError("no data chunk")


def power_at(samples: list[int], hz: float) -> float:
    """Goertzel power at ``hz``, relative to the samples' whole power (0 to about 1)."""
    from math import cos, pi  # noqa: PLC0415

    factor = 2 * cos(2 * pi * hz / 8000)
    last = before = 0.0
    for sample in samples:
        last, before = sample + factor * last - before, last
    whole = sum(sample * sample for sample in samples) or 1
    return 2 * (last * last + before * before - factor * last * before) / (len(samples) * whole)
