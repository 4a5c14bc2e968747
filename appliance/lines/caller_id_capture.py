"""When an on-hook FXO line is listened to for caller ID, and who called: a pure state machine.

Exchanges send it after a polarity reversal and before the first ring (UK, Nordic countries, Brazil,
India), or between the first ring and the second (Bellcore, most of ETSI); which one is not known
beforehand, so both are listened to, for all three kinds at once. The first message that is right
counts, once a call; before the first ring the newest does, as whoever came before it gave up
without a ring. The driver calls each method with the monotonic time and listens on the port
while `listening` is true.
"""

from enum import Enum

from appliance.core.events import CallerIdReceived
from appliance.errors import CallerIdError
from appliance.interfaces import HeardCallerId
from appliance.modem.caller_id_frame import (
    WaitingMessage,
    read_caller_id,
)

# From the reversal or the ring's end: up to 1.5 s of pause, then up to 2 s of 128 bytes with their
# preamble, or 2.8 s of twenty keys (ETSI EN 300 659-1 and -2).
CAPTURE_S = 4.5
SAME_RING_S = 1.0  # a pause shorter than this is within one ring (UK 0.2 s, ring-pulse alerting)
RING_FOLLOWS_S = 10.0  # after caller ID that came before the first ring


class CaptureState(Enum):
    IDLE = "idle"
    BEFORE_RING = "before_ring"  # a reversal was seen
    FIRST_RING = "first_ring"
    AFTER_RING = "after_ring"
    CLOSED = "closed"  # until the call is over


class CaptureInput(Enum):
    REVERSAL = "reversal"
    RING_BEGAN = "ring_began"
    RING_ENDED = "ring_ended"
    TIME_UP = "time up"
    ANSWERED = "answered"
    OVER = "over"


_S, _I = CaptureState, CaptureInput

# What is not in the table changes nothing.
CAPTURE_TABLE: dict[tuple[CaptureState, CaptureInput], CaptureState] = {
    (_S.IDLE, _I.REVERSAL): _S.BEFORE_RING,
    (_S.IDLE, _I.RING_BEGAN): _S.FIRST_RING,
    (_S.IDLE, _I.ANSWERED): _S.CLOSED,
    (_S.BEFORE_RING, _I.RING_BEGAN): _S.FIRST_RING,
    (_S.BEFORE_RING, _I.TIME_UP): _S.IDLE,
    (_S.BEFORE_RING, _I.ANSWERED): _S.CLOSED,
    (_S.BEFORE_RING, _I.OVER): _S.IDLE,
    (_S.FIRST_RING, _I.RING_ENDED): _S.AFTER_RING,
    (_S.FIRST_RING, _I.ANSWERED): _S.CLOSED,
    (_S.FIRST_RING, _I.OVER): _S.IDLE,
    (_S.AFTER_RING, _I.RING_BEGAN): _S.CLOSED,
    (_S.AFTER_RING, _I.TIME_UP): _S.CLOSED,
    (_S.AFTER_RING, _I.ANSWERED): _S.CLOSED,
    (_S.AFTER_RING, _I.OVER): _S.IDLE,
    (_S.CLOSED, _I.OVER): _S.IDLE,
}


class CallerIdCapture:
    """One line's capture. ``unread``: messages that were wrong; ``waiting``: the message lamp."""

    def __init__(self, line: str) -> None:
        self._line = line
        self._state = CaptureState.IDLE
        self._opened_s = 0.0
        self._told_s: float | None = None  # when this call's caller was told
        self._told: CallerIdReceived | None = None
        self.unread = 0
        self.waiting: WaitingMessage | None = None

    @property
    def state(self) -> CaptureState:
        return self._state

    @property
    def listening(self) -> bool:
        """The port is to be listened to for caller ID now."""
        return self._state in (CaptureState.BEFORE_RING, CaptureState.AFTER_RING)

    @property
    def deadline(self) -> float | None:
        """When tick() must be called, or None."""
        return self._opened_s + CAPTURE_S if self.listening else None

    def reversal(self, now: float) -> None:
        """The line's polarity turned while it was idle; later ones mean nothing here."""
        self._move(CaptureInput.REVERSAL, now)

    def ring_began(self, now: float) -> None:
        """A burst of ringing begins. One that goes on after a short pause is the same ring."""
        is_same = now - self._opened_s < SAME_RING_S
        if self._state is CaptureState.AFTER_RING and is_same:
            self._state = CaptureState.FIRST_RING
        else:
            self._move(CaptureInput.RING_BEGAN, now)

    def ring_ended(self, now: float) -> None:
        self._move(CaptureInput.RING_ENDED, now)

    def answered(self, now: float) -> None:
        """The line goes off-hook: what is heard from now on is the call."""
        self._move(CaptureInput.ANSWERED, now)

    def over(self, now: float) -> None:
        """On-hook again, or the rings stopped: the next caller is another."""
        self._move(CaptureInput.OVER, now)
        self._told_s = None

    def tick(self, now: float) -> None:
        """Call at `deadline`."""
        deadline = self.deadline
        if deadline is not None and now >= deadline:
            self._move(CaptureInput.TIME_UP, now)

    def heard(self, heard: HeardCallerId, now: float) -> CallerIdReceived | None:
        """Who calls, the first time it is known in a call; never raises."""
        may_be_another = self._state is CaptureState.BEFORE_RING
        if not self.listening or (self._told_s is not None and not may_be_another):
            return None
        try:
            message = read_caller_id(heard.kind, heard.data, heard.is_whole)
        except CallerIdError:
            self.unread += 1
            return None
        if isinstance(message, WaitingMessage):
            self.waiting = message
            return None
        who = message.caller
        told = CallerIdReceived(self._line, who.number, who.name, who.presentation)
        if self._told_s is not None and told == self._told:
            return None
        self._told_s, self._told = now, told
        return told

    def _move(self, what: CaptureInput, now: float) -> None:
        new = CAPTURE_TABLE.get((self._state, what))
        if new is None:
            return
        begins = self._state is CaptureState.IDLE
        if begins and self._told_s is not None and now - self._told_s > RING_FOLLOWS_S:
            self._told_s = None  # nobody rang after that one
        self._state = new
        if self.listening:
            self._opened_s = now
