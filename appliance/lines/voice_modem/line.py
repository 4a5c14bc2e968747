"""A line behind a V.253 voice modem: answers and dials in full duplex, reports what happens.

`voice_modem_life` keeps the modem alive between the calls that are here. While a call streams, C
owns the descriptor and the call's `CallListener` hears what it reports.
"""

import asyncio
from collections.abc import Callable

from appliance.core.events import DialFailed, LineAnswered, LineDialled
from appliance.errors import NumberRefused
from appliance.interfaces import AudioPorts, Clock, EventSink, PipeOpener
from appliance.lines.call_listener import CallListener
from appliance.lines.hook_flash import flash_time_ms
from appliance.lines.numbers import INTERNATIONAL_PREFIX, dialable
from appliance.lines.voice_modem import dial_scripts
from appliance.lines.voice_modem import scripts as modem_scripts
from appliance.lines.voice_modem.dial import DialAttempt, Verdict
from appliance.lines.voice_modem.dialogue import Results
from appliance.lines.voice_modem.life import VoiceModemLife
from appliance.lines.voice_modem.profiles import Levels
from appliance.lines.voice_modem.states import IN_C, State, Trigger
from appliance.modem.at import Result
from appliance.serial_port import port_identity
from appliance.settings import LineSettings

SILENCE_STEP_MS = 4000
END_S = 1.5  # for the end mark to follow the profile's tail; then the other family's is tried
OTHER_END_S = 1.0
DETACH_S = 2.0  # for the audio loop to let go: two hundred of its ticks
OFF_HOOK_S = 20.0  # the modem ended the stream: the call core has so long to release the line
_TALKS_SOON = (State.ANSWERING, State.FLASHING)  # a far end that leaves shows in the dialogue
SETTLE_LEAD_S = 0.015  # from LineAnswered to the first word's bytes: a tick, and the way to it


