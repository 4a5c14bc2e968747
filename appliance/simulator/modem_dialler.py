"""How an emulated modem dials: waits for dial tone by ear, sends the digits, can be stopped."""

import re
from collections.abc import Callable
from typing import Protocol

from appliance.simulator.codec import mean_power, power_of_dbm0
from appliance.simulator.tones import DTMF_KEYS, dtmf

_TONE_FRAMES = 60  # dial tone is believed after 0.6 s of a steady sound
_STEADY = 1.6  # its power may vary by so much (2 dB)
_SILENCE = power_of_dbm0(-40.0)
_KEY_MS = 95  # S11


class DialLine(Protocol):
    """What the dialler does to its modem."""

    def set_hook(self, off_hook: bool) -> None: ...

    def send_tone(self, ulaw: bytes) -> bool: ...

    def pulse(self, digit: str) -> None: ...

    def flash(self) -> None: ...


class ModemDialler:
    """One dial string at a time, in 10 ms ticks of the modem's clock while it is off-hook."""

    def __init__(self, line: DialLine) -> None:
        self._line = line
        self._steps: list[str] = []
        self._wait_frames = 0
        self._tone_limit: int | None = None
        self._powers: list[float] = []
        self._pulse = False
        self._on_result: Callable[[str], None] | None = None
        self._frames = 0

    @property
    def busy(self) -> bool:
        return self._on_result is not None

    @property
    def can_be_stopped(self) -> bool:
        """ITU-T V.250 5.6.1: a character within the first 125 ms is not seen."""
        return self.busy and self._frames > 12

    def start(self, text: str, wait_for_tone_s: float, on_result: Callable[[str], None]) -> None:
        """``wait_for_tone_s``: 0 = blind, after 2 s (S6). ``on_result``: OK or NO DIALTONE."""
        self._steps = re.findall(r"[0-9A-D*#,W!TP]", text.upper())
        self._frames, self._pulse = 0, False
        self._on_result = on_result
        self._line.set_hook(True)
        if self._steps[:1] == ["!"]:
            self._wait_frames, self._tone_limit = 5, None  # off-hook already: nothing to wait for
        elif wait_for_tone_s:
            self._listen(wait_for_tone_s)
        else:
            self._wait_frames, self._tone_limit = 200, None

    def stop(self) -> None:
        """Give up: nothing more is sent or told."""
        self._on_result = None
        self._steps = []

    def tick(self, far: bytes) -> None:
        """10 ms have passed; ``far`` is what was heard in them."""
        if not self.busy:
            return
        self._frames += 1
        if self._tone_limit is not None:
            self._hear(far)
        elif self._wait_frames > 0:
            self._wait_frames -= 1
        else:
            self._step()

    def _listen(self, limit_s: float) -> None:
        self._tone_limit, self._powers = round(limit_s * 100), []

    def _hear(self, far: bytes) -> None:
        self._powers = [*self._powers, mean_power(far)][-_TONE_FRAMES:]
        low, high = min(self._powers), max(self._powers)
        if len(self._powers) == _TONE_FRAMES and low > _SILENCE and high < low * _STEADY**2:
            self._tone_limit, self._wait_frames = None, 10
            return
        self._tone_limit = (self._tone_limit or 0) - 1
        if self._tone_limit <= 0:
            self._tone_limit = None
            self._end("NO DIALTONE")

    def _step(self) -> None:
        if not self._steps:
            self._end("OK")
            return
        step = self._steps.pop(0)
        if step in "TP":
            self._pulse = step == "P"
        elif step == "W":
            self._listen(7.0)
        elif step == ",":
            self._wait_frames = 200
        elif step == "!":
            self._line.flash()
            self._wait_frames = 60
        elif self._pulse and step.isdigit():
            self._line.pulse(step)
            self._wait_frames = 10 * (int(step) or 10) + 70
        elif step in DTMF_KEYS:
            self._line.send_tone(dtmf(step, _KEY_MS, _KEY_MS))
            self._wait_frames = 2 * _KEY_MS // 10

    def _end(self, result: str) -> None:
        on_result, self._on_result = self._on_result, None
        if on_result is not None:
            on_result(result)
