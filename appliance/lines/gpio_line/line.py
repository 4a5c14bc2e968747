"""A line behind a one-line GPIO board: ring detector, hook relay and loop sense; sound by a card.

Theory of operation: calls are `FxoLine`'s. Here is the board, with `states` as its only table. The
pins and the sound card's port are held as long as the line is in service; the hook relay is never
closed while the card is away: who is answered must be heard. Ringing is told by `RingDetector`, the
loop by `LoopSense`, both pure; here they get their edges and their timers.
"""

import asyncio
from collections.abc import Callable

from appliance.errors import LineFault
from appliance.gpio import Gpio
from appliance.interfaces import AudioPorts, Clock, EventSink
from appliance.lines.fxo.line import FxoLine
from appliance.lines.fxo.states import HOOK_OFF
from appliance.lines.gpio_line.loop_sense import LoopSense
from appliance.lines.gpio_line.pins import BoardPins
from appliance.lines.gpio_line.ring_watch import RingWatch
from appliance.lines.gpio_line.states import PHASES, TRANSITIONS, State, Trigger
from appliance.lines.patience import Patience
from appliance.lines.timers import NamedTimers
from appliance.settings import LineSettings

MODEL = "one-line GPIO board"


class GpioLine(FxoLine):
    """One line; implements interfaces.LineDriver."""

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
        super().__init__(
            settings,
            sink,
            audio,
            lambda listener: audio.open_card_port(settings.sound_card, listener),
            loop,
            clock=clock,
        )
        self._gpio = gpio
        self._pins: BoardPins | None = None
        self._board = State.DOWN
        self._house = NamedTimers(loop)  # of the board
        self._patience = Patience()
        self._ring = RingWatch(self._ears, loop)
        self._loop_sense = LoopSense()
        self._board_entries: dict[State, Callable[[], None]] = {
            State.OPENING: self._enter_opening,
            State.SERVING: self._enter_serving,
            State.RETRYING: self._enter_retrying,
            State.DOWN: self._enter_down,
        }

    @property
    def health(self) -> dict[str, object]:
        """See LineHealth.report. ``in_use``: another telephone has the line now."""
        return self._health.report(
            MODEL,
            sound_card=self._settings.sound_card,
            ring_hz=self._ring.hz,
            caller_id_unread=self._ears.unread,
            in_use=self._is_lifted(),
            loop_dips=self._loop_sense.dips,
        )

    def start(self) -> None:
        """Take pins and port, and keep trying until stop()."""
        self._move(Trigger.START)

    async def stop(self) -> None:
        """On-hook at once, whatever goes on; the pins are given back."""
        self._move(Trigger.STOP)

    # --- the table ---------------------------------------------------------------------------

    def _move(self, trigger: Trigger) -> None:
        """Make the transition the table holds for ``trigger``, if it holds one."""
        new = TRANSITIONS.get((self._board, trigger))
        if new is None:
            return
        self._board = new
        self._house.cancel("retry")
        if new is not State.SERVING:
            self._health.enter(PHASES[new], new.value)
            self._end_service()
        if self._board is not new:  # the hook's pin failed
            return
        enter = self._board_entries.get(new)
        if enter is not None:
            enter()

    def _fault(self, reason: str, trigger: Trigger = Trigger.FAULT) -> None:
        """The line is unusable for now: tell the core once, and go the table's way out."""
        self._health.fault(reason, slow=False)
        self._move(trigger)
        self._standing.failed(reason)

    def _enter_opening(self) -> None:
        """Then the audio loop says within half a second whether the card brings sound."""
        try:
            edges = (self._ring_edge, self._loop_edge)
            self._pins = BoardPins(self._gpio, self._settings, self._loop, edges, self._fault)
            self._audio.open()
        except LineFault as error:
            self._fault(str(error))
            return
        if self._pins.loop is not None:
            self._loop_sense.edge(not self._pins.loop.is_high, self._loop.time())
        self._move(Trigger.OPENED)

    def _enter_serving(self) -> None:
        self._patience.reset()
        self._begin_service()

    def _enter_retrying(self) -> None:
        self._close()
        self._house.start("retry", self._patience.next_s(), lambda: self._move(Trigger.RETRY))

    def _enter_down(self) -> None:
        self._close()
        self._standing.down()

    def _close(self) -> None:
        self._house.cancel_all()
        self._ring.stop()
        self._audio.close()
        pins, self._pins = self._pins, None
        if pins is not None:
            pins.close()

    # --- fxo.line's equipment ----------------------------------------------------------------

    def _set_hook(self, off_hook: bool) -> None:
        self._loop_sense.hook(off_hook, self._loop.time())
        self._watch_loop()
        if self._pins is not None:
            self._pins.set_hook(off_hook)

    def _tap_hook(self, ms: int) -> None:
        if "flash" not in self._timers:
            self._set_hook(False)
            self._timers.start("flash", ms / 1000, self._tapped)

    def _tapped(self) -> None:
        self._timers.cancel("flash")
        self._set_hook(True)

    def _is_lifted(self) -> bool:
        return self._loop_sense.is_lifted(self._loop.time())

    def _current_flows(self) -> bool:
        return self._loop_sense.flows

    def _stirs(self) -> bool:
        return self._ring.stirs

    def _is_fit(self) -> bool:
        return self._audio.is_here

    def _sound_failed(self, reason: str) -> None:
        self._fault(reason)

    def _listen_on_hook(self, is_on: bool) -> None:
        if self._pins is not None:
            self._pins.set_caller_id(is_on)
        super()._listen_on_hook(is_on)

    # --- ringing, loop and card --------------------------------------------------------------

    def _ring_edge(self, is_high: bool, at_s: float) -> None:
        if self._state not in HOOK_OFF:  # the relay shakes the line; nobody rings one that is taken
            self._ring.edge(is_high, at_s)

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
        if lasted_ms is None:
            self._watch_loop()
        elif self._call is not None:
            self._call.loop_opened(ms=lasted_ms)

    def card_here(self, is_here: bool) -> None:
        if is_here:
            self._move(Trigger.CARD_HERE)
        else:
            reason = f"the sound card {self._settings.sound_card} of this line brings no sound"
            self._fault(reason, Trigger.CARD_AWAY)
