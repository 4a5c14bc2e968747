"""A line on a FXO socket of a line-card HAT: its chip detects, seizes and measures.

Theory of operation: `states` holds the only transition table. Sound comes by the link. The HAT's
client is shared with the handsets of the same HAT; it tells when the link is up and what the
socket's chip reports. The line is on-hook but in the states of HOOK_OFF; the HAT puts it on-hook by
itself when the link is lost. Who calls is heard by our own ears on the on-hook line (`OnHookEars`),
what its voltage and current mean by `SocketWatch`; that the far end hung up is weighed by the core,
from tones, an open loop and a reversal.
"""

import asyncio
from collections.abc import Callable

from appliance.core.events import DialFailed, LineAnswered, LineDialled, RingDetected
from appliance.errors import LineFault, NumberRefused
from appliance.interfaces import AudioPorts, Clock, EventSink, HeardCallerId, HeardTone
from appliance.linecard.client import LinecardClient
from appliance.linecard.messages import LineFlag, LineState
from appliance.linecard.sockets import NoTelephone
from appliance.lines.call_listener import CallListener
from appliance.lines.line_audio import LineAudio
from appliance.lines.line_health import LineHealth, Phase
from appliance.lines.line_standing import LineStanding
from appliance.lines.linecard_fxo.socket_watch import (
    UNPLUGGED_S,
    Bursts,
    SocketWatch,
    chip_figures,
)
from appliance.lines.linecard_fxo.states import HOOK_OFF, PHASES, TRANSITIONS, State, Trigger
from appliance.lines.numbers import INTERNATIONAL_PREFIX, dialable
from appliance.lines.on_hook_ears import OnHookEars
from appliance.lines.timers import NamedTimers
from appliance.lines.voice_modem.hook_flash import flash_time_ms
from appliance.settings import LineSettings

MODEL = "line card"
SILENCE_STEP_MS = 4000
CHIP_SPEAKS_S = 3.0  # after the link came up; it is told within milliseconds
RINGS_OVER_S = 7.0  # the longest pause between rings is 5 s
SETTLE_MS = 500  # the least, from going off-hook to the first word; the chip calibrates for 410 ms
ON_HOOK_S = 1.5  # less may be taken for a flash (300-1000 ms)
DIAL_TONE_S = 8.0
BLIND_S = 2.0  # an exchange that is slow to give dial tone takes so long to listen for keys
OFF_HOOK_S = 20.0  # a dialled call came to nothing: the core has so long to release the line
_BUSY_BEFORE_DIALLING = ("busy", "reorder", "special_information", "number_unobtainable")


