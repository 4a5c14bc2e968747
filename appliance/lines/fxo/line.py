"""An analog line that we drive ourselves: rings, answers, dials, talks and releases.

Theory of operation: two machines make one line. Its calls are here, with `states` as their only
table. Its equipment, pins or a HAT's socket, is the subclass's and has a table of its own; while it
works the calls do (`_begin_service`), and when it fails they are over (`_end_service`). The hook is
off in the states of HOOK_OFF alone. Who calls is heard by our own ears on the on-hook line
(`OnHookEars`); that the far end hung up is weighed by the core, from tones and what the line shows.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable

from appliance.core.events import (
    DialFailed,
    Event,
    LineAnswered,
    LineDialled,
    RingDetected,
    RingsStopped,
)
from appliance.errors import LineFault, NumberRefused
from appliance.interfaces import (
    AudioPorts,
    CardListener,
    Clock,
    EventSink,
    HeardCallerId,
    HeardTone,
)
from appliance.lines.call_listener import CallListener
from appliance.lines.fxo.states import HOOK_OFF, PHASES, TRANSITIONS, CallState, CallTrigger
from appliance.lines.hook_flash import flash_time_ms
from appliance.lines.line_audio import LineAudio
from appliance.lines.line_health import LineHealth, Phase
from appliance.lines.line_standing import LineStanding
from appliance.lines.numbers import INTERNATIONAL_PREFIX, dialable
from appliance.lines.on_hook_ears import OnHookEars
from appliance.lines.timers import NamedTimers
from appliance.settings import LineSettings

SILENCE_STEP_MS = 4000
# Longer than any ringing pauses: every burst is sensed, so none is lost as a modem loses a RING.
# ITU-T E.180: 3 to 5 s, in existing exchanges up to 6 s; and what a cadence may waver.
RINGS_OVER_S = 7.0
SETTLE_MS = 500  # the least, from going off-hook to the first word
ON_HOOK_S = 1.5  # less may be taken for a flash (300-1000 ms)
DIAL_TONE_S = 8.0
BLIND_S = 2.0  # an exchange that is slow to give dial tone takes so long to listen for keys
OFF_HOOK_S = 20.0  # a dialled call came to nothing: the core has so long to release the line
_BUSY_BEFORE_DIALLING = ("busy", "reorder", "special_information", "number_unobtainable")


class FxoLine(ABC):
    """What interfaces.LineDriver and line_audio.LineEars ask of any such line.

    ``open_port``: makes a fresh audio port for a listener; raises AudioError.
    """

    def __init__(
        self,
        settings: LineSettings,
        sink: EventSink,
        audio: AudioPorts,
        open_port: Callable[[CardListener], int],
        loop: asyncio.AbstractEventLoop,
        *,
        clock: Clock,
    ) -> None:
        self.name = settings.name
        self._settings = settings
        self._sink = sink
        self._loop = loop
        self._health = LineHealth(clock)
        self._standing = LineStanding(settings.name, sink)
        self._audio = LineAudio(audio, open_port, self)
        self._state = CallState.NO_SERVICE
        self._timers = NamedTimers(loop)  # of the state: a transition cancels them
        self._ears = OnHookEars(
            settings.name,
            loop,
            listen=self._listen_on_hook,
            on_ring=self._rings,
            on_burst_over=self._wait_for_next_ring,
        )
        self._call: CallListener | None = None  # while the line is taken
        self._number = ""
        self._entries: dict[CallState, Callable[[], None]] = {
            CallState.NO_SERVICE: self._ears.end,
            CallState.READY: self._enter_ready,
            CallState.RINGING: self._enter_ringing,
            CallState.ANSWERING: self._enter_answering,
            CallState.SEIZING: self._enter_seizing,
            CallState.DIALLING: self._enter_dialling,
            CallState.OFF_HOOK: self._enter_off_hook,
            CallState.RELEASING: self._enter_releasing,
        }

    # --- the equipment -----------------------------------------------------------------------

    @abstractmethod
    def _set_hook(self, off_hook: bool) -> None:
        """Take the line, or give it back."""

    @abstractmethod
    def _tap_hook(self, ms: int) -> None:
        """Give the line back for a moment, in a call."""

    @abstractmethod
    def _is_lifted(self) -> bool:
        """Another telephone has the line, which is on-hook."""

    @abstractmethod
    def _sound_failed(self, reason: str) -> None:
        """The line's sound is refused: it is out of service."""

    @abstractmethod
    def card_here(self, is_here: bool) -> None:
        """Of a sound card alone; see line_audio.LineEars."""

    def _stirs(self) -> bool:
        """It rings, or something that may become ringing is on the line."""
        return self._ears.is_ringing

    def _current_flows(self) -> bool:
        """So in the on-hook line, and perhaps only for a moment."""
        return self._is_lifted()

    def _is_fit(self) -> bool:
        """After a call: the sound is there for the next one."""
        return True

    def _listen_on_hook(self, is_on: bool) -> None:
        """Let the on-hook line's sound through, and listen for caller ID."""
        self._audio.listen_on_hook(is_on)

    # --- interfaces.LineDriver ---------------------------------------------------------------

    @property
    def port(self) -> int | None:
        """The audio port while the line is taken, else None."""
        return self._audio.port if self._state in HOOK_OFF else None

    @property
    def silence_ms(self) -> int:
        """Silence of the caller is told each time that it has lasted so long again."""
        return SILENCE_STEP_MS

    def answer(self) -> None:
        """Go off-hook: LineAnswered or LineFailed follows. Ignored unless the line is idle."""
        self._fire(CallTrigger.ANSWER)

    def dial(self, number: str, insists: bool = False) -> None:
        """Go off-hook and dial: LineDialled or DialFailed follows."""
        prefix = INTERNATIONAL_PREFIX.get(self._settings.country, "")
        try:
            self._number = dialable(number, prefix)
        except NumberRefused:
            self._sink(DialFailed(self.name, "number"))
            return
        if self._state is CallState.RINGING or self._stirs():
            self._sink(DialFailed(self.name, "incoming_call"))
        elif not insists and self._is_lifted():
            self._sink(DialFailed(self.name, "line_in_use"))
        elif not self._fire(CallTrigger.DIAL):
            self._sink(DialFailed(self.name, "no_service"))

    def send_digit(self, digit: str) -> None:  # noqa: B027 - nothing to do, whatever the equipment
        """Keys travel in the line's sound."""

    def flash(self) -> None:
        """Tap the hook for the exchange's R."""
        if self._state is CallState.IN_CALL:
            self._tap_hook(flash_time_ms(self._settings.country, self._settings.flash_ms))

    def release(self) -> None:
        """Go on-hook, from any state: LineReleased or LineFailed follows if it was in service."""
        self._standing.ask_release()
        if not self._fire(CallTrigger.RELEASE) and self._state is CallState.READY:
            self._standing.released()

    # --- the table ---------------------------------------------------------------------------

    def _begin_service(self) -> None:
        """The equipment works, and the audio port is open."""
        self._fire(CallTrigger.SERVES)

    def _end_service(self) -> None:
        """The equipment fails; whatever goes on, the line is on-hook now. Idempotent."""
        self._fire(CallTrigger.OUT_OF_SERVICE)

    def _fire(self, trigger: CallTrigger) -> bool:
        """Make the transition the table holds for ``trigger``; False when it holds none."""
        new = TRANSITIONS.get((self._state, trigger))
        if new is None:
            return False
        self._timers.cancel_all()
        was_taken = self._state in HOOK_OFF
        self._state = new
        if was_taken and new not in HOOK_OFF:
            self._call = None
            self._audio.end_call()
            self._set_hook(False)
        if self._state is not new:  # the hook failed, and with it the equipment
            return True
        if new is not CallState.NO_SERVICE:
            self._health.enter(PHASES.get(new, Phase.IN_CALL), new.value)
        enter = self._entries.get(new)
        if enter is not None:
            enter()
        return True

    def _tell(self, trigger: CallTrigger, event: Event) -> None:
        """Tell ``event`` when the table has a transition for ``trigger``."""
        if self._fire(trigger):
            self._sink(event)

    def _enter_ready(self) -> None:
        self._ears.begin()
        self._standing.ready()
        if self._state is CallState.READY and self._ears.is_ringing:  # since it was released
            self._rings()

    def _enter_ringing(self) -> None:
        if not self._ears.is_ringing:
            self._wait_for_next_ring()

    def _rings(self) -> None:
        self._tell(CallTrigger.RING, RingDetected(self.name))

    def _wait_for_next_ring(self) -> None:
        if self._state is CallState.RINGING:
            stopped = RingsStopped(self.name)
            self._timers.start(
                "over", RINGS_OVER_S, lambda: self._tell(CallTrigger.RINGS_OVER, stopped)
            )

    def _enter_answering(self) -> None:
        self._take_line(outgoing=False)
        settle_s = max(SETTLE_MS, self._settings.settle_ms) / 1000
        answered = LineAnswered(self.name)
        self._timers.start("settle", settle_s, lambda: self._tell(CallTrigger.SETTLED, answered))

    def _enter_seizing(self) -> None:
        self._take_line(outgoing=True)
        self._audio.listen_for_dial_tone()
        if self._settings.dial_mode == "blind":
            self._timers.start("tone", BLIND_S, lambda: self._fire(CallTrigger.DIAL_TONE))
        else:
            self._timers.start("tone", DIAL_TONE_S, lambda: self._dial_failed("no_dial_tone"))

    def _enter_dialling(self) -> None:
        try:
            self._audio.send_keys(self._number, self._keys_sent)
        except LineFault as error:
            self._sound_failed(str(error))

    def _keys_sent(self, whole: bool) -> None:
        if self._state is not CallState.DIALLING:
            return
        if whole and self._fire(CallTrigger.DIALLED):
            self._audio.dialled()
            self._sink(LineDialled(self.name, audible=True))
        else:
            self._dial_failed("ended")

    def _dial_failed(self, cause: str) -> None:
        self._tell(CallTrigger.DIAL_FAILED, DialFailed(self.name, cause))

    def _enter_off_hook(self) -> None:
        self._timers.start("free", OFF_HOOK_S, self._free_stuck)

    def _free_stuck(self) -> None:
        self._health.counters["stuck_calls_freed"] += 1
        self.release()

    def _enter_releasing(self) -> None:
        """An exchange takes a while to see it; meanwhile the port is made anew."""
        if self._open_audio():
            self._timers.start("on_hook", ON_HOOK_S, self._on_hook_long_enough)

    def _open_audio(self) -> bool:
        try:
            self._audio.open()
        except LineFault as error:
            self._sound_failed(str(error))
            return False
        return True

    def _on_hook_long_enough(self) -> None:
        if self._is_fit():
            self._fire(CallTrigger.ON_HOOK)
        else:  # the equipment ends this wait if it lasts
            self._timers.start("on_hook", 0.1, self._on_hook_long_enough)

    def _take_line(self, *, outgoing: bool) -> None:
        self._ears.taken()
        self._call = CallListener(
            self.name,
            self._sink,
            self._loop.time,
            self._health.counters,
            extension_lifted=frozenset(),
            silence_limit_s=self._settings.silence_hang_up_s,
            on_ended=lambda _leftover: None,
            on_lost=lambda _reason: None,
            on_detached=lambda: None,
            outgoing=outgoing,
        )
        self._audio.begin_call(self._call)
        self._set_hook(True)

    # --- line_audio.LineEars -----------------------------------------------------------------

    def caller_id_on_hook(self, heard: HeardCallerId) -> None:
        caller = self._ears.heard(heard, current_flows=self._current_flows())
        if caller is not None:
            self._sink(caller)

    def tone_before_call(self, heard: HeardTone) -> None:
        if self._state is not CallState.SEIZING or self._settings.dial_mode == "blind":
            return
        if heard.kind == "dial":
            self._fire(CallTrigger.DIAL_TONE)
        elif heard.kind in _BUSY_BEFORE_DIALLING:
            self._dial_failed("congestion")
