"""The line doctor at work: listens to ordinary calls, keeps notes, proposes, applies on consent.

Joins `line_doctor` (which only thinks) to the taps, the survey in C, the notes on the card and the
configuration. Main thread only; the survey has a thread of its own, the notes are the store's.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from appliance.audio.call_memory import CallMemory
from appliance.audio.evidence_clip import CallLook, look_at_call
from appliance.audio.line_survey import LineSurvey, SurveyedTone
from appliance.audio.tones import tones_for
from appliance.core.commands import Command, HistoryFact, ReleaseLine
from appliance.core.events import (
    CallerHungUp,
    CallerIdReceived,
    Event,
    HangUpSignHeard,
    LineAnswered,
    LineFailed,
    LineReleased,
    RingDetected,
)
from appliance.core.status import Snapshot
from appliance.errors import AudioError, ConfigError, StorageError
from appliance.interfaces import Clock, Worker
from appliance.line_doctor.notebook import (
    DISMISSED,
    WATCHED,
    CallEvidence,
    Candidate,
    LineNotebook,
)
from appliance.line_doctor.proposals import Proposal, known_name, proposals
from appliance.line_doctor.tones import RepeatedTone, SeenTone
from appliance.settings import HangUpToneSettings, LineSettings
from appliance.settings.hang_up_tones import add_tone
from appliance.storage.config_store import StoredConfig
from appliance.storage.line_notes import LineNotes

RINGS_APART_S = 12.0  # further apart they are two callers'
ImportConfig = Callable[[str, str], Awaitable[tuple[int, list[str]]]]
_GONE_TONES = ("busy", "reorder", "number_unobtainable", "howler")
_MEASURES = (
    "noise_dbm0", "speech_dbm0", "hum_dbm0", "echo_return_loss_db", "echo_delay_ms",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DeskNeeds:
    """The parts of the daemon the doctor works with.

    ``port_of``: the audio port of an endpoint, None without one.
    """

    memory: CallMemory
    notes: LineNotes
    store: Worker
    clock: Clock
    post: Callable[[Callable[[], None]], object]
    port_of: Callable[[str], int | None]
    snapshot: Callable[[], Snapshot]
    config: Callable[[], StoredConfig]
    new_id: Callable[[], str]


@dataclass(slots=True)
class _Listening:
    """What one line's present call has shown so far."""

    rings: list[float] = field(default_factory=list)
    caller_id: str = ""
    memory: str = ""  # its name, while the call is remembered
    call_id: str = ""
    caller: str = ""
    ended_by: str = ""
    is_outgoing: bool = False


