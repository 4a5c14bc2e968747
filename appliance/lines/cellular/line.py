"""A line behind a cellular modem: answers, dials, follows the call, releases always.

The states without a call, the start and the recovery are in `cellular_modem`; a call's own dealings
with the modem in `cellular_talk`. The command port stays Python's during a call; the sound comes
through a card or a second port (`cellular_sound`).
"""

from collections.abc import Callable
from functools import partial

from appliance.core.events import (
    AudioBegan,
    DialFailed,
    LineAnswered,
    LineDialled,
)
from appliance.errors import NumberRefused
from appliance.lines.cellular import scripts
from appliance.lines.cellular.at_desk import Results
from appliance.lines.cellular.calls import held_up
from appliance.lines.cellular.machine import CellularNeeds
from appliance.lines.cellular.modem import CellularModem
from appliance.lines.cellular.ring import CellularRing
from appliance.lines.cellular.sound import SERIAL, CellularListener, CellularSound
from appliance.lines.cellular.states import IDLE, State, Trigger
from appliance.lines.cellular.talk import CallNeeds, CellularCall
from appliance.lines.numbers import dialable
from appliance.lines.timers import NamedTimers
from appliance.modem.at import Result
from appliance.modem.call_causes import BUSY, ENDED, NO_ANSWER, NO_SERVICE
from appliance.modem.mobile_calls import (
    CallChanged,
    CallEnded,
    CallerNotice,
    CallMissed,
    CallState,
    Ringing,
    read_call_notice,
    read_current_calls,
)
from appliance.settings import LineSettings

SILENCE_STEP_MS = 4000
MISSED_RING_S = 1.5  # the modem told of a call in another way; its RING comes within this
OVER_S = 20.0  # the far end is gone: the call core has so long to release the line
ABORT_S = 3.0  # for an outstanding command to end
HANG_UPS = 3
RESTART_AFTER_S = 1.0  # from the release: who waits for the line dials within this
SETTLE_LEAD_S = 0.015  # from LineAnswered to the first word: a tick, and the way to it
_FAILURES = {"BUSY": BUSY, "NO ANSWER": NO_ANSWER, "NO CARRIER": ENDED, "NO DIALTONE": NO_SERVICE}


