"""A voice modem between calls: its port opened, made known, ready, ringing, lost and tried again.

Theory of operation: `states` holds the only transition table; each state's entry starts
what that state waits for (an AT dialogue, the end of a stream, a timer), always with a limit of
time, so that no silence of the modem can hold the line for ever. `voice_modem` adds the calls.
"""

import asyncio
from collections.abc import Callable, Iterable
from functools import partial

from appliance.core.events import RingDetected
from appliance.interfaces import AudioPorts, Clock, EventSink, PipeOpener
from appliance.lines.call_audio import CallAudio
from appliance.lines.line_health import LineHealth, Phase
from appliance.lines.line_standing import LineStanding
from appliance.lines.modem_port import ModemPort, lost_reason
from appliance.lines.patience import Patience
from appliance.lines.port_watch import PortWatch
from appliance.lines.timers import NamedTimers
from appliance.lines.voice_modem import scripts as modem_scripts
from appliance.lines.voice_modem.caller_watch import CallerWatch
from appliance.lines.voice_modem.dial import DialWays
from appliance.lines.voice_modem.dialogue import Dialogue, Results
from appliance.lines.voice_modem.extension_watch import ExtensionWatch
from appliance.lines.voice_modem.profiles import GENERIC
from appliance.lines.voice_modem.ring_pattern import RingPattern
from appliance.lines.voice_modem.setup import KnownModem, ModemSetup
from appliance.lines.voice_modem.states import IDLE, PHASES, TRANSITIONS, State, Trigger
from appliance.modem.at import AtOutput, Command, Finished, Result, Shielded, Unsolicited
from appliance.modem.replies import is_ring
from appliance.settings import LineSettings

RING_GAP_S = 7.0  # the longest ring cadence in use repeats every 6 s
ALIVE_S = 60.0  # an idle modem is asked so often whether it still answers
_RING_CODE = 0x52  # DLE R


