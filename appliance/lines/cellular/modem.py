"""A cellular modem (3GPP TS 27.007) as a line without calls: its start, its SIM, its network."""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future

from appliance.lines.cellular import scripts
from appliance.lines.cellular.at_desk import Results
from appliance.lines.cellular.calls import held_up, incoming
from appliance.lines.cellular.machine import CellularMachine, CellularNeeds
from appliance.lines.cellular.profiles import CellularProfile, SoundPath
from appliance.lines.cellular.service import CellularService
from appliance.lines.cellular.setup import CellularSetup
from appliance.lines.cellular.sound import SERIAL
from appliance.lines.cellular.sound_watch import SoundWatch
from appliance.lines.cellular.states import CALLS, WITHOUT_SOUND, State, Trigger
from appliance.lines.cellular.texts import CellularTexts
from appliance.lines.line_health import Phase
from appliance.modem.at import Command, Result, Unsolicited
from appliance.modem.mobile_calls import CurrentCall, read_current_calls
from appliance.modem.mobile_identity import Boot, SimState, read_boot
from appliance.settings import LineSettings

SERVICE_S = 30.0  # an idle modem's network is asked for so often
LEFT_OVER_S = 1.0  # a call from before the port was lost was told to end: is it gone?
SEARCH_S = 2.0  # and so often while there is none
GRACE_S = 10.0  # a network may be out of reach for so long before the owner is told
BOOT_S = 15.0  # RDY and +CFUN: 1 of one start come within this
BOOT_AGAIN_S = 60.0  # PB DONE and the like


