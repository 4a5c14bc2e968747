"""An emulated one-line board on the GPIO header: its ringer opto, relay, loop opto and hybrid.

What the daemon sees are pins that move as hardware moves them (chatter, dips, late relays), and a
sound card that hears the line: off-hook the call, on-hook caller ID, if that path is open.
"""

import asyncio
from dataclasses import dataclass, field
from functools import partial

from appliance.errors import SimulatorError
from appliance.simulator.caller_id import CallerId
from appliance.simulator.caller_id_sent import LEAD_S, SIGNALS, caller_id_sound, longest_s
from appliance.simulator.codec import FRAME_SAMPLES, RATE_HZ, SILENT_FRAME, mix
from appliance.simulator.exchange import ExchangeLine
from appliance.simulator.hybrid import Hybrid
from appliance.simulator.line_habits import LineHabits
from appliance.simulator.pins import EmulatedPins
from appliance.simulator.timers import Timers

_RELAY_S = 0.004  # to operate or drop
_WATCHDOG_S = 4.7
_DUTY = 0.4  # of a cycle in which the opto conducts
_CHATTER_S = 0.0003
_RELEASED_S = 1.1  # a shorter break is a flash to the exchange
_GLITCH_S = 0.04  # a shorter one is nothing
_SEIZING_DIP_S = (0.12, 0.16)  # after the relay: the line's capacitance and the exchange's switch
_BREAK_S = 0.6  # calling-party control
_LOOP_BREAK = ord("l")


@dataclass(frozen=True, slots=True)
class GpioLineConfig:
    """One line on a board. ``device``: its sound card's stable name. GPIOs as the daemon's.

    ``signal``: how caller ID is sent, one of SIGNALS. ``ring_hz``: of the ringing current.
    ``kick_gpio``: the board drops the hook 4.7 s after this pin's last rising edge.
    ``dips``: loop breaks of so many ms that the line makes by itself in a call, a second apart.
    """

    name: str
    device: str
    ring_gpio: int
    hook_gpio: int
    loop_gpio: int | None = None
    caller_id_gpio: int | None = None
    kick_gpio: int | None = None
    ppm: float = 0.0
    echo_db: float | None = 14.0
    signal: str = "bell202"
    ring_hz: float = 25.0
    dips: tuple[int, ...] = ()
    habits: LineHabits = field(default_factory=LineHabits)


