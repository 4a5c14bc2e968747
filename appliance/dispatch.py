"""Carries the core's commands out: which driver, which audio port, which timer."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from appliance.audio.engine import AudioEngine
from appliance.audio.prompts import PromptLibrary
from appliance.audio.recorder import Recorder
from appliance.call_quality import measure
from appliance.core import commands as intent
from appliance.core.events import (
    AudioBegan,
    DigitsBlanked,
    Event,
    LineAnswered,
    LineBecameReady,
    LineDialled,
    LineFailed,
    LineReleased,
    OneWayHeard,
    PlaybackFinished,
    QualityMeasured,
    RecordingFailed,
    RecordingStarted,
    RecordingStopped,
    SpeechEnded,
    StationBecameReady,
    StationFailed,
    StationHungUp,
    StationLifted,
    TimerExpired,
)
from appliance.errors import AudioError, PromptError
from appliance.interfaces import EventSink, HangUpTone, LineDriver, StationDriver
from appliance.settings import Settings

LINE_PREFIX = "line:"
STATION_PREFIX = "station:"


@dataclass
class Edges:
    """Everything a command can reach. Replaced whole when the configuration changes."""

    audio: AudioEngine
    recorder: Recorder
    prompts: PromptLibrary
    lines: dict[str, LineDriver] = field(default_factory=dict)
    stations: dict[str, StationDriver] = field(default_factory=dict)
    automatic_levels: frozenset[str] = frozenset()  # endpoints
    hang_up_tones: Mapping[str, Sequence[HangUpTone]] = field(default_factory=dict)  # by line


def hang_up_tones(settings: Settings) -> dict[str, tuple[HangUpTone, ...]]:
    """By line, what its configuration says its exchange gives when the far end hangs up."""
    return {
        line.name: tuple(
            HangUpTone(
                tone.hz,
                tuple(
                    (on / 1000, off / 1000) for on, off in zip(tone.on_ms, tone.off_ms, strict=True)
                ),
            )
            for tone in line.hang_up_tone
        )
        for line in settings.lines
    }


class Dispatcher:
    """Hands each command to its edge, in order. Main thread only.

    ``post`` receives what the edges report back, ``tell`` what could not be done.
    """

    def __init__(
        self,
        edges: Edges,
        loop: asyncio.AbstractEventLoop,
        post: EventSink,
        tell: Callable[[intent.StoryNote], None],
    ) -> None:
        self.edges = edges
        self._loop = loop
        self._post = post
        self._tell = tell
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._lifted: set[str] = set()  # stations off the hook: on it, nobody presses keys
        self._calling: set[str] = set()  # lines on which a number was dialled, until released
        self._metered: dict[int, str] = {}  # port -> the endpoint that talks there
        edges.audio.legs.on_one_way = self._one_way
        self._actions: Mapping[type[intent.Command], Callable[..., None]] = {
            intent.AnswerLine: lambda c: self._line(c.line, lambda line: line.answer()),
            intent.DialLine: lambda c: self._line(
                c.line, lambda line: line.dial(c.number, c.insists)
            ),
            intent.SendDigit: lambda c: self._line(c.line, lambda line: line.send_digit(c.digit)),
            intent.FlashLine: lambda c: self._line(c.line, lambda line: line.flash()),
            intent.ReleaseLine: lambda c: self._line(c.line, lambda line: line.release()),
            intent.PlayPrompt: self._play_prompt,
            intent.PlayTone: lambda c: self._on_port(
                c.endpoint, lambda port: self._play_tone(port, c.tone)
            ),
            intent.PlayMusic: lambda c: self._on_port(
                c.endpoint, self.edges.audio.player.play_music
            ),
            intent.StopPlayback: lambda c: self._on_port(c.endpoint, self.edges.audio.player.stop),
            intent.RingStations: self._ring,
            intent.StopRinging: self._stop_ringing,
            intent.BridgeLegs: self._bridge,
            intent.MeasureLegs: self._measure,
            intent.UnbridgeLegs: self._unbridge,
            intent.HearLeg: lambda c: self._hear(c.listener, c.source, True),
            intent.UnhearLeg: lambda c: self._hear(c.listener, c.source, False),
            intent.SetSecretDigits: lambda c: self._on_port(
                c.endpoint, lambda port: self.edges.audio.legs.set_secret(port, c.on)
            ),
            intent.StartTimer: self._start_timer,
            intent.CancelTimer: self._cancel_timer,
            intent.StartRecording: self._start_recording,
            intent.StopRecording: self._stop_recording,
        }

    def carry_out(self, commands: Iterable[intent.Command]) -> None:
        """Do each command, and the next one whatever the audio loop says to this one.

        Notes and facts are the store's and are passed over here.
        """
        for command in commands:
            action = self._actions.get(type(command))
            if action is None:
                continue
            try:
                action(command)
            except AudioError as error:
                self._tell(intent.StoryNote("", f"{type(command).__name__} failed: {error}"))

    def observe(self, event: Event) -> None:
        """Before the core hears of it: a line or handset that came alive is listened to."""
        try:
            self._listen_after(event)
        except AudioError as error:
            self._tell(intent.StoryNote("", f"Nothing will be heard after {event}: {error}"))

    def _listen_after(self, event: Event) -> None:
        if isinstance(event, LineAnswered):
            self._listen_to_line(LINE_PREFIX + event.line, lenient=True)
        elif isinstance(event, AudioBegan) or (isinstance(event, LineDialled) and event.audible):
            self._calling.add(event.line)
            self._listen_to_line(LINE_PREFIX + event.line, lenient=False)
        elif isinstance(event, LineReleased | LineFailed | LineBecameReady):
            self._calling.discard(event.line)
        elif isinstance(event, StationLifted | StationHungUp | StationBecameReady | StationFailed):
            self._listen_after_hook(event)

    def _listen_after_hook(
        self, event: StationLifted | StationHungUp | StationBecameReady | StationFailed
    ) -> None:
        off_hook = isinstance(event, StationLifted)
        if isinstance(event, StationBecameReady):
            off_hook = event.off_hook
        if off_hook:
            self._lifted.add(event.station)
        else:
            self._lifted.discard(event.station)
        if not isinstance(event, StationFailed):
            self._listen(STATION_PREFIX + event.station)

    def close(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    # --- ports -------------------------------------------------------------------------------

    def port_of(self, endpoint: str) -> int | None:
        """The port behind ``line:<name>`` or ``station:<extension>``; None without one now."""
        driver: LineDriver | StationDriver | None
        if endpoint.startswith(LINE_PREFIX):
            driver = self.edges.lines.get(endpoint.removeprefix(LINE_PREFIX))
        else:
            driver = self.edges.stations.get(endpoint.removeprefix(STATION_PREFIX))
        return driver.port if driver is not None else None

    def _on_port(self, endpoint: str, action: Callable[[int], object]) -> None:
        port = self.port_of(endpoint)
        if port is not None:
            action(port)

    def _listen(self, endpoint: str) -> None:
        """Leniently for a key that a menu waits for; strictly while people talk."""
        port = self.port_of(endpoint)
        if port is None:
            return
        lenient = not self.edges.audio.is_bridged(port)
        if endpoint.startswith(LINE_PREFIX):
            self._listen_to_line(endpoint, lenient=lenient)
        else:
            lifted = endpoint.removeprefix(STATION_PREFIX) in self._lifted
            self.edges.audio.listen(
                port, digits=lifted, busy=False, silence_ms=0, lenient=lifted and lenient
            )

    def _listen_to_line(self, endpoint: str, *, lenient: bool) -> None:
        line = self.edges.lines.get(endpoint.removeprefix(LINE_PREFIX))
        if line is not None and line.port is not None:
            silence_ms = line.silence_ms
            learned = self.edges.hang_up_tones.get(line.name, ())
            self.edges.audio.set_hang_up_tones(line.port, learned)
            self.edges.audio.listen(
                line.port,
                digits=True,
                busy=True,
                silence_ms=silence_ms,
                lenient=lenient,
                answer=line.name in self._calling,
            )

    # --- lines and stations ------------------------------------------------------------------

    def _line(self, name: str, act: Callable[[LineDriver], None]) -> None:
        driver = self.edges.lines.get(name)
        if driver is not None:
            act(driver)

    def _ring(self, command: intent.RingStations) -> None:
        for extension in command.stations:
            if extension in self.edges.stations:
                self.edges.stations[extension].ring(
                    command.number, command.name, command.presentation
                )

    def _stop_ringing(self, command: intent.StopRinging) -> None:
        for extension in command.stations:
            if extension in self.edges.stations:
                self.edges.stations[extension].stop_ringing()

    # --- audio -------------------------------------------------------------------------------

    def _play_prompt(self, command: intent.PlayPrompt) -> None:
        port = self.port_of(command.endpoint)
        if port is None:
            self._later(PlaybackFinished(command.playback_id, "lost"))
            return
        try:
            clips = [self.edges.prompts.clip(name) for name in command.prompts]
            self.edges.audio.player.play(
                port, command.playback_id, clips, command.stop_on_digit, self._playback_finished
            )
        except (PromptError, AudioError):
            self._later(PlaybackFinished(command.playback_id, "lost"))

    def _playback_finished(self, playback_id: str, reason: str) -> None:
        self._post(PlaybackFinished(playback_id, reason))

    def _play_tone(self, port: int, tone: str) -> None:
        self.edges.audio.player.play_tone(port, tone)

    def _bridge(self, command: intent.BridgeLegs) -> None:
        first, second = self.port_of(command.first), self.port_of(command.second)
        if first is None or second is None:
            return  # the driver's own report that its port is gone ends the call
        self.edges.audio.bridge(first, second)
        self._meter(command.first, first)
        self._meter(command.second, second)
        self._listen(command.first)
        self._listen(command.second)

    def _measure(self, command: intent.MeasureLegs) -> None:
        first, second = self.port_of(command.first), self.port_of(command.second)
        figures = measure(self.edges.audio, first, second)
        if figures:
            self._post(QualityMeasured(command.call_id, figures))

    def _one_way(self, port: int, side: str, ms: int, is_dead: bool) -> None:
        endpoint = self._metered.get(port)
        if endpoint is not None and side == "in":  # who hears nothing of it tells "out": the same
            self._post(OneWayHeard(endpoint, ms, not is_dead))

    def _meter(self, endpoint: str, port: int) -> None:
        """From the first bridge on; further ones change nothing."""
        if self._metered.get(port) == endpoint:
            return
        self._metered[port] = endpoint
        self.edges.audio.legs.meter(port, True)
        levelled = endpoint in self.edges.automatic_levels
        self.edges.audio.legs.set_automatic_level(port, levelled)

    def _meter_no_more(self, endpoint: str, port: int | None) -> None:
        self._metered = {p: e for p, e in self._metered.items() if e != endpoint}
        if port is not None:
            self.edges.audio.legs.meter(port, False)
            self.edges.audio.legs.set_automatic_level(port, False)

    def _unbridge(self, command: intent.UnbridgeLegs) -> None:
        first, second = self.port_of(command.first), self.port_of(command.second)
        if first is not None and second is not None:
            self.edges.audio.unbridge(first, second)
        for endpoint, port in ((command.first, first), (command.second, second)):
            self._listen(endpoint)
            if port is None or not self.edges.audio.is_bridged(port):
                self._meter_no_more(endpoint, port)

    def _hear(self, listener: str, source: str, is_on: bool) -> None:
        hearing, heard = self.port_of(listener), self.port_of(source)
        if hearing is not None and heard is not None:
            self.edges.audio.hear(hearing, heard, is_on)
        self._listen(listener)

    # --- timers ------------------------------------------------------------------------------

    def _start_timer(self, command: intent.StartTimer) -> None:
        self._timers[command.timer_id] = self._loop.call_later(
            command.seconds, self._timer_expired, command.timer_id
        )

    def _cancel_timer(self, command: intent.CancelTimer) -> None:
        timer = self._timers.pop(command.timer_id, None)
        if timer is not None:
            timer.cancel()

    def _timer_expired(self, timer_id: str) -> None:
        self._timers.pop(timer_id, None)
        self._post(TimerExpired(timer_id))

    def _later(self, event: Event) -> None:
        self._loop.call_soon(self._post, event)

    # --- recordings --------------------------------------------------------------------------

    def _start_recording(self, command: intent.StartRecording) -> None:
        port = self.port_of(command.endpoint)
        recording_id = command.recording_id
        if port is None:
            self._later(RecordingFailed(recording_id, "the line has no audio"))
            return
        self.edges.recorder.start(
            recording_id,
            command.call_id,
            port,
            command.kind,
            command.silence_limit_s,
            on_started=lambda: self._post(RecordingStarted(recording_id)),
            on_failed=lambda reason: self._post(RecordingFailed(recording_id, reason)),
            on_speech_ended=lambda: self._post(SpeechEnded(recording_id)),
            on_blanked=lambda from_ms, to_ms: self._post(
                DigitsBlanked(recording_id, from_ms, to_ms)
            ),
        )

    def _stop_recording(self, command: intent.StopRecording) -> None:
        recording_id = command.recording_id
        self.edges.recorder.stop(
            recording_id,
            on_stopped=lambda ms: self._post(RecordingStopped(recording_id, ms)),
            trim_ms=command.trim_ms,
        )
