"""Facts that reach the core, in the past tense. Frozen; times are given beside them, never inside.

An endpoint is a string: ``line:<name>`` or ``station:<extension>``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from appliance.core.commands import Figure
from appliance.core.plan import Plan


@dataclass(frozen=True, slots=True)
class Event:
    """Base of all events."""


# --- lines -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LineBecameReady(Event):
    """The line is on-hook and can be answered or seized."""

    line: str


@dataclass(frozen=True, slots=True)
class LineFailed(Event):
    """The line's equipment is gone or unusable. ``reason`` is one sentence for the owner.

    ``back_soon``: it is being restarted, say, so an emergency call without another line may wait.
    """

    line: str
    reason: str
    back_soon: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class RingDetected(Event):
    """One burst of ringing began."""

    line: str


@dataclass(frozen=True, slots=True)
class RingsStopped(Event):
    """It has not rung for longer than any ringing pauses: who rang gave up.

    Told by a line whose ringing is sensed by ourselves; of others `TelephonyPlan.ring_gap_s` tells.
    """

    line: str


@dataclass(frozen=True, slots=True)
class CallerIdReceived(Event):
    """Who calls. ``presentation``: allowed, private or unavailable."""

    line: str
    number: str
    name: str
    presentation: str


@dataclass(frozen=True, slots=True)
class CallWaitingReceived(Event):
    """A second caller rings a line that is off-hook. Fields as CallerIdReceived's."""

    line: str
    number: str
    name: str
    presentation: str


@dataclass(frozen=True, slots=True)
class LineAnswered(Event):
    """The line is off-hook, its audio flows both ways and has settled: speak now."""

    line: str


@dataclass(frozen=True, slots=True)
class LineDialled(Event):
    """The number was sent and the network has it. ``audible``: what the far end makes is heard.

    When it is not, AudioBegan follows as soon as it is (a cellular modem after the connection).
    """

    line: str
    audible: bool


@dataclass(frozen=True, slots=True)
class AudioBegan(Event):
    """The dialled line's sound flows both ways from here on."""

    line: str


@dataclass(frozen=True, slots=True)
class AnswerSignHeard(Event):
    """Something that may mean that who was dialled has answered; core.answer weighs it.

    ``sign``: a key of ``core.answer.SIGNS``. ``figures``: what was measured of it.
    """

    line: str
    sign: str
    figures: Mapping[str, Figure] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DialFailed(Event):
    """The dialled call came to nothing; the core releases the line.

    ``cause``: busy, no_answer, no_dial_tone, rejected, unobtainable, congestion, no_service,
    line_in_use (by another telephone), incoming_call (glare: it rings in, RingDetected follows),
    number (refused: not a number) or ended (by the network, no cause given).
    """

    line: str
    cause: str


@dataclass(frozen=True, slots=True)
class HangUpSignHeard(Event):
    """Something that may mean that the far end is gone; core.hang_up weighs it.

    ``sign``: a key of ``core.hang_up.WEIGHTS``. ``figures``: what was measured of it.
    """

    line: str
    sign: str
    figures: Mapping[str, Figure] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SilenceHeard(Event):
    """Nothing but silence has come from the far end for ``seconds``, up to now.

    ``limit_s``: so long a silence is enough by itself.
    """

    line: str
    seconds: float
    limit_s: float


@dataclass(frozen=True, slots=True)
class CallerHungUp(Event):
    """The far end is gone for certain. ``evidence``: modem_ended, modem_no_carrier, rings_end."""

    line: str
    evidence: str


@dataclass(frozen=True, slots=True)
class LineReleased(Event):
    """The line is on-hook again after ReleaseLine and will ring for the next caller."""

    line: str


# --- stations --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StationBecameReady(Event):
    """The handset's port works. ``off_hook``: the handset is lifted already."""

    station: str
    off_hook: bool


@dataclass(frozen=True, slots=True)
class StationFailed(Event):
    """The handset's port is gone."""

    station: str
    reason: str


@dataclass(frozen=True, slots=True)
class StationLifted(Event):
    station: str


@dataclass(frozen=True, slots=True)
class StationHungUp(Event):
    station: str


@dataclass(frozen=True, slots=True)
class StationFlashed(Event):
    """The hook was tapped for 80-800 ms."""

    station: str


# --- both ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DigitReceived(Event):
    """A key was pressed at an endpoint. ``source``: in_band, modem or pulse."""

    endpoint: str
    digit: str
    source: str


@dataclass(frozen=True, slots=True)
class PlaybackFinished(Event):
    """A PlayPrompt ended. ``reason``: finished, digit, stopped or lost."""

    playback_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class TimerExpired(Event):
    timer_id: str


@dataclass(frozen=True, slots=True)
class RecordingStarted(Event):
    recording_id: str


@dataclass(frozen=True, slots=True)
class RecordingFailed(Event):
    """The recording could not begin or go on (disk full ...). The call goes on."""

    recording_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class RecordingStopped(Event):
    """The recording is closed. ``ms``: its length."""

    recording_id: str
    ms: int


@dataclass(frozen=True, slots=True)
class DigitsBlanked(Event):
    """Secret digits were blanked in this recording, in both channels, for this span of it."""

    recording_id: str
    from_ms: int
    to_ms: int


@dataclass(frozen=True, slots=True)
class SecretDigitsAsked(Event):
    """Somebody at the shop asks for secret digits in a talk, or ends that."""

    call_id: str
    on: bool


@dataclass(frozen=True, slots=True)
class OneWayHeard(Event):
    """Nothing comes from ``endpoint`` though it is spoken to, or comes again (``over``).

    ``ms``: for how long it has been dead.
    """

    endpoint: str
    ms: int
    over: bool


@dataclass(frozen=True, slots=True)
class QualityMeasured(Event):
    """The answer to MeasureLegs: ``figures`` as in docs/audio.md."""

    call_id: str
    figures: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class SpeechEnded(Event):
    """Nobody has spoken on this message recording for its silence limit."""

    recording_id: str


@dataclass(frozen=True, slots=True)
class LocalTimeTold(Event):
    """The shop's own clock now: ``day`` as 2026-11-22, ``second`` of that day.

    Told at the start, when a day begins, and when the clock was set.
    """

    day: str
    second: float


@dataclass(frozen=True, slots=True)
class CallsCounted(Event):
    """What went out on a line on ``day`` before the box started: for the limits of a day."""

    day: str
    line: str
    calls: int
    seconds: float


@dataclass(frozen=True, slots=True)
class CallAsked(Event):
    """Somebody at the page wants ``number`` called from a handset: it rings there first.

    ``is_automatic``: no person asked, but a program.
    """

    station: str
    number: str
    is_automatic: bool = False


@dataclass(frozen=True, slots=True)
class WelcomeTold(Event):
    """What a lifted handset says to who dials nothing; () of a box with an owner."""

    prompts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ConfigApplied(Event):
    """A new plan is in force for calls that begin from now on."""

    plan: Plan
