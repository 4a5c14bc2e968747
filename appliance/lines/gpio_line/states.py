"""The states of a one-line GPIO board and the one table of its transitions."""

from enum import Enum, auto

from appliance.lines.line_health import Phase


class State(Enum):
    DOWN = "down"
    OPENING = "opening"  # pins and audio port are asked for
    WAITING = "waiting"  # for the sound card's word that it is here
    READY = "ready"
    RINGING = "ringing"
    ANSWERING = "answering"  # off-hook, the line settles
    SEIZING = "seizing"  # off-hook, waiting for dial tone
    DIALLING = "dialling"  # the keys are being sent
    IN_CALL = "in_call"
    OFF_HOOK = "off_hook"  # the dialled call came to nothing: waiting to be released
    RELEASING = "releasing"  # on-hook, for as long as an exchange needs to see it
    AWAY = "away"  # without its sound card
    RETRYING = "retrying"


class Trigger(Enum):
    START = auto()
    STOP = auto()
    OPENED = auto()
    FAULT = auto()  # a pin or the audio port is refused
    RETRY = auto()
    CARD_HERE = auto()
    CARD_AWAY = auto()
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
OPEN = (State.WAITING, State.READY, State.RINGING, *HOOK_OFF, State.RELEASING, State.AWAY)

TRANSITIONS: dict[tuple[State, Trigger], State] = {
    (State.DOWN, Trigger.START): State.OPENING,
    (State.OPENING, Trigger.OPENED): State.WAITING,
    (State.OPENING, Trigger.FAULT): State.RETRYING,
    (State.RETRYING, Trigger.RETRY): State.OPENING,
    (State.WAITING, Trigger.CARD_HERE): State.READY,
    (State.AWAY, Trigger.CARD_HERE): State.READY,
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
    **{(state, Trigger.CARD_AWAY): State.AWAY for state in OPEN if state is not State.AWAY},
    **{(state, Trigger.FAULT): State.RETRYING for state in OPEN},
    **{(state, Trigger.STOP): State.DOWN for state in State if state is not State.DOWN},
}

PHASES: dict[State, Phase] = {
    State.DOWN: Phase.DOWN,
    State.OPENING: Phase.INITIALISING,
    State.WAITING: Phase.INITIALISING,
    State.READY: Phase.READY,
    State.RINGING: Phase.RINGING,
    State.AWAY: Phase.RETRYING,
    State.RETRYING: Phase.RETRYING,
}  # every other state is a call's