class VoiceModemLine(VoiceModemLife):
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
        super().__init__(settings, sink, audio, open_pipe, loop, clock=clock, identify=identify)
        self._levels = Levels(settings.receive_gain_db, settings.transmit_gain_db)
        self._call: CallListener | None = None
        self._attempt: DialAttempt | None = None  # of an outgoing call
        self._insists = False  # whatever another telephone does
        self._is_up = False  # the core was told that the call's sound flows

    def _entry_table(self) -> dict[State, Callable[[State], None]]:
        return super()._entry_table() | {
            State.ANSWERING: self._enter_answering,
            State.DIALLING: self._enter_dialling,
            State.STREAMING: self._enter_streaming,
            State.TAPPING: self._enter_tapping,
            State.FLASHING: self._enter_flashing,
            State.OFF_HOOK: self._enter_off_hook,
            State.ABORTING: self._enter_aborting,
            State.ENDING: self._enter_ending,
            State.WITHDRAWING: self._enter_detach,
            State.RELEASING: self._enter_releasing,
            State.DETACHING: self._enter_detach,
        }

    @property
    def port(self) -> int | None:
        """The audio port while a call's audio is attached, else None."""
        return self._audio.port

    @property
    def silence_ms(self) -> int:
        """Silence of the caller is told each time that it has lasted so long again."""
        return SILENCE_STEP_MS

    def answer(self) -> None:
        """Go off-hook: LineAnswered or LineFailed follows. Ignored unless the line is idle."""
        self._attempt = None
        self._fire(Trigger.ANSWER)

    def dial(self, number: str, insists: bool = False) -> None:
        """Go off-hook and dial: LineDialled, DialFailed or LineFailed follows."""
        settings = self._settings
        prefix = INTERNATIONAL_PREFIX.get(settings.country.upper(), "")
        try:
            digits = dialable(number, prefix)
        except NumberRefused as error:
            self._health.note(str(error))
            self._sink(DialFailed(self.name, "number"))
            return
        self._insists = insists
        if self._state is State.RINGING:
            self._sink(DialFailed(self.name, "incoming_call"))
        elif self._is_elsewhere:
            self._sink(DialFailed(self.name, "line_in_use"))
        elif self._state is not State.READY or self._standing.is_stopping:
            self._sink(DialFailed(self.name, "no_service"))
        else:
            self._attempt = DialAttempt(digits, self._ways, blind=settings.dial_mode == "blind")
            self._fire(Trigger.DIAL)

    @property
    def _is_elsewhere(self) -> bool:
        """Another telephone has the line, and that is believed."""
        return self._extension.in_use and not self._insists

    def send_digit(self, digit: str) -> None:
        """Keys travel in the line's sound."""

    def flash(self) -> None:
        """Tap the hook: sound stops for the time it takes. Ignored but while sound flows."""
        if self._is_up:
            self._fire(Trigger.FLASH)

    def _open_call(self) -> bool:
        self._is_up = False
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
            on_code=self._extension.code,
            outgoing=self._attempt is not None,
        )
        if self._audio.open(self._call):
            return True
        self._fault(f"the sound engine has no room for the call: {self._audio.refusal}")
        return False

    def _enter_answering(self, _old: State) -> None:
        if self._open_call():
            script = modem_scripts.answer(self._profile, self._ulaw_id, self._levels)
            self._run(script, self._connected)

    def _enter_dialling(self, _old: State) -> None:
        if self._open_call():
            self._run_attempt()

    def _run_attempt(self, *_: object) -> None:
        if self._attempt is not None:
            script = self._attempt.script(self._profile, self._ulaw_id, self._levels)
            self._run(script, self._connected)

    def _connected(self, results: Results) -> None:
        """CONNECT came: the descriptor is C's before anything else happens."""
        fd = self._open_modem().hand_over()
        if self._audio.attach(fd, results[-1].leftover, modem_scripts.FAREWELL):
            self._fire(Trigger.CONNECTED)
        else:
            self._fault(f"the sound engine refused the call: {self._audio.refusal}")

    def _enter_streaming(self, old: State) -> None:
        if old is State.DIALLING:
            self._is_up = True
            self._sink(LineDialled(self.name, audible=True))
        elif old is State.ANSWERING:
            wait_s = self._settings.settle_ms / 1000 - SETTLE_LEAD_S
            self._timers.start("settle", wait_s, self._settled)

    def _settled(self) -> None:
        if self._call is not None and self._call.listening:
            self._is_up = True
            self._sink(LineAnswered(self.name))

    def _enter_off_hook(self, _old: State) -> None:
        self._timers.start("free", OFF_HOOK_S, self._free_stuck)
        self._open_modem().take_back()
        self._run((modem_scripts.END_OF_STREAM,), lambda _: None)

    def _free_stuck(self) -> None:
        self._health.counters["stuck_calls_freed"] += 1
        self.release()

    def _enter_aborting(self, old: State) -> None:
        outstanding = self._dialogue.outstanding
        self._open_modem().drop_waiting()
        if self._open_modem().idle:
            self._fire(Trigger.DONE)
        elif old is State.DIALLING and outstanding and dial_scripts.is_dial(outstanding):
            self._timers.start("limit", dial_scripts.ABORT_S, lambda: self._fire(Trigger.FAULT))
            self._abort_dialling()

    def _abort_dialling(self) -> None:
        """Any character ends a dial command."""
        self._open_modem().send(dial_scripts.ABORT)
        self._timers.start("abort", dial_scripts.ABORT_AGAIN_S, self._abort_dialling)

    def _enter_tapping(self, _old: State) -> None:
        self._start_end()

    def _enter_flashing(self, _old: State) -> None:
        self._open_modem().take_back()
        flash_ms = flash_time_ms(self._settings.country, self._settings.flash_ms)
        self._health.counters["flashes"] += 1
        self._run(dial_scripts.flash(self._profile, flash_ms), self._connected)

    def _enter_ending(self, _old: State) -> None:
        self._start_end()

    def _start_end(self) -> None:
        self._timers.start("end", END_S, self._try_other_end)
        self._send_end(self._profile.end_tail)

    def _try_other_end(self) -> None:
        self._timers.start("end", OTHER_END_S, self._no_end)
        self._send_end(self._profile.other_tail)

    def _send_end(self, tail: bytes) -> None:
        end = self._audio.interrupt if self._state is State.TAPPING else self._audio.end
        if not end(tail):
            self._no_end()

    def _no_end(self) -> None:
        if self._state is State.TAPPING:
            reason = "the modem does not leave its sound, so the hook can't be tapped"
            self._fault(reason, Trigger.NO_END)
        else:
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

    def _on_finished(self, result: Result) -> None:
        if self._state is State.ABORTING:
            if result.final == "CONNECT":
                self._fire(Trigger.CONNECTED)
            else:
                self._fire(Trigger.FAULT if result.timed_out else Trigger.DONE)
        else:
            super()._on_finished(result)

    def _on_failed(self, result: Result) -> None:
        if self._state is State.DIALLING and self._attempt is not None:
            self._dialogue.forget()
            self._obey(self._attempt.judge(result), self._attempt, result)
        elif self._state in _TALKS_SOON and modem_scripts.caller_gone(result):
            self._tell_hung_up("modem_no_carrier")
            self._fire(Trigger.FAULT)
        else:
            super()._on_failed(result)

    def _obey(self, verdict: Verdict, attempt: DialAttempt, result: Result) -> None:
        if attempt.note:
            self._health.note(attempt.note)
        if verdict is Verdict.OTHER_WAY:
            self._run((dial_scripts.HANG_UP_FIRST,), self._run_attempt)
        elif verdict is Verdict.REFUSED:
            self._fail_to_dial(attempt.cause, Trigger.REFUSED)
        elif verdict is Verdict.NO_SOUND:
            self._fail_to_dial(attempt.cause, Trigger.FAULT)
        else:
            super()._on_failed(result)

    def _fail_to_dial(self, cause: str, trigger: Trigger) -> None:
        self._health.counters["calls_not_dialled"] += 1
        self._fire(trigger)
        self._sink(DialFailed(self.name, cause))

    def _on_code(self, code: int) -> None:
        super()._on_code(code)
        if self._state is State.DIALLING and self._is_elsewhere and self._is_on_hook():
            self._fail_to_dial("line_in_use", Trigger.YIELD)

    def _on_ring(self) -> None:
        super()._on_ring()
        if self._state is State.DIALLING:
            self._ring_waits = True
            self._fail_to_dial("incoming_call", Trigger.YIELD)
        elif self._state is State.ABORTING and self._attempt is not None:
            self._ring_waits = True

    def _is_on_hook(self) -> bool:
        """While dialling: no command that seizes the line has been sent."""
        outstanding = self._dialogue.outstanding
        return outstanding is not None and not dial_scripts.seizes(outstanding)

    def _stream_ended(self, leftover: bytes) -> None:
        tapping = self._state is State.TAPPING
        if self._fire(Trigger.STREAM_ENDED) and self._modem is not None:
            self._modem.feed(leftover)
            if not tapping:
                self._tell_hung_up("modem_ended")

    def _tell_hung_up(self, evidence: str) -> None:
        if self._call is not None:
            self._call.tell_hung_up(evidence)

    def _port_lost(self, reason: str) -> None:
        if self._state in IN_C:
            self._lost(f"the modem was lost during a call: {reason}")
