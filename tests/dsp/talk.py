"""What must not be taken for a key: vowels built to fall on the keys' tones, speech, music.

Each kind is a function of (seconds, generator of chance) and gives that much sound at -15 dBm0.
"""

import math
import shutil
import subprocess
from collections.abc import Callable
from typing import cast

import numpy as np

from tests.dsp.signals import HIGH_HZ, LOW_HZ, RATE_HZ, Samples, band, levelled

LEVEL_DBM0 = -15.0
CONTROL = 16  # formants and envelopes are worked out every 2 ms and joined by straight lines
Maker = Callable[[float, np.random.Generator], Samples]
Curve = Callable[[Samples], Samples]  # 0..1 of a sound's length in, a quantity out


def _fill(seconds: float, make: Callable[[], tuple[Samples, float]]) -> Samples:
    """Sounds one after another, each followed by so many seconds of nothing, all levelled."""
    total = round(seconds * RATE_HZ)
    out = np.zeros(total)
    at = 0
    while at < total:
        sound, pause_s = make()
        part = sound[: total - at]
        out[at : at + len(part)] += part
        at += len(sound) + round(pause_s * RATE_HZ)
    return levelled(out, LEVEL_DBM0)


def _harmonics(pitch_hz: Samples, gain: Callable[[Samples, Samples], Samples]) -> Samples:
    """Every harmonic of a moving pitch below 3,400 Hz.

    ``gain``: from a harmonic's frequencies and its place 0..1 in the sound, both every 2 ms.
    """
    count = len(pitch_hz)
    phase = 2 * np.pi * np.cumsum(pitch_hz) / RATE_HZ
    knots = np.arange(0, count + CONTROL, CONTROL)
    place = knots / max(count, 1)
    pitch = np.interp(knots, np.arange(count), pitch_hz)
    at = np.arange(count)
    twice_cosine, now, before = 2 * np.cos(phase), np.sin(phase), np.zeros(count)
    out = np.zeros(count)
    for number in range(1, int(3400 / float(pitch_hz.min())) + 1):
        hz = number * pitch
        level = np.where(hz < 3400, gain(hz, place), 0.0) / math.sqrt(number)
        out += now * np.interp(at, knots, level)
        now, before = twice_cosine * now - before, now
    return out


def _formants(
    centres: list[Curve], widths: tuple[float, ...], weights: tuple[float, ...], floor: float
) -> Callable[[Samples, Samples], Samples]:
    def gain(hz: Samples, place: Samples) -> Samples:
        total = np.full_like(hz, floor)
        for centre, width, weight in zip(centres, widths, weights, strict=True):
            total += weight / (1 + ((hz - centre(place)) / width) ** 2)
        return total

    return gain


def _line(start: float, end: float) -> Curve:
    return lambda place: start + (end - start) * place


def vowels(seconds: float, rng: np.random.Generator) -> Samples:
    """Pure vowels that glide from one shape to another under a falling or rising pitch."""

    def syllable() -> tuple[Samples, float]:
        place = np.linspace(0, 1, round(RATE_HZ * rng.uniform(0.08, 0.33)))
        pitch = rng.uniform(90, 250) * (1 + rng.uniform(-0.2, 0.2) * place)
        centres = [
            _line(rng.uniform(300, 800), rng.uniform(300, 800)),
            _line(rng.uniform(900, 2100), rng.uniform(900, 2100)),
            _line(2400, 2700),
        ]
        shape = _formants(centres, (90, 120, 180), (1, 0.6, 0.3), 0.02)
        return _harmonics(pitch, shape) * np.sin(np.pi * place), 0.3 if rng.random() < 0.2 else 0.02

    return _fill(seconds, syllable)


def singing(seconds: float, rng: np.random.Generator) -> Samples:
    """Held vowels with vibrato and tremolo: two strong formants, pitches of 100 to 450 Hz."""

    def note() -> tuple[Samples, float]:
        place = np.linspace(0, 1, round(RATE_HZ * rng.uniform(0.25, 1.2)))
        seconds_in = np.arange(len(place)) / RATE_HZ
        rate_hz, depth = rng.uniform(4, 7), rng.uniform(0, 0.03)
        beat = np.sin(2 * np.pi * rate_hz * seconds_in + rng.uniform(0, 2 * np.pi))
        pitch = rng.uniform(100, 450) * (1 + depth * beat)
        first, second = rng.uniform(600, 1000), rng.uniform(1100, 1700)
        shape = _formants(
            [_line(first, first), _line(second, second)], (70, 90), (1, 0.8), rng.uniform(0, 0.02)
        )
        edge = np.clip(np.minimum(place, 1 - place) * len(place) / 400, 0, 1)
        return _harmonics(pitch, shape) * edge * (1 + 0.2 * beat), rng.uniform(0, 0.2)

    return _fill(seconds, note)


