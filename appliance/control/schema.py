"""The typed shape of every control method: who may call it, what it takes, what it gives."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from appliance.control import (
    schema_backup,
    schema_box,
    schema_config,
    schema_lines,
    schema_network,
    schema_update,
)
from appliance.control.schema_base import (
    MAX_LINE_BYTES,
    MAX_WAIT_S,
    Code,
    Day,
    Id,
    Method,
    Nothing,
    Page,
    Params,
    Role,
    Short,
)
from appliance.control.schema_config import Imported, OnTrial
from appliance.control.schema_lines import LineFacts, LineProblem

__all__ = ["MAX_LINE_BYTES", "MAX_WAIT_S", "METHODS", "Code", "Method", "Params", "Role"]


class Claim(Params, frozen=True):
    code: Short
    name: Short
    password: Annotated[str, Meta(max_length=1000)]


class SignIn(Params, frozen=True):
    name: Short
    password: Annotated[str, Meta(max_length=1000)]


class StatusChanges(Params, frozen=True):
    since: int
    wait_s: Annotated[float, Meta(ge=0, le=MAX_WAIT_S)] = 25.0


class CallsList(Page, frozen=True):
    day: Day | None = None
    story: bool = True


class CallsGet(Params, frozen=True):
    call_id: Id


class SecretDigits(Params, frozen=True):
    """``on``: from now on the caller's touch tones are kept out of the recording."""

    call_id: Id
    on: bool


class MessagesMark(Params, frozen=True):
    recording_id: Id
    heard: bool


class RecordingsOpen(Params, frozen=True):
    recording_id: Id


class ProposalId(Params, frozen=True):
    proposal_id: Id


# --- results -----------------------------------------------------------------------------------


class Claimed(Struct, frozen=True):
    claimed: bool


class SignedIn(Struct, frozen=True):
    token: str
    role: str
    name: str


class Who(Struct, frozen=True):
    name: str
    role: str


class Caller(Struct, frozen=True):
    number: str
    name: str
    presentation: str


class LineStatus(Struct, frozen=True):
    name: str
    driver: str
    state: str
    since: float
    reason: str
    model: str
    number_now: str
    facts: LineFacts = LineFacts()
    problem: LineProblem | None = None


class StationStatus(Struct, frozen=True):
    extension: str
    name: str
    state: str
    since: float
    reason: str
    peer: str


class CallStatus(Struct, frozen=True):
    call_id: str
    line: str
    caller: Caller
    state: str
    since: float
    started_at: float
    station: str
    trouble: str = ""
    direction: str = "inbound"


class Today(Struct, frozen=True):
    calls: int
    answered: int
    missed: int
    messages_new: int
    texts_new: int = 0


class StorageStatus(Struct, frozen=True):
    free_bytes: int
    recording: str
    problem: str


class Status(Struct, frozen=True):
    revision: int
    at: float
    shop: str
    lines: list[LineStatus]
    stations: list[StationStatus]
    calls: list[CallStatus]
    today: Today
    storage: StorageStatus
    problems: list[str]
    texts_revision: int = 0
    on_trial: OnTrial | None = None


class Health(Struct, frozen=True):
    """What drivers say of themselves, by line, linecard and station."""

    lines: dict[str, dict[str, Any]]
    linecards: dict[str, dict[str, Any]]
    stations: dict[str, dict[str, Any]]


class StoryEntry(Struct, frozen=True):
    at: float
    text: str
    figures: dict[str, Any]


class LegState(Struct, frozen=True):
    state: str
    at: float


class Leg(Struct, frozen=True):
    leg_id: str
    endpoint: str
    began_at: float
    ended_at: float | None
    reason: str
    states: list[LegState]


class Offer(Struct, frozen=True):
    offer_id: str
    station: str
    began_at: float
    ended_at: float | None
    outcome: str | None


class SecretSpan(Struct, frozen=True):
    from_ms: int
    to_ms: int


class RecordingRef(Struct, frozen=True, omit_defaults=True):
    """``secret_spans``: where touch tones were blanked, in both channels."""

    id: str
    ms: int
    secret_spans: list[SecretSpan] = []


