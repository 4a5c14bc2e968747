"""One recording asked for: its table, and its fate, told even after the call's end."""

from collections.abc import Callable
from enum import Enum

from appliance.core.commands import StartRecording, StopRecording
from appliance.core.desk import Desk
from appliance.core.machine import Machine


class RecordingState(Enum):
    ASKED = "asked"
    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"


class RecordingInput(Enum):
    STARTED = "RecordingStarted"
    STOP = "stop"
    STOPPED = "RecordingStopped"
    FAILED = "RecordingFailed"
    SILENCE = "SpeechEnded"


_LIVE = (RecordingState.ASKED, RecordingState.RUNNING, RecordingState.STOPPING)

RECORDING_TABLE: dict[tuple[RecordingState, RecordingInput], RecordingState] = {
    (RecordingState.ASKED, RecordingInput.STARTED): RecordingState.RUNNING,
    (RecordingState.STOPPING, RecordingInput.STARTED): RecordingState.STOPPING,
    (RecordingState.ASKED, RecordingInput.STOP): RecordingState.STOPPING,
    (RecordingState.RUNNING, RecordingInput.STOP): RecordingState.STOPPING,
    **{(state, RecordingInput.STOPPED): RecordingState.STOPPED for state in _LIVE},
    **{(state, RecordingInput.FAILED): RecordingState.FAILED for state in _LIVE},
    **{(state, RecordingInput.SILENCE): state for state in _LIVE},
}


class Recording:
    """Starts when made. ``ended`` is called once, when the file is closed or was never possible."""

    def __init__(
        self,
        desk: Desk,
        call_id: str,
        endpoint: str,
        kind: str,
        *,
        silence_limit_s: float = 0.0,
        ended: "Callable[[Recording], None] | None" = None,
        silent: Callable[[], None] | None = None,
    ) -> None:
        self._desk = desk
        self._call_id = call_id
        self._kind = kind
        self._ended = ended
        self._silent = silent
        self.ms = 0
        self._secret_spans: list[dict[str, int]] = []
        self.recording_id = desk.new_id("recording")
        self._machine = Machine(f"recording {kind}", RECORDING_TABLE, RecordingState.ASKED)
        desk.recordings[self.recording_id] = self
        desk.emit(StartRecording(self.recording_id, call_id, endpoint, kind, silence_limit_s))

    @property
    def state(self) -> RecordingState:
        return self._machine.state

    def stop(self, trim_ms: int = 0) -> None:
        """Ask for the end; nothing happens when it has ended or was asked already.

        ``trim_ms``: how much of the end to leave out.
        """
        if self._machine.accepts(RecordingInput.STOP):
            self._machine.move(RecordingInput.STOP)
            self._desk.emit(StopRecording(self.recording_id, trim_ms))

    def started(self) -> None:
        self._machine.move(RecordingInput.STARTED)
        self._fact("started")

    def failed(self, reason: str) -> None:
        self._machine.move(RecordingInput.FAILED)
        self._fact("failed", reason)
        self._desk.note(self._call_id, f"The {self._kind} could not be recorded: {reason}")
        self._close()

    def stopped(self, ms: int) -> None:
        self._machine.move(RecordingInput.STOPPED)
        self.ms = ms
        self._fact("stopped")
        self._close()

    def blanked(self, from_ms: int, to_ms: int) -> None:
        """Secret digits were blanked there: the file and its spans belong together."""
        self._secret_spans.append({"from_ms": from_ms, "to_ms": to_ms})

    def speech_ended(self) -> None:
        state = self._machine.move(RecordingInput.SILENCE)
        if self._silent is not None and state is not RecordingState.STOPPING:
            self._silent()

    def _fact(self, outcome: str, reason: str = "") -> None:
        self._desk.fact(
            self._call_id,
            "recording",
            recording_id=self.recording_id,
            kind=self._kind,
            outcome=outcome,
            ms=self.ms,
            reason=reason,
            **({"secret_spans": self._secret_spans} if self._secret_spans else {}),
        )

    def _close(self) -> None:
        del self._desk.recordings[self.recording_id]
        if self._ended is not None:
            self._ended(self)
