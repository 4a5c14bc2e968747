"""What the ports hear from us: prompts, music, tones and touch tones, each ended by the next."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from appliance.audio.binding import check, ffi, lib
from appliance.audio.clip_memory import ClipMemory
from appliance.audio.clips import Clip
from appliance.audio.loop_events import PLAY_REASONS, LoopEvent
from appliance.audio.port_table import PortTable
from appliance.audio.tones import Tone, tones_for
from appliance.audio.touch_tones import FEEDBACK_DB, SentKeys, ignored, touch_tone
from appliance.errors import AudioError

OnFinished = Callable[[str, str], None]


@dataclass(frozen=True, slots=True)
class _Playback:
    playback_id: str
    clips: tuple[int, ...]
    on_finished: OnFinished | None


class Player:
    """``pointer``: the C loop. Every method raises AudioError when C refuses."""

    def __init__(self, pointer: Any, ports: PortTable, country: str, music: Clip | None) -> None:
        self._pointer = pointer
        self._ports = ports
        self._clips = ClipMemory(pointer)
        self._playbacks: dict[int, _Playback] = {}
        self._next_playback = 1
        self.configure(country, music)

    @property
    def playing(self) -> int:
        """How many playbacks have not ended yet; tones are not counted."""
        return len(self._playbacks)

    def configure(self, country: str, music: Clip | None) -> None:
        """The country's tones and the music for what is played from now on."""
        self._tones = tones_for(country)
        self._music = music

    def play(
        self,
        port: int,
        playback_id: str,
        clips: Sequence[Clip],
        stop_on_digit: bool,
        on_finished: OnFinished,
    ) -> None:
        """Play clips one after the other instead of what the port hears now.

        ``on_finished(playback_id, reason)``, once: finished, digit, stopped or lost.
        """
        flags = lib.AUDIO_STOP_ON_DIGIT if stop_on_digit else 0
        self._start(port, playback_id, clips, flags, on_finished)

    def play_music(self, port: int) -> None:
        """Play music on hold until `stop`; the ringing tone when there is no music."""
        if self._music is None:
            self.play_tone(port, "ringback")
        else:
            self._start(port, "", [self._music], lib.AUDIO_REPEAT, None)

    def play_tone(self, port: int, tone: str) -> None:
        """Play dial, ringback, busy, reorder, howler or beep until `stop` (beep ends itself)."""
        self._ports.require(port)
        described = self._tones.get(tone)
        if described is None:
            raise AudioError(f"there is no tone {tone}; known are {', '.join(self._tones)}")
        number = self._number()
        started = lib.audio_port_tone(self._pointer, port, number, _tone_struct(described))
        check(started, f"tone on port {port}")

    def send_keys(self, port: int, keys: str, on_sent: Callable[[bool], None]) -> None:
        """Touch tones in place of what the port hears; see `interfaces.AudioPorts`."""
        SentKeys(self.play, port, keys, on_sent).start()

    def key_feedback(self, port: int, key: str) -> None:
        """A keypad's key: softly to the port itself, and to whoever hears it."""
        self._ports.require(port)
        hearing = [target for source, target in self._ports.routes_of(port) if source == port]
        for target in hearing:
            self.play(target, "", [touch_tone(key)], False, ignored)
        self.play(port, "", [touch_tone(key, FEEDBACK_DB)], False, ignored)

    def stop(self, port: int) -> None:
        """End the prompt, tone or music at this port, if any."""
        self._ports.require(port)
        check(lib.audio_port_stop(self._pointer, port), f"port {port}")

    # --- what C tells ------------------------------------------------------------------------

    def played(self, event: LoopEvent) -> None:
        """AUDIO_PLAYED."""
        playback = self._playbacks.pop(event.id, None)
        if playback is None:
            return  # a tone
        self._clips.let_go(playback.clips)
        if playback.on_finished is not None:
            playback.on_finished(playback.playback_id, PLAY_REASONS[event.detail])

    def clip_freed(self, event: LoopEvent) -> None:
        """AUDIO_CLIP_FREED."""
        self._clips.freed(event.id)

    # --- inside ------------------------------------------------------------------------------

    def _number(self) -> int:
        number = self._next_playback
        self._next_playback = number % 0xFFFFFFFF + 1
        return number

    def _start(
        self,
        port: int,
        playback_id: str,
        clips: Sequence[Clip],
        flags: int,
        on_finished: OnFinished | None,
    ) -> None:
        self._ports.require(port)
        if not 1 <= len(clips) <= lib.AUDIO_MAX_PLAYLIST:
            raise AudioError(f"{len(clips)} clips to play; 1 to {lib.AUDIO_MAX_PLAYLIST} fit")
        numbers = self._clips.hold(clips)
        playback = self._number()
        started = lib.audio_port_play(self._pointer, port, playback, numbers, len(numbers), flags)
        if started < 0:
            self._clips.let_go(numbers)
        check(started, f"prompt on port {port}")
        self._playbacks[playback] = _Playback(playback_id, numbers, on_finished)


def _tone_struct(tone: Tone) -> object:
    """``tone`` as C wants it; numbers it does not use are 0."""
    hz = [*tone.hz, 0][:2]
    on_ms = [round(on * 1000) for on, _ in tone.phases]
    off_ms = [round(off * 1000) for _, off in tone.phases]
    fields = {
        "hz": hz,
        "level_db10": round(tone.level_dbm0 * 10),
        "on_ms": on_ms,
        "off_ms": off_ms,
        "limit_ms": round(tone.limit_s * 1000),
    }
    made: object = ffi.new("audio_tone *", fields)
    return made
