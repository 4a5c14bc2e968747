"""The prompts: their texts, how they are made once and kept as files, and the clips they become.

A kept file is named after everything that decides its sound, so a changed text or voice is a new
file and an unchanged one is never made again.
"""

import hashlib
import os
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from appliance.audio import speech
from appliance.audio.clips import Clip, clip_bytes, decode_clip, load_clip
from appliance.audio.music import MUSIC_RECIPE, attention_clip, music_clip
from appliance.errors import PromptError

DEFAULT_LANGUAGE = "en"
SPEECH_RECIPE = f"espeak-ng/1/{speech.WORDS_PER_MINUTE}"  # changes with how speech is made
AUDIO_RECIPE = "audio/1"
MUSIC = "music"
_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
DEFAULT_TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "welcome": "Thank you for calling.",
        "wrong_key": "Sorry, that is not a choice.",
        "no_key": "I did not hear a choice.",
        "recording_notice": "This call may be recorded.",
        "leave_message": "Please leave a message after the tone. "
        "When you are done, hang up or press hash.",
        "message_saved": "Thank you. Your message has been saved.",
        "nobody_available": "Sorry, nobody can take your call right now.",
        "not_available": "Sorry, that is not available right now. Please call again later.",
        "cannot_record": "Sorry, messages can not be taken right now. Please call again later.",
        "goodbye": "Thank you for calling. Goodbye.",
        "hold": "Please hold. Somebody will be with you soon.",
        "claim_welcome": "Welcome to Counterbell. This box has no owner yet.",
        "claim_open": "On a phone or computer in the same network, open this address:",
        "claim_host": "counterbell dot local.",
        "claim_code": "Then type this code:",
        **{f"digit_{digit}": f"{word}." for digit, word in enumerate(_DIGITS)},
    }
)
Speak = Callable[[str, str], bytes]  # voice, text -> WAV file; raises PromptError
Progress = Callable[[int, int, str], None]  # done, of how many, the name of the one now done


@dataclass(frozen=True, slots=True)
class _Source:
    """How one prompt is made: the key of its file, and the work that makes its clip."""

    key: str
    make: Callable[[], Clip]


class PromptLibrary:
    """Prompts of one configuration, in one language.

    ``folder``: where the made ones are kept; ``made_before``: a folder with some that the
    installation made, copied rather than made again. ``texts`` are spoken in ``language`` and
    replace a default of the same name (those are English); ``own_defaults`` are this box's;
    ``audio``: WAV files, which win over a text.
    `prepare` and `load` read and write files: call them on a worker or from the command line.
    """

    def __init__(
        self,
        folder: Path,
        language: str = DEFAULT_LANGUAGE,
        texts: Mapping[str, str] = MappingProxyType({}),
        audio: Mapping[str, Path] = MappingProxyType({}),
        *,
        own_defaults: Mapping[str, str] = MappingProxyType({}),
        made_before: Path | None = None,
        speak: Speak = speech.speak,
    ) -> None:
        self._folder = folder
        self._made_before = made_before
        self._speak = speak
        self._audio = dict(audio)
        self._spoken = {name: (DEFAULT_LANGUAGE, text) for name, text in DEFAULT_TEXTS.items()}
        self._spoken.update({name: (DEFAULT_LANGUAGE, text) for name, text in own_defaults.items()})
        self._spoken.update({name: (language, text) for name, text in texts.items()})
        self._clips: Mapping[str, Clip] = {}
        self._problems: Mapping[str, str] = {}
        self._attention = attention_clip()

    @property
    def names(self) -> tuple[str, ...]:
        """Every prompt that can be played, and the music."""
        return tuple(sorted({*self._spoken, *self._audio, MUSIC}))

    @property
    def problems(self) -> Mapping[str, str]:
        """Prompts that could not be made or read at the last `prepare` or `load`, and why."""
        return self._problems

    def prepare(self, progress: Progress | None = None) -> None:
        """Make what is missing, then load everything. Raises PromptError when one can't be made.

        The others are made and loaded all the same; `problems` names each that is missing.
        """
        self._fill(progress, is_making=True)
        for problem in self._problems.values():
            raise PromptError(problem)

    def load(self) -> None:
        """Read what was made before; what is missing is named in `problems`."""
        self._fill(None, is_making=False)

    def clip(self, name: str) -> Clip:
        """A prompt; the attention tone when it could not be made. Raises PromptError if unknown."""
        clip = self._clips.get(name)
        if clip is not None:
            return clip
        if name in self._spoken or name in self._audio or name == MUSIC:
            return self._attention
        raise PromptError(f"there is no prompt {name!r}")

    @property
    def music(self) -> Clip | None:
        """Music on hold; None until it was made."""
        return self._clips.get(MUSIC)

    def _fill(self, progress: Progress | None, is_making: bool) -> None:
        clips: dict[str, Clip] = {}
        problems: dict[str, str] = {}
        for done, name in enumerate(self.names, 1):
            try:
                clips[name] = self._fetch(name, is_making)
            except PromptError as error:
                problems[name] = str(error)
            if progress is not None:
                progress(done, len(self.names), name)
        self._clips, self._problems = clips, problems

    def _fetch(self, name: str, is_making: bool) -> Clip:
        source = self._source(name)
        path = self._folder / f"{source.key}.wav"
        if not path.exists():
            if not is_making:
                raise PromptError(f"prompt {name} is not made yet; run: counterbell prompt make")
            _keep(path, self._found_or_made(source, path.name))
        return load_clip(name, path)

    def _found_or_made(self, source: _Source, file_name: str) -> bytes:
        if self._made_before is not None:
            with suppress(FileNotFoundError):
                return (self._made_before / file_name).read_bytes()
        return clip_bytes(source.make())

    def _source(self, name: str) -> _Source:
        if name in self._audio:
            return self._audio_source(name, self._audio[name])
        if name in self._spoken:
            language, text = self._spoken[name]
            try:
                voice = speech.voice_for(language)
            except PromptError as error:
                raise PromptError(f"prompt {name}: {error}") from error
            return _Source(_key(SPEECH_RECIPE, voice, text), lambda: self._say(name, voice, text))
        return _Source(_key(MUSIC_RECIPE), music_clip)

    def _audio_source(self, name: str, path: Path) -> _Source:
        try:
            data = path.read_bytes()
        except OSError as error:
            raise PromptError(f"prompt {name}: {path} can't be read: {error.strerror}") from error
        digest = hashlib.sha256(data).hexdigest()
        return _Source(_key(AUDIO_RECIPE, digest), lambda: decode_clip(name, data))

    def _say(self, name: str, voice: str, text: str) -> Clip:
        try:
            data = self._speak(voice, text)
        except PromptError as error:
            raise PromptError(f"prompt {name}: {error}") from error
        return decode_clip(name, data)


def _key(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _keep(path: Path, data: bytes) -> None:
    """Write a file whole or not at all. Raises PromptError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fd, name = tempfile.mkstemp(prefix=".making-", dir=path.parent)
        temporary = Path(name)
        try:
            with os.fdopen(fd, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.chmod(0o644)
            temporary.rename(path)
        except OSError:
            with suppress(OSError):
                temporary.unlink()
            raise
    except OSError as error:
        raise PromptError(f"{path.parent} can't be written: {error.strerror}") from error
