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
# The longest silence between two bursts of ringback in tones.toml is 5 s.
QUIET_AFTER_CONNECTED_S = 6.5
SPEECH_GOES_ON_S = 20.0  # an announcement of the network ends in a tone before that

# By sign. "polarity": the exchange reverses the line for the charge (ITU-T Q.552, answer signal).
SIGNS: Mapping[str, int] = MappingProxyType(
    {
        "ringback": 0,
        "modem_ringback": 0,
        "ringback_over": 50,
        "modem_connected": 50,
        "connected_and_quiet": 50,
        "voice": 60,
        "speech_goes_on": 40,
        "polarity": 100,
    }
)
_RINGING = ("ringback", "modem_ringback")


@dataclass(frozen=True, slots=True)
class Answer:
    """``signs``: those that count, in the order in which they came. ``total``: their weight."""

    signs: tuple[str, ...]
    total: int

    @property
    def is_enough(self) -> bool:
        return self.total >= NEEDED

    def figures(self) -> dict[str, Figure]:
        return {"signs": ", ".join(self.signs), "total": self.total, "needed": NEEDED}


class AnswerVote:
    """The votes on one dialled call."""

    def __init__(self) -> None:
        self._signs: list[str] = []
        self.has_rung = False

    def sign(self, sign: str) -> Answer:
        """Count one sign; an unknown one weighs nothing."""
        if sign in _RINGING:
            self._signs.clear()
            self.has_rung = True
        elif sign in SIGNS and sign not in self._signs:
            self._signs.append(sign)
        return Answer(tuple(self._signs), sum(SIGNS[one] for one in self._signs))

    @property
    def is_connected(self) -> bool:
        """The modem says so, and no ringback was heard since."""
        return "modem_connected" in self._signs

    @property
    def has_voice(self) -> bool:
        return "voice" in self._signs
