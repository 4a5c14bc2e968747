"""A person who calls: rings a line, listens, presses keys, speaks, hangs up, remembers it all."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from appliance.errors import SimulatorError
from appliance.simulator.codec import FRAME_SAMPLES, RATE_HZ, SILENT_FRAME
from appliance.simulator.exchange import Party
from appliance.simulator.hearing import Ear
from appliance.simulator.timers import Timers
from appliance.simulator.tones import DTMF_KEYS, dtmf

_KEY_ON_MS, _KEY_OFF_MS = 100, 100
_LONGEST_S = 3600.0
_HEARD_FRAMES = 10  # 100 ms of sound are something heard
Moment = dict[str, object]


class CalledLine(Protocol):
    """The network's end of a subscriber's line, landline or mobile."""

    def offer(
        self, party: Party, number: str, name: str = "", presentation: str = "allowed"
    ) -> None:
        """Ring it. Raises SimulatorError when it is busy or out of reach."""

    def party_left(self, party: Party) -> None: ...

    def key_began(self, key: str) -> None: ...

    def key_ended(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing the caller does: press ``keys`` or say ``audio`` (µ-law).

    Done ``after_s`` after the deed before it (or the answer); with None, once something was heard
    and then ``quiet_s`` of silence, but at most ``at_most_s`` later.
    """

    keys: str = ""
    audio: bytes = b""
    after_s: float | None = None
    quiet_s: float = 1.0
    at_most_s: float = 20.0


@dataclass(frozen=True, slots=True)
class CallScript:
    """A call to make. ``hang_up_after_s`` counts from the answer; None = the other side ends it."""

    number: str
    name: str = ""
    presentation: str = "allowed"
    deeds: tuple[Deed, ...] = ()
    hang_up_after_s: float | None = None
    give_up_after_s: float = 60.0


def make_deeds(
    press: tuple[str, ...] = (),
    press_after_s: float | None = None,
    say: bytes = b"",
    say_after_s: float | None = None,
) -> tuple[Deed, ...]:
    """Keys first, each after what is heard falls quiet, then speech. Raises SimulatorError."""
    for keys in press:
        if not keys or any(key not in DTMF_KEYS for key in keys):
            raise SimulatorError(f"cannot press {keys!r}; keys are {DTMF_KEYS}")
    deeds = [Deed(keys=keys, after_s=press_after_s) for keys in press]
    if say:
        deeds.append(Deed(audio=say, after_s=say_after_s, quiet_s=0.6, at_most_s=4.0))
    return tuple(deeds)


@dataclass(slots=True)
class _Mouth:
    """What is being sent now, and what is told when it begins and ends."""

    queue: deque[tuple[bytes, Callable[[], None], Callable[[], None]]] = field(
        default_factory=deque
    )
    position: int = 0

    def frame(self) -> bytes:
        if not self.queue:
            return SILENT_FRAME
        audio, begin, end = self.queue[0]
        if self.position == 0:
            begin()
        frame = audio[self.position : self.position + FRAME_SAMPLES]
        self.position += FRAME_SAMPLES
        if self.position >= len(audio):
            self.queue.popleft()
            self.position = 0
            end()
        return frame.ljust(FRAME_SAMPLES, b"\xff")


