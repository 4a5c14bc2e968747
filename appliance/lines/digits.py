"""One key press, one digit: our own detector and the modem's reports merged one to one; pure."""

from collections import deque
from dataclasses import dataclass

SAME_KEY_S = 0.6  # both watchers report a press within this of each other
SHIELD_LAPSE_S = 0.3  # digits inside / ... ~ repeat every 70 ms; longer and the ~ was lost
SHIELD_ON, SHIELD_OFF = 0x2F, 0x7E  # V.253 table 17: DTMF shield
IN_BAND, MODEM = "in_band", "modem"
_DIGITS = frozenset(b"0123456789*#ABCD")


def is_digit_code(code: int) -> bool:
    """Whether a DLE code belongs to a touch-tone report."""
    return code in _DIGITS or code in (SHIELD_ON, SHIELD_OFF)


@dataclass(frozen=True, slots=True)
class _Press:
    digit: str
    source: str
    at_s: float


class ModemDigits:
    """Counts key presses in the modem's reports: one per ``/ d d d ~``, one per lone digit."""

    def __init__(self) -> None:
        self._shield_s: float | None = None  # when the shield last showed life
        self._inside: int | None = None

    def code(self, code: int, now: float) -> str | None:
        """One DLE code; returns the digit when it begins a press."""
        if code == SHIELD_ON:
            self._shield_s, self._inside = now, None
        elif code == SHIELD_OFF:
            self._shield_s = None
        elif code in _DIGITS:
            return self._digit(code, now)
        return None

    def _digit(self, code: int, now: float) -> str | None:
        if self._shield_s is None or now - self._shield_s > SHIELD_LAPSE_S:
            self._shield_s = None
            return chr(code)
        self._shield_s = now
        if code == self._inside:
            return None
        self._inside = code
        return chr(code)


class DigitMerger:
    """Each press may be reported by both watchers: the second report of it is swallowed, once."""

    def __init__(self) -> None:
        self._unmatched: deque[_Press] = deque()

    def press(self, digit: str, source: str, now: float) -> bool:
        """Whether this report, at ``now`` monotonic seconds, is a press not yet counted."""
        while self._unmatched and now - self._unmatched[0].at_s > SAME_KEY_S:
            self._unmatched.popleft()
        for press in self._unmatched:
            if press.digit == digit and press.source != source:
                self._unmatched.remove(press)
                return False
        self._unmatched.append(_Press(digit, source, now))
        return True