class CellularLine(CellularModem):
    """One line; implements interfaces.LineDriver and interfaces.TextLine."""

    def __init__(self, settings: LineSettings, needs: CellularNeeds) -> None:
        super().__init__(settings, needs)
        is_serial = settings.audio == SERIAL
        self._sound = CellularSound(
            needs.audio,
            needs.open_pipe,
            NamedTimers(needs.loop),
            card="" if is_serial else settings.sound_card,
            serial_port=settings.audio_port if is_serial else "",
        )
        self._listener: CellularListener | None = None
        self._ring: CellularRing | None = None
        self._call: CellularCall | None = None
        self._number = ""  # being dialled
        self._outgoing = self._dialled = self._audible = False
        self._bad_call = self._restart_due = self._is_free = self._silenced = False
        self._hang_ups = 0

    def _entry_table(self) -> dict[State, Callable[[State], None]]:
        return {
            **super()._entry_table(),
            State.RINGING: lambda _: None,
            State.ANSWERING: self._enter_answering,
            State.DIALLING: self._enter_dialling,
            State.CALLING: self._enter_calling,
            State.TALKING: self._enter_talking,
            State.OVER: self._enter_over,
            State.ABORTING: self._enter_aborting,
            State.RELEASING: self._enter_releasing,
            State.DETACHING: self._enter_detaching,
        }

    # --- interfaces.LineDriver -------------------------------------------------------------------

    @property
    def port(self) -> int | None:
        """The audio port while a call's audio is attached, else None."""
        return self._sound.port

    @property
    def silence_ms(self) -> int:
        """Silence of the caller is told each time that it has lasted so long again."""
        return SILENCE_STEP_MS

    def start(self) -> None:
        """Open the port and keep trying until stop()."""
        self._power.open()
        if self._fire(Trigger.START):
            self._path.keep_looking(self._house, self._looked)

    async def stop(self) -> None:
        """End a call if there is one, close the port. Takes at most 7 s."""
        if self._state is not State.DOWN:
            end = partial(self._fire, Trigger.STOP)
            begin = end if self._state in IDLE else self.release
            await self._standing.stop(self._house, begin, end)

    def answer(self) -> None:
        """Take the call: LineAnswered or LineFailed follows. Ignored unless the line is idle."""
        self._fire(Trigger.ANSWER)

    def dial(self, number: str, insists: bool = False) -> None:
        """Call ``number``: LineDialled or DialFailed follows. Nobody else has the line."""
        try:
            self._number = dialable(number)
        except NumberRefused:
            self._sink(DialFailed(self.name, "number"))
            return
        if not self._fire(Trigger.DIAL):
            rings = self._state is State.RINGING
            self._sink(DialFailed(self.name, "incoming_call" if rings else NO_SERVICE))

    def send_digit(self, digit: str) -> None:
        """One key of ours, made by the network (AT+VTS); only while a call is up."""
        if self._call is not None and self._state in (State.CALLING, State.TALKING):
            self._call.send_digit(digit)

    def flash(self) -> None:
        """A mobile line has no hook to tap."""

    def release(self) -> None:
        """End the call, from any state: LineReleased or LineFailed follows if it was in service."""
        self._standing.ask_release()
        if not self._fire(Trigger.RELEASE) and self._state is State.READY:
            self._standing.released()

    # --- a call comes in -------------------------------------------------------------------------

    def _on_notice(self, text: str) -> None:
        notice = read_call_notice(text)
        if notice is None:
            return
        if self._call is not None and not isinstance(notice, Ringing | CallerNotice | CallMissed):
            self._call.notice(notice)
        elif isinstance(notice, Ringing):
            if notice.is_voice:
                self._on_ring()
        elif self._ring is not None:
            if isinstance(notice, CallerNotice):
                self._ring.caller(notice.caller)
            elif isinstance(notice, CallEnded | CallMissed | CallChanged):
                self._ring.look()
        elif (
            isinstance(notice, CallChanged)
            and notice.call.state is CallState.INCOMING
            and self._state is State.READY
        ):
            self._timers.start("missed_ring", MISSED_RING_S, self._look_for_ring)

    def _on_ring(self) -> None:
        if self._state is State.READY:
            self._ring = CellularRing(
                self.name,
                self._sink,
                self._open_desk(),
                self._loop,
                on_gone=lambda: self._fire(Trigger.RING_STOPPED),
                on_restarted=self._restarted_by_itself,
            )
        if self._state in (State.READY, State.RINGING) and self._ring is not None:
            self._fire(Trigger.RING)
            self._ring.ring()
        elif self._state in (State.RELEASING, State.INITIALISING, State.SEARCHING):
            self._ring_waits = True

    def _begin_call(self, outgoing: bool) -> CellularCall | None:
        """Reserve the sound; None: it was refused, and the call is a fault."""
        self._end_call()
        self._sound_watch.close()  # the call takes the card
        self._outgoing, self._dialled, self._audible = outgoing, False, False
        self._hang_ups = 0
        listener = self._listener = CellularListener(
            self.name,
            self._sink,
            self._loop.time,
            self._health.counters,
            extension_lifted=frozenset(),
            silence_limit_s=self._settings.silence_hang_up_s,
            on_ended=lambda _: None,
            on_lost=self._sound_lost,
            on_detached=self._sound.detached,
            outgoing=outgoing,
        )
        needs = CallNeeds(
            line=self.name,
            sink=self._sink,
            desk=self._open_desk(),
            loop=self._loop,
            sound=self._sound,
            listener=listener,
            profile=self._profile,
            path=self._sound_path,
            counters=self._health.counters,
            tells_waiting=self._settings.waiting_call == "tell",
            on_connected=lambda: self._fire(Trigger.CONNECTED),
            on_sound=self._sound_flows,
            on_ended=lambda: self._fire(Trigger.ENDED),
            on_no_sound=lambda reason: self._fault(reason, Trigger.FAULT),
            on_restarted=self._restarted_by_itself,
        )
        self._call = CellularCall(needs, outgoing)
        if not self._sound.open(listener):
            reason = f"the sound engine has no room for the call: {self._sound.refusal}"
            self._fault(reason, Trigger.FAULT)
            return None
        return self._call

    def _enter_answering(self, _old: State) -> None:
        if self._begin_call(outgoing=False) is not None:
            visit = self._visit
            self._open_desk().run(
                scripts.answer(self._sound_path),
                lambda results: self._answer_told(results[-1], visit),
                urgent=True,
            )

    def _answer_told(self, result: Result, visit: int) -> None:
        if visit != self._visit or self._call is None:
            return
        if not result.failed:
            self._call.accepted()
        elif result.timed_out:
            self._fault(scripts.failure(result), Trigger.FAULT)
        else:  # NO CARRIER, or ERROR: nobody rings any more, or a late word on the call before
            self._call.refused()

    # --- a call goes out -------------------------------------------------------------------------

    def _enter_dialling(self, _old: State) -> None:
        if self._begin_call(outgoing=True) is not None:
            visit = self._visit
            self._open_desk().run(
                scripts.dial(self._number, self._sound_path),
                lambda results: self._dial_told(results[-1], visit),
                urgent=True,
            )

    def _dial_told(self, result: Result, visit: int) -> None:
        if visit != self._visit or self._call is None:
            return
        if not result.failed:
            self._fire(Trigger.DIALLED)
        elif result.timed_out:
            self._fault(scripts.failure(result), Trigger.FAULT)
        elif (cause := _FAILURES.get(result.final, "")) and cause != ENDED:
            self._call.failed(cause)
        else:
            self._call.ask_cause("rejected" if result.final == "ERROR" else ENDED)

    def _enter_calling(self, _old: State) -> None:
        call = self._call
        assert call is not None, "the table comes here from dialling"
        if not self._sound_path.in_call:
            call.start_sound()
        self._dialled, self._audible = True, self._sound.port is not None
        self._sink(LineDialled(self.name, audible=self._audible))
        call.accepted()

    # --- it is connected -------------------------------------------------------------------------

    def _enter_talking(self, _old: State) -> None:
        if self._call is not None and self._sound.port is None:
            self._call.start_sound()

    def _sound_flows(self) -> None:
        if self._state is State.TALKING and not self._outgoing:
            wait_s = self._settings.settle_ms / 1000 - SETTLE_LEAD_S
            self._timers.start("settle", wait_s, self._settled)
        elif self._dialled and not self._audible:
            self._audible = True
            self._sink(AudioBegan(self.name))

    def _settled(self) -> None:
        if self._listener is not None and self._listener.listening:
            self._sink(LineAnswered(self.name))

    def _sound_lost(self, reason: str) -> None:
        """C can't use the second port any more: the modem was unplugged, or this port alone."""
        self._health.counters["pcm_lost"] += 1
        self._bad_call = True
        if not self._path.is_there():
            self._lost("the modem was unplugged during a call")
        elif self._state in (State.CALLING, State.TALKING):
            self._fault(f"the modem's sound was lost during a call: {reason}", Trigger.FAULT)

    # --- the end ---------------------------------------------------------------------------------

    def _enter_over(self, _old: State) -> None:
        self._timers.start("free", OVER_S, self._free_stuck)

    def _free_stuck(self) -> None:
        self._health.counters["stuck_calls_freed"] += 1
        self.release()

    def _enter_aborting(self, old: State) -> None:
        self._sound.hear_no_more()
        if self._call is not None:
            self._call.close()
        self._timers.start("abort", ABORT_S, self._abort_over)
        if not self._open_desk().drop_urgent():
            self._fire(Trigger.DONE)
        elif old is State.DIALLING and self._modem is not None:
            self._modem.send(b"\r")  # any character ends dialling (ITU-T V.250 5.6.1)

    def _abort_over(self) -> None:
        self._open_desk().forget()
        self._fire(Trigger.DONE)

    def _enter_releasing(self, _old: State) -> None:
        script = self._call.hang_up() if self._call else scripts.hang_up(self._sound_path)
        self._end_call()
        self._hang_ups, self._is_free = 0, False
        self._silenced = False
        self._sound.stop(self._sound_stopped)
        self._run(script, self._hung_up, urgent=True)

    def _sound_stopped(self) -> None:
        self._silenced = True
        if self._is_free and self._state is State.RELEASING:
            self._after_call()

    def _hung_up(self, results: Results) -> None:
        listed = results[-1]
        self._hang_ups += 1
        if not held_up(read_current_calls(listed.lines)):
            self._is_free = True
            if self._silenced:
                self._after_call()
        elif self._hang_ups < HANG_UPS:
            self._run(scripts.hang_up(self._sound_path), self._hung_up, urgent=True)
        else:
            self._health.counters["stuck_calls_freed"] += 1
            self._fault("the modem does not end a call and is restarted", Trigger.RESET)

    def _after_call(self) -> None:
        """Idle again; the modem is restarted soon where its sound has gone bad.

        First the line is ready for a moment: an emergency call that waits for it comes before. So
        does who rings just then: a restart would lose the caller for certain.
        """
        policy, bad = self._settings.reset, self._bad_call
        if policy == "after_every_call" or (policy == "after_bad_call" and bad):
            self._restart_due = True
        is_offered = self._standing.in_service or self._standing.is_stopping
        if self._restart_due and not is_offered:
            self._restart()  # it failed, and is not offered to anybody
        else:
            self._fire(Trigger.DONE)

    def _enter_ready(self, old: State) -> None:
        super()._enter_ready(old)
        if self._restart_due and self._state is State.READY:
            self._timers.start("restart", RESTART_AFTER_S, self._restart)

    def _restart(self) -> None:
        bad, self._bad_call, self._restart_due = self._bad_call, False, False
        why = "its sound was bad in the last call" if bad else "the settings ask for it"
        self._fault(f"the modem is being restarted: {why}", Trigger.RESET)

    def _enter_detaching(self, _old: State) -> None:
        """The port is gone; what C holds must be let go before anything is opened again."""
        self._end_call()
        self._sound.stop(lambda: self._fire(Trigger.DETACHED))

    def _end_call(self) -> None:
        if self._ring is not None:
            self._ring.close()
        if self._call is not None:
            self._bad_call |= self._call.degraded
            self._call.close()
        self._ring = self._call = None

    def _enter_down(self, old: State) -> None:
        self._sound.close()
        super()._enter_down(old)

    def _on_finished(self, result: Result) -> None:
        super()._on_finished(result)
        if self._state is State.ABORTING and self._desk and not self._desk.is_urgent:
            self._fire(Trigger.DONE)