class GpioLineBoard:
    """Implements exchange.LineEquipment and sound_card.Wire."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        config: GpioLineConfig,
        pins: EmulatedPins,
        exchange: ExchangeLine,
    ) -> None:
        if config.signal not in SIGNALS:
            raise SimulatorError(
                f"line {config.name}: signal {config.signal!r}; use {', '.join(SIGNALS)}"
            )
        self.config = config
        self.exchange = exchange
        self.is_taken = False  # the relay's contact
        self.neighbour_lifted = False
        self._loop = loop
        self._pins = pins
        self._timers = Timers(loop)
        self._hybrid = Hybrid(config.echo_db) if config.echo_db is not None else None
        self._echo = SILENT_FRAME
        self._signal = b""  # caller ID that is still to be sent
        self._broken = False
        self._mend_at = 0.0
        self._opened_at = 0.0
        exchange.attach(self)
        exchange.on_bell = self.bell
        exchange.caller_id_s = longest_s(config.signal)
        pins.number(config.hook_gpio).watcher = self._hook_moved
        if config.kick_gpio is not None:
            pins.number(config.kick_gpio).watcher = self._kicked
        self._show_loop()
        pins.number(config.ring_gpio).wire(True)

    def stop(self) -> None:
        self._timers.cancel_all()
        for gpio in (self.config.hook_gpio, self.config.kick_gpio):
            if gpio is not None:
                self._pins.number(gpio).watcher = None

    # --- the hook relay ----------------------------------------------------------------------

    def _hook_moved(self) -> None:
        is_wanted = self._pins.number(self.config.hook_gpio).drives is True
        if self.config.kick_gpio is not None and not self._timers.is_set("watchdog"):
            is_wanted = False
        self._timers.set("relay", _RELAY_S, lambda: self._relay(is_wanted))

    def _kicked(self) -> None:
        gpio = self.config.kick_gpio
        if gpio is not None and self._pins.number(gpio).drives is True:
            self._timers.set("watchdog", _WATCHDOG_S, self._hook_moved)
            self._hook_moved()

    def _relay(self, is_closed: bool) -> None:
        if is_closed == self.is_taken:
            return
        self.is_taken = is_closed
        now = self._loop.time()
        if is_closed:
            self._lift(now)
        else:
            self._timers.cancel("dip")
            self._opened_at = now
            self._timers.set("released", _RELEASED_S, self._released)
        self._show_loop()

    def _lift(self, now: float) -> None:
        self._timers.cancel("bell")
        self._signal = b""
        if self._timers.is_set("released"):
            self._timers.cancel("released")
            if now - self._opened_at > _GLITCH_S:
                self.exchange.flashed()
        else:
            self.exchange.lifted()
        begin_s, end_s = _SEIZING_DIP_S
        self._timers.set("dip", begin_s, lambda: self._dip(end_s - begin_s))
        for number, ms in enumerate(self.config.dips):
            self._timers.set(f"dip {number}", 1.0 + number, partial(self._dip, ms / 1000))

    def _released(self) -> None:
        for name in ("dip", *(f"dip {n}" for n in range(len(self.config.dips)))):
            self._timers.cancel(name)
        self.exchange.released()

    # --- loop current ------------------------------------------------------------------------

    def _dip(self, seconds: float) -> None:
        """A longer one that goes on already is not cut short."""
        self._broken = True
        self._show_loop()
        self._mend_at = max(self._mend_at, self._loop.time() + seconds)
        self._timers.set("mend", self._mend_at - self._loop.time(), self._mend)

    def _mend(self) -> None:
        self._broken = False
        self._show_loop()

    def extension(self, is_lifted: bool) -> None:
        """Another telephone of the house, on the same wires."""
        self.neighbour_lifted = is_lifted
        self._show_loop()

    def _show_loop(self) -> None:
        if self.config.loop_gpio is not None:
            flows = (self.is_taken or self.neighbour_lifted) and not self._broken
            self._pins.number(self.config.loop_gpio).wire(not flows)

    # --- the bell ----------------------------------------------------------------------------

    def bell(self, is_on: bool) -> None:
        """A burst of ringing current begins or ends."""
        if is_on and not self.is_taken:
            self._cycle(False)
        else:
            self._timers.cancel("bell")
            self._pins.number(self.config.ring_gpio).wire(True)

    def _cycle(self, is_high: bool) -> None:
        """One edge, with its chatter, and the next one's time."""
        pin = self._pins.number(self.config.ring_gpio)
        pin.wire(is_high)
        self._timers.set("chatter", _CHATTER_S, lambda: pin.wire(not is_high))
        self._timers.set("settled", 2 * _CHATTER_S, lambda: pin.wire(is_high))
        share = 1 - _DUTY if is_high else _DUTY
        next_s = share / self.config.ring_hz
        self._timers.set("bell", next_s, lambda: self._cycle(not is_high))

    # --- exchange.LineEquipment --------------------------------------------------------------

    def ring_heard(self) -> None:
        """A modem reports bursts; here their current is seen."""

    def ring_stopped(self) -> None:
        self.bell(False)

    def caller_id_heard(self, who: CallerId) -> None:
        if not self.is_taken:
            self._timers.set("caller_id", LEAD_S, lambda: self._send(who))

    def _send(self, who: CallerId) -> None:
        """It is over when it is, whether or not a card listens."""
        self._signal = caller_id_sound(self.config.signal, who)
        self._timers.set("signal", len(self._signal) / RATE_HZ + 0.1, self._sent)

    def _sent(self) -> None:
        self._signal = b""

    def report(self, code: int) -> None:
        """What a modem would say; of it the line itself shows the loop break alone."""
        if code == _LOOP_BREAK:
            self._dip(_BREAK_S)

    def key_began(self, key: str) -> None:
        """Keys are in the line's sound."""

    def key_ended(self) -> None:
        """Keys are in the line's sound."""

    # --- sound_card.Wire ---------------------------------------------------------------------

    def next_frame(self) -> bytes:
        if self.is_taken:
            frame = self.exchange.far_frame() if not self._broken else SILENT_FRAME
            return mix(frame, self._echo) if self._echo != SILENT_FRAME else frame
        frame, self._signal = self._signal[:FRAME_SAMPLES], self._signal[FRAME_SAMPLES:]
        if not self._is_path_open:
            return SILENT_FRAME
        return frame.ljust(FRAME_SAMPLES, SILENT_FRAME[:1])

    @property
    def _is_path_open(self) -> bool:
        gpio = self.config.caller_id_gpio
        return gpio is None or self._pins.number(gpio).drives is True

    def hear(self, frame: bytes) -> None:
        if not self.is_taken:
            return
        if self._hybrid is not None:
            self._echo = self._hybrid.echo(frame)
        self.exchange.near_frame(frame)