def aimed_vowels(seconds: float, rng: np.random.Generator) -> Samples:
    """The worst talker: a pitch two of whose harmonics are a key's tones, formants upon them."""

    def syllable() -> tuple[Samples, float]:
        low, high = rng.choice(LOW_HZ), rng.choice(HIGH_HZ)
        part = int(rng.integers(3, 9))
        pitch = low / part
        whole = max(round(high / pitch), part + 1)
        centre = 0.5 * (pitch + high / whole) * (1 + rng.normal(0, 0.01))
        place = np.linspace(0, 1, round(RATE_HZ * rng.uniform(0.06, 0.3)))
        glide = rng.normal(0, 0.06)
        knots = np.arange(0, len(place) + 80, 80)
        jitter = 1 + 0.003 * np.interp(np.arange(len(place)), knots, rng.normal(0, 1, len(knots)))
        shape = _formants(
            [
                _line(low * rng.uniform(0.9, 1.1), low * rng.uniform(0.9, 1.1)),
                _line(high * rng.uniform(0.9, 1.1), high * rng.uniform(0.9, 1.1)),
            ],
            (rng.uniform(40, 110), rng.uniform(50, 130)),
            (1, 10 ** rng.uniform(-0.5, 0.2)),
            0.02,
        )
        sound = _harmonics(centre * (1 + glide * (place - 0.5)) * jitter, shape)
        rise = rng.uniform(0.01, 0.06) * RATE_HZ
        at = np.arange(len(place))
        return sound * np.clip(np.minimum(at, at[::-1]) / rise, 0, 1), rng.uniform(0, 0.15)

    return _fill(seconds, syllable)


def creaky_voices(seconds: float, rng: np.random.Generator) -> Samples:
    """Two talkers at once, each a train of pulses through two sharp resonances that wander."""

    def syllable() -> tuple[Samples, float]:
        place = np.linspace(0, 1, round(RATE_HZ * rng.uniform(0.1, 0.4)))
        sound = np.zeros(len(place))
        for _ in range(2):
            pitch = rng.uniform(60, 320) * (1 + rng.uniform(-0.3, 0.3) * place**2)
            spots = [rng.uniform(500, 1000), rng.uniform(1100, 1750)]
            shape = _formants(
                [_line(spot, spot * rng.uniform(0.85, 1.15)) for spot in spots],
                (50, 60),
                (1, rng.uniform(0.4, 1)),
                0.005,
            )
            sound += rng.uniform(0.05, 1) * _harmonics(pitch, shape)
        return sound * np.sin(np.pi * place) ** 0.5, rng.uniform(0, 0.1)

    return _fill(seconds, syllable)


def _note_hz(rng: np.random.Generator, low: float = 110.0, semitones: int = 36) -> float:
    return low * 2 ** (int(rng.integers(0, semitones)) / 12)


def plucked(seconds: float, rng: np.random.Generator) -> Samples:
    """Three notes at once of a plucked string, six partials each."""

    def chord() -> tuple[Samples, float]:
        t = np.arange(round(RATE_HZ * rng.uniform(0.1, 0.6))) / RATE_HZ
        sound = np.zeros(len(t))
        for _ in range(3):
            hz = _note_hz(rng)
            for number in range(1, 7):
                if number * hz < 3800:
                    sound += np.sin(2 * np.pi * number * hz * t) * np.exp(-3 * t) / number**2
        return sound, 0.0

    return _fill(seconds, chord)


def strings(seconds: float, rng: np.random.Generator) -> Samples:
    """Held chords of bowed strings: rich in partials, each player with a vibrato of his own."""

    def chord() -> tuple[Samples, float]:
        count = round(RATE_HZ * rng.uniform(0.5, 2))
        t = np.arange(count) / RATE_HZ
        sound = np.zeros(count)
        for _ in range(int(rng.integers(2, 5))):
            shake = np.sin(2 * np.pi * rng.uniform(4.5, 6.5) * t + rng.uniform(0, 6))
            pitch = _note_hz(rng, 98, 40) * (1 + rng.uniform(0.002, 0.012) * shake)
            sound += _harmonics(pitch, lambda hz, _place: 1 / np.sqrt(1 + hz / 500))
        return sound * np.clip(np.minimum(t, t[::-1]) / 0.08, 0, 1), 0.0

    return _fill(seconds, chord)


def _tune(seconds: float, rng: np.random.Generator, lows: tuple[float, ...]) -> Samples:
    def tune() -> tuple[Samples, float]:
        count = round(RATE_HZ * rng.uniform(1, 3))
        sound = np.zeros(count)
        for low in lows:
            knots = np.arange(0, count + 2400, 1200)
            notes = low * 2 ** (rng.integers(0, 10, len(knots)) / 12)
            pitch = np.interp(np.arange(count), knots + rng.integers(0, 900), notes)
            wobble = 1 + 0.004 * np.sin(2 * np.pi * 5.5 * np.arange(count) / RATE_HZ)
            sound += rng.uniform(0.3, 1) * np.sin(2 * np.pi * np.cumsum(pitch * wobble) / RATE_HZ)
        return sound, rng.uniform(0, 0.3)

    return _fill(seconds, tune)


def whistling(seconds: float, rng: np.random.Generator) -> Samples:
    """Somebody whistles: one tone that glides from note to note, 600 to 1,200 Hz."""
    return _tune(seconds, rng, (600.0,))


