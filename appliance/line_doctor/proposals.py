"""What follows from a line's notes: values to propose, with the calls that speak for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from appliance.line_doctor.notebook import WATCHED, Candidate, LineNotebook
from appliance.line_doctor.tones import RepeatedTone, is_same

HANG_UP_TONE = "hang_up_tone"
CALLS_NEEDED = 3
CALLS_OF_TWO_CALLERS_NEEDED = 2


@dataclass(frozen=True, slots=True)
class Proposal:
    """``key`` of the line's configuration should be ``candidate.tone``; ``present``: what it is."""

    line: str
    key: str
    candidate: Candidate
    present: tuple[RepeatedTone, ...]

    @property
    def proposal_id(self) -> str:
        return self.candidate.candidate_id

    @property
    def callers(self) -> int:
        """How many different numbers the calls came from; withheld numbers are one."""
        return len({witness.caller for witness in self.candidate.witnesses})


def is_proven(candidate: Candidate) -> bool:
    """Enough calls ended in it, and none lived on after it."""
    calls = len(candidate.witnesses)
    numbers = {witness.caller for witness in candidate.witnesses if witness.caller}
    needed = CALLS_OF_TWO_CALLERS_NEEDED if len(numbers) >= 2 else CALLS_NEEDED
    return calls >= needed and not candidate.against


def known_name(tone: RepeatedTone, known: Mapping[str, RepeatedTone]) -> str:
    """As which of the country's tones it is heard already; "" for none."""
    return next((name for name, one in known.items() if is_same(one, tone)), "")


def proposals(
    line: str,
    notebook: LineNotebook,
    present: Sequence[RepeatedTone],
    known: Mapping[str, RepeatedTone],
) -> list[Proposal]:
    """What to propose for a line whose configuration holds ``present``.

    ``known``: the hang-up tones of the country, by name; they are listened for without our doing.
    """
    return [
        Proposal(line, HANG_UP_TONE, candidate, tuple(present))
        for candidate in notebook.candidates
        if candidate.state == WATCHED
        and is_proven(candidate)
        and not any(is_same(one, candidate.tone) for one in present)
        and not known_name(candidate.tone, known)
    ]
