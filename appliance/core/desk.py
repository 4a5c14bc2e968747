"""What all machines share while one event is worked on: time, ids, timers and what goes out."""

from collections.abc import Callable
from typing import Protocol

from appliance.core.commands import (
    Command,
    Figure,
    HistoryFact,
    PlayMusic,
    PlayPrompt,
    PlayTone,
    StopPlayback,
    StoryNote,
)
from appliance.core.plan import Plan
from appliance.core.timers import Timer, Timers

AfterPlayback = Callable[[str], None]  # told the reason: finished, digit, stopped or lost


class RecordingEvents(Protocol):
    """What a recording hears; it may outlive its call until the file is closed."""

    def started(self) -> None: ...

    def failed(self, reason: str) -> None: ...

    def stopped(self, ms: int) -> None: ...

    def speech_ended(self) -> None: ...

    def blanked(self, from_ms: int, to_ms: int) -> None: ...


class ClosedRecording:
    """Stands for a recording that is over: what still comes in about it means nothing."""

    def started(self) -> None:
        """Too late."""

    def failed(self, reason: str) -> None:
        """Too late."""

    def stopped(self, ms: int) -> None:
        """Too late."""

    def speech_ended(self) -> None:
        """Too late."""

    def blanked(self, from_ms: int, to_ms: int) -> None:
        """Too late."""


CLOSED_RECORDING = ClosedRecording()


class Desk:
    """One for each exchange. ``now``: monotonic seconds of the event; ``passes``: events so far."""

    def __init__(self, plan: Plan, new_id: Callable[[str], str]) -> None:
        self.plan = plan
        self.new_id = new_id
        self.now = 0.0
        self.passes = 0
        self.welcome: tuple[str, ...] = ()  # what a lifted handset says to who dials nothing
        self.recordings: dict[str, RecordingEvents] = {}
        self.timers = Timers(new_id, self.emit)
        self._out: list[Command] = []
        self._heard: dict[str, str] = {}  # endpoint -> the playback id or tone that sounds there
        self._playbacks: dict[str, tuple[str, AfterPlayback]] = {}

    def begin(self, now: float) -> None:
        self.now = now
        self.passes += 1

    def finish(self) -> list[Command]:
        """The commands of this event, in the order in which they were decided."""
        out, self._out = self._out, []
        return out

    def emit(self, command: Command) -> None:
        self._out.append(command)

    def note(self, call_id: str, text: str, /, **figures: Figure) -> None:
        """Tell the story: what was decided and why, with the figures that decided."""
        self.emit(StoryNote(call_id, text, figures))

    def fact(self, call_id: str, kind: str, /, **data: object) -> None:
        """Remember for ever; kinds and keys are listed in this folder's README."""
        self.emit(HistoryFact(call_id, kind, data))

    def recording(self, recording_id: str) -> RecordingEvents:
        """The recording of this id; one that is closed already hears nothing more."""
        return self.recordings.get(recording_id, CLOSED_RECORDING)

    def timer(self, owner: str) -> Timer:
        return Timer(self.timers, owner)

    # --- what an endpoint hears: one thing at a time --------------------------------------------

    def play(
        self,
        endpoint: str,
        prompts: tuple[str, ...],
        then: AfterPlayback,
        stop_on_digit: bool = False,
    ) -> None:
        """Play prompts in place of whatever sounds there; ``then`` is told how it ended."""
        self._forget(endpoint)
        playback_id = self.new_id("playback")
        self._heard[endpoint] = playback_id
        self._playbacks[playback_id] = (endpoint, then)
        self.emit(PlayPrompt(playback_id, endpoint, prompts, stop_on_digit))

    def tone(self, endpoint: str, tone: str) -> None:
        """Play a lasting tone in place of whatever sounds there; the same one simply goes on."""
        if self._heard.get(endpoint) == tone:
            return
        self._forget(endpoint)
        self._heard[endpoint] = tone
        self.emit(PlayTone(endpoint, tone))

    def music(self, endpoint: str) -> None:
        """Play music on hold in place of whatever sounds there."""
        self._forget(endpoint)
        self._heard[endpoint] = "music"
        self.emit(PlayMusic(endpoint))

    def beep(self, endpoint: str) -> None:
        """The recording tone, which ends by itself."""
        self._forget(endpoint)
        self.emit(PlayTone(endpoint, "beep"))

    def silence(self, endpoint: str) -> None:
        """Stop what sounds there, if anything does."""
        if self._forget(endpoint):
            self.emit(StopPlayback(endpoint))

    def playback_finished(self, playback_id: str, reason: str) -> None:
        """A playback that was replaced meanwhile is nobody's any more: nothing happens."""
        found = self._playbacks.pop(playback_id, None)
        if found is not None:
            endpoint, then = found
            del self._heard[endpoint]
            then(reason)

    def _forget(self, endpoint: str) -> bool:
        heard = self._heard.pop(endpoint, None)
        if heard is not None:
            self._playbacks.pop(heard, None)
        return heard is not None
