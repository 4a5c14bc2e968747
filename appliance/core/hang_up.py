"""Has the caller hung up? Weak signs vote; 100 together end the call.

An analog line never says for certain that the far end is gone. Each sign carries a weight. A sign
counts for a while only, a key from the caller cancels all, and silence supports an earlier sign
only when it began with it: speech after a sign means that somebody is there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from appliance.core.commands import Figure

NEEDED = 100
SAME_SIGN_S = 1.5  # a modem repeats one report several times a second; that is one sign
SIGN_LIVES_S = 20.0  # two signs further apart have nothing to do with each other
SETTLE_S = 1.0  # after answering
SILENCE_SLACK_S = 2.0  # a tone or a click may follow the sign before the line falls silent
TONES_TOUCH_S = 1.5  # a tone told so soon before another one began is the same one
TOLD_LATE_S = 0.08  # until the burst that ends the last pause stands
SILENCE_FIRST_S, SILENCE_FIRST = (
    8.0,
    20,
)  # a silence supports a sign from here


@dataclass(frozen=True, slots=True)
class Weight:
    """Of one sign: as a rule, in the first seconds after answering, and how often it counts."""

    usual: int
    settling: int
    times: int = 1


def _steady(weight: int, times: int = 1) -> Weight:
    return Weight(weight, weight, times)


WEIGHTS: Mapping[str, Weight] = MappingProxyType(
    {
        "hang_up_tone": _steady(100),  # learned from this very exchange, and agreed to
        "busy_tone": _steady(100),  # whole cadence, >= 4 cycles, frequency and cadence as tabled
        "unknown_tone": _steady(
            75, 2
        ),  # regular as a busy tone, in no table; told again as it lasts
        "dial_tone": _steady(100),  # steady for seconds
        "off_hook_tone": _steady(100),  # the howler: the exchange thinks that we forgot to hang up
        "unobtainable_tone": _steady(60, 2),  # with its announcement it comes again and again
        "loop_break": _steady(100),  # the exchange opened the loop (calling party control)
        "polarity": Weight(80, 0),  # reversed: also how some exchanges answer, at the beginning
        "modem_busy": _steady(80, 2),  # modems take speech for busy tone now and then
        "modem_dial": _steady(20),  # ... and prompts for dial tone often
    }
)


@dataclass(frozen=True, slots=True)
class Vote:
    """One sign, counted."""

    sign: str
    weight: int
    at: float
    figures: Mapping[str, Figure] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Count:
    """The votes that stand now; ``total`` is their sum."""

    votes: tuple[Vote, ...]

    @property
    def total(self) -> int:
        return sum(vote.weight for vote in self.votes)

    @property
    def is_enough(self) -> bool:
        return self.total >= NEEDED

    @property
    def strongest(self) -> Vote:
        """The sign the owner is told first."""
        return max(self.votes, key=lambda vote: (vote.weight, vote.at))

    def figures(self) -> dict[str, Figure]:
        """``busy_tone=100, needed=100`` and what was measured of each sign."""
        weights: dict[str, int] = {}
        measured: dict[str, Figure] = {}
        for vote in self.votes:
            weights[vote.sign] = weights.get(vote.sign, 0) + vote.weight
            measured.update({f"{vote.sign}_{name}": value for name, value in vote.figures.items()})
        return {**weights, **measured, "needed": NEEDED}

    def tone_s(self, now: float) -> float:
        """How long there has been nothing but tones, seconds; 0 when the last sign was none.

        A tone's figures say how long it had lasted when it was told. An earlier one counts where
        the later began with it.
        """
        began = now
        for vote in reversed(self.votes):
            if vote.at < began - TONES_TOUCH_S:
                break
            began = min(began, vote.at - _lasted_s(vote.figures))
        return now - began


def _lasted_s(figures: Mapping[str, Figure]) -> float:
    """Of a tone by its figures on_ms, off_ms (0: steady) and cycles; 0 of another sign.

    A rhythm is told when the burst after its last pause is known to be one.
    """
    on_ms, off_ms = figures.get("on_ms"), figures.get("off_ms")
    cycles = figures.get("cycles")
    if not isinstance(on_ms, int) or not isinstance(off_ms, int):
        return 0.0
    if off_ms == 0 or not isinstance(cycles, int):
        return on_ms / 1000
    return cycles * (on_ms + off_ms) / 1000 + TOLD_LATE_S


class HangUpVote:
    """The votes on one call. ``now``: monotonic seconds, never going back."""

    def __init__(self, answered_at: float) -> None:
        self._answered_at = answered_at
        self._votes: list[Vote] = []

    def sign(self, sign: str, now: float, figures: Mapping[str, Figure]) -> Count | None:
        """Count one sign; None when it changes nothing. Raises KeyError for an unknown sign."""
        rule = WEIGHTS[sign]
        weight = rule.settling if self._settles(now) else rule.usual
        self._votes = [vote for vote in self._votes if now - vote.at <= SIGN_LIVES_S]
        same = [vote.at for vote in self._votes if vote.sign == sign]
        if weight == 0 or len(same) >= rule.times or (same and now - same[-1] < SAME_SIGN_S):
            return None
        self._votes.append(Vote(sign, weight, now, figures))
        return Count(tuple(self._votes))

    def silence(self, lasted_s: float, limit_s: float, now: float) -> Count | None:
        """Nothing has been heard for ``lasted_s``; None while that is too short to mean anything.

        ``limit_s``: so long a silence is enough by itself (more than SILENCE_FIRST_S).
        """
        if lasted_s < SILENCE_FIRST_S:
            return None
        share = min(1.0, (lasted_s - SILENCE_FIRST_S) / (limit_s - SILENCE_FIRST_S))
        weight = SILENCE_FIRST + int(share * (NEEDED - SILENCE_FIRST))
        began = now - lasted_s - SILENCE_SLACK_S
        before = [vote for vote in self._votes if vote.at >= began]
        return Count((*before, Vote("silence", weight, now, {"s": round(lasted_s, 1)})))

    def alive(self) -> None:
        """The caller pressed a key: what was counted was wrong."""
        self._votes.clear()

    def _settles(self, now: float) -> bool:
        return now - self._answered_at < SETTLE_S
