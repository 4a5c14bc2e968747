"""The states of an exchange line on a line-card HAT and the one table of its transitions."""

from enum import Enum, auto

from appliance.lines.line_health import Phase


class State(Enum):
    DOWN = "down"
    REACHING = "reaching"  # the HAT, for the first time
    CHECKING = "checking"  # the link is up: what does the socket's chip say of the line?
    BLOCKED = "blocked"  # its chip is silent, or nothing is plugged in
    READY = "ready"
    RINGING = "ringing"
    ANSWERING = "answering"  # off-hook, the line settles
    SEIZING = "seizing"  # off-hook, waiting for dial tone
    DIALLING = "dialling"  # the keys are being sent
    IN_CALL = "in_call"
    OFF_HOOK = "off_hook"  # the dialled call came to nothing: waiting to be released
    RELEASING = "releasing"  # on-hook, for as long as an exchange needs to see it
    AWAY = "away"  # without its HAT


class Trigger(Enum):
    START = auto()
    STOP = auto()
    LINK_UP = auto()
    LINK_DOWN = auto()
    LINE_GOOD = auto()  # the chip works and the line is connected
    LINE_BAD = auto()
    RING = auto()
    RINGS_OVER = auto()
    ANSWER = auto()
    DIAL = auto()
    DIAL_TONE = auto()
    DIALLED = auto()
    DIAL_FAILED = auto()
    SETTLED = auto()
    RELEASE = auto()
    ON_HOOK = auto()  # long enough


HOOK_OFF = (State.ANSWERING, State.SEIZING, State.DIALLING, State.IN_CALL, State.OFF_HOOK)
AT_WORK = (State.CHECKING, State.READY, State.RINGING, *HOOK_OFF, State.RELEASING)
LINKED = (*AT_WORK, State.BLOCKED)

TRANSITIONS: dict[tuple[State, Trigger], State] = {
    (State.DOWN, Trigger.START): State.REACHING,
    (State.REACHING, Trigger.LINK_UP): State.CHECKING,
    (State.REACHING, Trigger.LINK_DOWN): State.AWAY,
    (State.AWAY, Trigger.LINK_UP): State.CHECKING,
    (State.CHECKING, Trigger.LINE_GOOD): State.READY,
    (State.BLOCKED, Trigger.LINE_GOOD): State.READY,
    (State.READY, Trigger.RING): State.RINGING,
    (State.READY, Trigger.ANSWER): State.ANSWERING,
    (State.READY, Trigger.DIAL): State.SEIZING,
    (State.RINGING, Trigger.RING): State.RINGING,
    (State.RINGING, Trigger.RINGS_OVER): State.READY,
    (State.RINGING, Trigger.RELEASE): State.READY,
    (State.RINGING, Trigger.ANSWER): State.ANSWERING,
    (State.ANSWERING, Trigger.SETTLED): State.IN_CALL,
    (State.SEIZING, Trigger.DIAL_TONE): State.DIALLING,
    (State.SEIZING, Trigger.DIAL_FAILED): State.OFF_HOOK,
    (State.DIALLING, Trigger.DIALLED): State.IN_CALL,
    (State.DIALLING, Trigger.DIAL_FAILED): State.OFF_HOOK,
    (State.RELEASING, Trigger.ON_HOOK): State.READY,
    **{(state, Trigger.RELEASE): State.RELEASING for state in HOOK_OFF},
    **{(state, Trigger.LINE_BAD): State.BLOCKED for state in AT_WORK},
    **{(state, Trigger.LINK_DOWN): State.AWAY for state in LINKED},
    **{(state, Trigger.STOP): State.DOWN for state in State if state is not State.DOWN},
}

PHASES: dict[State, Phase] = {
    State.DOWN: Phase.DOWN,
    State.REACHING: Phase.INITIALISING,
    State.CHECKING: Phase.INITIALISING,
    State.BLOCKED: Phase.FAULT,
    State.READY: Phase.READY,
    State.RINGING: Phase.RINGING,
    State.AWAY: Phase.RETRYING,
}  # every other state is a call's
