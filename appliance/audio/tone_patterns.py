"""Which tones each audio port is told to recognise, and what the loop's pattern numbers mean."""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from appliance.audio.binding import check, ffi, lib
from appliance.audio.tones import TonePattern
from appliance.errors import AudioError
from appliance.interfaces import HangUpTone, HeardTone

# A hang-up tone that was learned, as the loop bounds it.
_HZ = range(300, 3401)
_PHASE_S = (0.05, 4.0)
MOST_HANG_UP_TONES = 4
EXPECTED_DIAL_TONE_S = 0.6  # a line that was just taken gives nothing else that is so steady


@dataclass(slots=True)
class _PortTones:
    hang_up: tuple[TonePattern, ...] = ()
    expects_dial_tone: bool = False
    loaded: tuple[TonePattern, ...] | None = None


def hang_up_patterns(tones: Iterable[HangUpTone]) -> tuple[TonePattern, ...]:
    """Learned hang-up tones as patterns. Raises AudioError for what cannot be listened for."""
    patterns = tuple(
        TonePattern("hang_up", f"hang-up tone {number}", tone.hz, tone.phases, tone.cycles)
        for number, tone in enumerate(tones, 1)
    )
    if len(patterns) > MOST_HANG_UP_TONES:
        raise AudioError(f"{len(patterns)} hang-up tones for one line; {MOST_HANG_UP_TONES} fit")
    for pattern in patterns:
        _check_hang_up(pattern)
    return patterns


def _flags(pattern: TonePattern) -> int:
    flags: int = lib.AUDIO_TONE_SEQUENCE if pattern.is_sequence else 0
    return flags | (lib.AUDIO_TONE_RINGBACK if pattern.kind == "ringback" else 0)


def _check_hang_up(pattern: TonePattern) -> None:
    if not 1 <= len(pattern.hz) <= 4 or any(hz not in _HZ for hz in pattern.hz):
        raise AudioError(f"{pattern.matched}: hz must be 1 to 4 of 300 to 3400 Hz: {pattern.hz}")
    low, high = _PHASE_S
    if not 1 <= len(pattern.phases) <= 4 or any(
        not low <= seconds <= high for phase in pattern.phases for seconds in phase
    ):
        raise AudioError(
            f"{pattern.matched}: 1 to 4 phases of {low} to {high} s on and off: {pattern.phases}"
        )
    if not 1 <= pattern.cycles <= 20:
        raise AudioError(f"{pattern.matched}: 1 to 20 cycles, not {pattern.cycles}")


@dataclass(slots=True)
class TonePatterns:
    """The patterns of each port: its learned hang-up tones first, then the country's."""

    pointer: Any
    country: tuple[TonePattern, ...] = ()
    _ports: dict[int, _PortTones] = field(default_factory=dict)
    _numbers: dict[TonePattern, int] = field(default_factory=dict)
    _names: dict[int, TonePattern] = field(default_factory=dict)

    def set_hang_up(self, port: int, tones: Sequence[HangUpTone]) -> None:
        """Tones with which this port's exchange ends a call; in place of those before."""
        self._ports.setdefault(port, _PortTones()).hang_up = hang_up_patterns(tones)
        self.load(port)

    def load(self, port: int) -> None:
        """Tell C what to listen for at ``port``, if it does not know yet. Raises AudioError."""
        entry = self._ports.setdefault(port, _PortTones())
        wanted = (entry.hang_up + self._of_country(entry))[: lib.AUDIO_MAX_TONES]
        if entry.loaded == wanted:
            return
        table = ffi.new("audio_tone_pattern[]", [self._fields(pattern) for pattern in wanted])
        told = lib.audio_port_tones(self.pointer, port, table, len(wanted))
        check(told, f"tones of port {port}")
        entry.loaded = wanted

    def expect_dial_tone(self, port: int, is_expected: bool) -> None:
        """While it is, a dial tone counts after 0.6 s; else after what ends a call."""
        self._ports.setdefault(port, _PortTones()).expects_dial_tone = is_expected
        self.load(port)

    def _of_country(self, entry: _PortTones) -> tuple[TonePattern, ...]:
        if not entry.expects_dial_tone:
            return self.country
        return tuple(
            replace(pattern, least_s=EXPECTED_DIAL_TONE_S)
            if pattern.kind == "dial" and pattern.least_s
            else pattern
            for pattern in self.country
        )

    def set_country(self, patterns: tuple[TonePattern, ...]) -> None:
        """The country's tones, at every port that listens for tones already, too."""
        self.country = patterns
        for port, entry in self._ports.items():
            if entry.loaded is not None:
                self.load(port)

    def forget(self, port: int) -> None:
        """The port is closed: its learned tones are not its next owner's."""
        if port in self._ports:
            self._ports[port].hang_up = ()
            self._ports[port].expects_dial_tone = False

    def heard(self, number: int, on_ms: int, off_ms: int, cycles: int, data: bytes) -> HeardTone:
        """What an AUDIO_TONE event of audio_loop.h says."""
        *hz, level_db10 = struct.unpack_from("=HHh", data)
        pattern = self._names.get(number)
        kind = "busy" if off_ms else "dial"  # known by rhythm or steadiness alone
        return HeardTone(
            kind=pattern.kind if pattern is not None else kind,
            hz=tuple(f for f in hz if f),
            on_ms=on_ms,
            off_ms=off_ms,
            cycles=cycles,
            matched=pattern.matched if pattern is not None else "",
            level_dbm0=level_db10 / 10,
        )

    def _number(self, pattern: TonePattern) -> int:
        if pattern not in self._numbers:
            self._numbers[pattern] = len(self._numbers) + 1
            self._names[self._numbers[pattern]] = pattern
        return self._numbers[pattern]

    def _fields(self, pattern: TonePattern) -> dict[str, object]:
        return {
            "id": self._number(pattern),
            "hz": list(pattern.hz),
            "on_ms": [round(on * 1000) for on, _ in pattern.phases],
            "off_ms": [round(off * 1000) for _, off in pattern.phases],
            "cycles": pattern.cycles,
            "least_ms": round(pattern.least_s * 1000),
            "hz_tolerance": round(pattern.hz_tolerance * 1000),
            "ms_tolerance": round(pattern.ms_tolerance * 1000),
            "weaker_db10": round(pattern.weaker_db * 10),
            "flags": _flags(pattern),
        }
