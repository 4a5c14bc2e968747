"""The composition root: builds every part, joins them, and runs the daemon."""

import asyncio
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from appliance.audio.engine import AudioEngine
from appliance.audio.prompts import PromptLibrary
from appliance.audio.recorder import Recorder
from appliance.audio.recording_file import Repaired
from appliance.backend import Backend, BackendNeeds, open_backend
from appliance.core.commands import Command, HistoryFact, StoryNote
from appliance.core.events import ConfigApplied, Event
from appliance.core.exchange import Exchange
from appliance.dispatch import Dispatcher, Edges
from appliance.errors import PromptError
from appliance.fleet import Fleet, FleetNeeds
from appliance.interfaces import Clock, PipeOpener, Worker
from appliance.linecard.link_pipe import open_link_pipe
from appliance.lines.serial_pipe import open_serial_pipe, port_identity
from appliance.loop import RealClock, ThreadWorker
from appliance.prompt_making import prompt_library
from appliance.settings import Settings
from appliance.status_view import StatusSources, compose
from appliance.storage.config_store import ConfigStore, StoredConfig
from appliance.storage.history import History
from appliance.storage.history_queries import HistoryReader
from appliance.storage.state_folder import StateFolder
from appliance.storage.ulid import UlidMaker
from appliance.watchdog import Watchdog

POLL_S = 0.25  # recordings are moved to the card so often (DESIGN: drained every 0.25 s)
BEAT_S = 1.0  # heartbeat to the audio loop, watchdog, history retries
HOUSE_S = 10.0  # free space and day totals
LONG_SILENCE_MS = 120_000  # a line so long silent is thought dead; a person on hold is not


@dataclass(frozen=True, slots=True)
class Machine:
    """What the appliance stands on: the real machine, or a virtual one in tests."""

    loop: asyncio.AbstractEventLoop
    clock: Clock
    open_line: PipeOpener
    open_linecard: PipeOpener
    identify: Callable[[str], object | None]
    make_worker: Callable[[str], "ClosableWorker"]
    rt_priority: int | None  # None: no audio thread, ticks by the asyncio loop (virtual time)


class ClosableWorker(Worker, Protocol):
    """A worker that can be ended."""

    def close(self) -> None: ...


def real_machine(loop: asyncio.AbstractEventLoop, rt_priority: int) -> Machine:
    """This computer, its serial ports and its clock."""
    return Machine(
        loop,
        RealClock(),
        open_serial_pipe,
        open_link_pipe,
        port_identity,
        ThreadWorker,
        rt_priority,
    )


