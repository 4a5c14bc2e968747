"""Who is at the numbers that are dialled out of the emulated network, and what is heard of them.

The same far ends serve every kind of line: an exchange or a mobile network asks the directory for a
`FarEnd`, plays its frames to the caller and, if its signalling tells, reports its `Progress`. The
call's progress runs on the loop's time, its audio on the clock of whoever asks for frames.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from appliance.errors import SimulatorError
from appliance.simulator.codec import FRAME_SAMPLES, RATE_HZ, SILENT_FRAME
from appliance.simulator.hearing import Ear
from appliance.simulator.speech import hello
from appliance.simulator.timers import Timers
from appliance.simulator.tones import COUNTRIES, Cadence, CadencePlayer, CountryTones, tone
from appliance.simulator.wav import read_wav

Moment = dict[str, object]  # as caller.Moment
BEHAVIOURS = ("answer", "fax", "busy", "no_answer", "unobtainable", "congestion", "silence")
_SAY_AFTER_S = 0.4  # from lifting the handset to the first word
_FAX_AFTER_S, _FAX_MS = 1.8, 3000  # ITU-T T.30: called station identification, 2100 Hz
_FAX_HZ = 2100.0
_NETWORK_GIVES_UP_S = 90.0  # of ringback, or of a tone or silence nobody hangs up on
# ITU-T E.180 6.3: special information tone, three in a row; then a voice says why, twice a cycle.
_SPECIAL_INFORMATION = b"".join(tone((hz,), 330) for hz in (950.0, 1400.0, 1800.0))


class Progress(Enum):
    """How far a dialled call has come; each is told once, in this order, some are left out."""

    CONNECTING = "connecting"
    ALERTING = "alerting"  # the far telephone rings
    REFUSED = "refused"  # `FarEnd.cause`: busy, unobtainable or congestion; its tone is heard
    ANSWERED = "answered"
    GONE = "gone"  # the far end hung up, or the network gave up (`cause` no_answer)


@dataclass(frozen=True, slots=True)
class FarEndConfig:
    """Who answers at ``number``: digits, with X for any digit and a last . for any that follow.

    ``behaviour``: one of BEHAVIOURS. ``rings``: how many ringbacks are heard before the answer.
    ``says``: a WAV file; "" a hello of two seconds. ``speaks``: False: who answers stays silent.
    ``hang_up_after_s``: so long after the answer; None: the near end ends the call. ``country``:
    whose tones are heard, "" for the exchange's own. ``post_dial_s``: silence before the ringback.
    """

    number: str
    behaviour: str = "answer"
    rings: int = 2
    says: str = ""
    speaks: bool = True
    hang_up_after_s: float | None = None
    country: str = ""
    post_dial_s: float = 1.5

    def matches(self, number: str) -> bool:
        """Whether these are the far ends of ``number``."""
        pattern, dialled = self.number, number
        if pattern.endswith("."):
            pattern = pattern[:-1]
            if len(dialled) < len(pattern):
                return False
            dialled = dialled[: len(pattern)]
        return len(pattern) == len(dialled) and all(
            p == d or (p == "X" and d.isdigit()) for p, d in zip(pattern, dialled, strict=True)
        )


class FarEnd:
    """One dialled call's far end, from the last digit on.

    ``on_progress`` hears each Progress. ``timeline`` tells the call as the person there lived it.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        number: str,
        config: FarEndConfig,
        country: str,
        on_progress: Callable[[Progress], None],
    ) -> None:
        """Use `Directory.call`, which checks ``config``."""
        self.number = number
        self.config = config
        self.progress = Progress.CONNECTING
        self.cause = ""
        self.ended_by = ""
        self.timeline: list[Moment] = []
        self.heard = bytearray()
        self._loop = loop
        self._began_s = loop.time()
        self._on_progress = on_progress
        self._tones = COUNTRIES[config.country or country]
        self._player: CadencePlayer | None = None
        self._speech = b""
        self._speech_at = 0
        self._repeats = False
        self._timers = Timers(loop)
        self._ear = Ear()
        self._tell("dialled", number=number, behaviour=config.behaviour)
        self._timers.set("next", config.post_dial_s, self._put_through)

    @property
    def is_over(self) -> bool:
        """Nobody is at the far end any more."""
        return self.progress is Progress.GONE

    def state(self) -> dict[str, object]:
        """The call as it is now, for people and for JSON."""
        return {
            "number": self.number,
            "far_end": self.config.behaviour,
            "progress": self.progress.value,
            "cause": self.cause,
            "ended_by": self.ended_by,
            "heard_ms": len(self.heard) * 1000 // RATE_HZ,
            "timeline": self.timeline,
        }

    # The near end's side

    def next_frame(self) -> bytes:
        """The next 10 ms that the far end or its exchange sends: 80 µ-law bytes."""
        if self._player is not None:
            return self._player.frame()
        piece = self._speech[self._speech_at : self._speech_at + FRAME_SAMPLES]
        self._speech_at += FRAME_SAMPLES
        if self._repeats and self._speech_at >= len(self._speech):
            self._speech_at = 0
        return piece.ljust(FRAME_SAMPLES, b"\xff") if piece else SILENT_FRAME

    def hear(self, frame: bytes) -> None:
        """10 ms from the near end, 80 µ-law bytes; nobody listens before the answer."""
        if self.progress is not Progress.ANSWERED:
            return
        self.heard += frame
        change = self._ear.feed(frame)
        if change is not None:
            self._tell(change)

    def key_pressed(self, key: str) -> None:
        """A key that travels as a signal, not as sound."""
        if not self.is_over:
            self._tell("key", key=key)

    def hang_up(self) -> None:
        """The near end hung up. Idempotent; nothing is reported back."""
        if not self.is_over:
            self._end("other")

    # The far end's own doing

    def _put_through(self) -> None:
        refusals: dict[str, Cadence | None] = {
            "busy": self._tones.busy,
            "congestion": self._tones.reorder,
            "unobtainable": None,
        }
        behaviour = self.config.behaviour
        if behaviour in refusals:
            self._refuse(behaviour, refusals[behaviour])
        elif behaviour == "silence":
            self._timers.set("next", _NETWORK_GIVES_UP_S, self._give_up)
        else:
            self._ring()

    def _refuse(self, cause: str, cadence: Cadence | None) -> None:
        self.cause = cause
        if cadence is not None:
            self._player = CadencePlayer(cadence)
        else:
            pause = b"\xff" * RATE_HZ
            self._speech, self._repeats = _SPECIAL_INFORMATION + hello() + pause, True
            self._speech_at = 0
        self._timers.set("next", _NETWORK_GIVES_UP_S, self._give_up)
        self._report(Progress.REFUSED)

    def _ring(self) -> None:
        self._player = CadencePlayer(self._tones.ringback)
        wait_s = _NETWORK_GIVES_UP_S
        if self.config.behaviour != "no_answer":
            wait_s = ring_time_s(self._tones, self.config.rings)
            self._timers.set("next", wait_s, self._answer)
        else:
            self._timers.set("next", wait_s, self._give_up)
        self._report(Progress.ALERTING)

    def _answer(self) -> None:
        self._player = None
        self._speech, self._speech_at = _what_is_said(self.config), 0
        after_s = self.config.hang_up_after_s
        if after_s is not None:
            self._timers.set("next", after_s, lambda: self._end("far"))
        self._report(Progress.ANSWERED)

    def _give_up(self) -> None:
        self.cause = self.cause or "no_answer"
        self._end("network")

    def _end(self, by: str) -> None:
        self._timers.cancel_all()
        self._player, self._speech, self._repeats = None, b"", False
        self.ended_by = by
        self.progress = Progress.GONE
        self._tell("hung_up", by=by)
        if by != "other":
            self._on_progress(Progress.GONE)

    def _report(self, progress: Progress) -> None:
        self.progress = progress
        self._tell(progress.value, **({"cause": self.cause} if self.cause else {}))
        self._on_progress(progress)

    def _tell(self, what: str, **more: object) -> None:
        at_s = round(self._loop.time() - self._began_s, 3)
        self.timeline.append({"at_s": at_s, "what": what} | more)