class CellularModem(CellularMachine):
    """The states INITIALISING, SEARCHING and READY."""

    def __init__(self, settings: LineSettings, needs: CellularNeeds) -> None:
        super().__init__(settings, needs)
        self._service = CellularService()
        self._texts = CellularTexts(self.name, self._run_texts, self._loop, needs.texts)
        is_serial = settings.audio == SERIAL
        self._sound_watch = SoundWatch(
            needs.audio,
            card="" if is_serial else settings.sound_card,
            serial_port=settings.audio_port if is_serial else "",
            identify=needs.identify,
            now=self._loop.time,
            told=self._on_sound_change,
        )
        self._unserved_at: float | None = None
        self._has_network = False
        self._is_left_over = False  # a call was up in the modem when it was set up
        self._booted_at = float("-inf")

    def _entry_table(self) -> dict[State, Callable[[State], None]]:
        return {
            **super()._entry_table(),
            State.INITIALISING: self._enter_initialising,
            State.SEARCHING: self._enter_searching,
            State.READY: self._enter_ready,
        }

    @property
    def health(self) -> dict[str, object]:
        """See LineHealth.report and CellularService.figures."""
        title = self._service.model or self._profile.title
        figures = {**self._service.figures(), **self._texts.figures, "warning": self._warning}
        return self._health.report(title, profile=self._profile.name, **figures)

    @property
    def _warning(self) -> str:
        return "; ".join(filter(None, (self._power.warning, self._texts.warning)))

    def send_text(self, text_id: str, number: str, text: str) -> None:
        """As TextLine.send_text."""
        self._texts.send_text(text_id, number, text)

    def ask_network(self, code: str) -> "Future[str]":
        """As TextLine.ask_network."""
        return self._texts.ask_network(code)

    def _run_texts(
        self, commands: Iterable[Command], on_done: Callable[[Sequence[Result]], object]
    ) -> None:
        if self._desk is not None:
            self._desk.run(commands, on_done)

    def _fire(self, trigger: Trigger) -> bool:
        fired = super()._fire(trigger)
        self._texts.set_in_call(self._state in (State.RINGING, *CALLS))
        self._watch_sound()
        return fired

    def _watch_sound(self) -> None:
        if self._state not in WITHOUT_SOUND:
            self._sound_watch.hold()

    def _looked(self, appeared: bool, lost: str) -> None:
        super()._looked(appeared, lost)
        self._watch_sound()

    def _on_sound_change(self) -> None:
        """Between calls its sound is there no more, or again."""
        if self._state is State.SEARCHING:
            self._timers.start("search", 0.0, self._search)
        elif self._state in (State.READY, State.RINGING) and self._sound_watch.trouble:
            self._fault(self._sound_watch.trouble, Trigger.NO_SERVICE)

    def _enter_down(self, old: State) -> None:
        self._sound_watch.forget()
        super()._enter_down(old)

    def _close_modem(self) -> None:
        self._texts.stop()
        super()._close_modem()

    @abstractmethod
    def _on_notice(self, text: str) -> None:
        """An unsolicited line that is not about the start, the SIM or the network."""

    @abstractmethod
    def _on_ring(self) -> None:
        """A call rings."""

    # --- starting --------------------------------------------------------------------------------

    def _enter_initialising(self, _old: State) -> None:
        self._end_call()
        self._booted_at = self._loop.time()
        self._service.forget_network()
        self._texts.stop()
        visit = self._visit

        def on_main(work: Callable[[], object]) -> None:
            self._loop.call_soon_threadsafe(lambda: work() if visit == self._visit else None)

        CellularSetup(
            self._run,
            self._timers,
            self._service,
            self._needs.pins,
            line=self.name,
            model=self._settings.model,
            pin=self._settings.pin,
            on_main=on_main,
            on_done=self._initialised,
        ).start()

    def _initialised(self, profile: CellularProfile, calls: tuple[CurrentCall, ...]) -> None:
        self._profile = profile
        script = scripts.service()
        self._is_left_over = held_up(calls)
        if self._is_left_over:
            self._health.counters["stuck_calls_freed"] += 1
            script = (*scripts.hang_up(self._sound_path), *script)
        self._run(script, self._served)
        if not self._service.sim_trouble:
            self._texts.start()  # behind what makes the line ready

    @property
    def _sound_path(self) -> SoundPath:
        return self._profile.sound_path(self._settings.audio)

    def _served(self, results: Results) -> None:
        """The network was asked for: is the line served?"""
        if scripts.nothing_works(results):
            self._silent(scripts.failure(results[-1]))
            return
        self._take_service(line for result in results for line in result.lines)
        trouble = self._service.trouble or self._sound_watch.trouble
        if not trouble:
            self._unserved_at = None
            lost = any(map(scripts.settings_lost, results))
            is_lost = lost and self._state is State.READY
            self._fire(Trigger.RESTARTED if is_lost else Trigger.DONE)
        elif self._state is State.SEARCHING:
            if trouble != self._health.reason:
                self._health.fault(trouble, self._service.needs_person)
                self._health.enter(Phase.INITIALISING, self._state.value)
        elif (
            self._state is State.INITIALISING
            or not self._service.trouble
            or self._is_long_unserved()
        ):
            self._fault(trouble, Trigger.NO_SERVICE, self._service.needs_person)

    def _is_long_unserved(self) -> bool:
        now = self._loop.time()
        self._unserved_at = now if self._unserved_at is None else self._unserved_at
        self._timers.start("service", SEARCH_S, self._ask_service)
        return now - self._unserved_at >= GRACE_S

    def _enter_searching(self, old: State) -> None:
        self._ring_waits |= old is State.RINGING
        self._end_call()
        self._timers.start("search", SEARCH_S, self._search)

    def _search(self) -> None:
        self._timers.start("search", SEARCH_S, self._search)
        if self._open_desk().idle:
            self._run((scripts.SIM, *scripts.service()), self._searched)

    def _searched(self, results: Results) -> None:
        before = self._service.sim_trouble
        sim = results[0]
        state = self._service.take_sim(sim.lines, sim.error_code)
        is_asked = state is SimState.PIN and not self._service.pin_refusal
        if is_asked or (before and state is SimState.READY):
            self._fire(Trigger.RESTARTED)  # a SIM was put in, or its PIN was entered
        else:
            self._served(results)

    def _enter_ready(self, _old: State) -> None:
        self._end_call()
        self._trouble.well(self._loop.time())
        if self._standing.is_stopping:
            self._fire(Trigger.STOP)
            return
        first_s = LEFT_OVER_S if self._is_left_over else SERVICE_S
        self._timers.start("service", first_s, self._ask_service)
        self._standing.ready()
        rings, self._ring_waits = self._ring_waits, False
        if rings and self._state is State.READY:
            self._look_for_ring()

    def _ask_service(self) -> None:
        self._timers.start("service", SERVICE_S, self._ask_service)
        self._run((scripts.CALLS, *scripts.service()), self._idle_told)

    def _idle_told(self, results: Results) -> None:
        self._calls_while_idle(results[:1])
        if self._state is State.READY:
            self._served(results)

    def _look_for_ring(self) -> None:
        self._run((scripts.CALLS,), self._calls_while_idle)

    def _calls_while_idle(self, results: Results) -> None:
        """A call nobody told of: it rings, or hangs where none should be."""
        calls = read_current_calls(results[0].lines) if results[0].ok else ()
        rings = incoming(calls)
        if rings is not None:
            self._on_ring()
        elif held_up(calls) and self._fire(Trigger.LEFT_OVER) and not self._is_left_over:
            self._health.counters["stuck_calls_freed"] += 1
        self._is_left_over = False

    # --- what the modem says ---------------------------------------------------------------------

    def _on_line(self, notice: Unsolicited) -> None:
        boot = read_boot(notice.text)
        is_text = self._texts.notice(notice)
        if boot is not None:
            self._on_boot(boot)
        elif is_text:
            return
        elif self._take_service((notice.text,)):
            self._on_registration()
        else:
            self._on_notice(notice.text)

    def _take_service(self, lines: Iterable[str]) -> bool:
        """As CellularService.take; texts that want a network are told that it is back."""
        is_about = self._service.take(lines)
        had, self._has_network = self._has_network, self._service.has_network
        if self._has_network and not had:
            self._texts.network_back()
        return is_about

    def _on_boot(self, boot: Boot) -> None:
        """It has started by itself. The notices of one start come one by one, for many seconds."""
        now = self._loop.time()
        lull_s = BOOT_S if boot is Boot.STARTED else BOOT_AGAIN_S
        is_new = now - self._booted_at > lull_s
        if self._state is State.SEARCHING and not is_new:
            self._timers.start("search", 0.0, self._search)
        if not is_new or boot is Boot.OFF or self._state is State.INITIALISING:
            return
        self._restarted_by_itself()

    def _restarted_by_itself(self) -> None:
        """Its settings are lost, and any call: that is no caller's hang-up."""
        self._health.counters["restarts"] += 1
        if self._state in CALLS:
            self._trouble.came_back()
            self._fault("the modem restarted by itself during a call", Trigger.LOST)
        elif self._state is State.RINGING:
            self._fault("the modem restarted by itself while it rang", Trigger.RESTARTED)
        else:
            self._fire(Trigger.RESTARTED)

    def _on_registration(self) -> None:
        if self._state is State.SEARCHING:
            self._timers.start("search", 0.0, self._search)
        elif self._state is State.READY and not self._service.registered:
            self._timers.start("service", 0.0, self._ask_service)
