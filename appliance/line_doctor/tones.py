"""Tones as the doctor compares them: same or not, an exchange's or a caller's own."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

HZ_TOLERANCE = 0.015
MS_TOLERANCE = 0.08
LEAST_MS_TOLERANCE = 20.0  # what the survey knows of the edges of a short burst
OWN_ECHO_DB = 3.0  # we send our own tone louder than its echo comes back, or as loud

# What a caller's own machine sends (Hz, on and off in ms, None: any): ITU-T T.30 §4.1 CNG, V.25 §4
# calling tone, V.25 answer tone of a machine that was called by mistake.
_CALLERS_MACHINES: tuple[tuple[float, float, float | None, float | None], ...] = (
    (1100.0, 0.04, 500.0, 3000.0),
    (1300.0, 0.02, None, None),
    (2100.0, 0.01, None, None),
    (2225.0, 0.01, None, None),
)
_DTMF_ROWS = (697.0, 770.0, 852.0, 941.0)  # ITU-T Q.23
_DTMF_COLUMNS = (1209.0, 1336.0, 1477.0, 1633.0)


@dataclass(frozen=True, slots=True)
class RepeatedTone:
    """``hz``: strongest first. ``on_ms``, ``off_ms``: of each phase; both empty: steady."""

    hz: tuple[int, ...]
    on_ms: tuple[int, ...] = ()
    off_ms: tuple[int, ...] = ()

    @property
    def cycle_ms(self) -> int:
        return sum(self.on_ms) + sum(self.off_ms)

    def to_document(self) -> dict[str, list[int]]:
        return {"hz": list(self.hz), "on_ms": list(self.on_ms), "off_ms": list(self.off_ms)}

    @staticmethod
    def from_document(document: Mapping[str, Any]) -> "RepeatedTone":
        """The opposite of `to_document`. Raises KeyError, TypeError or ValueError."""
        hz, on_ms, off_ms = (
            tuple(int(number) for number in document[key]) for key in ("hz", "on_ms", "off_ms")
        )
        return RepeatedTone(hz, on_ms, off_ms)

    def in_words(self) -> str:
        """``600 + 700 Hz, 0.3 s on, 0.15 s off``."""
        hz = " + ".join(str(one) for one in sorted(self.hz))
        if not self.on_ms:
            return f"{hz} Hz without a pause"
        phases = (
            f"{on / 1000:g} s on, {off / 1000:g} s off"
            for on, off in zip(self.on_ms, self.off_ms, strict=True)
        )
        return f"{hz} Hz, {', '.join(phases)}"


@dataclass(frozen=True, slots=True)
class SeenTone:
    """A tone that repeated in one call, with the figures of the survey that found it."""

    tone: RepeatedTone
    cycles: int
    level_dbm0: float
    snr_db: float
    sent_dbm0: float
    is_at_end: bool
    sound_after_ms: int


def is_same(first: RepeatedTone, second: RepeatedTone) -> bool:
    """The same tone by its strongest frequencies and its rhythm, wherever that begins."""
    if len(first.on_ms) != len(second.on_ms):
        return False
    few, many = sorted((first.hz, second.hz), key=len)
    return _is_rhythm_same(first, second) and all(
        any(abs(a - b) <= HZ_TOLERANCE * a for b in many) for a in few
    )


def _is_rhythm_same(first: RepeatedTone, second: RepeatedTone) -> bool:
    if not first.on_ms:
        return True
    theirs = list(zip(second.on_ms, second.off_ms, strict=True))
    ours = list(zip(first.on_ms, first.off_ms, strict=True))
    turns = (theirs[turn:] + theirs[:turn] for turn in range(len(theirs)))
    return any(
        all(
            _is_near(a, b)
            for pair in zip(ours, turned, strict=True)
            for a, b in zip(*pair, strict=True)
        )
        for turned in turns
    )


def _is_near(first_ms: float, second_ms: float) -> bool:
    return abs(first_ms - second_ms) <= max(LEAST_MS_TOLERANCE, MS_TOLERANCE * first_ms)


def is_own_echo(seen: SeenTone) -> bool:
    """We sent this tone ourselves, and the line gave it back."""
    return seen.sent_dbm0 > seen.level_dbm0 - OWN_ECHO_DB


def is_callers_machine(tone: RepeatedTone) -> bool:
    """A fax machine, a modem or a key held down at the caller's end."""
    if _is_key(tone.hz):
        return True
    if len(tone.hz) != 1:
        return False
    for hz, within, on_ms, off_ms in _CALLERS_MACHINES:
        is_rhythm = all(
            wanted is None or (bool(phases) and _is_near(wanted, phases[0]))
            for wanted, phases in ((on_ms, tone.on_ms), (off_ms, tone.off_ms))
        )
        if abs(tone.hz[0] - hz) <= within * hz and is_rhythm:
            return True
    return False


def _is_key(hz: tuple[int, ...]) -> bool:
    def near(one: int, known: Iterable[float]) -> bool:
        return any(abs(one - wanted) <= 0.02 * wanted for wanted in known)

    return len(hz) == 2 and near(min(hz), _DTMF_ROWS) and near(max(hz), _DTMF_COLUMNS)


def mean_tone(tones: Iterable[RepeatedTone]) -> RepeatedTone:
    """The median of several measurements of one tone; each is turned as the first is."""
    known = list(tones)
    first = known[0]
    lines = sorted(known, key=lambda tone: len(tone.hz))[len(known) // 2].hz
    hz = tuple(
        round(_median([min(tone.hz, key=lambda f, w=wanted: abs(f - w)) for tone in known]))  # type: ignore[misc]
        for wanted in lines
    )
    turned = [_turned_like(first, tone) for tone in known]
    on_ms = tuple(round(_median(column)) for column in zip(*(t.on_ms for t in turned), strict=True))
    off_ms = tuple(
        round(_median(column)) for column in zip(*(t.off_ms for t in turned), strict=True)
    )
    return RepeatedTone(hz, on_ms, off_ms)


def _turned_like(first: RepeatedTone, tone: RepeatedTone) -> RepeatedTone:
    if len(tone.on_ms) < 2:
        return tone
    turned = RepeatedTone(
        tone.hz, tone.on_ms[1:] + tone.on_ms[:1], tone.off_ms[1:] + tone.off_ms[:1]
    )
    return min((tone, turned), key=lambda one: _distance(first, one))


def _distance(first: RepeatedTone, second: RepeatedTone) -> int:
    pairs = zip(first.on_ms + first.off_ms, second.on_ms + second.off_ms, strict=True)
    return sum(abs(a - b) for a, b in pairs)


def _median(values: Iterable[float]) -> float:
    ordered = sorted(values)
    return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2