class Directory:
    """The far ends there are, and every call that was made to one, oldest first.

    An unknown number is unobtainable; the first entry that matches is who answers.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, entries: Sequence[FarEndConfig]) -> None:
        """Raises SimulatorError, naming the number."""
        for entry in entries:
            check(entry)
        self.calls: list[FarEnd] = []
        self._loop = loop
        self._entries = tuple(entries)

    def call(
        self, number: str, country: str, on_progress: Callable[[Progress], None] = lambda _: None
    ) -> FarEnd:
        """Somebody dialled ``number`` in a network that has ``country``'s tones."""
        unknown = FarEndConfig(number, "unobtainable")
        entry = next((e for e in self._entries if e.matches(number)), unknown)
        made = FarEnd(self._loop, number, entry, country, on_progress)
        self.calls.append(made)
        return made

    def add(self, entry: FarEndConfig) -> None:
        """From now on somebody is there too, before all others. Raises SimulatorError."""
        check(entry)
        self._entries = (entry, *self._entries)

    def is_whole(self, number: str) -> bool:
        """No further digit is waited for: an entry without a last dot fits it."""
        fitting = [entry for entry in self._entries if entry.matches(number)]
        return bool(fitting) and not any(entry.number.endswith(".") for entry in fitting)

    def stop(self) -> None:
        """Everybody hangs up, without a word."""
        for call in self.calls:
            call.hang_up()


def check(entry: FarEndConfig) -> None:
    """Raises SimulatorError, naming the number, for what cannot be emulated."""
    where = f"far end {entry.number!r}"
    body = entry.number.removesuffix(".").removeprefix("+")
    if not entry.number or any(letter not in "0123456789*#X" for letter in body):
        raise SimulatorError(f"{where}: write digits, X for any digit, and at the end . for any")
    if entry.behaviour not in BEHAVIOURS:
        raise SimulatorError(f"{where}: behaviour {entry.behaviour!r}; use {', '.join(BEHAVIOURS)}")
    if entry.country and entry.country not in COUNTRIES:
        raise SimulatorError(f"{where}: no tones for country {entry.country!r}")
    if entry.says and not Path(entry.says).is_file():
        raise SimulatorError(f"{where}: there is no file {entry.says!r}")


def ring_time_s(tones: CountryTones, rings: int) -> float:
    """From the begin of the first ringback to the answer, in the pause after the last one."""
    if rings <= 0:
        return 0.2
    phases = tones.ringback.phases
    cycle_s = sum(on_s + off_s for on_s, off_s in phases)
    return rings * cycle_s - phases[-1][1] + 0.3


def _what_is_said(config: FarEndConfig) -> bytes:
    before = b"\xff" * int(_SAY_AFTER_S * RATE_HZ)
    if config.behaviour == "fax":
        return b"\xff" * int(_FAX_AFTER_S * RATE_HZ) + tone((_FAX_HZ,), _FAX_MS)
    if not config.speaks:
        return b""
    return before + (read_wav(Path(config.says)) if config.says else hello())
