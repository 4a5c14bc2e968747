"""What the status page shows of the core: frozen pictures of calls, lines and stations.

All times are monotonic seconds, as they were given to ``Exchange.handle``.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CallStatus:
    """``state`` is the caller's leg state; ``station`` the extension that talks, or "".

    Of an outbound call it is the one that calls, from the first moment, until another takes over.
    """

    call_id: str
    direction: str  # inbound, internal or outbound
    line: str  # the caller's, or the one dialled on; "" for an internal call
    number: str
    name: str
    presentation: str
    state: str
    since: float
    began: float
    answered: float | None
    station: str
    trouble: str = ""  # what is wrong with the talk now


@dataclass(frozen=True, slots=True)
class LineStatus:
    """``state``: down, ready, ringing, in_call or fault. ``call_id`` is "" without a call."""

    name: str
    state: str
    since: float
    reason: str
    call_id: str
    number_now: str


@dataclass(frozen=True, slots=True)
class StationStatus:
    """``state``: down, idle, dialing, ringing, calling, talking, busy or off_hook.

    ``peer``: who is, or wants to be, at the other end: a number, an extension, or "".
    """

    extension: str
    name: str
    state: str
    since: float
    reason: str
    call_id: str
    peer: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The whole exchange at one moment; ``generation`` is the plan's."""

    generation: int
    calls: tuple[CallStatus, ...]
    lines: tuple[LineStatus, ...]
    stations: tuple[StationStatus, ...]
