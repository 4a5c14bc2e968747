"""A whole shop in virtual time: emulated network and real daemon on one loop, nothing waits."""

import asyncio
import json
import sqlite3
from collections.abc import Callable, Coroutine
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from appliance.app import Appliance
from appliance.box.reading import Reading
from appliance.loop import VirtualLoop
from appliance.machine import Card, Machine
from appliance.settings.toml import read_toml
from appliance.simulator.caller import Caller, CallScript, make_deeds
from appliance.simulator.far_end import FarEndConfig
from appliance.simulator.gpio_board import GpioLineConfig
from appliance.simulator.hat import HatConfig
from appliance.simulator.hat_line import HatLineConfig
from appliance.simulator.network import LineConfig, NetworkConfig, SimulatedNetwork
from appliance.simulator.phones import Phone, PhoneConfig, PhoneHabits
from appliance.simulator.sound_handset import SoundHandsetConfig
from appliance.storage.config_store import ConfigStore
from appliance.storage.state_folder import StateFolder
from tests.owner import give_owner
from tests.whole.underneath import GateWorker, MortalLoop, Openers

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
        more_lines: dict[str, dict[str, Any]] | None = None,
        far_ends: tuple[FarEndConfig, ...] = (),
        hat: dict[str, Any] | None = None,
        hat_lines: tuple[HatLineConfig, ...] = (),
        gpio_lines: tuple[GpioLineConfig, ...] = (),
        sound_handsets: tuple[SoundHandsetConfig, ...] = (),
        toml: str = "",
        more: str = "",
        owner: bool = True,
        card: Card | None = None,
        phones: Callable[["Shop"], None] = lambda _shop: None,
    ) -> None:
        """``more``: TOML after the usual one. ``phones``: done before the daemon starts.

        ``owner``: whether the box is claimed. ``more_lines``: further voice modems at
        devices/<name>, as LineConfig has them.
        """
        self.state = state
        self.connections: list[sqlite3.Connection] = []  # to the history, of the box that runs
        card = card or Card()
        self.card = replace(card, open_history=lambda path: self._opened(card, path))
        self._before = phones
        self.is_up = False
        self.readings: list[Reading] = []  # of the machine below
        self.is_clock_right: bool | None = None  # nobody can tell
        state.mkdir(parents=True, exist_ok=True)
        if not (state / "prompts").exists():
            (state / "prompts").symlink_to(prompts)
        if owner:
            give_owner(state)
        self.loop = VirtualLoop()
        asyncio.set_event_loop(self.loop)
        devices = state / "devices"
        self.network = SimulatedNetwork(
            self.loop,
            NetworkConfig(
                lines=(
                    LineConfig("landline", devices / "line0", **(line or {})),
                    *(LineConfig(n, devices / n, **x) for n, x in (more_lines or {}).items()),
                ),
                far_ends=far_ends,
                hats=(HatConfig("hat0", devices / "hat0", **(hat or {})),),
                phones=tuple(PhoneConfig(str(10 + n), "hat0", n) for n in (1, 2, 3)),
                hat_lines=hat_lines,
                gpio_lines=gpio_lines,
                sound_handsets=sound_handsets,
            ),
        )
        self.toml = (toml or TOML).format(recording=recording) + more
        self._save_config(self.toml)
        self.box = self.make_box()

    def _save_config(self, toml: str) -> None:
        read_toml(toml, "test.toml")
        with StateFolder(self.state) as folder:
            ConfigStore(folder.path).save(toml, "test.toml", 0.0)

    def make_box(self) -> Appliance:
        """A daemon that has not started, on this state folder and network."""
        self.mortal = MortalLoop(self.loop)
        self.openers = Openers(self.network.open_pipe)
        self.workers: dict[str, GateWorker] = {}
        return Appliance(
            self.state,
            Machine(
                cast(asyncio.AbstractEventLoop, self.mortal),
                self.loop.clock,
                self.openers.open,
                self.openers.open,
                self._identify,
                self._make_worker,
                None,
                self.card,
                launch_sound_card=self.network.gpio.cards.launch,
                sound_cards_now=self.network.gpio.cards.listed,
                gpio=lambda: self.network.gpio.pins,
                read_box=lambda _state: self.readings,
                is_clock_right=lambda: self.is_clock_right,
            ),
        )

    def _identify(self, path: str) -> object | None:
        for line in self.network.lines.values():
            if str(line.config.path) == path:
                return (path, id(line.port), line.plugged_in) if line.plugged_in else None
        return path

    def _make_worker(self, name: str) -> GateWorker:
        self.workers[name] = GateWorker(name)
        return self.workers[name]

    def __enter__(self) -> "Shop":
        self.network.start()
        self._before(self)
        self.start_box()
        return self

    def start_box(self) -> None:
        """Start the daemon and wait until the line and the handsets are known."""
        self.run(self.box.start(lambda _line: None))
        self.is_up = True
        self.until(lambda: self.line_state == "ready" and self.station_state("12") != "down")

    def stop_box(self) -> float:
        """Stop the daemon; how long that took."""
        begun = self.loop.time()
        self.is_up = False
        self.run(self.box.stop())
        self.connections.clear()
        return self.loop.time() - begun

    def restart_box(self) -> None:
        """Another daemon on the same state, after `stop_box` or `kill_box`."""
        self.box = self.make_box()
        self.start_box()

    def kill_box(self) -> None:
        """As a kill -9 does: nothing is finished, said or released."""
        self.is_up = False
        self.mortal.die()
        self.openers.close_all()
        self.network.gpio.pins.let_go()
        if self.box.backend is not None:
            self.run(self.box.backend.close())
        self._close_databases()
        for worker in self.workers.values():
            worker.close()
        self.box.folder.unlock()

    def _close_databases(self) -> None:
        """As the kernel does for the dead: each connection in the thread that opened it."""
        self.workers["reader"].submit(self.box.reader.close)
        for connection in self.connections:
            self.workers["store"].submit(connection.close)
        self.connections.clear()

    def __exit__(self, *_error: object) -> None:
        for worker in self.workers.values():
            worker.release()
        if self.is_up:
            self.stop_box()
        self.network.stop()
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()

    # --- driving -----------------------------------------------------------------------------

    def _opened(self, card: Card, path: Path) -> sqlite3.Connection:
        connection = card.open_history(path)
        self.connections.append(connection)
        return connection

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
            self.pass_s(0.02)
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
        presentation: str = "allowed",
        line: str = "landline",
    ) -> Caller:
        deeds = make_deeds(press, press_after_s, say, say_after_s)
        script = CallScript(
            number=number,
            name=name,
            presentation=presentation,
            deeds=deeds,
            hang_up_after_s=hang_up_after_s,
            give_up_after_s=give_up_after_s,
        )
        return self.network.call(line, script)

    def phone(self, extension: str) -> Phone:
        return self.network.phone(extension)

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

    def calls_on_line(self) -> list[dict[str, Any]]:
        """As many as a page holds, newest first, without stories."""
        reader = self.box.reader
        reading = self.box.reader_worker.submit(lambda: reader.list_calls(limit=200, story=False))
        return list(reading.result()["calls"])

    def box_story(self) -> list[str]:
        """The notes that belong to no call."""
        with closing(sqlite3.connect(self.state / "history.sqlite")) as db, db:
            rows = db.execute("SELECT data FROM event WHERE kind = 'note' AND call_id = ''")
            return [json.loads(row[0])["text"] for row in rows]

    def messages(self) -> list[dict[str, Any]]:
        reading = self.box.reader_worker.submit(self.box.reader.list_messages)
        return list(reading.result()["messages"])

    def last_call(self) -> dict[str, Any]:
        return self.calls()[0]

    @property
    def story(self) -> str:
        """The newest call's story, a sentence a line."""
        return "\n".join(note["text"] for note in self.last_call()["story"])

    def until_ready(self) -> float:
        """Until the line waits for the next caller and nobody is on the way."""
        return self.until(lambda: self.line_state == "ready" and not self.status["calls"])

    def told(self) -> str:
        """The story so far, for a failing test's message."""
        status = self.status
        stories = "\n".join(note["text"] for call in self.calls() for note in call["story"])
        return f"{status['lines']} {status['stations']} {status['calls']}\n{stories}"