class VoiceModemLife:
    """What is common to all states; `voice_modem.VoiceModemLine` is the driver."""

    def __init__(
        self,
        settings: LineSettings,
        sink: EventSink,
        audio: AudioPorts,
        open_pipe: PipeOpener,
        loop: asyncio.AbstractEventLoop,
        *,
        clock: Clock,
        identify: Callable[[str], object | None],
    ) -> None:
        self.name = settings.name
        self._settings = settings
        self._sink = sink
        self._audio = CallAudio(audio)
        self._open_pipe = open_pipe
        self._loop = loop
        self._health = LineHealth(clock)
        self._standing = LineStanding(settings.name, sink)
        self._path = PortWatch(settings.port, identify)
        self._state = State.DOWN
        self._timers = NamedTimers(loop)  # of the state: a transition cancels them
        self._house = NamedTimers(loop)
        self._patience = Patience()
        self._modem: ModemPort | None = None
        self._dialogue = Dialogue()
        self._setup = ModemSetup(self._run, settings, self._initialised)
        self._know(KnownModem(GENERIC, GENERIC.ulaw_id, ()))
        self._caller = CallerWatch(settings.name, sink, loop)
        self._rhythm = RingPattern()
        self._ring_waits = False
        self._entries = self._entry_table()

    def _entry_table(self) -> dict[State, Callable[[State], None]]:
        """What each state does on entry; it is given the state before."""
        return {
            State.OPENING: self._enter_opening,
            State.RESYNCING: self._enter_resync,
            State.INITIALISING: self._enter_initialising,
            State.READY: self._enter_ready,
            State.RINGING: self._enter_ringing,
            State.RECOVERING: self._enter_resync,
            State.RETRYING: self._enter_retrying,
            State.DOWN: self._enter_down,
        }

    @property
    def health(self) -> dict[str, object]:
        """See LineHealth.report; docs/control-api.md says what else a voice modem line tells."""
        return self._health.report(
            self._profile.title,
            probe=list(self._probe),
            line_in_use=self._extension.in_use,
            ring_pattern_ms=list(self._rhythm.ms),
        )

    def start(self) -> None:
        """Open the port and keep trying until stop()."""
        if self._fire(Trigger.START):
            self._path.keep_looking(self._house, self._looked)

    async def stop(self) -> None:
        """End a call if there is one, close the port. Takes at most 7 s."""
        if self._state is not State.DOWN:
            end = partial(self._fire, Trigger.STOP)
            begin = end if self._state in IDLE else self.release
            await self._standing.stop(self._house, begin, end)

    def release(self) -> None:
        """Go on-hook, from any state: LineReleased or LineFailed follows if it was in service."""
        self._standing.ask_release()
        if not self._fire(Trigger.RELEASE) and self._state is State.READY:
            self._standing.released()

    def _fire(self, trigger: Trigger) -> bool:
        """Make the transition the table holds for ``trigger``; False when it holds none."""
        old = self._state
        new = TRANSITIONS.get((old, trigger))
        if new is None:
            return False
        self._timers.cancel_all()
        self._state = new
        self._health.enter(PHASES.get(new, Phase.IN_CALL), new.value)
        self._entries[new](old)
        return True

    def _fault(self, reason: str, trigger: Trigger = Trigger.FAULT, slow: bool = False) -> None:
        """The line is unusable for now: tell the core once, and go the table's way out."""
        self._health.fault(reason, slow)
        self._standing.failed(reason)
        self._fire(trigger)

    def _lost(self, reason: str) -> None:
        self._fault(reason, Trigger.LOST)

    def _enter_opening(self, _old: State) -> None:
        self._path.opening()
        try:
            pipe = self._open_pipe(self._path.path)
        except OSError as error:  # LineFault and LinkError are OSErrors
            self._lost(lost_reason(error))
            return
        self._modem = ModemPort(self._loop, pipe, self._on_output, self._lost)
        self._fire(Trigger.OPENED)

    def _enter_resync(self, _old: State) -> None:
        self._audio.close()
        self._health.counters["resets"] += 1
        self._open_modem().take_back()
        self._open_modem().resync(self._resync_over)

    def _resync_over(self, quiet: bool) -> None:
        if quiet:
            self._fire(Trigger.QUIET)
        else:
            self._fault("the modem keeps sending sound and can't be stopped")

    def _enter_initialising(self, _old: State) -> None:
        self._setup = ModemSetup(self._run, self._settings, self._initialised)
        self._setup.start()

    def _initialised(self, modem: KnownModem) -> None:
        self._know(modem)
        if modem.ulaw_id is None:
            self._fault("the modem offers no µ-law sound, which is needed", slow=True)
            return
        if modem.flow_control:
            self._open_modem().use_flow_control()
        self._fire(Trigger.DONE)

    def _know(self, modem: KnownModem) -> None:
        self._profile, self._ulaw_id = modem.profile, modem.ulaw_id or modem.profile.ulaw_id
        self._probe = modem.probe
        self._ways = DialWays(modem.profile.dial_ways)
        lifted, hung_up = modem.profile.extension_lifted, modem.profile.extension_hung_up
        self._extension = ExtensionWatch(self._loop.time, lifted, hung_up)

    def _enter_ready(self, _old: State) -> None:
        self._patience.reset()
        self._caller.forget()
        self._rhythm.forget()
        if self._standing.is_stopping:
            self._fire(Trigger.STOP)
            return
        self._timers.start("alive", ALIVE_S, self._ask_alive)
        self._standing.ready()
        rings, self._ring_waits = self._ring_waits, False
        if rings and self._state is State.READY:
            self._on_ring()

    def _ask_alive(self) -> None:
        self._run(modem_scripts.ALIVE, lambda _: None)
        self._timers.start("alive", ALIVE_S, self._ask_alive)

    def _enter_ringing(self, _old: State) -> None:
        self._timers.start("gap", RING_GAP_S, lambda: self._fire(Trigger.RING_STOPPED))

    def _enter_retrying(self, _old: State) -> None:
        self._close_modem()
        self._ring_waits = False
        if self._standing.is_stopping:
            self._fire(Trigger.STOP)
            return
        wait_s = self._patience.next_s(self._health.slow)
        self._timers.start("retry", wait_s, lambda: self._fire(Trigger.RETRY))

    def _enter_down(self, _old: State) -> None:
        self._close_modem()
        self._house.cancel_all()
        self._standing.down()

    def _looked(self, appeared: bool, lost: str) -> None:
        """At the path: plugged in again while retrying, or re-pointed while idle."""
        if self._state is State.RETRYING and appeared:
            self._patience.reset()
            self._fire(Trigger.RETRY)
        elif lost and self._state in IDLE and self._modem is not None:
            self._lost(lost)

    def _open_modem(self) -> ModemPort:
        assert self._modem is not None, "the table enters these states with an open port"
        return self._modem

    def _close_modem(self) -> None:
        self._audio.close()
        self._caller.forget()
        self._dialogue.forget()
        if self._modem is not None:
            self._modem.close()
            self._modem = None

    def _run(self, commands: Iterable[Command], on_done: Callable[[Results], object]) -> None:
        self._dialogue.run(self._open_modem(), commands, on_done)

    def _on_output(self, output: AtOutput) -> None:
        if isinstance(output, Finished):
            self._dialogue.finished(output.result)
            self._on_finished(output.result)
        elif isinstance(output, Shielded):
            self._on_code(output.code)
        elif isinstance(output, Unsolicited):
            if is_ring(output.text, self._open_modem().numeric):
                self._on_ring()
            elif not self._rhythm.line(output.text) and self._state in (State.READY, State.RINGING):
                self._caller.text(output.text)

    def _on_finished(self, result: Result) -> None:
        if result.failed:
            self._on_failed(result)
        elif self._open_modem().idle:
            self._dialogue.end()

    def _on_failed(self, result: Result) -> None:
        self._dialogue.forget()
        reason, slow = modem_scripts.failure(result)
        if self._state is State.INITIALISING:
            self._probe = self._setup.found(self._dialogue.results, reason)
        self._fault(reason, slow=slow and self._state is State.INITIALISING)

    def _on_code(self, code: int) -> None:
        """A shielded code in command mode.

        Of what a stream leaves behind any two bytes may be one: an off-hook line can't ring.
        """
        if code == _RING_CODE and not self._is_still_off_hook():
            self._on_ring()
        self._extension.code(code)

    def _is_still_off_hook(self) -> bool:
        """While the line is released: the modem has not yet said that it hung up."""
        results = self._dialogue.results
        return self._state is State.RELEASING and not any(map(modem_scripts.has_hung_up, results))

    def _on_ring(self) -> None:
        self._extension.ring()
        if self._state in (State.READY, State.RINGING):
            self._caller.ring()
            if self._fire(Trigger.RING):
                self._sink(RingDetected(self.name))
        elif self._state in (State.RELEASING, State.INITIALISING):
            self._ring_waits = True
