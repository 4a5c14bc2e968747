"""A line behind a V.253 voice modem: answers in full duplex, reports what happens, recovers always.

Theory of operation: `voice_modem_states` holds the only transition table; each state's entry
starts what that state waits for (an AT dialogue, the end of a stream, a timer), always with a limit
of time, so that no silence of the modem can hold the line for ever. While a call streams, C owns
the descriptor and the call's `CallListener` hears what it reports.
"""

import asyncio
from collections.abc import Callable, Iterable

from appliance.core.events import (
    DialFailed,
    LineAnswered,
    LineBecameReady,
    LineFailed,
    LineReleased,
    RingDetected,
)
from appliance.interfaces import AudioPorts, Clock, EventSink, PipeOpener
from appliance.lines import modem_scripts
from appliance.lines.call_audio import CallAudio
from appliance.lines.call_listener import CallListener
from appliance.lines.caller_watch import CallerWatch
from appliance.lines.line_health import LineHealth, Phase
from appliance.lines.modem_port import ModemPort, lost_reason
from appliance.lines.modem_setup import KnownModem, ModemSetup, Results
from appliance.lines.patience import Patience
from appliance.lines.port_watch import PortWatch
from appliance.lines.profiles import GENERIC
from appliance.lines.timers import NamedTimers
from appliance.lines.voice_modem_states import IDLE, IN_C, PHASES, TRANSITIONS, State, Trigger
from appliance.modem.at import AtOutput, Command, Finished, Result, Shielded, Unsolicited
from appliance.modem.replies import is_ring
from appliance.serial_port import port_identity
from appliance.settings import LineSettings

SILENCE_STEP_MS = 4000
RING_GAP_S = 7.0  # the longest ring cadence in use repeats every 6 s
ALIVE_S = 60.0  # an idle modem is asked so often whether it still answers
WATCH_S = 0.5  # how often the port's path is looked at
END_S = 1.5  # for the end mark to follow the profile's tail; then the other family's is tried
OTHER_END_S = 1.0
DETACH_S = 2.0  # for the audio loop to let go: two hundred of its ticks
OFF_HOOK_S = 20.0  # the modem ended the stream: the call core has so long to release the line
STOP_S = 7.0
SETTLE_LEAD_S = 0.015  # from LineAnswered to the first word's bytes: a tick, and the way to it
_RING_CODE = 0x52  # DLE R