class DoctorDesk:
    """Give it each event by `observe`, commands by `before`; the rest is asked for."""

    def __init__(self, needs: DeskNeeds) -> None:
        self._needs = needs
        self._listening: dict[str, _Listening] = {}
        self._dials: dict[str, str] = {}  # lines, by the id of what is dialled on them
        self._notebooks: dict[str, LineNotebook] = {}
        self._problem = ""
        for line, document in needs.notes.read().items():
            try:
                self._notebooks[line] = LineNotebook.from_document(document)
            except (KeyError, TypeError, ValueError):  # another release's: learned anew
                self._problem = f"the line doctor's notes on line {line} can't be used"

    @property
    def problems(self) -> tuple[str, ...]:
        """Why its notes could not be read or kept, for the owner."""
        return (*self._needs.notes.problems, *([self._problem] if self._problem else []))

    # --- listening ---------------------------------------------------------------------------

    def observe(self, event: Event) -> None:
        """One event, before the core decides on it."""
        match event:
            case RingDetected(line=line):
                self._rang(self._of(line))
            case CallerIdReceived(line=line):
                now = self._of(line)
                now.caller_id = now.caller_id or f"after ring {len(now.rings)}"
            case LineAnswered(line=line):
                self._answered(line)
            case CallerHungUp(line=line, evidence=sign) | HangUpSignHeard(line=line, sign=sign):
                self._of(line).ended_by = sign
            case LineReleased(line=line) | LineFailed(line=line):
                self._over(line)

    def before(self, commands: Iterable[Command]) -> None:
        """What the core decided, before it is carried out: a call's sound ends with its release."""
        for command in commands:
            if isinstance(command, ReleaseLine):
                self._over(command.line)
            elif isinstance(command, HistoryFact) and command.kind == "dial_began":
                self._dials[str(command.data["dial_id"])] = str(command.data["line"])
            elif isinstance(command, HistoryFact) and command.kind == "dial_ended":
                line = self._dials.pop(str(command.data["dial_id"]), "")
                if line and command.data["outcome"] == "answered":
                    self._called_out(line)

    def _called_out(self, line: str) -> None:
        """From the answer on: tones before it are of the number, not of a hang-up."""
        self._listening[line] = _Listening(is_outgoing=True)
        self._answered(line)

    def _of(self, line: str) -> _Listening:
        return self._listening.setdefault(line, _Listening())

    def _rang(self, now: _Listening) -> None:
        at = self._needs.clock.monotonic()
        if now.rings and at - now.rings[-1] > RINGS_APART_S:
            now.rings.clear()
            now.caller_id = ""
        now.rings.append(at)

    def _answered(self, line: str) -> None:
        needs, now = self._needs, self._of(line)
        port = needs.port_of(f"line:{line}")
        if port is None:
            return
        for call in needs.snapshot().calls:
            if call.line == line:
                now.call_id, now.caller = call.call_id, call.number
        now.memory = f"{line} {needs.new_id()}"
        try:
            needs.memory.begin(now.memory, port)
        except AudioError:  # every tap is in use: this call teaches nothing
            now.memory = ""

    def _over(self, line: str) -> None:
        now = self._listening.pop(line, None)
        if now is None or not now.memory:
            return
        at = self._needs.clock.utc()
        with suppress(AudioError):  # the loop takes no more commands: nothing to learn either
            self._needs.memory.end(
                now.memory, look_at_call, lambda look: self._looked(line, now, at, look)
            )

    def _looked(self, line: str, now: _Listening, at: float, look: CallLook | None) -> None:
        if look is None:
            return
        evidence = CallEvidence(
            now.call_id,
            now.caller,
            at,
            now.ended_by,
            tuple(_seen(tone) for tone in look.survey.tones),
            _measured(look.survey) | _ring_period(now.rings),
            now.caller_id,
            now.is_outgoing,
        )
        notebook = self._notebooks.setdefault(line, LineNotebook())
        candidate = notebook.add(evidence, self._needs.new_id())
        clip = None
        if candidate is not None and look.clip and self._is_news(line, candidate):
            clip = (candidate.candidate_id, look.clip)
            notebook.put(replace(candidate, clip_call_id=now.call_id, plot=look.plot))
        self._save(clip)

    def _is_news(self, line: str, candidate: Candidate) -> bool:
        """Of a tone that may be proposed one day its first clip is kept."""
        return (
            candidate.state == WATCHED
            and not candidate.clip_call_id
            and not known_name(candidate.tone, self._known(line))
            and not known_name(candidate.tone, {str(n): t for n, t in self._present(line)})
        )

    def _save(self, clip: tuple[str, bytes] | None = None) -> None:
        documents = {line: notes.to_document() for line, notes in self._notebooks.items()}
        clips = {
            one.candidate_id
            for notes in self._notebooks.values()
            for one in notes.candidates
            if one.clip_call_id
        }
        notes = self._needs.notes

        def work() -> None:
            if clip is not None:
                notes.write_clip(*clip)
            notes.write(documents)
            notes.keep_clips(clips)

        self._needs.store.submit(work).add_done_callback(self._saved)

    def _saved(self, done: "Future[None]") -> None:
        """On the store's thread."""
        error = done.exception()
        if error is not None and not isinstance(error, StorageError):
            raise error
        problem = str(error) if error else ""
        self._needs.post(lambda: setattr(self, "_problem", problem))

    # --- what is known -----------------------------------------------------------------------

    def _line(self, line: str) -> LineSettings | None:
        lines = self._needs.config().settings.lines
        return next((one for one in lines if one.name == line), None)

    def _present(self, line: str) -> list[tuple[int, RepeatedTone]]:
        settings = self._line(line)
        tones = settings.hang_up_tone if settings is not None else ()
        return list(enumerate(RepeatedTone(t.hz, t.on_ms, t.off_ms) for t in tones))

    def _known(self, line: str) -> Mapping[str, RepeatedTone]:
        settings = self._line(line)
        country = settings.country if settings is not None else "US"
        tones = tones_for(country)
        return {
            f"{country} {name.replace('_', ' ')}": _repeated(tones[name].hz, tones[name].phases)
            for name in _GONE_TONES
            if name in tones
        }

    def _proposals(self, line: str) -> list[Proposal]:
        present = [tone for _, tone in self._present(line)]
        return proposals(line, self._notebooks[line], present, self._known(line))

    def lines(self) -> dict[str, Any]:
        """Each line's measures and proposals, as docs/control-api.md has them."""
        names = [line.name for line in self._needs.config().settings.lines]
        return {"lines": [self._line_check(line) for line in names]}

    def _line_check(self, line: str) -> dict[str, Any]:
        notebook = self._notebooks.setdefault(line, LineNotebook())
        heard = [one for one in notebook.candidates if one.witnesses]
        best = max(heard, key=lambda one: len(one.witnesses), default=None)
        return {
            "line": line,
            "calls": notebook.calls,
            "measures": [
                {"name": name, "value": one.value, "calls": one.calls}
                for name, one in notebook.measures.items()
            ],
            "caller_id": notebook.caller_id,
            "hang_up_tones": [tone.in_words() for _, tone in self._present(line)],
            "heard_tone": best.tone.in_words() if best else "",
            "heard_tone_calls": len(best.witnesses) if best else 0,
            "heard_tone_known_as": known_name(best.tone, self._known(line)) if best else "",
            "proposals": [_described(one) for one in self._proposals(line)],
        }

    def show(self, proposal_id: str) -> dict[str, Any] | None:
        """One proposal with its evidence; None when there is none (any more)."""
        found = self._find(proposal_id)
        return _described(found) if found is not None else None

    def _find(self, proposal_id: str) -> Proposal | None:
        names = [line.name for line in self._needs.config().settings.lines]
        return next(
            (
                one
                for line in names
                if line in self._notebooks
                for one in self._proposals(line)
                if one.proposal_id == proposal_id
            ),
            None,
        )

    # --- on consent --------------------------------------------------------------------------

    async def apply(
        self, proposal_id: str, import_config: ImportConfig
    ) -> tuple[int, list[str]] | None:
        """Put the value into the configuration: its generation and the changes in words.

        ``import_config``: saves and applies a text. None when there is no such proposal.
        Raises ConfigError.
        """
        found = self._find(proposal_id)
        if found is None:
            return None
        tone, current = found.candidate.tone, self._needs.config()
        written = HangUpToneSettings(tone.hz, tone.on_ms, tone.off_ms)
        toml = add_tone(current.toml, found.line, written)
        applied = await import_config(toml, current.name or "configuration")
        if self._find(proposal_id) is not None:
            raise ConfigError("the configuration was saved, but the proposal still stands")
        self._put(found.line, replace(found.candidate, clip_call_id="", plot={}))
        return applied

    def dismiss(self, proposal_id: str) -> bool:
        """Never propose it again, and delete its clip; False when there is none."""
        found = self._find(proposal_id)
        if found is None:
            return False
        self._put(found.line, replace(found.candidate, state=DISMISSED, clip_call_id="", plot={}))
        return True

    def _put(self, line: str, candidate: Candidate) -> None:
        self._notebooks[line].put(candidate)
        self._save()

    def open_clip(self, proposal_id: str) -> tuple[dict[str, Any], int]:
        """Its clip: as `LineNotes.open_clip`. Any thread."""
        return self._needs.notes.open_clip(proposal_id)


