"""Clips: what the audio loop can play. Made from WAV files, at 8 kHz and one loudness."""

from array import array
from dataclasses import dataclass
from pathlib import Path

from appliance.audio.loudness import match_loudness
from appliance.audio.resample import RATE_HZ, to_telephone_rate
from appliance.audio.wav import pcm_wav, read_wav
from appliance.errors import PromptError


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """A piece of sound, 8 kHz 16-bit. Never change ``samples``: the audio thread reads them."""

    name: str
    samples: "array[int]"

    @property
    def ms(self) -> int:
        return len(self.samples) * 1000 // RATE_HZ


def decode_clip(name: str, data: bytes) -> Clip:
    """A clip from any WAV file that `read_wav` takes. Raises PromptError."""
    try:
        wav = read_wav(data)
        samples = match_loudness(to_telephone_rate(wav.samples, wav.rate_hz))
    except PromptError as error:
        raise PromptError(f"prompt {name}: {error}") from error
    if not samples:
        raise PromptError(f"prompt {name}: the file holds no sound; record it again")
    return Clip(name, samples)


def load_clip(name: str, path: Path) -> Clip:
    """Read a clip that `clip_bytes` made, as it is. Raises PromptError."""
    try:
        wav = read_wav(path.read_bytes())
    except OSError as error:
        raise PromptError(f"prompt {name}: {path} can't be read: {error.strerror}") from error
    if wav.rate_hz != RATE_HZ or not wav.samples:
        raise PromptError(f"prompt {name}: {path} is not a prepared prompt; delete it")
    return Clip(name, wav.samples)


def clip_bytes(clip: Clip) -> bytes:
    """The clip as a WAV file, for `load_clip`."""
    return pcm_wav(clip.samples, RATE_HZ)
