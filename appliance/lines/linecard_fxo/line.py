"""A line on a FXO socket of a line-card HAT: its chip detects, seizes and measures.

Theory of operation: calls are `FxoLine`'s. Here is the socket, with `states` as its only table.
Sound comes by the link. The HAT's client is shared with the handsets of the same HAT; it tells when
the link is up and what the socket's chip reports; the HAT puts the line on-hook by itself when the
link is lost. What voltage and current mean is told by `SocketWatch`.
"""

import asyncio
from collections.abc import Callable

from appliance.interfaces import AudioPorts, Clock, EventSink
from appliance.linecard.client import LinecardClient
from appliance.linecard.messages import LineFlag, LineState
from appliance.linecard.sockets import NoTelephone
from appliance.lines.fxo.line import FxoLine
from appliance.lines.fxo.states import HOOK_OFF, CallState
from appliance.lines.linecard_fxo.socket_watch import (
    UNPLUGGED_S,
    Bursts,
    SocketWatch,
    chip_figures,
)
from appliance.lines.linecard_fxo.states import PHASES, TRANSITIONS, State, Trigger
from appliance.lines.timers import NamedTimers
from appliance.settings import LineSettings

MODEL = "line card"
CHIP_SPEAKS_S = 3.0  # after the link came up; it is told within milliseconds
CHIP_STARTS_S = 1.0  # anew, for another country; 0.1 s as a rule


class LinecardFxoLine(NoTelephone, FxoLine):
    """One line; implements interfaces.LineDriver and SocketHandler."""

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
        super().__init__(
            settings,
            sink,
            audio,
            lambda listener: linecard.open_port(settings.socket, listener),
            loop,
            clock=clock,
        )
        self._linecard = linecard
        self._socket = settings.socket
        self._line = State.DOWN
        self._house = NamedTimers(loop)  # of the socket
        self._chip = SocketWatch(f"socket {settings.socket} of {linecard.name}")
        self._bursts = Bursts()
        self._line_entries: dict[State, Callable[[], None]] = {
            State.CHECKING: self._enter_checking,
            State.SERVING: self._enter_serving,
            State.AWAY: self._enter_away,
            State.DOWN: self._enter_down,
        }

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
        if self._line is State.DOWN:
            self._move(Trigger.START)
            self._linecard.register(self._socket, self, exchange=True)

    async def stop(self) -> None:
        """On-hook at once, whatever goes on; the socket is given back."""
        self._move(Trigger.STOP)

    # --- the table ---------------------------------------------------------------------------

    def _move(self, trigger: Trigger) -> None:
        """Make the transition the table holds for ``trigger``, if it holds one."""
        new = TRANSITIONS.get((self._line, trigger))
        if new is None:
            return
        self._line = new
        self._house.cancel_all()
        if new is not State.SERVING:
            self._health.enter(PHASES[new], new.value)
            self._end_service()
        enter = self._line_entries.get(new)
        if enter is not None:
            enter()

    def _bad(self, reason: str, trigger: Trigger, *, by_hand: bool) -> None:
        """The line is unusable for now: tell the core once. ``by_hand``: a person must mend it."""
        if self._line is State.DOWN:
            return
        self._health.fault(reason, slow=by_hand)
        self._move(trigger)
        self._standing.failed(reason)

    def _enter_checking(self) -> None:
        """The HAT says what it measures at once; one of link version 1 measures nothing."""
        self._linecard.country(self._socket, self._settings.country)
        receive, transmit = self._settings.receive_gain_db, self._settings.transmit_gain_db
        self._linecard.gain(self._socket, round(transmit * 10), round(receive * 10))
        if self._linecard.version < 2:
            self._move(Trigger.LINE_GOOD)
        else:
            self._house.start("chip", CHIP_SPEAKS_S, self._chip_is_silent)

    def _chip_is_silent(self) -> None:
        reason = f"the line chip of socket {self._socket} of {self._linecard.name} says nothing"
        self._bad(reason, Trigger.LINE_BAD, by_hand=True)

    def _enter_serving(self) -> None:
        if self._audio.port is not None or self._open_audio():
            self._begin_service()

    def _enter_ready(self) -> None:
        super()._enter_ready()
        self._judge_line()  # what was measured in the call

    def _enter_away(self) -> None:
        """The port went away with the link; a ring that goes on is told again by the HAT."""
        self._audio.lost()
        if self._ears.is_ringing:
            self._ears.burst_ended()
        self._chip.forget()

    def _enter_down(self) -> None:
        self._audio.close()
        self._linecard.unregister(self._socket)
        self._standing.down()

    # --- fxo.line's equipment ----------------------------------------------------------------

    def _set_hook(self, off_hook: bool) -> None:
        if off_hook:
            self._linecard.seize(self._socket)
        else:
            self._linecard.release(self._socket)

    def _tap_hook(self, ms: int) -> None:
        self._linecard.flash_line(self._socket, ms)

    def _is_lifted(self) -> bool:
        return self._chip.has(LineFlag.IN_USE)

    def _sound_failed(self, reason: str) -> None:
        self._bad(reason, Trigger.LINE_BAD, by_hand=False)

    def card_here(self, is_here: bool) -> None:
        """Sound comes by the link: see on_up and on_down."""

    # --- linecard.sockets.SocketHandler ------------------------------------------------------

    def on_up(self, off_hook: bool) -> None:
        self._move(Trigger.LINK_UP)

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
        if has_turned and self._state not in HOOK_OFF:
            self._ears.reversal(current_flows=self._is_lifted())
        elif has_turned and self._call is not None and self._state is CallState.IN_CALL:
            self._call.polarity_reversed()
        self._judge_line()

    def _judge_line(self) -> None:
        """In service when the chip works and the line has its battery."""
        if self._chip.chip_trouble:
            self._judge_chip()
            return
        self._house.cancel("start")
        if self._state not in HOOK_OFF:  # off-hook, an open loop is a sign of the call's
            self._judge_battery()

    def _judge_chip(self) -> None:
        if self._line is not State.SERVING:
            self._bad_once(self._chip.chip_trouble)
        elif "start" not in self._house:
            self._house.start(
                "start", CHIP_STARTS_S, lambda: self._bad_once(self._chip.chip_trouble)
            )

    def _judge_battery(self) -> None:
        if not self._chip.unplugged:
            self._house.cancel("unplugged")
            self._move(Trigger.LINE_GOOD)
        elif self._line is State.CHECKING:
            self._bad_once(self._chip.unplugged)
        elif self._line is not State.BLOCKED and "unplugged" not in self._house:
            self._house.start("unplugged", UNPLUGGED_S, self._unplugged)

    def _unplugged(self) -> None:
        self._house.cancel("unplugged")
        if self._state not in HOOK_OFF and self._chip.unplugged:
            self._bad_once(self._chip.unplugged)

    def _bad_once(self, reason: str) -> None:
        if self._health.reason != reason:
            self._bad(reason, Trigger.LINE_BAD, by_hand=True)
