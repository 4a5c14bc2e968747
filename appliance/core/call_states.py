"""The states of a call and the one table of its transitions."""

from enum import Enum


class CallState(Enum):
    RINGING = "ringing"
    ANSWERING = "answering"
    SERVED = "served"
    TALKING = "talking"
    ENDED = "ended"


class CallInput(Enum):
    ANSWER = "the decision to answer"
    SERVE = "a destination"
    CONNECT = "a connection"
    END = "the end"


CALL_TABLE: dict[tuple[CallState, CallInput], CallState] = {
    (CallState.RINGING, CallInput.ANSWER): CallState.ANSWERING,
    (CallState.ANSWERING, CallInput.SERVE): CallState.SERVED,
    (CallState.SERVED, CallInput.SERVE): CallState.SERVED,
    (CallState.SERVED, CallInput.CONNECT): CallState.TALKING,
    (CallState.TALKING, CallInput.SERVE): CallState.SERVED,  # the station's equipment failed
    **{(state, CallInput.END): CallState.ENDED for state in CallState if state.value != "ended"},
}
