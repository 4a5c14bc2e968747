"""An exchange line plugged into a HAT's FXO socket: what its chip measures, and the line's sound.

The HAT is the firmware's own host build, so what the exchange does is done to the models of its
chips: ringing current, caller ID in the sound, an open loop, a reversal, another telephone.
"""

import asyncio
import base64
import binascii
from dataclasses import dataclass, field
from typing import Protocol

from appliance.errors import SimulatorError
from appliance.simulator.caller_id import CallerId
from appliance.simulator.caller_id_sent import LEAD_S, SIGNALS, caller_id_sound, longest_s
from appliance.simulator.codec import FRAME_SAMPLES, SILENT_FRAME
from appliance.simulator.exchange import ExchangeLine
from appliance.simulator.hat import CardListener
from appliance.simulator.line_habits import LineHabits
from appliance.simulator.timers import Timers

_RELEASED_S = 1.1  # a shorter break is a flash to the exchange
_GLITCH_S = 0.04  # a shorter one is nothing
_BREAK_S = 0.6  # calling-party control
_AHEAD = 2  # frames said before the first is heard: as much as comes at once
_LOOP_BREAK, _REVERSAL = ord("l"), ord("L")


@dataclass(frozen=True, slots=True)
class HatLineConfig:
    """One line. ``socket``: as printed on the board (5-8).

    ``signal``: how caller ID is sent, one of caller_id_sent.SIGNALS. ``reverses_first``: the
    exchange reverses the line before a call's caller ID or first ring. ``ring_hz``: of the current.
    """

    name: str
    hat: str
    socket: int
    signal: str = "bell202"
    reverses_first: bool = False
    ring_hz: int = 25
    habits: LineHabits = field(default_factory=LineHabits)


class HatSide(Protocol):
    """The card, as Hat is."""

    def listen(self, number: int, listener: CardListener) -> None: ...

    def command(self, text: str) -> None: ...

    @property
    def running(self) -> bool: ...


class HatLine:
    """Implements exchange.LineEquipment and hat.CardListener."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        config: HatLineConfig,
        hat: HatSide,
        exchange: ExchangeLine,
    ) -> None:
        if config.signal not in SIGNALS:
            raise SimulatorError(
                f"line {config.name}: signal {config.signal!r}; use {', '.join(SIGNALS)}"
            )
        self.config = config
        self.exchange = exchange
        self.is_taken = False  # the chip's hook switch is closed
        self.is_cut = False  # somebody pulled the line's plug
        self._hat = hat
        self._loop = loop
        self._timers = Timers(loop)
        self._heard = b""
        self._opened_at = 0.0
        exchange.attach(self)
        exchange.on_bell = self.bell
        exchange.caller_id_s = longest_s(config.signal)
        hat.listen(config.socket, self)

    def stop(self) -> None:
        self._timers.cancel_all()
        self.exchange.stop()

    def state(self) -> dict[str, object]:
        """For people and for JSON."""
        return {
            "name": self.config.name,
            "hat": self.config.hat,
            "socket": self.config.socket,
            "exchange": self.exchange.state.name.lower(),
            "taken": self.is_taken,
            "cut": self.is_cut,
        }

    def cut(self, is_cut: bool) -> None:
        """Pull the line's plug out of the socket, or put it back."""
        self.is_cut = is_cut
        self._do("loop", "open" if is_cut else "closed")

    def _do(self, verb: str, *words: str) -> None:
        """A command of the stimulus socket; a card without power feels nothing."""
        if self._hat.running:
            self._hat.command(" ".join((verb, str(self.config.socket), *words)))

    # --- hat.CardListener --------------------------------------------------------------------

    def card_event(self, what: str, words: list[str]) -> None:
        if what == "hook" and words:
            self._hook(words[0] == "on")
        elif what == "heard" and len(words) >= 2 and self.is_taken:
            self._hear(words[1])
        elif what == "gone":
            self._hook(False)

    def _hook(self, is_taken: bool) -> None:
        if is_taken == self.is_taken:
            return
        self.is_taken = is_taken
        if is_taken:
            self._lift()
        else:
            self._do("hear", "off")
            self._do("hush")
            self._opened_at = self._loop.time()
            self._timers.set("released", _RELEASED_S, self.exchange.released)

    def _lift(self) -> None:
        self._timers.cancel("caller_id")
        self._do("hush")  # of the caller ID
        self._heard = b""
        self._do("hear", "on")
        self._say([SILENT_FRAME] * _AHEAD)
        if self._timers.is_set("released"):
            self._timers.cancel("released")
            if self._loop.time() - self._opened_at > _GLITCH_S:
                self.exchange.flashed()
        else:
            self.exchange.lifted()

    def _hear(self, text: str) -> None:
        """The card's pieces are the clock of both directions."""
        try:
            self._heard += base64.b64decode(text, validate=True)
        except binascii.Error:
            return
        said = []
        while len(self._heard) >= FRAME_SAMPLES:
            frame, self._heard = self._heard[:FRAME_SAMPLES], self._heard[FRAME_SAMPLES:]
            self.exchange.near_frame(frame)
            said.append(self.exchange.far_frame())
        self._say(said)

    def _say(self, frames: list[bytes]) -> None:
        if frames:
            self._do("say", base64.b64encode(b"".join(frames)).decode("ascii"))

    # --- exchange.LineEquipment --------------------------------------------------------------

    def bell(self, is_on: bool) -> None:
        """A burst of ringing current begins or ends."""
        if is_on and not self.is_taken:
            self._do("ring", "on", str(self.config.ring_hz))
        else:
            self._do("ring", "off")

    def ring_heard(self) -> None:
        """A modem reports bursts; here their current is seen."""

    def ring_stopped(self) -> None:
        self.bell(False)

    def caller_id_heard(self, who: CallerId) -> None:
        if self.is_taken:
            return
        if self.config.reverses_first:
            self.report(_REVERSAL)
        self._timers.set("caller_id", LEAD_S, lambda: self._send(who))

    def _send(self, who: CallerId) -> None:
        sound = caller_id_sound(self.config.signal, who)
        frames = [sound[n : n + FRAME_SAMPLES] for n in range(0, len(sound), FRAME_SAMPLES)]
        self._say(frames)

    def report(self, code: int) -> None:
        """What a modem would say; of it the line itself shows the loop break and the reversal."""
        if code == _LOOP_BREAK:
            self._do("loop", "open")
            self._timers.set("mend", _BREAK_S, lambda: self.cut(self.is_cut))
        elif code == _REVERSAL:
            self._do("polarity")

    def key_began(self, key: str) -> None:
        """Keys are in the line's sound."""

    def key_ended(self) -> None:
        """Keys are in the line's sound."""

    def extension(self, is_lifted: bool) -> None:
        """Another telephone of the house, on the same wires."""
        self._do("parallel", "on" if is_lifted else "off")
