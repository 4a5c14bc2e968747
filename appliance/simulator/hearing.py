"""What an ear makes of a stream of 10 ms frames: when sound begins and ends, and for how long."""

from collections import deque

from appliance.simulator.codec import mean_power, power_of_dbm0

_THRESHOLD = power_of_dbm0(-45.0)
_LOUD_FRAMES = 3  # 30 ms of sound begin a sound
_SOFT_FRAMES = 30  # 300 ms of quiet end it
_BUSY_CYCLES = 4
_BUSY_FRAMES = range(18, 80)  # 0.2 to 0.75 s on, and off, with some slack
_BUSY_JITTER = 4  # frames by which one cycle may differ from the next


class Ear:
    """Feed it frames; it says "sound", "quiet" or nothing."""

    def __init__(self) -> None:
        self.in_sound = False
        self.loud_frames = 0  # so far
        self._loud = 0
        self._soft = 0

    @property
    def quiet_s(self) -> float:
        """How long nothing has been heard, in seconds of what was fed."""
        return self._soft * 0.01

    def feed(self, frame: bytes) -> str | None:
        if mean_power(frame) >= _THRESHOLD:
            self._loud += 1
            self.loud_frames += 1
            self._soft = 0
            if self._loud >= _LOUD_FRAMES and not self.in_sound:
                self.in_sound = True
                return "sound"
            return None
        self._loud = 0
        self._soft += 1
        if self._soft >= _SOFT_FRAMES and self.in_sound:
            self.in_sound = False
            return "quiet"
        return None


class BusyEar:
    """Knows busy tone and its like by their beat: four cycles of equal length, whatever the pitch.

    That is enough for a person who hangs up when nobody is there any more.
    """

    def __init__(self) -> None:
        self._runs: deque[int] = deque(maxlen=2 * _BUSY_CYCLES)  # frames loud, soft, loud ...
        self._is_loud = False
        self._run = 0

    def feed(self, frame: bytes) -> bool:
        """Whether busy tone has just become certain."""
        is_loud = mean_power(frame) >= _THRESHOLD
        self._run += 1
        if is_loud == self._is_loud:
            return False
        self._runs.append(self._run)
        self._is_loud, self._run = is_loud, 0
        return is_loud and self._is_busy()

    def _is_busy(self) -> bool:
        runs = list(self._runs)
        return len(runs) == 2 * _BUSY_CYCLES and all(
            run in _BUSY_FRAMES and abs(run - same) <= _BUSY_JITTER
            for same, kind in ((runs[0], runs[0::2]), (runs[1], runs[1::2]))
            for run in kind
        )
