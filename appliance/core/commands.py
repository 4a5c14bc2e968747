"""Intents that leave the core, in the imperative. Frozen; the dispatcher obeys them in order."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Figure = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Command:
    """Base of all commands."""


@dataclass(frozen=True, slots=True)
class AnswerLine(Command):
    """Go off-hook. The line reports LineAnswered, or LineFailed."""

    line: str


@dataclass(frozen=True, slots=True)
class DialLine(Command):
    """Go off-hook and dial. The line reports LineDialled, DialFailed or LineFailed.

    ``number``: 1-20 of ``0-9*#`` after an optional leading ``+``; the driver refuses any other.
    ``insists``: an emergency call that tries again: a report that another telephone has the line is
    not believed, for the one that takes it back may have been lost.
    """

    line: str
    number: str
    insists: bool = False


@dataclass(frozen=True, slots=True)
class SendDigit(Command):
    """One key of ours that made no tone. A line that could only send a tone ignores it."""

    line: str
    digit: str


@dataclass(frozen=True, slots=True)
class FlashLine(Command):
    """Tap the line's hook: on an analog line the exchange's R key. Others ignore it."""

    line: str


@dataclass(frozen=True, slots=True)
class ReleaseLine(Command):
    """Go on-hook. The line reports LineReleased (or LineFailed). Safe in every state."""

    line: str


@dataclass(frozen=True, slots=True)
class PlayPrompt(Command):
    """Play prompts by name, one after the other; replaces what the endpoint hears.

    Ends with PlaybackFinished. ``stop_on_digit``: a touch tone stops it in the audio tick.
    """

    playback_id: str
    endpoint: str
    prompts: tuple[str, ...]
    stop_on_digit: bool


@dataclass(frozen=True, slots=True)
class PlayTone(Command):
    """Play dial, ringback, busy, reorder or howler until StopPlayback; or beep (ends itself)."""

    endpoint: str
    tone: str


@dataclass(frozen=True, slots=True)
class PlayMusic(Command):
    """Play music on hold until StopPlayback."""

    endpoint: str


@dataclass(frozen=True, slots=True)
class StopPlayback(Command):
    """Silence what PlayPrompt, PlayTone or PlayMusic began at this endpoint."""

    endpoint: str


@dataclass(frozen=True, slots=True)
class RingStations(Command):
    """Ring these handsets. The rest is shown where the handset can show it.

    ``presentation``: allowed, private or unavailable, as CallerIdReceived's.
    """

    stations: tuple[str, ...]
    number: str
    name: str
    presentation: str = "allowed"


@dataclass(frozen=True, slots=True)
class StopRinging(Command):
    stations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BridgeLegs(Command):
    """Join two endpoints' audio both ways, in C, until UnbridgeLegs."""

    first: str
    second: str


@dataclass(frozen=True, slots=True)
class UnbridgeLegs(Command):
    first: str
    second: str


@dataclass(frozen=True, slots=True)
class HearLeg(Command):
    """``listener`` hears ``source`` beside what it hears already, until UnhearLeg."""

    listener: str
    source: str


@dataclass(frozen=True, slots=True)
class UnhearLeg(Command):
    listener: str
    source: str


@dataclass(frozen=True, slots=True)
class MeasureLegs(Command):
    """Report QualityMeasured for two endpoints that are bridged, before UnbridgeLegs."""

    call_id: str
    first: str
    second: str


@dataclass(frozen=True, slots=True)
class SetSecretDigits(Command):
    """While on, no touch tone of this endpoint reaches a recording, on either side."""

    endpoint: str
    on: bool


@dataclass(frozen=True, slots=True)
class StartTimer(Command):
    """Report TimerExpired(timer_id) after ``seconds``; the id is unique for ever."""

    timer_id: str
    seconds: float


@dataclass(frozen=True, slots=True)
class CancelTimer(Command):
    timer_id: str


@dataclass(frozen=True, slots=True)
class StartRecording(Command):
    """Record an endpoint: its own voice left, what it hears right.

    ``kind``: call (two channels) or message (one channel, the caller alone).
    ``silence_limit_s``: for a message, report SpeechEnded after so much silence; 0 = never.
    """

    recording_id: str
    call_id: str
    endpoint: str
    kind: str
    silence_limit_s: float = 0.0


@dataclass(frozen=True, slots=True)
class StopRecording(Command):
    """``trim_ms``: so much of its end is the exchange's tone, and left out."""

    recording_id: str
    trim_ms: int = 0


@dataclass(frozen=True, slots=True)
class StoryNote(Command):
    """One line of a call's story: what was decided and why, with the figures that decided.

    ``call_id`` is empty for a note on the box itself (an illegal event, a handset off the hook).
    """

    call_id: str
    text: str
    figures: Mapping[str, Figure] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HistoryFact(Command):
    """One fact for the append-only history; of these kinds:

    call_began, call_identified, call_answered, digit, leg_began, leg_state, leg_ended, offer_began,
    offer_ended, recording, message_left, message_empty, call_connected, trouble, quality,
    call_ended. Their keys:
    appliance/core/README.md.
    """

    call_id: str
    kind: str
    data: Mapping[str, object] = field(default_factory=dict)