def two_whistlers(seconds: float, rng: np.random.Generator) -> Samples:
    """Two people whistle, one in the low group, the other in the high: bare pairs of tones."""
    return _tune(seconds, rng, (500.0, 1000.0))


def chiptune(seconds: float, rng: np.random.Generator) -> Samples:
    """Square waves in two or three voices, notes of 60 to 250 ms, now and then an arpeggio."""

    def bar() -> tuple[Samples, float]:
        count = round(RATE_HZ * rng.uniform(0.06, 0.25))
        sound = np.zeros(count)
        for _ in range(int(rng.integers(2, 4))):
            hz, duty = _note_hz(rng, 110, 42), rng.choice((0.125, 0.25, 0.5))
            for number in range(1, int(3600 / hz) + 1):
                weight = math.sin(math.pi * number * duty) / number
                sound += weight * np.sin(2 * np.pi * number * hz * np.arange(count) / RATE_HZ)
        return sound, 0.0

    return _fill(seconds, bar)


def bells(seconds: float, rng: np.random.Generator) -> Samples:
    """Church bells and chimes: partials that are no harmonics, struck over one another."""

    def stroke() -> tuple[Samples, float]:
        t = np.arange(round(RATE_HZ * 2.5)) / RATE_HZ
        base = _note_hz(rng, 150, 30)
        sound = np.zeros(len(t))
        for ratio, decay in (
            (0.5, 0.7),
            (1, 1.2),
            (1.2, 2),
            (1.5, 2.5),
            (2, 2.2),
            (2.5, 4),
            (3, 5),
        ):
            if ratio * base < 3700:
                weight = rng.uniform(0.3, 1)
                sound += weight * np.sin(2 * np.pi * ratio * base * t) * np.exp(-decay * t)
        return sound, -rng.uniform(1.5, 2.3)

    return _fill(seconds, stroke)


def organ(seconds: float, rng: np.random.Generator) -> Samples:
    """An electric organ and a toy piano: two bare sines a note, chords of one to three notes."""

    def chord() -> tuple[Samples, float]:
        t = np.arange(round(RATE_HZ * rng.uniform(0.08, 0.8))) / RATE_HZ
        sound = np.zeros(len(t))
        for _ in range(int(rng.integers(1, 4))):
            hz = _note_hz(rng, 196, 32)
            for ratio, weight in ((1, 1.0), (2, 0.6), (3, 0.3), (4, 0.15)):
                if ratio * hz < 3600:
                    sound += rng.uniform(0.5, 1) * weight * np.sin(2 * np.pi * ratio * hz * t)
        edge = np.clip(np.minimum(t, t[::-1]) / 0.01, 0, 1)
        return sound * edge, rng.choice((0.0, 0.05))

    return _fill(seconds, chord)


VOICES = ("en-gb", "en-us+f3", "de", "es+f2", "fr+f4", "vi", "id+f1", "hi", "ru+f5", "pt-br+m4")
_WORDS = """
good morning the bakery speaking how can I help you today yes we have four of those left in the
shop one two three please hold the line while I look for your order number seven eight nine zero
hello hello can you hear me I would like to ask about the delivery on Wednesday afternoon thank
you very much no problem see you tomorrow banana mango rice oil sugar coffee maybe around noon
or a little later my name is Maria and the address is twelve Orchard Road
"""


def espeak_speech(seconds: float, rng: np.random.Generator) -> Samples:
    """Sentences by espeak-ng in several voices, speeds and pitches, through a line of 300-3,400 Hz.

    Raises RuntimeError without espeak-ng.
    """
    program = shutil.which("espeak-ng")
    if program is None:
        raise RuntimeError("speech needs espeak-ng")

    def sentence() -> tuple[Samples, float]:
        words = " ".join(rng.choice(_WORDS.split(), int(rng.integers(40, 80))))
        speed, pitch = int(rng.integers(120, 220)), int(rng.integers(10, 90))
        command = [cast(str, program), "--stdout", "-v", str(rng.choice(VOICES))]
        command += ["-s", str(speed), "-p", str(pitch), words]
        wav = subprocess.run(command, capture_output=True, check=True).stdout
        return telephone(np.frombuffer(wav[44:], "<i2").astype(float), 22050), 0.3

    return _fill(seconds, sentence)


def telephone(sound: Samples, rate_hz: int) -> Samples:
    """A recording at another rate as a line of 300 to 3,400 Hz carries it."""
    count = len(sound) * RATE_HZ // rate_hz
    spectrum = np.fft.rfft(sound)[: count // 2 + 1]
    return band(np.fft.irfft(spectrum, count) * (count / len(sound)), 300, 3400)


HARSH: dict[str, Maker] = {
    "gliding vowels": vowels,
    "singing": singing,
    "vowels aimed at keys": aimed_vowels,
    "two creaky voices": creaky_voices,
    "two whistlers": two_whistlers,
}
ORDINARY: dict[str, Maker] = {
    "speech (espeak-ng)": espeak_speech,
    "plucked chords": plucked,
    "bowed strings": strings,
    "whistling": whistling,
    "chiptune": chiptune,
    "bells": bells,
    "organ": organ,
}
