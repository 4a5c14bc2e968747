"""What an ear makes of a stream of 10 ms frames: when sound begins and ends, and for how long."""

from appliance.simulator.codec import mean_power, power_of_dbm0

_THRESHOLD = power_of_dbm0(-45.0)
_LOUD_FRAMES = 3  # 30 ms of sound begin a sound
_SOFT_FRAMES = 30  # 300 ms of quiet end it


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
