"""The composition root: builds every part and joins them into one box."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from appliance.audio.call_memory import CallMemory
from appliance.audio.engine import AudioEngine
from appliance.audio.recorder import Recorder
from appliance.audio.recording_file import Repaired
from appliance.audio.sound_card import CardNeeds
from appliance.audio.sound_cards import SoundCards
from appliance.audio_pulse import AudioPulse
from appliance.backend import Backend, BackendNeeds, open_backend
from appliance.backup.restoring import bring_back
from appliance.caretaker import Caretaker, CaretakerNeeds
from appliance.config_desk import ConfigDesk, ConfigNeeds
from appliance.core.commands import Command, StoryNote
from appliance.core.events import ConfigApplied, Event, SecretDigitsAsked
from appliance.core.exchange import Exchange
from appliance.dispatch import Dispatcher, Edges, hang_up_tones
from appliance.doctor_desk import DeskNeeds, DoctorDesk
from appliance.errors import CounterbellError, StorageError
from appliance.event_pump import EventPump, PumpParts
from appliance.fleet import Fleet, FleetNeeds
from appliance.gpio import Gpio
from appliance.housekeeping import Figures, Repeats, UtcOffset, log_story
from appliance.line_watch import LineWatch
from appliance.machine import ClosableWorker, Machine
from appliance.outgoing_desk import OutgoingDesk
from appliance.prompt_making import speak_missing
from appliance.settings import Settings
from appliance.status_view import StatusSources, compose
from appliance.storage.config_store import ConfigStore, StoredConfig
from appliance.storage.config_trial import ConfigTrials
from appliance.storage.history import History
from appliance.storage.history_queries import HistoryReader
from appliance.storage.history_text_queries import TextReader
from appliance.storage.line_notes import LineNotes
from appliance.storage.sim_pins import SimPins
from appliance.storage.state_folder import StateFolder
from appliance.storage.ulid import UlidMaker
from appliance.text_desk import TextDesk, TextNeeds

POLL_S = 0.25  # recordings are moved to the card so often (DESIGN: drained every 0.25 s)
BEAT_S = 1.0  # heartbeat to the audio loop, watchdog, history retries
HOUSE_S = 10.0  # free space and day totals


class Appliance:
    """One box. `start` brings it up, `stop` takes it down cleanly; the folder is locked between."""

    def __init__(self, state: Path, machine: Machine) -> None:
        self.folder = StateFolder(state)
        self.machine = machine
        self._is_stale = False
        self._pulse = AudioPulse(lambda sentence: self._tell(StoryNote("", sentence)))
        self._repeats = Repeats(machine.loop)
        self._utc_offset = UtcOffset(machine.clock)
        self._undo = AsyncExitStack()
        self.backend: Backend | None = None
        self._restore_problem = ""
        self.on_restart: Callable[[], None] = lambda: None  # asked for by the owner

    # --- life --------------------------------------------------------------------------------

    async def start(self, progress: Callable[[str], None]) -> None:
        """Raises StateFolderLocked, StorageError, ControlError or AudioError; nothing runs then."""
        async with AsyncExitStack() as undo:
            try:
                await self._start(undo, progress)
            except OSError as error:
                if isinstance(error, CounterbellError):
                    raise
                raise StorageError(
                    f"the state folder {self.folder.path} can't be used: {error}"
                ) from error
            self._undo = undo.pop_all()
        self._pulse.watchdog.ready()

    async def _start(self, undo: AsyncExitStack, progress: Callable[[str], None]) -> None:
        """What is begun is ended in the opposite order, by `stop` or when a later step fails."""
        machine = self.machine
        self.folder.lock()
        undo.callback(self.folder.unlock)
        self._restore_problem = bring_back(self.folder.path)
        self.recorder_worker = self._make_worker(undo, "recorder")
        self.store_worker = self._make_worker(undo, "store")
        self.reader_worker = self._make_worker(undo, "reader")
        self.survey_worker = self._make_worker(undo, "survey")
        self._open_storage(undo)
        settings = self.config.current.settings
        self.prompts = await speak_missing(self.folder, settings, self.reader_worker, progress)
        self._open_audio(undo, settings)
        self._open_sound_cards(undo)
        self.exchange = Exchange(settings.to_plan(self.config.current.generation), self.new_id)
        self.pump = EventPump(machine.clock, self.exchange, self.mark_changed)
        self.outgoing = OutgoingDesk(
            machine.clock, self.post, self.exchange, lambda: self.exchange.plan
        )
        self.texts = self._make_text_desk()
        self.gpio = Gpio(machine.loop, machine.gpio)
        self.caretaker = self._make_caretaker()
        undo.callback(self.caretaker.close)
        self.watch = LineWatch(self.history, machine.clock, self.new_id)
        self.fleet = self._make_fleet()
        edges = Edges(
            self.audio,
            self.recorder,
            self.prompts,
            self.fleet.lines,
            self.fleet.stations,
            settings.automatic_levels,
            hang_up_tones(settings),
        )
        self.dispatcher = Dispatcher(edges, machine.loop, self.post, self._tell)
        undo.callback(self.dispatcher.close)
        self.doctor = self._make_doctor(undo)
        self.pump.join(
            PumpParts(self.dispatcher, self.doctor, self.history, self.figures, self.fleet)
        )
        if machine.rt_priority is None:
            self.audio.start_virtual()
        else:
            self.audio.start(machine.rt_priority)
        undo.callback(self._repeats.close)
        undo.push_async_callback(self.fleet.stop)
        undo.push_async_callback(self.configs.close)
        await self._count_calls_out()
        self.sound_cards.want(settings.sound_cards)
        self.fleet.want(settings)
        self.fleet.settle(lambda _endpoint: True)
        self.backend = await open_backend(self._backend_needs())
        undo.push_async_callback(self.backend.close)
        self._publish()  # whoever asks first is not told that there is nothing
        self._repeats.every(POLL_S, self.recorder.poll)
        self._repeats.every(POLL_S, self.memory.poll)
        self._repeats.every(BEAT_S, self._beat)
        self._repeats.every(HOUSE_S, self.figures.look)
        self._repeats.every(HOUSE_S, self.outgoing.tell_time)
        self.caretaker.begin(self._repeats)
        self.figures.look()

    async def stop(self) -> None:
        """Hang up what is still up, finish recordings, close the door. Takes at most 8 s.

        A call that this ends is told as interrupted at the next start, with all that was known.
        """
        self._pulse.watchdog.stopping()
        self.pump.stop()
        undo, self._undo = self._undo, AsyncExitStack()
        await undo.aclose()

    def _make_worker(self, undo: AsyncExitStack, name: str) -> ClosableWorker:
        worker = self.machine.make_worker(name)
        undo.callback(worker.close)
        return worker

    def _open_storage(self, undo: AsyncExitStack) -> None:
        machine = self.machine
        self.config = ConfigStore(self.folder.path)
        trials = ConfigTrials(self.folder.path, self.config)
        self.configs = ConfigDesk(ConfigNeeds(
            trials, self.store_worker, machine.clock, machine.boot_id, self.apply, self._tell
        ))  # fmt: skip
        self.configs.resume()  # goes back here, before anything is made of it
        self.new_id = UlidMaker(machine.clock.utc)
        self.history = History(
            self.folder.history, self.store_worker, machine.clock, self.new_id,
            machine.card.open_history,
        )  # fmt: skip
        undo.push_async_callback(lambda: asyncio.wrap_future(self.history.close()))
        self.reader = HistoryReader(self.folder.history)
        undo.push_async_callback(
            lambda: asyncio.wrap_future(self.reader_worker.submit(self.reader.close))
        )
        self.figures = Figures(
            machine.loop, machine.clock, self.reader, self.reader_worker, folder=self.folder.path,
            free=machine.card.free_bytes, on_changed=self.mark_changed,
        )  # fmt: skip
        undo.callback(self.figures.close)

    def _open_audio(self, undo: AsyncExitStack, settings: Settings) -> None:
        machine = self.machine
        self.audio = AudioEngine(
            machine.loop,
            settings.shop.country,
            self.prompts.music,
            on_trouble=self._pulse.on_trouble,
        )
        undo.callback(self.audio.close)
        self.recorder = Recorder(
            self.audio,
            self.folder.recordings,
            self.recorder_worker,
            machine.clock,
            machine.loop.call_soon_threadsafe,
            create=machine.card.create_recording,
            free=machine.card.free_bytes,
        )
        undo.callback(self._finish_recordings)
        self.recorder.repair(self._recordings_repaired)

    def _open_sound_cards(self, undo: AsyncExitStack) -> None:
        machine = self.machine
        self.sound_cards = SoundCards(
            self.audio.cards,
            CardNeeds(
                machine.loop,
                machine.launch_sound_card,
                machine.sound_cards_now,
                lambda sentence: self._tell(StoryNote("", sentence)),
                max(0, (machine.rt_priority or 0) - 1),  # the loop goes before its cards
            ),
        )
        undo.callback(self.sound_cards.stop)

    def _finish_recordings(self) -> None:
        self.history.recordings_repaired(list(self.recorder.close().items()))

    def _make_fleet(self) -> Fleet:
        machine = self.machine
        return Fleet(
            FleetNeeds(
                self.folder.path,
                self.post,
                self.audio,
                machine.open_line,
                machine.open_linecard,
                machine.identify,
                machine.loop,
                machine.clock,
                self.texts,
                self.gpio,
                SimPins(self.folder.path, self.store_worker),
            )
        )

    def _make_caretaker(self) -> Caretaker:
        return Caretaker(CaretakerNeeds(
            self.machine, self.folder.path, self.folder.recordings, self.history, self.reader,
            self.reader_worker, self.gpio, self.outgoing,
            settings=lambda: self.config.current.settings, recount=self._count_calls_out,
            has_calls=lambda: bool(self.exchange.snapshot().calls),
            tell=lambda sentence: self._tell(StoryNote("", sentence)),
        ))  # fmt: skip

    async def _count_calls_out(self) -> None:
        """Before the first call: the limits of a day hold over a restart."""
        self.outgoing.tell_time()
        today, now = self.outgoing.today, self.machine.clock.utc()
        counted = self.reader_worker.submit(lambda: self.reader.calls_out(today, now))
        self.outgoing.counted(await asyncio.wrap_future(counted))

    def _make_text_desk(self) -> TextDesk:
        self.text_reader = TextReader(self.reader.ask)
        needs = TextNeeds(
            lines=lambda: self.fleet.lines, history=self.history, reader=self.text_reader,
            reader_worker=self.reader_worker, clock=self.machine.clock, new_id=self.new_id,
            post=self.machine.loop.call_soon_threadsafe, on_news=self.figures.count_after,
            refused=self.outgoing.refused_text,
        )  # fmt: skip
        return TextDesk(needs)

    def _make_doctor(self, undo: AsyncExitStack) -> DoctorDesk:
        post = self.machine.loop.call_soon_threadsafe
        self.memory = CallMemory(self.audio, self.survey_worker, post)
        undo.callback(self.memory.close)
        needs = DeskNeeds(
            memory=self.memory, notes=LineNotes(self.folder.path), store=self.store_worker,
            clock=self.machine.clock, post=post, port_of=self.dispatcher.port_of,
            snapshot=self.exchange.snapshot, config=lambda: self.config.current, new_id=self.new_id,
        )  # fmt: skip
        return DoctorDesk(needs)

    def _backend_needs(self) -> BackendNeeds:
        return BackendNeeds(
            self.folder, self.machine.clock, self.config, self.history, self.reader,
            self.reader_worker, self.configs, self.ask_secret, self.doctor,
            self.fleet.health,
            self.texts, self.text_reader, lambda: self.fleet.lines, self.outgoing.place_call,
            self.outgoing.rules, self, self.on_restart, self.post, self.caretaker.show,
        )  # fmt: skip

    def lend_linecard(self, name: str, reason: str) -> dict[str, Any]:
        """See Fleet.lend_linecard."""
        return self.fleet.lend_linecard(name, reason, self.pump.is_idle)

    def take_back_linecard(self, name: str) -> None:
        """See Fleet.take_back_linecard."""
        self.fleet.take_back_linecard(name)

    # --- events ------------------------------------------------------------------------------

    def post(self, event: Event) -> None:
        """Give the core one fact: see EventPump.post. Main thread."""
        self.pump.post(event)

    def ask_secret(self, call_id: str, on: bool) -> bool:
        """Begin or end secret digits in a call that is up; False when it is not."""
        is_up = any(call.call_id == call_id for call in self.exchange.snapshot().calls)
        if is_up:
            self.post(SecretDigitsAsked(call_id, on))
        return is_up

    # --- configuration -----------------------------------------------------------------------

    async def apply(self, stored: StoredConfig) -> None:
        """Put an acknowledged configuration in force; calls keep the one they began with."""
        settings = stored.settings
        prompts = await speak_missing(self.folder, settings, self.reader_worker)
        self.prompts = prompts
        self.dispatcher.edges.prompts = prompts
        self.dispatcher.edges.automatic_levels = settings.automatic_levels
        self.dispatcher.edges.hang_up_tones = hang_up_tones(settings)
        self.audio.configure(settings.shop.country, prompts.music)
        self.sound_cards.want(settings.sound_cards)
        self.fleet.want(settings)
        self.post(ConfigApplied(settings.to_plan(stored.generation)))
        self.fleet.settle(self.pump.is_idle)

    # --- status ------------------------------------------------------------------------------

    def mark_changed(self) -> None:
        """Publish a new snapshot soon, once for everything that changed in this round."""
        if not self._is_stale:
            self._is_stale = True
            self.machine.loop.call_soon(self._publish)

    def status(self) -> dict[str, Any]:
        """The status snapshot without its revision."""
        return compose(
            StatusSources(
                settings=self.config.current.settings,
                snapshot=self.exchange.snapshot(),
                lines=self.fleet.lines,
                stations=self.fleet.stations,
                today=self.figures.totals,
                free_bytes=self.figures.free_bytes,
                storage_problems=self._storage_problems(),
                other_problems=self._other_problems(),
                sound_cards=self.sound_cards.status(self._utc_offset.seconds),
                at=self.machine.clock.utc(),
                utc_offset_s=self._utc_offset.seconds,
                line_problems=self.watch.problems,
                texts_revision=self.texts.revision,
                on_trial=self.configs.on_trial(self._utc_offset.seconds),
            )
        )

    def _publish(self) -> None:
        self._is_stale = False
        if self.backend is not None:
            self.backend.publish(self.status())

    def _storage_problems(self) -> tuple[str, ...]:
        return (
            *self.config.problems,
            *self.configs.problems,
            *self.history.problems,
            *self.recorder.problems,
            *self.doctor.problems,
            *self.figures.problems,
            *(self.backend.problems if self.backend is not None else ()),
        )

    def _other_problems(self) -> tuple[str, ...]:
        trouble = [text for text in (self._pulse.trouble, self._restore_problem) if text]
        sounds = (*self.prompts.problems.values(), *self.sound_cards.problems)
        return (*sounds, *trouble, *self.caretaker.problems)

    def _tell(self, *notes: Command) -> None:
        log_story(notes)
        self.history.remember(notes, self.machine.clock.utc(), self.machine.clock.monotonic())
        self.mark_changed()

    def _recordings_repaired(self, mended: list[Repaired]) -> None:
        if mended:
            self.history.recordings_repaired([(one.recording_id, one.ms) for one in mended])

    # --- housekeeping ------------------------------------------------------------------------

    def _beat(self) -> None:
        self.audio.heartbeat()
        self._pulse.beat(self.audio.stats().ticks)
        self.history.retry()
        self.sound_cards.poll()
        self.texts.poll()
        self.configs.beat()
        if self.backend is not None:
            self.watch.look(self.backend.board.snapshot["lines"])
            self.caretaker.beat(self.backend.board.snapshot)
        self.mark_changed()