class Caller:
    """One call from its far end; an ``exchange.Party``.

    ``on_moment`` hears each entry of the timeline as it happens; ``done`` is set at the end.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        line: CalledLine,
        script: CallScript,
        on_moment: Callable[[Moment], None] | None = None,
    ) -> None:
        self.timeline: list[Moment] = []
        self.heard = bytearray()
        self.outcome = ""
        self.ended_by = ""
        self.done: asyncio.Future[None] = loop.create_future()
        self._loop = loop
        self._line = line
        self._script = script
        self._on_moment = on_moment
        self._began_at = loop.time()
        self._answered_at: float | None = None
        self._timers = Timers(loop)
        self._ear = Ear()
        self._mouth = _Mouth()
        self._deeds = deque(script.deeds)
        self._deed_since = 0.0
        self._loud_before = 0

    def start(self) -> None:
        """Dial. A busy line ends the call at once."""
        self._began_at = self._loop.time()
        script = self._script
        self._tell("dialled", number=script.number)
        try:
            self._line.offer(self, script.number, script.name, script.presentation)
        except SimulatorError as error:
            self._tell("busy", reason=str(error))
            self._end("busy", "network")
            return
        self._timers.set("give_up", script.give_up_after_s, self._give_up)

    def result(self) -> Moment:
        """The call in figures; times in seconds since it was dialled."""
        answered = self._answered_at
        return {
            "outcome": self.outcome,
            "ended_by": self.ended_by,
            "answered_at_s": None if answered is None else round(answered - self._began_at, 3),
            "heard_ms": len(self.heard) * 1000 // RATE_HZ,
            "timeline": self.timeline,
        }

    def hang_up(self) -> None:
        """Hang up now, whatever the script says. Idempotent."""
        if self.done.done():
            return
        self._tell("hung_up", by="caller")
        self._line.party_left(self)
        self._end("unanswered" if self._answered_at is None else "answered", "caller")

    def say(self, audio: bytes) -> None:
        """Speak µ-law audio after what is already being said."""
        if audio:
            self._mouth.queue.append(
                (audio, lambda: self._tell("says", ms=len(audio) // 8), lambda: self._tell("said"))
            )

    def press(self, keys: str) -> None:
        """Press keys, 100 ms each with 100 ms between."""
        for key in keys:
            tone = dtmf(key, _KEY_ON_MS, 0)
            self._mouth.queue.append((tone, partial(self._key, key), self._line.key_ended))
            gap = b"\xff" * (_KEY_OFF_MS * RATE_HZ // 1000)
            self._mouth.queue.append((gap, _nothing, _nothing))

    def _key(self, key: str) -> None:
        self._tell("pressed", key=key)
        self._line.key_began(key)

    # exchange.Party

    def rung(self, count: int) -> None:
        self._tell("ringing", ring=count)

    def answered(self) -> None:
        self._answered_at = self._deed_since = self._loop.time()
        self._timers.cancel("give_up")
        self._tell("answered")
        after_s = self._script.hang_up_after_s
        self._timers.set("hang_up", _LONGEST_S if after_s is None else after_s, self.hang_up)

    def next_frame(self) -> bytes:
        if self._deeds and not self._mouth.queue and self._is_due(self._deeds[0]):
            deed = self._deeds.popleft()
            self.press(deed.keys)
            self.say(deed.audio)
        frame = self._mouth.frame()
        if self._mouth.queue:
            self._deed_since = self._loop.time()
            self._loud_before = self._ear.loud_frames
        return frame

    def hear(self, frame: bytes) -> None:
        self.heard += frame
        change = self._ear.feed(frame)
        if change is not None:
            self._tell(change)

    def released(self) -> None:
        self._tell("hung_up", by="other")
        self._end("rejected" if self._answered_at is None else "answered", "other")

    def _is_due(self, deed: Deed) -> bool:
        waited_s = self._loop.time() - self._deed_since
        if deed.after_s is not None:
            return waited_s >= deed.after_s
        heard = self._ear.loud_frames >= self._loud_before + _HEARD_FRAMES
        return waited_s >= deed.at_most_s or (heard and self._ear.quiet_s >= deed.quiet_s)

    def _give_up(self) -> None:
        self._tell("gave_up")
        self.hang_up()

    def _tell(self, what: str, **more: object) -> None:
        moment: Moment = {"at_s": round(self._loop.time() - self._began_at, 3), "what": what}
        moment.update(more)
        self.timeline.append(moment)
        if self._on_moment is not None:
            self._on_moment(moment)

    def _end(self, outcome: str, ended_by: str) -> None:
        self._timers.cancel_all()
        self.outcome = outcome
        self.ended_by = ended_by
        if not self.done.done():
            self.done.set_result(None)


def _nothing() -> None:
    """For the gap between keys."""