def _seen(tone: SurveyedTone) -> SeenTone:
    return SeenTone(
        RepeatedTone(
            tuple(round(hz) for hz in tone.hz),
            tuple(round(on) for on, _ in tone.phases),
            tuple(round(off) for _, off in tone.phases),
        ),
        tone.cycles,
        tone.level_dbm0,
        tone.snr_db,
        tone.sent_dbm0,
        tone.is_at_end,
        tone.sound_after_ms,
    )


def _repeated(hz: tuple[int, ...], phases: tuple[tuple[float, float], ...]) -> RepeatedTone:
    on_ms = tuple(round(on * 1000) for on, _ in phases)
    return RepeatedTone(tuple(hz), on_ms, tuple(round(off * 1000) for _, off in phases))


def _measured(survey: LineSurvey) -> dict[str, float]:
    values = {name: getattr(survey, name) for name in _MEASURES}
    measured = {name: float(value) for name, value in values.items() if value is not None}
    return measured | ({"hum_hz": float(survey.hum_hz)} if survey.hum_hz else {})


def _ring_period(rings: list[float]) -> dict[str, float]:
    """From ring to ring, in seconds; a burst is reported when it is over, and so is its pause."""
    gaps = sorted(b - a for a, b in pairwise(rings))
    return {"ring_period_s": round(gaps[len(gaps) // 2], 2)} if gaps else {}


def _described(proposal: Proposal) -> dict[str, Any]:
    candidate = proposal.candidate
    calls, callers = len(candidate.witnesses), proposal.callers
    who = f"{callers} different callers" if callers > 1 else "one caller"
    return {
        "proposal_id": proposal.proposal_id,
        "line": proposal.line,
        "key": proposal.key,
        "value": candidate.tone.to_document(),
        "value_text": candidate.tone.in_words(),
        "present_text": "; ".join(tone.in_words() for tone in proposal.present),
        "reason": f"the last {calls} calls that ended in a tone, from {who}, ended in this one; "
        "no call went on after it",
        "calls": [
            {
                "call_id": witness.call_id,
                "caller": witness.caller,
                "at": witness.at,
                "ended_by": witness.ended_by,
                "cycles": witness.cycles,
                "level_dbm0": witness.level_dbm0,
                "snr_db": witness.snr_db,
                "tone_text": witness.tone.in_words(),
            }
            for witness in candidate.witnesses
        ],
        "has_clip": bool(candidate.clip_call_id),
        "clip_call_id": candidate.clip_call_id,
        "plot": dict(candidate.plot) or {"step_ms": 50, "level_dbm0": [], "bursts_ms": []},
    }
