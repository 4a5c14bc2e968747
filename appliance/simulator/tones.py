"""Tones of the emulated network: DTMF keys and call-progress cadences, as µ-law made once."""

import math
from dataclasses import dataclass
from functools import cache

from appliance.simulator.codec import FRAME_SAMPLES, RATE_HZ, SILENCE, peak_of_dbm0, ulaw_encode

# ITU-T Q.23: row and column frequencies in Hz.
_ROWS = {"123A": 697, "456B": 770, "789C": 852, "*0#D": 941}
_COLUMNS = (1209, 1336, 1477, 1633)
DTMF_KEYS = "0123456789*#ABCD"


def key_frequencies(key: str) -> tuple[int, int]:
    """(row, column) in Hz of a DTMF key. Raises KeyError for what is no key."""
    for keys, row in _ROWS.items():
        if key in keys and len(key) == 1:
            return row, _COLUMNS[keys.index(key)]
    raise KeyError(f"no such key: {key!r}; keys are {DTMF_KEYS}")


def _sines(hz: tuple[float, ...], levels_dbm0: tuple[float, ...], samples: int) -> list[int]:
    waves = [
        (peak_of_dbm0(level), 2 * math.pi * f / RATE_HZ)
        for f, level in zip(hz, levels_dbm0, strict=True)
    ]
    return [round(sum(peak * math.sin(step * n) for peak, step in waves)) for n in range(samples)]


@cache
def dtmf(key: str, on_ms: int = 100, off_ms: int = 100, level_dbm0: float = -8.0) -> bytes:
    """One key as µ-law: ``on_ms`` of tone (the column 2 dB over the row), ``off_ms`` of silence."""
    row, column = key_frequencies(key)
    tone = _sines((row, column), (level_dbm0 - 1, level_dbm0 + 1), on_ms * RATE_HZ // 1000)
    return ulaw_encode(tone) + bytes([SILENCE]) * (off_ms * RATE_HZ // 1000)


@cache
def tone(hz: tuple[float, ...], ms: int, level_dbm0: float = -13.0) -> bytes:
    """Frequencies together, each at ``level_dbm0``, as µ-law."""
    return ulaw_encode(_sines(hz, (level_dbm0,) * len(hz), ms * RATE_HZ // 1000))


@dataclass(frozen=True, slots=True)
class Cadence:
    """A call-progress tone: frequencies, and (on_s, off_s) phases; no phase = steady."""

    hz: tuple[float, ...]
    phases: tuple[tuple[float, float], ...] = ()
    level_dbm0: float = -13.0


@cache
def cadence_cycle(cadence: Cadence) -> bytes:
    """One whole cycle as µ-law (a steady tone: 1 s, seamless for whole Hz)."""
    if not cadence.phases:
        return tone(cadence.hz, 1000, cadence.level_dbm0)
    parts = []
    for on_s, off_s in cadence.phases:
        parts.append(tone(cadence.hz, round(on_s * 1000), cadence.level_dbm0))
        parts.append(bytes([SILENCE]) * round(off_s * RATE_HZ))
    return b"".join(parts)


class CadencePlayer:
    """Endless 10 ms frames of a cadence."""

    def __init__(self, cadence: Cadence) -> None:
        self._cycle = cadence_cycle(cadence)
        self._position = 0

    def frame(self) -> bytes:
        piece = self._cycle[self._position : self._position + FRAME_SAMPLES]
        self._position = (self._position + FRAME_SAMPLES) % len(self._cycle)
        if len(piece) < FRAME_SAMPLES:
            self._position = FRAME_SAMPLES - len(piece)
            piece += self._cycle[: self._position]
        return piece


@dataclass(frozen=True, slots=True)
class CountryTones:
    """What one country's exchange sounds like; ``ring`` is the (on_s, off_s) of the bell."""

    ring: tuple[tuple[float, float], ...]
    dial: Cadence
    busy: Cadence
    reorder: Cadence
    ringback: Cadence


_US = CountryTones(
    ring=((2.0, 4.0),),
    dial=Cadence((350, 440)),
    busy=Cadence((480, 620), ((0.5, 0.5),)),
    reorder=Cadence((480, 620), ((0.25, 0.25),)),
    ringback=Cadence((440, 480), ((2.0, 4.0),)),
)
# ITU-T E.180 supplement 2 (tones in national networks).
COUNTRIES = {
    "US": _US,
    "PH": CountryTones(
        ring=((1.0, 4.0),),
        dial=Cadence((425,)),
        busy=Cadence((480, 620), ((0.5, 0.5),)),
        reorder=Cadence((480, 620), ((0.25, 0.25),)),
        ringback=Cadence((425, 480), ((1.0, 4.0),)),
    ),
    "VN": CountryTones(
        ring=((1.0, 4.0),),
        dial=Cadence((425,)),
        busy=Cadence((425,), ((0.5, 0.5),)),
        reorder=Cadence((425,), ((0.25, 0.25),)),
        ringback=Cadence((425,), ((1.0, 4.0),)),
    ),
    "GB": CountryTones(
        ring=((0.4, 0.2), (0.4, 2.0)),
        dial=Cadence((350, 440)),
        busy=Cadence((400,), ((0.375, 0.375),)),
        reorder=Cadence((400,), ((0.4, 0.35), (0.225, 0.525))),
        ringback=Cadence((400, 450), ((0.4, 0.2), (0.4, 2.0))),
    ),
}