class VoiceModemLine:
    """One line; implements interfaces.LineDriver."""

    def __init__(
        self,
        settings: LineSettings,
        sink: EventSink,
        audio: AudioPorts,
        open_pipe: PipeOpener,
        loop: asyncio.AbstractEventLoop,
        *,
        clock: Clock,
        identify: Callable[[str], object | None] = port_identity,
    ) -> None:
        """``settings.port``: already resolved. ``identify``: which device a path names now."""
        self.name = settings.name
        self._settings = settings
        self._sink = sink
        self._audio = CallAudio(audio)
        self._open_pipe = open_pipe
        self._loop = loop
        self._health = LineHealth(clock)
        self._path = PortWatch(settings.port, identify)
        self._state = State.DOWN
        self._in_service: bool | None = None  # what the core was told last; None: nothing yet
        self._timers = NamedTimers(loop)  # of the state: a transition cancels them
        self._house = NamedTimers(loop)
        self._patience = Patience()
        self._modem: ModemPort | None = None
        self._profile, self._ulaw_id = GENERIC, GENERIC.ulaw_id
        self._results: Results = []
        self._on_done: Callable[[Results], object] | None = None
        self._caller = CallerWatch(settings.name, sink, loop)
        self._ring_waits = self._release_asked = False
        self._call: CallListener | None = None
        self._stopped: asyncio.Future[None] | None = None
        self._entries = self._entry_table()

    def _entry_table(self) -> dict[State, Callable[[State], None]]:
        """What each state does on entry; it is given the state before."""
        return {
            State.OPENING: self._enter_opening,
            State.RESYNCING: self._enter_resync,
            State.INITIALISING: self._enter_initialising,
            State.READY: self._enter_ready,
            State.RINGING: self._enter_ringing,
            State.ANSWERING: self._enter_answering,
            State.STREAMING: self._enter_streaming,
            State.OFF_HOOK: self._enter_off_hook,
            State.ABORTING: self._enter_aborting,
            State.ENDING: self._enter_ending,
            State.WITHDRAWING: self._enter_detach,
            State.RECOVERING: self._enter_resync,
            State.RELEASING: self._enter_releasing,
            State.DETACHING: self._enter_detach,
            State.RETRYING: self._enter_retrying,
            State.DOWN: self._enter_down,
        }

    @property
    def port(self) -> int | None:
        """The audio port while a call's audio is attached, else None."""
        return self._audio.port

    @property
    def silence_ms(self) -> int:
        """Silence of the caller is told each time that it has lasted so long again."""
        return SILENCE_STEP_MS

    @property
    def health(self) -> dict[str, object]:
        """See LineHealth.report."""
        return self._health.report(self._profile.title)

    def start(self) -> None:
        """Open the port and keep trying until stop()."""
        if self._fire(Trigger.START):
            self._watch()

    async def stop(self) -> None:
        """End a call if there is one, close the port. Takes at most 7 s."""
        if self._state is State.DOWN:
            return
        stopped = self._stopped
        if stopped is None:
            stopped = self._stopped = self._loop.create_future()
            self._house.start("stop", STOP_S, lambda: self._fire(Trigger.STOP))
            if self._state in IDLE:
                self._fire(Trigger.STOP)
            else:
                self.release()
        await asyncio.shield(stopped)

    def answer(self) -> None:
        """Go off-hook: LineAnswered or LineFailed follows. Ignored unless the line is idle."""
        self._fire(Trigger.ANSWER)

    def dial(self, number: str) -> None:
        """Go off-hook and dial: LineDialled or DialFailed follows."""
        self._sink(DialFailed(self.name, "no_service"))

    def send_digit(self, digit: str) -> None:
        """Keys travel in the line's sound."""

    def flash(self) -> None:
        """Tap the hook."""

    def release(self) -> None:
        """Go on-hook, from any state: LineReleased or LineFailed follows if it was in service."""
        self._release_asked = True
        if not self._fire(Trigger.RELEASE) and self._state is State.READY:
            self._release_asked = False
            self._sink(LineReleased(self.name))

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
        if self._in_service is not False:
            self._in_service = False
            self._sink(LineFailed(self.name, reason))
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
        settings = self._settings
        ModemSetup(self._run, settings.model, settings.country, self._initialised).start()

    def _initialised(self, modem: KnownModem) -> None:
        self._profile = modem.profile
        if modem.ulaw_id is None:
            self._fault("the modem offers no µ-law sound, which is needed", slow=True)
            return
        self._ulaw_id = modem.ulaw_id
        self._fire(Trigger.DONE)

    def _enter_ready(self, _old: State) -> None:
        self._patience.reset()
        self._caller.forget()
        released, self._release_asked = self._release_asked, False
        if self._stopped is not None:
            self._fire(Trigger.STOP)
            return
        self._timers.start("alive", ALIVE_S, self._ask_alive)
        if not self._in_service:
            self._in_service = True
            self._sink(LineBecameReady(self.name))
        elif released:
            self._sink(LineReleased(self.name))
        rings, self._ring_waits = self._ring_waits, False
        if rings and self._state is State.READY:
            self._on_ring()

    def _ask_alive(self) -> None:
        self._run(modem_scripts.ALIVE, lambda _: None)
        self._timers.start("alive", ALIVE_S, self._ask_alive)

    def _enter_ringing(self, _old: State) -> None:
        self._timers.start("gap", RING_GAP_S, lambda: self._fire(Trigger.RING_STOPPED))

    def _enter_answering(self, _old: State) -> None:
        self._call = CallListener(
            self.name,
            self._sink,
            self._loop.time,
            self._health.counters,
            extension_lifted=self._profile.extension_lifted,
            silence_limit_s=self._settings.silence_hang_up_s,
            on_ended=self._stream_ended,
            on_lost=self._port_lost,
            on_detached=lambda: self._fire(Trigger.DETACHED),
        )
        if not self._audio.open(self._call):
            self._fault(f"the sound engine has no room for the call: {self._audio.refusal}")
            return
        self._run(modem_scripts.answer(self._profile, self._ulaw_id), self._connected)

    def _connected(self, results: Results) -> None:
        """CONNECT came: the descriptor is C's before anything else happens."""
        fd = self._open_modem().hand_over()
        if self._audio.attach(fd, results[-1].leftover, modem_scripts.FAREWELL):
            self._fire(Trigger.CONNECTED)
        else:
            self._fault(f"the sound engine refused the call: {self._audio.refusal}")

    def _enter_streaming(self, _old: State) -> None:
        wait_s = self._settings.settle_ms / 1000 - SETTLE_LEAD_S
        self._timers.start("settle", wait_s, self._settled)

    def _settled(self) -> None:
        if self._call is not None and self._call.listening:
            self._sink(LineAnswered(self.name))

    def _enter_off_hook(self, _old: State) -> None:
        self._timers.start("free", OFF_HOOK_S, self._free_stuck)
        self._open_modem().take_back()
        self._run((modem_scripts.END_OF_STREAM,), lambda _: None)

    def _free_stuck(self) -> None:
        self._health.counters["stuck_calls_freed"] += 1
        self.release()

    def _enter_aborting(self, _old: State) -> None:
        self._open_modem().drop_waiting()
        if self._open_modem().idle:
            self._fire(Trigger.DONE)

    def _enter_ending(self, _old: State) -> None:
        self._timers.start("end", END_S, self._try_other_end)
        self._send_end(self._profile.end_tail)

    def _try_other_end(self) -> None:
        self._timers.start("end", OTHER_END_S, lambda: self._fire(Trigger.NO_END))
        self._send_end(self._profile.other_tail)

    def _send_end(self, tail: bytes) -> None:
        if not self._audio.end(tail):
            self._fire(Trigger.NO_END)

    def _enter_detach(self, _old: State) -> None:
        """C must let go of the descriptor: after a lost port, or when no end mark came."""
        if self._state is State.WITHDRAWING:
            self._health.counters["stuck_calls_freed"] += 1
        self._timers.start("detach", DETACH_S, lambda: self._fire(Trigger.DETACHED))
        if not self._audio.detach():
            self._fire(Trigger.DETACHED)

    def _enter_releasing(self, old: State) -> None:
        self._audio.close()
        self._open_modem().take_back()
        end = (modem_scripts.END_OF_STREAM,) if old is State.ENDING else ()
        script = (*end, *modem_scripts.release(self._profile))
        self._run(script, lambda _: self._fire(Trigger.DONE))

    def _enter_retrying(self, _old: State) -> None:
        self._close_modem()
        self._release_asked = self._ring_waits = False
        if self._stopped is not None:
            self._fire(Trigger.STOP)
            return
        wait_s = self._patience.next_s(self._health.slow)
        self._timers.start("retry", wait_s, lambda: self._fire(Trigger.RETRY))

    def _enter_down(self, _old: State) -> None:
        self._close_modem()
        self._house.cancel_all()
        self._in_service = None
        stopped, self._stopped = self._stopped, None
        if stopped is not None and not stopped.done():
            stopped.set_result(None)

    def _watch(self) -> None:
        """Look at the path: plugged in again while retrying, or re-pointed while idle."""
        self._house.start("watch", WATCH_S, self._watch)
        appeared, lost = self._path.look()
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
        self._on_done = None
        if self._modem is not None:
            self._modem.close()
            self._modem = None

    def _run(self, commands: Iterable[Command], on_done: Callable[[Results], object]) -> None:
        self._results, self._on_done = [], on_done
        self._open_modem().run(commands)

    def _on_output(self, output: AtOutput) -> None:
        if isinstance(output, Finished):
            self._on_finished(output.result)
        elif isinstance(output, Shielded):
            if output.code == _RING_CODE:
                self._on_ring()
        elif isinstance(output, Unsolicited):
            if is_ring(output.text, self._open_modem().numeric):
                self._on_ring()
            elif self._state in (State.READY, State.RINGING):
                self._caller.text(output.text)

    def _on_finished(self, result: Result) -> None:
        self._results.append(result)
        if self._state is State.ABORTING:
            if result.final == "CONNECT":
                self._fire(Trigger.CONNECTED)
            else:
                self._fire(Trigger.FAULT if result.timed_out else Trigger.DONE)
        elif result.failed and self._state is State.ANSWERING and modem_scripts.caller_gone(result):
            self._tell_hung_up("modem_no_carrier")
            self._fire(Trigger.FAULT)
        elif result.failed:
            self._on_done = None
            reason, slow = modem_scripts.failure(result)
            self._fault(reason, slow=slow and self._state is State.INITIALISING)
        elif self._open_modem().idle and self._on_done is not None:
            done, self._on_done = self._on_done, None
            done(self._results)

    def _on_ring(self) -> None:
        if self._state in (State.READY, State.RINGING):
            self._caller.ring()
            if self._fire(Trigger.RING):
                self._sink(RingDetected(self.name))
        elif self._state in (State.RELEASING, State.INITIALISING):
            self._ring_waits = True

    def _stream_ended(self, leftover: bytes) -> None:
        if self._fire(Trigger.STREAM_ENDED) and self._modem is not None:
            self._modem.feed(leftover)
            self._tell_hung_up("modem_ended")

    def _tell_hung_up(self, evidence: str) -> None:
        if self._call is not None:
            self._call.tell_hung_up(evidence)

    def _port_lost(self, reason: str) -> None:
        if self._state in IN_C:
            self._lost(f"the modem was lost during a call: {reason}")
