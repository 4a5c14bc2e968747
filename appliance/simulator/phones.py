"""A handset on a HAT's socket and the person who holds it: lifts, dials, talks, hangs up."""

import asyncio
import base64
import binascii
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Protocol

from appliance.errors import SimulatorError
from appliance.simulator.caller_id_display import Display, ShownCaller
from appliance.simulator.codec import FRAME_SAMPLES, RATE_HZ, SILENCE
from appliance.simulator.hat import CardListener
from appliance.simulator.hearing import BusyEar, Ear
from appliance.simulator.timers import Timers

_SAY_PIECE = 800  # samples a line: keeps lines short
_MAX_HEARD = RATE_HZ * 3600
_KEYS = "0123456789*#ABCD"
Moment = dict[str, object]


class PhoneSide(Protocol):
    """What a phone is plugged into: a HAT, or a handset's own wires. As Hat has them."""

    def listen(self, number: int, listener: CardListener) -> None: ...

    def command(self, text: str) -> None: ...


@dataclass(frozen=True, slots=True)
class PhoneConfig:
    """Which handset hangs where."""

    extension: str
    hat: str
    socket: int


@dataclass(frozen=True, slots=True)
class PhoneHabits:
    """What the person does unasked: None = does not answer.

    ``say``: µ-law, spoken ``say_after_s`` after lifting. ``hang_up_after_s`` counts from lifting;
    who answered by habit also hangs up on hearing busy tone.
    """

    answer_after_s: float | None = None
    say: bytes = b""
    say_after_s: float = 1.0
    hang_up_after_s: float | None = None


