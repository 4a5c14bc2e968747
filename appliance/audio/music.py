"""Sound made here, so that the box never plays dead air: music on hold, and the attention tone."""

import math
from array import array
from functools import cache

from appliance.audio.clips import Clip
from appliance.audio.loudness import level_dbm0

RATE_HZ = 8000
MUSIC_RECIPE = "music/1"  # changes with the score, so that a kept file of an older one is not used
MUSIC_DBM0 = -20.0
BAR_S, STEPS = 3.0, 6
NOTE_S = 2.6
# One bar each: C, A minor 7, F, G6, E minor, A minor, D minor 7, G; MIDI notes, up and down.
CHORDS = (
    (48, 60, 64, 67),
    (45, 60, 64, 67),
    (41, 57, 60, 65),
    (43, 59, 62, 64),
    (40, 55, 59, 64),
    (45, 57, 60, 64),
    (50, 57, 60, 65),
    (43, 55, 59, 62),
)
ORDER = (0, 1, 2, 3, 2, 1)
# number, size, decay in s
PARTIALS = ((1, 1.0, 1.1), (2, 0.45, 0.7), (3, 0.18, 0.4), (4, 0.06, 0.25))
ATTENTION_HZ = (950, 1400, 1800)  # ITU-T E.180: the special information tone, 330 ms each


def music_clip() -> Clip:
    """24 s of quiet plucked chords at -20 dBm0. Its end runs into its beginning without a seam."""
    total = round(len(CHORDS) * BAR_S * RATE_HZ)
    mix = [0.0] * total
    step = round(BAR_S / STEPS * RATE_HZ)
    for bar, chord in enumerate(CHORDS):
        for place, voice in enumerate(ORDER):
            _add_note(mix, bar * STEPS * step + place * step, chord[voice])
    loudest = max(map(abs, mix))
    raw = array("h", (round(value / loudest * 20000) for value in mix))
    gain = 10 ** ((MUSIC_DBM0 - level_dbm0(raw)) / 20)
    return Clip("music", array("h", (round(value * gain) for value in raw)))


def attention_clip() -> Clip:
    """Three rising tones, heard in place of a prompt that could not be made."""
    samples = array("h")
    for hz in ATTENTION_HZ:
        turn = 2 * math.pi * hz / RATE_HZ
        samples.extend(round(4000 * math.sin(turn * at)) for at in range(RATE_HZ * 33 // 100))
    return Clip("attention", samples)


def _add_note(mix: list[float], start: int, midi: int) -> None:
    total = len(mix)
    for at, value in enumerate(_pluck(midi)):
        mix[(start + at) % total] += value  # what rings on past the end is heard at the beginning


@cache
def _pluck(midi: int) -> tuple[float, ...]:
    """One plucked string: a few decaying partials below 3.4 kHz, each a two-term recurrence."""
    hz = 440 * 2 ** ((midi - 69) / 12)
    count = round(NOTE_S * RATE_HZ)
    note = [0.0] * count
    for number, size, decay_s in PARTIALS:
        turn = 2 * math.pi * hz * number / RATE_HZ
        shrink = math.exp(-1 / (decay_s * RATE_HZ))
        twice, back = 2 * shrink * math.cos(turn), shrink * shrink
        before, now = 0.0, size * math.sin(turn)
        for at in range(count):
            note[at] += now
            before, now = now, twice * now - back * before
    rise, fall = RATE_HZ // 100, RATE_HZ // 4
    for at in range(rise):
        note[at] *= at / rise
    for at in range(fall):
        note[count - 1 - at] *= at / fall
    return tuple(note)
