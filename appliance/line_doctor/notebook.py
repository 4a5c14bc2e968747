"""What the doctor remembers of one line: bounded, and as plain documents for the store."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Any

from appliance.line_doctor.tones import (
    RepeatedTone,
    SeenTone,
    is_callers_machine,
    is_own_echo,
    is_same,
    mean_tone,
)

MOST_VALUES = 50  # of each measure: the newest
MOST_CANDIDATES = 8
MOST_CALLS = 10  # kept as evidence of one tone
LIVING_SOUND_MS = 2000  # so much sound after a tone: the call lived on
LEAST_CYCLES = 2
LEAST_SNR_DB = 8.0
LEAST_HZ, MOST_HZ = 300, 3400
LEAST_PHASE_MS, MOST_PHASE_MS = 50, 4000  # as the audio loop can listen for

WATCHED, DISMISSED = "watched", "dismissed"


@dataclass(frozen=True, slots=True)
class CallEvidence:
    """One call's end and measures. ``ended_by``: the last sign that the caller was gone, or "".

    ``measures``: by name, with the unit in it; ``caller``: number, "" when withheld.
    ``caller_id``: when it came, such as ``after ring 1``; "" when the line gave none. A call that
    went out (``is_outgoing``) tells nothing of that.
    """

    call_id: str
    caller: str
    at: float
    ended_by: str
    tones: tuple[SeenTone, ...] = ()
    measures: Mapping[str, float] = field(default_factory=dict)
    caller_id: str = ""
    is_outgoing: bool = False


@dataclass(frozen=True, slots=True)
class Witness:
    """One call that ended in a tone."""

    call_id: str
    caller: str
    at: float
    ended_by: str
    cycles: int
    level_dbm0: float
    snr_db: float
    tone: RepeatedTone

    def to_document(self) -> dict[str, Any]:
        document = {name: getattr(self, name) for name in self.__slots__}
        return document | {"tone": self.tone.to_document()}

    @staticmethod
    def from_document(document: Mapping[str, Any]) -> "Witness":
        tone = RepeatedTone.from_document(document["tone"])
        return Witness(**{**document, "tone": tone})


@dataclass(frozen=True, slots=True)
class Candidate:
    """A tone in which calls ended. ``against``: calls that lived on after it."""

    candidate_id: str
    tone: RepeatedTone
    witnesses: tuple[Witness, ...] = ()
    against: tuple[str, ...] = ()
    state: str = WATCHED
    clip_call_id: str = ""  # whose sound is kept; "" when none is
    plot: Mapping[str, Any] = field(default_factory=dict)

    def to_document(self) -> dict[str, Any]:
        document = {name: getattr(self, name) for name in self.__slots__}
        return document | {
            "tone": self.tone.to_document(),
            "witnesses": [witness.to_document() for witness in self.witnesses],
            "against": list(self.against),
            "plot": dict(self.plot),
        }

    @staticmethod
    def from_document(document: Mapping[str, Any]) -> "Candidate":
        parts = {
            "tone": RepeatedTone.from_document(document["tone"]),
            "witnesses": tuple(Witness.from_document(one) for one in document["witnesses"]),
            "against": tuple(document["against"]),
        }
        return Candidate(**{**document, **parts})


@dataclass(frozen=True, slots=True)
class Measure:
    """The median of the newest calls that told it."""

    value: float
    calls: int


class LineNotebook:
    """One line's notes. Change them with `add`; ids for new candidates come from outside."""

    def __init__(self) -> None:
        self.calls = 0
        self._values: dict[str, list[float]] = {}
        self._caller_id: list[str] = []
        self._candidates: list[Candidate] = []

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        return tuple(self._candidates)

    @property
    def measures(self) -> dict[str, Measure]:
        return {
            name: Measure(round(median(values), 1), len(values))
            for name, values in sorted(self._values.items())
        }

    @property
    def caller_id(self) -> str:
        """When caller ID mostly came in the newest calls; "" when it never did."""
        told = [when for when in self._caller_id if when]
        return max(sorted(set(told)), key=told.count) if told else ""

    def add(self, evidence: CallEvidence, new_id: str) -> Candidate | None:
        """Remember one call. Returns the candidate that it bears witness for, if any."""
        self.calls += 1
        for name, value in evidence.measures.items():
            self._values[name] = [*self._values.get(name, ()), value][-MOST_VALUES:]
        if not evidence.is_outgoing:
            self._caller_id = [*self._caller_id, evidence.caller_id][-MOST_VALUES:]
        for seen in evidence.tones:
            if not seen.is_at_end and seen.sound_after_ms >= LIVING_SOUND_MS:
                self._speak_against(seen.tone, evidence.call_id, new_id)
        last = next((seen for seen in evidence.tones if is_worth_noting(seen)), None)
        return self._bear_witness(last, evidence, new_id) if last is not None else None

    def find(self, candidate_id: str) -> Candidate | None:
        return next((one for one in self._candidates if one.candidate_id == candidate_id), None)

    def put(self, candidate: Candidate) -> None:
        """Put it in place of the one with its id, or add it; the weakest makes room."""
        kept = [one for one in self._candidates if one.candidate_id != candidate.candidate_id]
        kept.append(candidate)
        while len(kept) > MOST_CANDIDATES:
            kept.remove(min(kept[:-1], key=_weight))
        self._candidates = kept

    def to_document(self) -> dict[str, Any]:
        return {
            "calls": self.calls,
            "values": self._values,
            "caller_id": self._caller_id,
            "candidates": [candidate.to_document() for candidate in self._candidates],
        }

    @staticmethod
    def from_document(document: Mapping[str, Any]) -> "LineNotebook":
        """The opposite of `to_document`. Raises KeyError, TypeError or ValueError."""
        notebook = LineNotebook()
        notebook.calls = int(document["calls"])
        notebook._values = {str(k): [float(x) for x in v] for k, v in document["values"].items()}
        notebook._caller_id = [str(when) for when in document["caller_id"]]
        notebook._candidates = [Candidate.from_document(c) for c in document["candidates"]]
        return notebook

    def _like(self, tone: RepeatedTone) -> Candidate | None:
        return next((one for one in self._candidates if is_same(one.tone, tone)), None)

    def _speak_against(self, tone: RepeatedTone, call_id: str, new_id: str) -> None:
        candidate = self._like(tone) or Candidate(new_id, tone)
        self.put(replace(candidate, against=(*candidate.against, call_id)[-MOST_CALLS:]))

    def _bear_witness(self, seen: SeenTone, evidence: CallEvidence, new_id: str) -> Candidate:
        witness = Witness(
            evidence.call_id,
            evidence.caller,
            evidence.at,
            evidence.ended_by,
            seen.cycles,
            round(seen.level_dbm0, 1),
            round(seen.snr_db, 1),
            seen.tone,
        )
        candidate = self._like(seen.tone) or Candidate(new_id, seen.tone)
        others = [one for one in candidate.witnesses if one.call_id != witness.call_id]
        witnesses = (*others, witness)[-MOST_CALLS:]
        tone = mean_tone(one.tone for one in witnesses)
        candidate = replace(candidate, witnesses=witnesses, tone=tone)
        self.put(candidate)
        return candidate


def is_worth_noting(seen: SeenTone) -> bool:
    """An exchange may have sent it, and the audio loop could listen for it."""
    tone = seen.tone
    return (
        seen.is_at_end
        and bool(tone.on_ms)
        and seen.cycles >= LEAST_CYCLES
        and seen.snr_db >= LEAST_SNR_DB
        and all(LEAST_HZ <= hz <= MOST_HZ for hz in tone.hz)
        and all(LEAST_PHASE_MS <= ms <= MOST_PHASE_MS for ms in (*tone.on_ms, *tone.off_ms))
        and not is_own_echo(seen)
        and not is_callers_machine(tone)
    )


def _weight(candidate: Candidate) -> tuple[bool, int]:
    return (candidate.state != WATCHED, len(candidate.witnesses) + len(candidate.against))
