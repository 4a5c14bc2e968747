"""An emulated handset of a sound card and GPIOs: hook switch, ringer, lamp, and a 4x3 keypad.

It obeys the words that a HAT's socket obeys, so that the same `Phone` holds either of them.
"""

import asyncio
import base64
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from appliance.simulator.codec import FRAME_SAMPLES, RATE_HZ, SILENT_FRAME
from appliance.simulator.hat import CardListener
from appliance.simulator.pins import EmulatedPins
from appliance.simulator.timers import Timers
from appliance.simulator.tones import dtmf

_BOUNCE_S = (0.001, 0.0025, 0.004, 0.0075)  # after a contact moves, it is back and forth then
_KEY_S, _KEY_PAUSE_S = 0.12, 0.12
KEYS = ("123", "456", "789", "*0#")


@dataclass(frozen=True, slots=True)
class SoundHandsetConfig:
    """One handset. ``device``: its sound card's stable name. GPIOs as the daemon's."""

    extension: str
    device: str
    hook_gpio: int
    ringer_gpio: int | None = None
    lamp_gpio: int | None = None
    keypad_rows: tuple[int, ...] = ()
    keypad_columns: tuple[int, ...] = ()
    ppm: float = 0.0


class Keypad:
    """A matrix of switches: pressed ones really join a row's wire to a column's.

    ``shorts``: how often two wires that the machine drives against each other were joined.
    """

    def __init__(self, pins: EmulatedPins, rows: Sequence[int], columns: Sequence[int]) -> None:
        self._pins = pins
        self._rows, self._columns = tuple(rows), tuple(columns)
        self._pressed: set[tuple[int, int]] = set()
        self._is_settling = False
        self.shorts = 0
        for gpio in (*self._rows, *self._columns):
            pins.number(gpio).watcher = self._settle

    def move(self, key: str, is_pressed: bool) -> None:
        """Press or let go of a key."""
        row = next(n for n, keys in enumerate(KEYS) if key in keys)
        place = (self._rows[row], self._columns[KEYS[row].index(key)])
        (self._pressed.add if is_pressed else self._pressed.discard)(place)
        self._settle()

    def _settle(self) -> None:
        """Every wire takes the level of those it is joined to; free ones are pulled up."""
        if self._is_settling:
            return  # we moved a pin ourselves
        self._is_settling = True
        for group in self._groups():
            driven = {self._pins.number(gpio).drives for gpio in group} - {None}
            self.shorts += len(driven) > 1
            for gpio in group:
                self._pins.number(gpio).wire(False not in driven)
        self._is_settling = False

    def _groups(self) -> list[set[int]]:
        groups: list[set[int]] = [{gpio} for gpio in (*self._rows, *self._columns)]
        for row, column in self._pressed:
            joined = [group for group in groups if row in group or column in group]
            groups = [group for group in groups if group not in joined]
            groups.append(set().union(*joined))
        return groups


class SoundHandset:
    """Implements phones.PhoneSide and sound_card.Wire."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, config: SoundHandsetConfig, pins: EmulatedPins
    ) -> None:
        self.config = config
        self.lamp: list[tuple[float, bool]] = []  # when it changed, and whether it is lit then
        self._loop = loop
        self._pins = pins
        self._timers = Timers(loop)
        self._listener: CardListener | None = None
        self._is_lifted = False
        self._mouth = b""
        self._heard_count = 0
        self._rings = self._is_lit = False
        self.keypad: Keypad | None = None
        if config.keypad_rows:
            self.keypad = Keypad(pins, config.keypad_rows, config.keypad_columns)
        for gpio in (config.ringer_gpio, config.lamp_gpio):
            if gpio is not None:
                pins.number(gpio).watcher = self._driven
        self._contact(False)

    def stop(self) -> None:
        self._timers.cancel_all()

    # --- phones.PhoneSide --------------------------------------------------------------------

    def listen(self, number: int, listener: CardListener) -> None:
        self._listener = listener

    def command(self, text: str) -> None:
        """``verb socket words...``, as a HAT's socket is told."""
        verb, _, *words = text.split()
        deeds = {
            "lift": lambda: self._move_hook(True),
            "hang_up": lambda: self._move_hook(False),
            "flash": lambda: self._flash(int(words[0]) / 1000),
            "press": lambda: self._press(words[0]),
            "say": lambda: self._say(base64.b64decode(words[0])),
            "hush": self._hush,
        }
        if verb in deeds:
            deeds[verb]()

    def _move_hook(self, is_lifted: bool) -> None:
        self._is_lifted = is_lifted
        self._bounce(is_lifted)

    def _flash(self, seconds: float) -> None:
        self._bounce(False)
        self._timers.set("flash", seconds, lambda: self._bounce(True))

    def _bounce(self, is_lifted: bool) -> None:
        """The contact moves, and chatters."""
        self._contact(is_lifted)
        for number, after_s in enumerate(_BOUNCE_S):
            closed = is_lifted is bool(number % 2)
            self._timers.set(f"bounce {number}", after_s, partial(self._contact, closed))

    def _contact(self, is_closed: bool) -> None:
        self._pins.number(self.config.hook_gpio).wire(not is_closed)

    def _press(self, keys: str) -> None:
        if self.keypad is None:
            self._say(b"".join(dtmf(key) for key in keys))
            return
        for number, key in enumerate(keys):
            at_s = number * (_KEY_S + _KEY_PAUSE_S)
            self._key_at(f"press {number}", at_s, key, True)
            self._key_at(f"let go {number}", at_s + _KEY_S, key, False)

    def _key_at(self, name: str, at_s: float, key: str, is_pressed: bool) -> None:
        def move(is_closed: bool) -> None:
            if self.keypad is not None:
                self.keypad.move(key, is_closed)

        self._timers.set(name, at_s, lambda: move(is_pressed))
        for number, after_s in enumerate(_BOUNCE_S):
            closed = is_pressed is bool(number % 2)
            self._timers.set(f"{name} {number}", at_s + after_s, partial(move, closed))

    def _say(self, ulaw: bytes) -> None:
        self._mouth += ulaw

    def _hush(self) -> None:
        self._mouth = b""

    def _driven(self) -> None:
        rings, is_lit = self._is_on(self.config.ringer_gpio), self._is_on(self.config.lamp_gpio)
        if rings != self._rings:
            self._rings = rings
            self._tell("ringing", ["on" if rings else "off"])
        if is_lit != self._is_lit:
            self._is_lit = is_lit
            self.lamp.append((self._loop.time(), is_lit))

    def _is_on(self, gpio: int | None) -> bool:
        return gpio is not None and self._pins.number(gpio).drives is True

    def _tell(self, what: str, words: list[str]) -> None:
        if self._listener is not None:
            self._listener.card_event(what, words)

    # --- sound_card.Wire ---------------------------------------------------------------------

    def next_frame(self) -> bytes:
        if not self._is_lifted:
            return SILENT_FRAME
        frame, self._mouth = self._mouth[:FRAME_SAMPLES], self._mouth[FRAME_SAMPLES:]
        return frame.ljust(FRAME_SAMPLES, SILENT_FRAME[:1])

    def hear(self, frame: bytes) -> None:
        self._tell("heard", [str(self._heard_count), base64.b64encode(frame).decode("ascii")])
        self._heard_count = (self._heard_count + len(frame)) % (RATE_HZ * 1_000_000)