class LinecardFxoLine(NoTelephone):
    """One line; implements interfaces.LineDriver, SocketHandler and line_audio.LineEars."""

    def __init__(
        self,
        settings: LineSettings,
        linecard: LinecardClient,
        sink: EventSink,
        audio: AudioPorts,
        loop: asyncio.AbstractEventLoop,
        *,
        clock: Clock,
    ) -> None:
        self.name = settings.name
        self._settings = settings
        self._linecard = linecard
        self._socket = settings.socket
        self._sink = sink
        self._loop = loop
        self._health = LineHealth(clock)
        self._standing = LineStanding(settings.name, sink)
        self._audio = LineAudio(
            audio, lambda listener: linecard.open_port(settings.socket, listener), self
        )
        self._state = State.DOWN
        self._timers = NamedTimers(loop)  # of the state: a transition cancels them
        self._house = NamedTimers(loop)  # of the line itself
        self._chip = SocketWatch(f"socket {settings.socket} of {linecard.name}")
        self._ears = OnHookEars(
            settings.name,
            loop,
            listen=self._audio.listen_on_hook,
            on_ring=self._rings,
            on_burst_over=self._wait_for_next_ring,
        )
        self._call: CallListener | None = None
        self._number = ""
        self._bursts = Bursts()
        self._entries: dict[State, Callable[[], None]] = {
            State.CHECKING: self._enter_checking,
            State.READY: self._enter_ready,
            State.RINGING: self._enter_ringing,
            State.ANSWERING: self._enter_answering,
            State.SEIZING: self._enter_seizing,
            State.DIALLING: self._enter_dialling,
            State.OFF_HOOK: self._enter_off_hook,
            State.RELEASING: self._enter_releasing,
            State.BLOCKED: self._ears.end,
            State.AWAY: self._enter_away,
            State.DOWN: self._enter_down,
        }

    # --- interfaces.LineDriver ---------------------------------------------------------------

    @property
    def port(self) -> int | None:
        """The audio port while the line is taken, else None."""
        return self._audio.port if self._state in HOOK_OFF else None

    @property
    def silence_ms(self) -> int:
        """Silence of the caller is told each time that it has lasted so long again."""
        return SILENCE_STEP_MS

    @property
    def health(self) -> dict[str, object]:
        """See LineHealth.report; what the chip measures, and what it counted since power-up.

        ``in_use``: another telephone has the line now; ``parallel``: it is in our call.
        ``ring_ms``: the last burst, and the pause before it.
        """
        self._health.counters["extension_lifted"] = self._chip.lifted
        return self._health.report(
            MODEL,
            linecard=self._linecard.name,
            socket=self._socket,
            ring_ms=list(self._bursts.cadence_ms),
            caller_id_unread=self._ears.unread,
            **self._chip.figures,
            **chip_figures(self._linecard.port_health(self._socket)),
        )

    def start(self) -> None:
        """Take the socket; it works as soon as its HAT and its chip do. Raises LinkError."""
        if self._fire(Trigger.START):
            self._linecard.register(self._socket, self, exchange=True)

    async def stop(self) -> None:
        """On-hook at once, whatever goes on; the socket is given back."""
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
        if self._state is State.RINGING or self._ears.is_ringing:
            self._sink(DialFailed(self.name, "incoming_call"))
        elif not insists and self._chip.has(LineFlag.IN_USE):
            self._sink(DialFailed(self.name, "line_in_use"))
        elif not self._fire(Trigger.DIAL):
            self._sink(DialFailed(self.name, "no_service"))

    def send_digit(self, digit: str) -> None:
        """Keys travel in the line's sound."""

    def flash(self) -> None:
        """Tap the hook for the exchange's R; the HAT times it."""
        if self._state is State.IN_CALL:
            flash_ms = flash_time_ms(self._settings.country, self._settings.flash_ms)
            self._linecard.flash_line(self._socket, flash_ms)

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
            self._linecard.release(self._socket)
            self._audio.end_call()
            self._call = None
        self._health.enter(PHASES.get(new, Phase.IN_CALL), new.value)
        enter = self._entries.get(new)
        if enter is not None:
            enter()
        return True

    def _bad(self, reason: str, trigger: Trigger, *, by_hand: bool) -> None:
        """The line is unusable for now: tell the core once. ``by_hand``: a person must mend it."""
        if self._state is State.DOWN:
            return
        self._health.fault(reason, slow=by_hand)
        self._fire(trigger)
        self._standing.failed(reason)

    def _enter_checking(self) -> None:
        """The HAT says what it measures at once; one of link version 1 measures nothing."""
        self._linecard.country(self._socket, self._settings.country)
        receive, transmit = self._settings.receive_gain_db, self._settings.transmit_gain_db
        self._linecard.gain(self._socket, round(transmit * 10), round(receive * 10))
        if self._linecard.version < 2:
            self._fire(Trigger.LINE_GOOD)
        else:
            self._timers.start("chip", CHIP_SPEAKS_S, self._chip_is_silent)

    def _chip_is_silent(self) -> None:
        reason = f"the line chip of socket {self._socket} of {self._linecard.name} says nothing"
        self._bad(reason, Trigger.LINE_BAD, by_hand=True)

    def _enter_ready(self) -> None:
        if self._audio.port is None and not self._open_audio():
            return
        self._ears.begin()
        self._standing.ready()
        if self._state is State.READY and self._ears.is_ringing:  # since the line was released
            self._rings()

    def _enter_ringing(self) -> None:
        if not self._ears.is_ringing:
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
        self._audio.listen_for_dial_tone()
        if self._settings.dial_mode == "blind":
            self._timers.start("tone", BLIND_S, lambda: self._fire(Trigger.DIAL_TONE))
        else:
            self._timers.start("tone", DIAL_TONE_S, lambda: self._dial_failed("no_dial_tone"))

    def _enter_dialling(self) -> None:
        try:
            self._audio.send_keys(self._number, self._keys_sent)
        except LineFault as error:
            self._bad(str(error), Trigger.LINE_BAD, by_hand=False)

    def _keys_sent(self, whole: bool) -> None:
        if self._state is not State.DIALLING:
            return
        if whole and self._fire(Trigger.DIALLED):
            self._audio.dialled()
            self._sink(LineDialled(self.name, audible=True))
        else:
            self._dial_failed("ended")

    def _dial_failed(self, cause: str) -> None:
        if self._fire(Trigger.DIAL_FAILED):
            self._sink(DialFailed(self.name, cause))

    def _enter_off_hook(self) -> None:
        self._timers.start("free", OFF_HOOK_S, self._free_stuck)

    def _free_stuck(self) -> None:
        self._health.counters["stuck_calls_freed"] += 1
        self.release()

    def _enter_releasing(self) -> None:
        """An exchange takes a while to see it; meanwhile the port is made anew."""
        if self._open_audio():
            self._timers.start("on_hook", ON_HOOK_S, self._on_hook)

    def _open_audio(self) -> bool:
        try:
            self._audio.open()
        except LineFault as error:
            self._bad(str(error), Trigger.LINE_BAD, by_hand=False)
            return False
        return True

    def _on_hook(self) -> None:
        if self._fire(Trigger.ON_HOOK):
            self._judge_line()

    def _enter_away(self) -> None:
        """The port went away with the link; a ring that goes on is told again by the HAT."""
        self._audio.lost()
        if self._ears.is_ringing:
            self._ears.burst_ended()
        self._ears.end()
        self._house.cancel_all()
        self._chip.forget()

    def _enter_down(self) -> None:
        self._house.cancel_all()
        self._ears.end()
        self._audio.close()
        self._linecard.unregister(self._socket)
        self._standing.down()

    def _take_line(self, *, outgoing: bool) -> None:
        self._ears.end()
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
        self._linecard.seize(self._socket)

    # --- linecard.sockets.SocketHandler ------------------------------------------------------

    def on_up(self, off_hook: bool) -> None:
        self._fire(Trigger.LINK_UP)

    def on_down(self, reason: str) -> None:
        self._bad(reason, Trigger.LINK_DOWN, by_hand=False)

    def on_ring(self, ringing: bool) -> None:
        if ringing == self._ears.is_ringing:
            return
        self._bursts.told(ringing, self._loop.time())
        if ringing:
            self._ears.burst_began()
        else:
            self._ears.burst_ended()

    def on_loop(self, is_open: bool) -> None:
        if is_open and self._call is not None:
            self._health.counters["loop_breaks"] += 1
            self._call.loop_opened()

    def on_line_state(self, state: LineState) -> None:
        has_turned = self._chip.told(state)
        if has_turned and self._call is not None and self._state is State.IN_CALL:
            self._call.polarity_reversed()
        self._judge_line()

    def _judge_line(self) -> None:
        """In service when the chip works and the line has its battery."""
        if self._chip.chip_trouble:
            self._bad_once(self._chip.chip_trouble)
        elif self._state not in HOOK_OFF:  # off-hook, an open loop is a sign of the call's
            self._judge_battery()

    def _judge_battery(self) -> None:
        if not self._chip.unplugged:
            self._house.cancel("unplugged")
            self._fire(Trigger.LINE_GOOD)
        elif self._state is State.CHECKING:
            self._bad_once(self._chip.unplugged)
        elif self._state is not State.BLOCKED and "unplugged" not in self._house:
            self._house.start("unplugged", UNPLUGGED_S, self._unplugged)

    def _unplugged(self) -> None:
        self._house.cancel("unplugged")
        if self._state not in HOOK_OFF and self._chip.unplugged:
            self._bad_once(self._chip.unplugged)

    def _bad_once(self, reason: str) -> None:
        if self._health.reason != reason:
            self._bad(reason, Trigger.LINE_BAD, by_hand=True)

    # --- line_audio.LineEars -----------------------------------------------------------------

    def card_here(self, is_here: bool) -> None:
        """Sound comes by the link: see on_up and on_down."""

    def caller_id_on_hook(self, heard: HeardCallerId) -> None:
        caller = self._ears.heard(heard, current_flows=self._chip.has(LineFlag.IN_USE))
        if caller is not None:
            self._sink(caller)

    def tone_before_call(self, heard: HeardTone) -> None:
        if self._state is not State.SEIZING or self._settings.dial_mode == "blind":
            return
        if heard.kind == "dial":
            self._fire(Trigger.DIAL_TONE)
        elif heard.kind in _BUSY_BEFORE_DIALLING:
            self._dial_failed("congestion")