class Phone:
    """One handset; a ``hat.CardListener``. ``on_moment`` hears its timeline as it happens."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, hat: PhoneSide, config: PhoneConfig
    ) -> None:
        self.config = config
        self.habits = PhoneHabits()
        self.off_hook = False
        self.ringing = False
        self.timeline: list[Moment] = []
        self.heard = bytearray()
        self.on_moment: Callable[[Moment], None] | None = None
        self._loop = loop
        self._hat = hat
        self._timers = Timers(loop)
        self._ear = Ear()
        self.shown: ShownCaller | None = None  # on its display, since it rang last
        self._display = Display()
        self._busy_ear: BusyEar | None = None  # of somebody who answered by habit
        self._to_ear = b""
        self._since = loop.time()
        self._heard_from: int | None = None
        hat.listen(config.socket, self)

    def start(self) -> None:
        """Begin to listen to the earpiece. Raises SimulatorError when the card is gone."""
        self._hat.command(f"hear {self.config.socket} on")

    def stop(self) -> None:
        self._timers.cancel_all()

    def clear(self) -> None:
        """Forget what was heard and lived so far; the timeline's clock starts again."""
        self._since = self._loop.time()
        self.timeline = []
        self.heard = bytearray()
        self._heard_from = None

    # What the hand and the mouth do

    def lift(self) -> None:
        self._do("lift")
        self.off_hook = True
        self._display.lifted()
        self.ringing = False
        self._timers.cancel("answer")
        self._timers.cancel("quiet")
        self._tell("lifted")

    def hang_up(self) -> None:
        self._do("hush")
        self._do("hang_up")
        self.off_hook = False
        self._busy_ear = None
        self._timers.cancel_all()
        self._tell("hung_up")

    def flash(self, ms: int = 300) -> None:
        """Raises SimulatorError when it is on the hook."""
        self._need_off_hook("flash")
        self._hat.command(f"flash {self.config.socket} {ms}")
        self._tell("flashed")

    def press(self, keys: str, pulse: bool = False) -> None:
        """Keys as tones, or as dial pulses. Raises SimulatorError for what is no key."""
        if not keys or any(key not in _KEYS for key in keys):
            raise SimulatorError(f"cannot press {keys!r}; keys are {_KEYS}")
        self._need_off_hook("press keys")
        self._hat.command(f"press {self.config.socket} {keys} {'pulse' if pulse else 'tone'}")
        self._tell("pressed", keys=keys)

    def say(self, ulaw: bytes) -> None:
        """Speak µ-law audio; it is queued behind what is being said. Raises SimulatorError."""
        self._need_off_hook("speak")
        for start in range(0, len(ulaw), _SAY_PIECE):
            piece = base64.b64encode(ulaw[start : start + _SAY_PIECE]).decode("ascii")
            self._hat.command(f"say {self.config.socket} {piece}")
        self._tell("says", ms=len(ulaw) * 1000 // RATE_HZ)

    def behave(self, habits: PhoneHabits) -> None:
        """From the next ring on."""
        self.habits = habits

    def _need_off_hook(self, what: str) -> None:
        if not self.off_hook:
            raise SimulatorError(f"extension {self.config.extension}: lift it first to {what}")

    def _do(self, verb: str) -> None:
        self._hat.command(f"{verb} {self.config.socket}")

    # hat.CardListener

    def card_event(self, what: str, words: list[str]) -> None:
        if what == "ringing" and words:
            self._rung(words[0] == "on")
        elif what == "heard" and len(words) >= 2:
            self._hear(words[0], words[1])

    def _rung(self, burst: bool) -> None:
        if self.off_hook:
            return
        if burst and not self.ringing:
            self.shown = None
            self._tell("ringing")
        self.ringing = burst or self.ringing
        if not burst:
            # Between bursts it still rings; without another burst for 6 s it has stopped.
            self._timers.set("quiet", 6.0, self._ring_stopped)
            return
        self._timers.cancel("quiet")
        after_s = self.habits.answer_after_s
        if after_s is not None and not self.off_hook and not self._timers.is_set("answer"):
            self._timers.set("answer", after_s, self._answer)

    def _ring_stopped(self) -> None:
        self.ringing = False
        self._timers.cancel("answer")
        if not self.off_hook:
            self._tell("ringing_stopped")

    def _answer(self) -> None:
        if self.off_hook or not self.ringing:
            return
        self.ringing = False
        self.lift()
        self._busy_ear = BusyEar()
        habits = self.habits
        if habits.say:
            self._timers.set("say", habits.say_after_s, lambda: self.say(habits.say))
        if habits.hang_up_after_s is not None:
            self._timers.set("hang_up", habits.hang_up_after_s, self.hang_up)

    def _hear(self, count: str, text: str) -> None:
        """``count``: samples this phone was fed before these; a gap is silence."""
        try:
            samples = base64.b64decode(text, validate=True)
        except binascii.Error:
            return
        if len(self.heard) + len(samples) <= _MAX_HEARD and self.off_hook:
            position = int(count) if count.isdigit() else 0
            if self._heard_from is None or position < self._heard_from:
                self._heard_from = position - len(self.heard)
            missing = position - self._heard_from - len(self.heard)
            self.heard += bytes([SILENCE]) * max(0, min(missing, RATE_HZ))
            self.heard += samples
        self._listen(samples)

    def _listen(self, samples: bytes) -> None:
        self._to_ear += samples
        while len(self._to_ear) >= FRAME_SAMPLES:
            frame, self._to_ear = self._to_ear[:FRAME_SAMPLES], self._to_ear[FRAME_SAMPLES:]
            if not self.off_hook:
                self._show(self._display.feed(frame))
            change = self._ear.feed(frame)
            if change is not None and self.off_hook:
                self._tell(change)
            if self._busy_ear is not None and self._busy_ear.feed(frame):
                self._tell("hears_busy")
                self.hang_up()

    def _show(self, caller: ShownCaller | None) -> None:
        if caller is not None:
            self.shown = caller
            self._tell("shows", **asdict(caller))

    def _tell(self, what: str, **more: object) -> None:
        moment: Moment = {
            "at_s": round(self._loop.time() - self._since, 3),
            "extension": self.config.extension,
            "what": what,
        }
        moment.update(more)
        self.timeline.append(moment)
        del self.timeline[:-1000]
        if self.on_moment is not None:
            self.on_moment(moment)
