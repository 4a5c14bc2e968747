"""Has who was dialled answered? Weak signs vote; 100 together are an answer.

No line says so for certain: a modem says "connected" at the first ringback (SIMCom A7672 on a
network that falls back to 3G), and an analog line says nothing at all. Ringback cancels every vote
before it: whoever rings has not answered. What is wrong in one direction only costs a wrong second
in the history; in the other, a caller is connected to a ringing telephone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from appliance.core.commands import Figure

NEEDED = 100
# Heard by our own ear: a network that only says that it rings may play a song meanwhile.
VOICE_AFTER_RINGBACK = 100
# The longest silence between two bursts of ringback in tones.toml is 5 s.
QUIET_S = 6.5
SPEECH_GOES_ON_S = 20.0  # an announcement of the network ends in a tone before that

# A line on which no call-progress tone is heard. The delay after dialling is 16.5 s at most in 95
# of 100 calls of the slowest kind (ITU-T E.721 table 1: abroad, high load), and our ear tells of
# ringback 6.1 s after it has begun (docs/audio.md).
NO_TONES_S = 25.0

# By sign. "polarity": the exchange reverses the line for the charge (ITU-T Q.552, answer signal).
SIGNS: Mapping[str, int] = MappingProxyType(
    {
        "ringback": 0,
        "modem_ringback": 0,
        "ringback_over": 50,
        "modem_connected": 50,
        "quiet": 50,
        "voice": 60,
        "speech_goes_on": 40,
        "polarity": 100,
        "no_tones": 100,
    }
)
RINGING = ("ringback", "modem_ringback")


@dataclass(frozen=True, slots=True)
class Answer:
    """``signs``: those that count, in the order in which they came. ``total``: their weight.

    ``since``: the monotonic second at which who was dialled answered, if it was an answer.
    """

    signs: tuple[str, ...]
    total: int
    since: float

    @property
    def is_enough(self) -> bool:
        return self.total >= NEEDED

    def figures(self) -> dict[str, Figure]:
        return {"signs": ", ".join(self.signs), "total": self.total, "needed": NEEDED}


class AnswerVote:
    """The votes on one dialled call."""

    def __init__(self) -> None:
        self._signs: dict[str, float] = {}  # and since when each has been so
        self._ringback_heard = False
        self.has_rung = False

    def sign(self, sign: str, now: float, figures: Mapping[str, Figure]) -> Answer:
        """Count one sign; an unknown one weighs nothing."""
        if sign in RINGING:
            self._signs.clear()
            self.has_rung = True
            by_ear = sign == "ringback" and figures.get("source") != "network"
            self._ringback_heard = self._ringback_heard or by_ear
        elif sign in SIGNS:
            self._signs.setdefault(sign, now - _ago_s(figures))
        total = sum(self._weight(one) for one in self._signs)
        return Answer(tuple(self._signs), total, min(self._signs.values(), default=now))

    def _weight(self, sign: str) -> int:
        is_proof = sign == "voice" and self._ringback_heard
        return VOICE_AFTER_RINGBACK if is_proof else SIGNS[sign]

    @property
    def rings_no_more(self) -> bool:
        """Connected, as the modem says, or the ringback stopped; and none was heard since."""
        return "modem_connected" in self._signs or "ringback_over" in self._signs

    @property
    def has_voice(self) -> bool:
        return "voice" in self._signs

    @property
    def only_modem_hears_ringback(self) -> bool:
        """Our own ear, which would tell its end, does not."""
        return self.has_rung and not self._ringback_heard


def _ago_s(figures: Mapping[str, Figure]) -> float:
    """How long ago it was: a voice is heard late; ringback stops somewhere in its last pause."""
    parts = {"voice_ms": 1.0, "no_tone_ms": 1.0, "silent_ms": 0.5}
    told = ((figures.get(name, 0), part) for name, part in parts.items())
    return sum(ms * part for ms, part in told if isinstance(ms, int)) / 1000