class Dial(Struct, frozen=True):
    """One attempt at an outside number. ``outcome``: answered, cancelled, busy, no_answer ..."""

    line: str
    number: str
    began_at: float
    ended_at: float | None
    outcome: str | None


class Call(Struct, frozen=True):
    """``direction``: inbound, internal, or outbound: then ``caller`` is who was called."""

    call_id: str
    line: str
    caller: Caller
    started_at: float
    answered_at: float | None
    ended_at: float | None
    disposition: str | None
    ended_by: str | None
    digits: str
    legs: list[Leg]
    offers: list[Offer]
    recording: RecordingRef | None
    story: list[StoryEntry]
    quality: dict[str, Any] | None = None
    direction: str = "inbound"
    station: str = ""
    dials: list[Dial] = []


class CallShown(Call, frozen=True):
    """A call by itself. ``message``: what its caller left."""

    message: RecordingRef | None = None


class Calls(Struct, frozen=True):
    calls: list[Call]
    next: str | None


class Message(Struct, frozen=True):
    recording_id: str
    call_id: str
    voicemail: str
    line: str
    caller: Caller
    left_at: float
    ms: int
    heard: bool


class Messages(Struct, frozen=True):
    messages: list[Message]
    next: str | None


class RecordingInfo(Struct, frozen=True):
    ms: int
    bytes: int
    channels: int
    name: str


class LineMeasure(Struct, frozen=True):
    name: str
    value: float
    calls: int


class ToneValue(Struct, frozen=True):
    hz: list[int]
    on_ms: list[int]
    off_ms: list[int]


class ProposalCall(Struct, frozen=True):
    call_id: str
    caller: str
    at: float
    ended_by: str
    cycles: int
    level_dbm0: float
    snr_db: float
    tone_text: str


class LevelPlot(Struct, frozen=True):
    step_ms: int
    level_dbm0: list[float]
    bursts_ms: list[list[int]]


class LineProposal(Struct, frozen=True):
    proposal_id: str
    line: str
    key: str
    value: ToneValue
    value_text: str
    present_text: str
    reason: str
    calls: list[ProposalCall]
    has_clip: bool
    clip_call_id: str
    plot: LevelPlot


class LineCheck(Struct, frozen=True):
    line: str
    calls: int
    measures: list[LineMeasure]
    caller_id: str
    hang_up_tones: list[str]
    heard_tone: str
    heard_tone_calls: int
    heard_tone_known_as: str
    proposals: list[LineProposal]


class LineChecks(Struct, frozen=True):
    lines: list[LineCheck]


METHODS: dict[str, Method] = {
    "auth.state": Method(Role.ANYONE, Params, Claimed),
    "auth.claim": Method(Role.ANYONE, Claim, SignedIn),
    "auth.sign_in": Method(Role.ANYONE, SignIn, SignedIn),
    "auth.sign_out": Method(Role.STAFF, Params, Nothing),
    "auth.whoami": Method(Role.STAFF, Params, Who),
    "status.get": Method(Role.STAFF, Params, Status),
    "status.changes": Method(Role.STAFF, StatusChanges, Status),
    "health.get": Method(Role.OWNER, Params, Health),
    "calls.list": Method(Role.STAFF, CallsList, Calls),
    "calls.get": Method(Role.STAFF, CallsGet, CallShown),
    "calls.secret_digits": Method(Role.STAFF, SecretDigits, Nothing),
    "messages.list": Method(Role.STAFF, Page, Messages),
    "messages.mark": Method(Role.STAFF, MessagesMark, Nothing),
    "recordings.open": Method(Role.STAFF, RecordingsOpen, RecordingInfo, sends_file=True),
    "line_doctor.list": Method(Role.OWNER, Params, LineChecks),
    "line_doctor.show": Method(Role.OWNER, ProposalId, LineProposal),
    "line_doctor.apply": Method(Role.OWNER, ProposalId, Imported),
    "line_doctor.dismiss": Method(Role.OWNER, ProposalId, Nothing),
    "line_doctor.clip": Method(Role.OWNER, ProposalId, RecordingInfo, sends_file=True),
    **schema_config.METHODS,
    **schema_lines.METHODS,
    **schema_backup.METHODS,
    **schema_network.METHODS,
    **schema_box.METHODS,
    **schema_update.METHODS,
}
