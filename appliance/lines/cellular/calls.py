"""One call as the modem's list of calls and its notices tell it: what is new, and when it is over.

The list (AT+CLCC, 3GPP TS 27.007 7.18) is the truth. A notice only makes us look: they come late,
twice, of the call before, or never. Pure; times are monotonic seconds.
"""

from collections.abc import Sequence
from enum import Enum, auto

from appliance.modem.call_causes import ENDED
from appliance.modem.mobile_calls import CallEnded, CallState, CurrentCall

FIRST_LISTED_S = 5.0  # a call just dialled or answered may not be in the list yet
NOTICE_S = 5.0  # a notice explains an end so long
MISSING = 2  # empty lists in a row: one may be the answer to another question
_NOT_OURS = (CallState.WAITING, CallState.RELEASED)
_UP = (CallState.ACTIVE, CallState.HELD)


class News(Enum):
    ALERTING = auto()
    CONNECTED = auto()
    DOUBT = auto()  # it is not in the list: look again at once
    ENDED = auto()


class CallFollower:
    """``outgoing``: we dialled. ``began``: when the modem was told to."""

    def __init__(self, outgoing: bool, began: float) -> None:
        self._outgoing = outgoing
        self._began = began
        self._index: int | None = None
        self._missing = 0
        self._notice: CallEnded | None = None
        self._noticed_at = 0.0
        self._alerting = False
        self.connected = False

    def noticed_end(self, notice: CallEnded, now: float) -> None:
        """The modem says that some call has ended. A cause once told is not forgotten for ENDED."""
        if self._notice_now(now) is None or notice.cause != ENDED:
            self._notice, self._noticed_at = notice, now

    def cause(self, now: float) -> str:
        """Why it ended, by a notice just heard; "ended" when none told."""
        notice = self._notice_now(now)
        return notice.cause if notice is not None else ENDED

    def evidence(self, now: float) -> str:
        """How we know that it is over, as CallerHungUp tells it."""
        notice = self._notice_now(now)
        is_bare = notice is not None and notice.seconds is None
        return "modem_no_carrier" if is_bare else "modem_ended"

    def listed(self, calls: Sequence[CurrentCall], now: float) -> tuple[News, ...]:
        """The list as it is now."""
        ours = self._ours(calls)
        if ours is None:
            return self._not_listed(now)
        self._missing = 0
        self._index = ours.index
        if ours.state is CallState.ALERTING and not self._alerting:
            self._alerting = True
            return (News.ALERTING,)
        if ours.state in _UP and not self.connected:
            self.connected = True
            return (News.CONNECTED,)
        return ()

    @property
    def index(self) -> int | None:
        """Its number in the list, once it was seen there."""
        return self._index

    def no_list(self, accepted: bool, now: float) -> tuple[News, ...]:
        """The modem has no list of calls: its notices must do, and that it ``accepted`` ATA."""
        if self._notice_now(now) is not None:
            return (News.ENDED,)
        if self.connected or not accepted:
            return ()
        self.connected = True
        return (News.CONNECTED,)

    def _not_listed(self, now: float) -> tuple[News, ...]:
        was_seen = self._index is not None or self._notice_now(now) is not None
        if not was_seen and now - self._began < FIRST_LISTED_S:
            return ()
        self._missing += 1
        return (News.ENDED,) if self._missing >= MISSING else (News.DOUBT,)

    def _ours(self, calls: Sequence[CurrentCall]) -> CurrentCall | None:
        for call in calls:
            is_mine = call.is_voice and call.outgoing is self._outgoing
            is_known = self._index is None or call.index == self._index
            is_next = self.connected and call.state is CallState.INCOMING  # by the same index
            if is_mine and is_known and not is_next and call.state not in _NOT_OURS:
                return call
        return None

    def _notice_now(self, now: float) -> CallEnded | None:
        return self._notice if now - self._noticed_at <= NOTICE_S else None


def incoming(calls: Sequence[CurrentCall]) -> CurrentCall | None:
    """The voice call that rings, or None."""
    return next((c for c in calls if c.is_voice and c.state is CallState.INCOMING), None)


def waiting(calls: Sequence[CurrentCall]) -> CurrentCall | None:
    """The second caller, or None."""
    return next((c for c in calls if c.is_voice and c.state is CallState.WAITING), None)


def held_up(calls: Sequence[CurrentCall]) -> bool:
    """Whether any call exists that a hang-up must end; who rings or waits is the next caller.

    A Quectel lists its LTE data bearer, too, as an active call of mode 1: that is none.
    """
    over = (CallState.INCOMING, CallState.WAITING, CallState.RELEASED)
    return any(call.is_voice and call.state not in over for call in calls)