class Appliance:
    """One box. `start` brings it up, `stop` takes it down cleanly; the folder is locked between."""

    def __init__(self, state: Path, machine: Machine) -> None:
        self.folder = StateFolder(state)
        self.machine = machine
        self._queue: deque[Event] = deque()
        self._is_handling = False
        self._is_stale = False
        self._watchdog = Watchdog()
        self.backend: Backend | None = None
        self._periodic: list[asyncio.TimerHandle] = []
        self._today: dict[str, int] = {"calls": 0, "answered": 0, "missed": 0, "messages_new": 0}
        self._free_bytes = 0
        self._trouble = ""

    # --- life --------------------------------------------------------------------------------

    async def start(self, progress: Callable[[str], None]) -> None:
        """Raises StateFolderLocked, StorageError or AudioError; nothing runs then."""
        machine, loop, clock = self.machine, self.machine.loop, self.machine.clock
        self.folder.lock()
        self.recorder_worker = machine.make_worker("recorder")
        self.store_worker = machine.make_worker("store")
        self.reader_worker = machine.make_worker("reader")
        self.config = ConfigStore(self.folder.path)
        self.new_id = UlidMaker(clock.utc)
        self.history = History(self.folder.history, self.store_worker, clock, self.new_id)
        self.reader = HistoryReader(self.folder.history)
        settings = self.config.current.settings
        self.prompts = await self._make_prompts(settings, progress)
        self.audio = AudioEngine(
            loop, settings.shop.country, self.prompts.music, on_trouble=self._on_trouble
        )
        self.recorder = Recorder(
            self.audio,
            self.folder.recordings,
            self.recorder_worker,
            clock,
            loop.call_soon_threadsafe,
        )
        self.recorder.repair(self._recordings_repaired)
        self.exchange = Exchange(settings.to_plan(self.config.current.generation), self.new_id)
        self.fleet = Fleet(
            FleetNeeds(
                self.folder.path,
                self.post,
                self.audio,
                machine.open_line,
                machine.open_linecard,
                machine.identify,
                loop,
                clock,
            )
        )
        edges = Edges(
            self.audio, self.recorder, self.prompts, self.fleet.lines, self.fleet.stations
        )
        self.dispatcher = Dispatcher(edges, loop, self.post, LONG_SILENCE_MS)
        if machine.rt_priority is None:
            self.audio.start_virtual()
        else:
            self.audio.start(machine.rt_priority)
        self.fleet.want(settings)
        self.fleet.settle(lambda _endpoint: True)
        self.backend = await open_backend(
            BackendNeeds(
                self.folder,
                clock,
                self.config,
                self.history,
                self.reader,
                self.reader_worker,
                self.store_worker,
                self.apply,
            )
        )
        self._every(POLL_S, self.recorder.poll)
        self._every(BEAT_S, self._beat)
        self._every(HOUSE_S, self._house)
        self._house()
        self._watchdog.ready()

    async def stop(self) -> None:
        """Hang up what is still up, finish recordings, close the door."""
        self._watchdog.stopping()
        if self.backend is not None:
            await self.backend.close()
        await self.fleet.stop()
        for timer in self._periodic:
            timer.cancel()
        self.dispatcher.close()
        lengths = self.recorder.close()
        self.history.recordings_repaired(list(lengths.items()))
        self.audio.close()
        await asyncio.wrap_future(self.history.close())
        await asyncio.wrap_future(self.reader_worker.submit(self.reader.close))
        for worker in (self.recorder_worker, self.store_worker, self.reader_worker):
            worker.close()
        self.folder.unlock()

    # --- events ------------------------------------------------------------------------------

    def post(self, event: Event) -> None:
        """Give the core one fact; its commands are carried out before the next. Main thread."""
        self._queue.append(event)
        if self._is_handling:
            return  # reported while a command is carried out: it waits its turn
        self._is_handling = True
        try:
            while self._queue:
                self._handle(self._queue.popleft())
        finally:
            self._is_handling = False
        self.mark_changed()

    def _handle(self, event: Event) -> None:
        clock = self.machine.clock
        self.dispatcher.observe(event)
        now = clock.monotonic()
        commands = self.exchange.handle(event, now)
        told = [command for command in commands if isinstance(command, StoryNote | HistoryFact)]
        if told:
            written = self.history.remember(told, clock.utc(), now)
            if _changes_totals(told):
                written.add_done_callback(
                    lambda _: self.machine.loop.call_soon_threadsafe(self._count_today)
                )
        self.dispatcher.carry_out(commands)
        self.fleet.settle(self._is_idle)

    def _is_idle(self, endpoint: str) -> bool:
        kind, _, name = endpoint.partition(":")
        snapshot = self.exchange.snapshot()
        if kind == "line":
            states = {line.name: line.state for line in snapshot.lines}
        else:
            states = {station.extension: station.state for station in snapshot.stations}
        return states.get(name, "down") in {"ready", "idle", "down", "fault", "off_hook"}

    # --- configuration -----------------------------------------------------------------------

    async def apply(self, stored: StoredConfig) -> None:
        """Put an acknowledged configuration in force; calls keep the one they began with."""
        settings = stored.settings
        prompts = await self._make_prompts(settings, lambda _line: None)
        self.prompts = prompts
        self.dispatcher.edges.prompts = prompts
        self.audio.configure(settings.shop.country, prompts.music)
        self.fleet.want(settings)
        self.post(ConfigApplied(settings.to_plan(stored.generation)))
        self.fleet.settle(self._is_idle)

    async def _make_prompts(
        self, settings: Settings, progress: Callable[[str], None]
    ) -> PromptLibrary:
        library = prompt_library(self.folder, settings)

        def prepare() -> None:
            library.prepare(lambda done, total, name: progress(f"prompt {done}/{total}: {name}"))

        with suppress(
            PromptError
        ):  # the attention tone stands in; `problems` names what is missing
            await asyncio.wrap_future(self.reader_worker.submit(prepare))
        return library

    # --- status ------------------------------------------------------------------------------

    def mark_changed(self) -> None:
        """Publish a new snapshot soon, once for everything that changed in this round."""
        if not self._is_stale:
            self._is_stale = True
            self.machine.loop.call_soon(self._publish)

    def status(self) -> dict[str, Any]:
        """The status snapshot without its revision."""
        clock = self.machine.clock
        utc = clock.utc()
        return compose(
            StatusSources(
                settings=self.config.current.settings,
                snapshot=self.exchange.snapshot(),
                lines=self.fleet.lines,
                stations=self.fleet.stations,
                today=self._today,
                free_bytes=self._free_bytes,
                problems=self._problems(),
                at=utc,
                utc_offset_s=utc - clock.monotonic(),
            )
        )

    def _publish(self) -> None:
        self._is_stale = False
        if self.backend is not None:
            self.backend.publish(self.status())

    def _problems(self) -> tuple[str, ...]:
        return (
            *self.config.problems,
            *self.history.problems,
            *self.prompts.problems.values(),
            *([self._trouble] if self._trouble else []),
        )

    def _on_trouble(self, sentence: str) -> None:
        self._trouble = sentence
        self._tell(StoryNote("", sentence))

    def _tell(self, *notes: Command) -> None:
        self.history.remember(notes, self.machine.clock.utc(), self.machine.clock.monotonic())
        self.mark_changed()

    def _recordings_repaired(self, mended: list[Repaired]) -> None:
        if mended:
            self.history.recordings_repaired([(one.recording_id, one.ms) for one in mended])

    # --- housekeeping ------------------------------------------------------------------------

    def _every(self, seconds: float, work: Callable[[], None]) -> None:
        loop = self.machine.loop
        place = len(self._periodic)

        def again() -> None:
            self._periodic[place] = loop.call_later(seconds, again)
            work()

        self._periodic.append(loop.call_later(seconds, again))

    def _beat(self) -> None:
        self.audio.heartbeat()
        self._watchdog.feed(self.audio.stats().ticks)
        self.history.retry()
        self.mark_changed()

    def _house(self) -> None:
        disk = os.statvfs(self.folder.path)
        self._free_bytes = disk.f_bavail * disk.f_frsize
        self._count_today()

    def _count_today(self) -> None:
        today = time.strftime("%Y-%m-%d", time.localtime(self.machine.clock.utc()))
        reading = self.reader_worker.submit(lambda: self.reader.day_totals(today))
        reading.add_done_callback(
            lambda done: self.machine.loop.call_soon_threadsafe(self._counted, done.result())
        )

    def _counted(self, totals: dict[str, int]) -> None:
        self._today = totals
        self.mark_changed()


def _changes_totals(told: list[StoryNote | HistoryFact]) -> bool:
    kinds = {"call_began", "call_ended", "call_connected", "message_left"}
    return any(isinstance(fact, HistoryFact) and fact.kind in kinds for fact in told)


def run(state: Path, rt_priority: int) -> int:
    """``counterbell run``: serve until SIGTERM or SIGINT. Returns the exit code."""
    return asyncio.run(_serve(state, rt_priority))


async def _serve(state: Path, rt_priority: int) -> int:
    loop = asyncio.get_running_loop()
    ending = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ending.set)
    appliance = Appliance(state, real_machine(loop, rt_priority))
    await appliance.start(lambda line: None)
    sys.stdout.write(f"counterbell: ready, state in {state}\n")
    sys.stdout.flush()
    await ending.wait()
    await appliance.stop()
    return 0
