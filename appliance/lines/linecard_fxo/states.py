"""The states of a HAT's FXO socket and the one table of them; its calls have their own (fxo)."""

from enum import Enum, auto

from appliance.lines.line_health import Phase


class State(Enum):
    DOWN = "down"
    REACHING = "reaching"  # the HAT, for the first time
    CHECKING = "checking"  # the link is up: what does the socket's chip say of the line?
    BLOCKED = "blocked"  # its chip is silent, or nothing is plugged in
    SERVING = "serving"  # calls come and go: fxo.states
    AWAY = "away"  # without its HAT


class Trigger(Enum):
    START = auto()
    STOP = auto()
    LINK_UP = auto()
    LINK_DOWN = auto()
    LINE_GOOD = auto()  # the chip works and the line is connected
    LINE_BAD = auto()


LINKED = (State.CHECKING, State.BLOCKED, State.SERVING)

TRANSITIONS: dict[tuple[State, Trigger], State] = {
    (State.DOWN, Trigger.START): State.REACHING,
    (State.REACHING, Trigger.LINK_UP): State.CHECKING,
    (State.REACHING, Trigger.LINK_DOWN): State.AWAY,
    (State.AWAY, Trigger.LINK_UP): State.CHECKING,
    (State.CHECKING, Trigger.LINE_GOOD): State.SERVING,
    (State.CHECKING, Trigger.LINE_BAD): State.BLOCKED,
    (State.BLOCKED, Trigger.LINE_GOOD): State.SERVING,
    (State.SERVING, Trigger.LINE_BAD): State.BLOCKED,
    **{(state, Trigger.LINK_DOWN): State.AWAY for state in LINKED},
    **{(state, Trigger.STOP): State.DOWN for state in State if state is not State.DOWN},
}

PHASES: dict[State, Phase] = {
    State.DOWN: Phase.DOWN,
    State.REACHING: Phase.INITIALISING,
    State.CHECKING: Phase.INITIALISING,
    State.BLOCKED: Phase.FAULT,
    State.AWAY: Phase.RETRYING,
}  # SERVING: the call's
