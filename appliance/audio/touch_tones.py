"""Touch tones as clips (ITU-T Q.23): 100 ms each with 100 ms between, the column 2 dB up."""

import math
from array import array
from collections.abc import Callable, Sequence
from functools import cache

from appliance.audio.clips import Clip
from appliance.errors import AudioError

RATE_HZ = 8000
FEEDBACK_DB = -12.0  # what a keypad's own earpiece hears of its key
_AT_ONCE = 16  # clips of one playback (AUDIO_MAX_PLAYLIST)
ON_MS, OFF_MS = 100, 100  # an exchange takes 40/40 (ITU-T Q.24); the worst want 70/70
RAMP_MS = 2  # no click
ROW_DBM0, COLUMN_DBM0 = -9.0, -7.0
_FULL_SCALE_DBM0, _FULL_SCALE = 3.17, 32124.0  # ITU-T G.711
_ROWS = {"123A": 697, "456B": 770, "789C": 852, "*0#D": 941}
_COLUMNS = (1209, 1336, 1477, 1633)


@cache
def touch_tone(key: str, level_db: float = 0.0) -> Clip:
    """One key and the pause after it; ``level_db`` against an exchange's level.

    Raises AudioError for what is no key.
    """
    for keys, row in _ROWS.items():
        if len(key) == 1 and key in keys:
            return Clip(f"key {key}", _tone(row, _COLUMNS[keys.index(key)], level_db))
    raise AudioError(f"there is no key {key!r}")


def ignored(_playback_id: str, _reason: str) -> None:
    """For a playback whose end nobody waits for."""


class SentKeys:
    """Keys on their way into a port, as many playbacks as they need, one after the other."""

    def __init__(
        self,
        play: Callable[[int, str, Sequence[Clip], bool, Callable[[str, str], None]], None],
        port: int,
        keys: str,
        on_sent: Callable[[bool], None],
    ) -> None:
        """Raises AudioError for what is no key."""
        self._play = play
        self._port = port
        self._left = [touch_tone(key) for key in keys]
        self._on_sent = on_sent

    def start(self) -> None:
        """Play the next ones. Raises AudioError when the port is not open."""
        now, self._left = self._left[:_AT_ONCE], self._left[_AT_ONCE:]
        if now:
            self._play(self._port, "", now, False, self._played)
        else:
            self._on_sent(True)

    def _played(self, _playback_id: str, reason: str) -> None:
        if reason == "finished":
            self.start()
        else:
            self._on_sent(False)


def _tone(row: int, column: int, level_db: float) -> "array[int]":
    count, ramp = ON_MS * RATE_HZ // 1000, RAMP_MS * RATE_HZ // 1000
    parts = [(_peak(ROW_DBM0 + level_db), row), (_peak(COLUMN_DBM0 + level_db), column)]
    samples = array("h")
    for n in range(count):
        edge = min(1.0, (n + 1) / ramp, (count - n) / ramp)
        wave = sum(peak * math.sin(math.tau * hz * n / RATE_HZ) for peak, hz in parts)
        samples.append(round(edge * wave))
    samples.extend([0] * (OFF_MS * RATE_HZ // 1000))
    return samples


def _peak(level_dbm0: float) -> float:
    return float(_FULL_SCALE * 10 ** ((level_dbm0 - _FULL_SCALE_DBM0) / 20))
