"""The states of a voice modem line and the one table of its transitions."""

from enum import Enum, auto

from appliance.lines.line_health import Phase


class State(Enum):
    DOWN = "down"
    OPENING = "opening"
    RESYNCING = "resyncing"  # the modem may still be streaming for a daemon that died
    INITIALISING = "initialising"
    READY = "ready"
    RINGING = "ringing"
    ANSWERING = "answering"  # the AT dialogue up to CONNECT
    DIALLING = "dialling"  # the same, with a number
    STREAMING = "streaming"  # C owns the descriptor
    TAPPING = "tapping"  # the hook is to be tapped: the stream's end mark is awaited
    FLASHING = "flashing"  # the AT dialogue from there to the next CONNECT
    OFF_HOOK = "off_hook"  # the modem ended the stream by itself; waiting to be released
    ABORTING = "aborting"  # answering or dialling is given up: the outstanding command ends first
    ENDING = "ending"  # the tail is sent, the end mark is awaited
    WITHDRAWING = "withdrawing"  # no end mark came: taking the descriptor back by force
    RECOVERING = "recovering"  # resync on an open port, then release
    RELEASING = "releasing"
    DETACHING = "detaching"  # the port is gone; C must let go before it is closed
    RETRYING = "retrying"


class Trigger(Enum):
    START = auto()
    STOP = auto()
    OPENED = auto()
    QUIET = auto()  # the resync is over
    DONE = auto()  # the state's AT dialogue succeeded
    RING = auto()
    RING_STOPPED = auto()
    ANSWER = auto()
    DIAL = auto()
    REFUSED = auto()  # the dialled call came to nothing; the modem is well
    YIELD = auto()  # somebody else has the line: glare, or another telephone
    FLASH = auto()
    CONNECTED = auto()
    RELEASE = auto()
    STREAM_ENDED = auto()
    NO_END = auto()
    DETACHED = auto()
    FAULT = auto()  # the modem misbehaved; its descriptor works
    LOST = auto()  # the descriptor is gone
    RETRY = auto()


OPEN = (  # Python owns the descriptor
    State.RESYNCING,
    State.INITIALISING,
    State.READY,
    State.RINGING,
    State.ANSWERING,
    State.DIALLING,
    State.FLASHING,
    State.OFF_HOOK,
    State.ABORTING,
    State.RECOVERING,
    State.RELEASING,
)
IN_C = (State.STREAMING, State.TAPPING, State.ENDING, State.WITHDRAWING)

TRANSITIONS: dict[tuple[State, Trigger], State] = {
    (State.DOWN, Trigger.START): State.OPENING,
    (State.OPENING, Trigger.OPENED): State.RESYNCING,
    (State.OPENING, Trigger.LOST): State.RETRYING,
    (State.RESYNCING, Trigger.QUIET): State.INITIALISING,
    (State.RESYNCING, Trigger.FAULT): State.RETRYING,
    (State.INITIALISING, Trigger.DONE): State.READY,
    (State.INITIALISING, Trigger.FAULT): State.RETRYING,
    (State.READY, Trigger.RING): State.RINGING,
    (State.READY, Trigger.ANSWER): State.ANSWERING,
    (State.READY, Trigger.DIAL): State.DIALLING,
    (State.READY, Trigger.FAULT): State.RETRYING,
    (State.RINGING, Trigger.RING): State.RINGING,
    (State.RINGING, Trigger.RING_STOPPED): State.READY,
    (State.RINGING, Trigger.RELEASE): State.READY,
    (State.RINGING, Trigger.ANSWER): State.ANSWERING,
    (State.RINGING, Trigger.FAULT): State.RETRYING,
    (State.ANSWERING, Trigger.CONNECTED): State.STREAMING,
    (State.ANSWERING, Trigger.RELEASE): State.ABORTING,
    (State.ANSWERING, Trigger.FAULT): State.RECOVERING,
    (State.DIALLING, Trigger.CONNECTED): State.STREAMING,
    (State.DIALLING, Trigger.REFUSED): State.RELEASING,
    (State.DIALLING, Trigger.YIELD): State.ABORTING,
    (State.DIALLING, Trigger.RELEASE): State.ABORTING,
    (State.DIALLING, Trigger.FAULT): State.RECOVERING,
    (State.ABORTING, Trigger.DONE): State.RELEASING,
    (State.ABORTING, Trigger.CONNECTED): State.RECOVERING,
    (State.ABORTING, Trigger.FAULT): State.RECOVERING,
    (State.STREAMING, Trigger.RELEASE): State.ENDING,
    (State.STREAMING, Trigger.STREAM_ENDED): State.OFF_HOOK,
    (State.STREAMING, Trigger.FLASH): State.TAPPING,
    (State.TAPPING, Trigger.STREAM_ENDED): State.FLASHING,
    (State.TAPPING, Trigger.NO_END): State.WITHDRAWING,
    (State.TAPPING, Trigger.RELEASE): State.ENDING,
    (State.FLASHING, Trigger.CONNECTED): State.STREAMING,
    (State.FLASHING, Trigger.RELEASE): State.ABORTING,
    (State.FLASHING, Trigger.FAULT): State.RECOVERING,
    (State.OFF_HOOK, Trigger.RELEASE): State.RELEASING,
    (State.OFF_HOOK, Trigger.FAULT): State.RECOVERING,
    (State.ENDING, Trigger.STREAM_ENDED): State.RELEASING,
    (State.ENDING, Trigger.NO_END): State.WITHDRAWING,
    (State.WITHDRAWING, Trigger.DETACHED): State.RECOVERING,
    (State.RECOVERING, Trigger.QUIET): State.RELEASING,
    (State.RECOVERING, Trigger.FAULT): State.RETRYING,
    (State.RELEASING, Trigger.DONE): State.READY,
    (State.RELEASING, Trigger.FAULT): State.RETRYING,
    (State.DETACHING, Trigger.DETACHED): State.RETRYING,
    (State.RETRYING, Trigger.RETRY): State.OPENING,
    **{(state, Trigger.LOST): State.RETRYING for state in OPEN},
    **{(state, Trigger.LOST): State.DETACHING for state in IN_C},
    **{(state, Trigger.STOP): State.DOWN for state in (*OPEN, State.OPENING, State.RETRYING)},
}

IDLE = (  # no call: nothing to end before the port is closed
    State.OPENING,
    State.RESYNCING,
    State.INITIALISING,
    State.READY,
    State.RINGING,
    State.RETRYING,
)

PHASES: dict[State, Phase] = {
    State.DOWN: Phase.DOWN,
    State.OPENING: Phase.INITIALISING,
    State.RESYNCING: Phase.INITIALISING,
    State.INITIALISING: Phase.INITIALISING,
    State.READY: Phase.READY,
    State.RINGING: Phase.RINGING,
    State.DETACHING: Phase.FAULT,
    State.RETRYING: Phase.RETRYING,
}  # every other state is a call's
