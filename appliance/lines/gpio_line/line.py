"""A line behind a one-line GPIO board: ring detector, hook relay and loop sense; sound by a card.

Theory of operation: `states` holds the only transition table. The pins and the sound
card's port are held as long as the line is in service. The hook relay is closed in the states of
HOOK_OFF alone, and never while the card is away: who is answered must be heard. Ringing is told by
`RingDetector`, the loop by `LoopSense`, who calls by `CallerIdCapture`, all pure; here they get
their edges, their timers and the on-hook line's sound.
"""

import asyncio
from collections.abc import Callable

from appliance.core.events import (
    DialFailed,
    HangUpSignHeard,
    LineAnswered,
    LineDialled,
    RingDetected,
)
from appliance.errors import LineFault, NumberRefused
from appliance.gpio import Gpio
from appliance.interfaces import AudioPorts, Clock, EventSink, HeardCallerId, HeardTone
from appliance.lines.call_listener import CallListener
from appliance.lines.gpio_line.loop_sense import LoopSense
from appliance.lines.gpio_line.on_hook_watch import OnHookWatch
from appliance.lines.gpio_line.pins import BoardPins
from appliance.lines.gpio_line.states import HOOK_OFF, PHASES, TRANSITIONS, State, Trigger
from appliance.lines.line_audio import LineAudio
from appliance.lines.line_health import LineHealth, Phase
from appliance.lines.line_standing import LineStanding
from appliance.lines.numbers import INTERNATIONAL_PREFIX, dialable
from appliance.lines.patience import Patience
from appliance.lines.timers import NamedTimers
from appliance.lines.voice_modem.hook_flash import flash_time_ms
from appliance.settings import LineSettings

MODEL = "one-line GPIO board"
SILENCE_STEP_MS = 4000
RINGS_OVER_S = 7.0  # the longest pause between rings is 5 s
SETTLE_MS = 500  # the least, from the relay to the first word
ON_HOOK_S = 1.5  # less may be taken for a flash (300-1000 ms)
DIAL_TONE_S = 8.0
BLIND_S = 2.0  # an exchange that is slow to give dial tone takes so long to listen for keys
OFF_HOOK_S = 20.0  # a dialled call came to nothing: the core has so long to release the line
_BUSY_BEFORE_DIALLING = ("busy", "reorder", "special_information", "number_unobtainable")


