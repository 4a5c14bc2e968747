"""The states of a one-line GPIO board and the one table of them; calls have their own (fxo)."""

from enum import Enum, auto

from appliance.lines.line_health import Phase


class State(Enum):
    DOWN = "down"
    OPENING = "opening"  # pins and audio port are asked for
    WAITING = "waiting"  # for the sound card's word that it is here
    SERVING = "serving"  # calls come and go: fxo.states
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


OPEN = (State.WAITING, State.SERVING, State.AWAY)

TRANSITIONS: dict[tuple[State, Trigger], State] = {
    (State.DOWN, Trigger.START): State.OPENING,
    (State.OPENING, Trigger.OPENED): State.WAITING,
    (State.OPENING, Trigger.FAULT): State.RETRYING,
    (State.RETRYING, Trigger.RETRY): State.OPENING,
    (State.WAITING, Trigger.CARD_HERE): State.SERVING,
    (State.WAITING, Trigger.CARD_AWAY): State.AWAY,
    (State.SERVING, Trigger.CARD_AWAY): State.AWAY,
    (State.AWAY, Trigger.CARD_HERE): State.SERVING,
    **{(state, Trigger.FAULT): State.RETRYING for state in OPEN},
    **{(state, Trigger.STOP): State.DOWN for state in State if state is not State.DOWN},
}

PHASES: dict[State, Phase] = {
    State.DOWN: Phase.DOWN,
    State.OPENING: Phase.INITIALISING,
    State.WAITING: Phase.INITIALISING,
    State.AWAY: Phase.RETRYING,
    State.RETRYING: Phase.RETRYING,
}  # SERVING: the call's
