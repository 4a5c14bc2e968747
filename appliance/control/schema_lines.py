"""The schema of what concerns lines: short messages, their facts and troubles, calling out."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from appliance.control.schema_base import Id, Method, Nothing, Page, Params, Role, Short

Words = Annotated[str, Meta(min_length=1, max_length=2000)]
Number = Annotated[str, Meta(min_length=1, max_length=40)]


class LineFacts(Struct, frozen=True):
    """What a driver says of its line; what it does not know is "" or null."""

    operator: str = ""
    roaming: bool | None = None
    signal_dbm: int | None = None
    registration: str = ""
    sim: str = ""
    last_problem: str = ""
    warning: str = ""
    texts: bool = False


class LineProblem(Struct, frozen=True):
    """What the owner should do about a line. ``since``: UTC seconds."""

    text: str
    advice: str
    since: float


# --- parameters --------------------------------------------------------------------------------


class TextsList(Page, frozen=True):
    """``contact``: one conversation's, as `texts.conversations` names it; else all texts."""

    contact: Short | None = None


class TextsSend(Params, frozen=True):
    line: Short
    number: Number
    text: Words


class TextId(Params, frozen=True):
    text_id: Id


class LinecardLend(Params, frozen=True):
    """``linecard``: "" when there is but one. ``reason``: shown of its lines and telephones."""

    reason: Short
    linecard: Short = ""


class LinecardName(Params, frozen=True):
    linecard: Short


class LinecardLent(Struct, frozen=True):
    """``free``: the port is open to others now; else ask again."""

    linecard: str
    port: str
    free: bool


class LineName(Params, frozen=True):
    line: Short


class LineUssd(Params, frozen=True):
    line: Short
    code: Number


class CallsPlace(Params, frozen=True):
    """``station``: the extension whose handset rings first. ``number``: who is called then."""

    station: Short
    number: Number


# --- results -----------------------------------------------------------------------------------


class ShortMessage(Struct, frozen=True):
    """``direction``: in or out. ``at``: when it came in, or was written."""

    text_id: str
    direction: str
    line: str
    number: str
    contact: str
    text: str
    at: float
    sent_at: float | None
    delivered_at: float | None
    state: str
    state_at: float
    reason: str
    missing_parts: int
    parts: int
    author: str
    is_read: bool


class ShortMessages(Struct, frozen=True):
    texts: list[ShortMessage]
    next: str | None


class Conversation(Struct, frozen=True):
    contact: str
    unread: int
    last: ShortMessage


class Conversations(Struct, frozen=True):
    conversations: list[Conversation]
    next: str | None


class TextQueued(Struct, frozen=True):
    text_id: str
    state: str
    number: str
    parts: int


class NetworkAnswer(Struct, frozen=True):
    text: str


class LineTrouble(Struct, frozen=True):
    """A time in which a line did not work. ``ended_by``: line, box, removed; "" while it lasts."""

    state: str
    reason: str
    began_at: float
    ended_at: float | None
    ended_by: str


class LastAnswer(Struct, frozen=True):
    code: str
    text: str
    at: float


class LineShown(Struct, frozen=True):
    """``details``: identities and counters, as the driver tells them."""

    line: str
    details: dict[str, Any]
    troubles: list[LineTrouble]
    answer: LastAnswer | None


class CallPlaced(Struct, frozen=True):
    accepted: bool


class OutgoingUse(Struct, frozen=True):
    """What went out today, and the limits; 0: none."""

    calls: int
    seconds: float
    calls_a_day: int
    minutes_a_day: int


class OutgoingLine(OutgoingUse, frozen=True, kw_only=True):
    """``outgoing``: allow, emergency_only or never."""

    line: str
    outgoing: str


class OutgoingRules(Struct, frozen=True):
    """As the configuration's [outgoing]; ``shop``: all lines together."""

    access_code: str
    international: bool
    premium: bool
    allow: list[str]
    deny: list[str]
    quiet_from: str
    quiet_to: str
    shop: OutgoingUse
    lines: list[OutgoingLine]


METHODS: dict[str, Method] = {
    "texts.list": Method(Role.STAFF, TextsList, ShortMessages),
    "texts.conversations": Method(Role.STAFF, Page, Conversations),
    "texts.send": Method(Role.STAFF, TextsSend, TextQueued),
    "texts.mark_read": Method(Role.STAFF, TextId, Nothing),
    "texts.delete": Method(Role.OWNER, TextId, Nothing),
    "linecard.lend": Method(Role.OWNER, LinecardLend, LinecardLent),
    "linecard.take_back": Method(Role.OWNER, LinecardName, Nothing),
    "line.show": Method(Role.OWNER, LineName, LineShown),
    "line.ussd": Method(Role.OWNER, LineUssd, NetworkAnswer),
    "calls.place": Method(Role.STAFF, CallsPlace, CallPlaced),
    "outgoing.show": Method(Role.OWNER, Params, OutgoingRules),
}