class GpioLine:
    """One line; implements interfaces.LineDriver and line_audio.LineEars."""

    def __init__(
        self,
        settings: LineSettings,
        sink: EventSink,
        audio: AudioPorts,
        gpio: Gpio,
        loop: asyncio.AbstractEventLoop,
        *,
        clock: Clock,
    ) -> None:
        self.name = settings.name
        self._settings = settings
        self._sink = sink
        self._gpio = gpio
        self._loop = loop
        self._health = LineHealth(clock)
        self._standing = LineStanding(settings.name, sink)
        self._card = LineAudio(
            audio, lambda listener: audio.open_card_port(settings.sound_card, listener), self
        )
        self._pins: BoardPins | None = None
        self._state = State.DOWN
        self._timers = NamedTimers(loop)  # of the state: a transition cancels them
        self._house = NamedTimers(loop)  # of what the line does by itself
        self._patience = Patience()
        self._watch = OnHookWatch(
            settings.name,
            loop,
            listen=self._listen_on_hook,
            on_ring=self._rings,
            on_burst_over=self._wait_for_next_ring,
        )
        self._loop_sense = LoopSense()
        self._number = ""
        self._entries: dict[State, Callable[[], None]] = {
            State.OPENING: self._enter_opening,
            State.WAITING: self._enter_waiting,
            State.READY: self._enter_ready,
            State.RINGING: self._enter_ringing,
            State.ANSWERING: self._enter_answering,
            State.SEIZING: self._enter_seizing,
            State.DIALLING: self._enter_dialling,
            State.IN_CALL: self._enter_in_call,
            State.OFF_HOOK: self._enter_off_hook,
            State.RELEASING: self._enter_releasing,
            State.AWAY: self._enter_away,
            State.RETRYING: self._enter_retrying,
            State.DOWN: self._enter_down,
        }

    # --- interfaces.LineDriver ---------------------------------------------------------------

    @property
    def port(self) -> int | None:
        """The audio port while the line is taken, else None."""
        return self._card.port if self._state in HOOK_OFF else None

    @property
    def silence_ms(self) -> int:
        """Silence of the caller is told each time that it has lasted so long again."""
        return SILENCE_STEP_MS

    @property
    def health(self) -> dict[str, object]:
        """See LineHealth.report. ``in_use``: another telephone has the line now."""
        return self._health.report(
            MODEL,
            sound_card=self._settings.sound_card,
            ring_hz=self._watch.hz,
            caller_id_unread=self._watch.unread,
            in_use=self._loop_sense.is_lifted(self._loop.time()),
            loop_dips=self._loop_sense.dips,
        )

    def start(self) -> None:
        """Take pins and port, and keep trying until stop()."""
        self._fire(Trigger.START)

    async def stop(self) -> None:
        """On-hook at once, whatever goes on; the pins are given back."""
        self._fire(Trigger.STOP)

    def answer(self) -> None:
        """Go off-hook: LineAnswered or LineFailed follows. Ignored unless the line is idle."""
        self._fire(Trigger.ANSWER)

    def dial(self, number: str, insists: bool = False) -> None:
        """Go off-hook and dial: LineDialled or DialFailed follows."""
        prefix = INTERNATIONAL_PREFIX.get(self._settings.country, "")
        try:
            self._number = dialable(number, prefix)
        except NumberRefused:
            self._sink(DialFailed(self.name, "number"))
            return
        if self._state is State.RINGING or self._watch.stirs:
            self._sink(DialFailed(self.name, "incoming_call"))
        elif not insists and self._loop_sense.is_lifted(self._loop.time()):
            self._sink(DialFailed(self.name, "line_in_use"))
        elif not self._fire(Trigger.DIAL):
            self._sink(DialFailed(self.name, "no_service"))

    def send_digit(self, digit: str) -> None:
        """Keys travel in the line's sound."""

    def flash(self) -> None:
        """Tap the hook for the exchange's R."""
        if self._state is State.IN_CALL and "flash" not in self._timers:
            flash_s = flash_time_ms(self._settings.country, self._settings.flash_ms) / 1000
            self._set_hook(False)
            self._timers.start("flash", flash_s, self._flashed)

    def _flashed(self) -> None:
        self._timers.cancel("flash")
        self._set_hook(True)

    def release(self) -> None:
        """Go on-hook, from any state: LineReleased or LineFailed follows if it was in service."""
        self._standing.ask_release()
        if not self._fire(Trigger.RELEASE) and self._state is State.READY:
            self._standing.released()

    # --- the table ---------------------------------------------------------------------------

    def _fire(self, trigger: Trigger) -> bool:
        """Make the transition the table holds for ``trigger``; False when it holds none."""
        new = TRANSITIONS.get((self._state, trigger))
        if new is None:
            return False
        self._timers.cancel_all()
        was_taken = self._state in HOOK_OFF
        self._state = new
        if was_taken and new not in HOOK_OFF:
            self._set_hook(False)
            self._card.end_call()
        self._health.enter(PHASES.get(new, Phase.IN_CALL), new.value)
        self._entries[new]()
        return True

    def _fault(self, reason: str, trigger: Trigger = Trigger.FAULT) -> None:
        """The line is unusable for now: tell the core once, and go the table's way out."""
        self._health.fault(reason, slow=False)
        self._fire(trigger)
        self._standing.failed(reason)

    def _enter_opening(self) -> None:
        try:
            edges = (self._ring_edge, self._loop_edge)
            self._pins = BoardPins(self._gpio, self._settings, self._loop, edges, self._fault)
            self._card.open()
        except LineFault as error:
            self._fault(str(error))
            return
        if self._pins.loop is not None:
            self._loop_sense.edge(not self._pins.loop.is_high, self._loop.time())
        self._fire(Trigger.OPENED)

    def _enter_waiting(self) -> None:
        """The audio loop says within half a second whether the card brings sound."""

    def _enter_ready(self) -> None:
        self._patience.reset()
        self._watch.begin()
        self._standing.ready()
        if self._watch.is_ringing:  # since the line was released
            self._rings()

    def _enter_ringing(self) -> None:
        if not self._watch.is_ringing:
            self._wait_for_next_ring()

    def _rings(self) -> None:
        if self._fire(Trigger.RING):
            self._sink(RingDetected(self.name))

    def _wait_for_next_ring(self) -> None:
        if self._state is State.RINGING:
            self._timers.start("over", RINGS_OVER_S, lambda: self._fire(Trigger.RINGS_OVER))

    def _enter_answering(self) -> None:
        self._take_line(outgoing=False)
        settle_s = max(SETTLE_MS, self._settings.settle_ms) / 1000
        self._timers.start("settle", settle_s, self._settled)

    def _settled(self) -> None:
        if self._fire(Trigger.SETTLED):
            self._sink(LineAnswered(self.name))

    def _enter_seizing(self) -> None:
        self._take_line(outgoing=True)
        self._card.listen_for_dial_tone()
        if self._settings.dial_mode == "blind":
            self._timers.start("tone", BLIND_S, lambda: self._fire(Trigger.DIAL_TONE))
        else:
            self._timers.start("tone", DIAL_TONE_S, lambda: self._dial_failed("no_dial_tone"))

    def _enter_dialling(self) -> None:
        try:
            self._card.send_keys(self._number, self._keys_sent)
        except LineFault as error:
            self._fault(str(error))

    def _keys_sent(self, whole: bool) -> None:
        if self._state is not State.DIALLING:
            return
        if whole and self._fire(Trigger.DIALLED):
            self._card.dialled()
            self._sink(LineDialled(self.name, audible=True))
        else:
            self._dial_failed("ended")

    def _dial_failed(self, cause: str) -> None:
        if self._fire(Trigger.DIAL_FAILED):
            self._sink(DialFailed(self.name, cause))

    def _enter_in_call(self) -> None:
        """The call's listener hears what comes; the loop is watched."""

    def _enter_off_hook(self) -> None:
        self._timers.start("free", OFF_HOOK_S, self._free_stuck)

    def _free_stuck(self) -> None:
        self._health.counters["stuck_calls_freed"] += 1
        self.release()

    def _enter_releasing(self) -> None:
        """An exchange takes a while to see it; meanwhile the port is made anew."""
        try:
            self._card.open()
        except LineFault as error:
            self._fault(str(error))
            return
        self._timers.start("on_hook", ON_HOOK_S, self._on_hook)

    def _on_hook(self) -> None:
        if self._card.is_here:
            self._fire(Trigger.ON_HOOK)
        else:
            self._timers.start("on_hook", 0.1, self._on_hook)  # card_here(False) ends this

    def _enter_away(self) -> None:
        self._watch.end()

    def _enter_retrying(self) -> None:
        self._close()
        self._timers.start("retry", self._patience.next_s(), lambda: self._fire(Trigger.RETRY))

    def _close(self) -> None:
        self._house.cancel_all()
        self._watch.stop()
        self._card.close()
        pins, self._pins = self._pins, None
        if pins is not None:
            pins.close()

    def _enter_down(self) -> None:
        self._close()
        self._standing.down()

    # --- the hook ----------------------------------------------------------------------------

    def _take_line(self, *, outgoing: bool) -> None:
        self._watch.end()
        self._card.begin_call(
            CallListener(
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
        )
        self._set_hook(True)

    def _set_hook(self, off_hook: bool) -> None:
        self._loop_sense.hook(off_hook, self._loop.time())
        self._watch_loop()
        if self._pins is not None:
            self._pins.set_hook(off_hook)

    # --- ringing and caller ID ---------------------------------------------------------------

    def _ring_edge(self, is_high: bool, at_s: float) -> None:
        if self._state not in HOOK_OFF:  # the relay shakes the line; nobody rings one that is taken
            self._watch.edge(is_high, at_s)

    def _listen_on_hook(self, is_on: bool) -> None:
        if self._pins is not None:
            self._pins.set_caller_id(is_on)
        self._card.listen_on_hook(is_on)

    def caller_id_on_hook(self, heard: HeardCallerId) -> None:
        caller = self._watch.heard(heard, current_flows=self._loop_sense.flows)
        if caller is not None:
            self._sink(caller)

    def tone_before_call(self, heard: HeardTone) -> None:
        if self._state is not State.SEIZING or self._settings.dial_mode == "blind":
            return
        if heard.kind == "dial":
            self._fire(Trigger.DIAL_TONE)
        elif heard.kind in _BUSY_BEFORE_DIALLING:
            self._dial_failed("congestion")

    # --- loop and card -----------------------------------------------------------------------

    def _loop_edge(self, is_high: bool, at_s: float) -> None:
        self._loop_sense.edge(not is_high, at_s)
        self._watch_loop()

    def _watch_loop(self) -> None:
        deadline = self._loop_sense.deadline
        if deadline is None:
            self._house.cancel("loop")
        else:
            self._house.start("loop", deadline - self._loop.time(), self._loop_due)

    def _loop_due(self) -> None:
        lasted_ms = self._loop_sense.tick(self._loop.time())
        if lasted_ms is not None and self._state in HOOK_OFF:
            self._sink(HangUpSignHeard(self.name, "loop_break", {"ms": lasted_ms}))
        elif lasted_ms is None:
            self._watch_loop()

    def card_here(self, is_here: bool) -> None:
        if is_here:
            self._fire(Trigger.CARD_HERE)
        else:
            reason = f"the sound card {self._settings.sound_card} of this line brings no sound"
            self._fault(reason, Trigger.CARD_AWAY)
