"""The states of a cellular line and the one table of its transitions."""

from enum import Enum, auto

from appliance.lines.line_health import Phase


class State(Enum):
    DOWN = "down"
    OPENING = "opening"
    INITIALISING = "initialising"  # wake, identity, SIM, settings
    SEARCHING = "searching"  # the modem works; its SIM, the network or its sound is missing
    READY = "ready"
    RINGING = "ringing"
    ANSWERING = "answering"  # ATA, until the list of calls says that it is active
    DIALLING = "dialling"  # ATD, until the modem has accepted it
    CALLING = "calling"  # the network has the number; nobody is connected
    TALKING = "talking"  # connected, as far as the modem knows
    OVER = "over"  # the far end is gone; waiting to be released
    ABORTING = "aborting"  # released while a command is out: it ends first
    RELEASING = "releasing"  # hang-up, end of sound, until the list of calls is empty
    DETACHING = "detaching"  # the port is gone; C must let go of the sound first
    RESETTING = "resetting"  # the modem is told to restart itself
    POWERING = "powering"  # its reset line, power key or supply is worked
    RETRYING = "retrying"


class Trigger(Enum):
    START = auto()
    STOP = auto()
    OPENED = auto()
    DONE = auto()  # what the state waited for has succeeded
    NO_SERVICE = auto()
    RING = auto()
    RING_STOPPED = auto()
    ANSWER = auto()
    DIAL = auto()
    DIALLED = auto()
    CONNECTED = auto()
    ENDED = auto()  # the far end, or the network, has ended the call
    RELEASE = auto()
    LEFT_OVER = auto()  # the list has a call that is none of ours: from before the port was lost
    RESTARTED = auto()  # the modem did, by itself: its settings are lost
    FAULT = auto()  # the call can't go on; the modem still answers
    LOST = auto()  # the port is gone, or the modem is silent
    DETACHED = auto()
    RESET = auto()
    POWER = auto()
    RETRY = auto()


# A line that fails so is ready again after a hang-up, or a restart of its modem.
PASSING = (Trigger.FAULT, Trigger.RESET, Trigger.RESTARTED)
IDLE = (  # no call: nothing to end before the port is closed
    State.OPENING,
    State.INITIALISING,
    State.SEARCHING,
    State.READY,
    State.RINGING,
    State.RESETTING,
    State.POWERING,
    State.RETRYING,
)
AT_WORK = (State.INITIALISING, State.SEARCHING, State.READY)
CALLS = (  # sound may be attached
    State.ANSWERING,
    State.DIALLING,
    State.CALLING,
    State.TALKING,
    State.OVER,
    State.ABORTING,
    State.RELEASING,
)
WITHOUT_SOUND = (State.DOWN, State.DETACHING, *CALLS)  # not watched: the call's, or nobody's
SPEAKING = (State.CALLING, State.TALKING)  # what the far end makes may be heard

TRANSITIONS: dict[tuple[State, Trigger], State] = {
    (State.DOWN, Trigger.START): State.OPENING,
    (State.OPENING, Trigger.OPENED): State.INITIALISING,
    (State.OPENING, Trigger.RESET): State.RESETTING,
    (State.OPENING, Trigger.LOST): State.RETRYING,
    (State.INITIALISING, Trigger.DONE): State.READY,
    (State.INITIALISING, Trigger.NO_SERVICE): State.SEARCHING,
    (State.SEARCHING, Trigger.DONE): State.READY,
    (State.SEARCHING, Trigger.RESTARTED): State.INITIALISING,
    (State.READY, Trigger.NO_SERVICE): State.SEARCHING,
    (State.READY, Trigger.RESTARTED): State.INITIALISING,
    (State.READY, Trigger.RING): State.RINGING,
    (State.READY, Trigger.RESET): State.RESETTING,
    (State.READY, Trigger.LEFT_OVER): State.RELEASING,
    (State.READY, Trigger.ANSWER): State.ANSWERING,
    (State.READY, Trigger.DIAL): State.DIALLING,
    (State.RINGING, Trigger.RING): State.RINGING,
    (State.RINGING, Trigger.RING_STOPPED): State.READY,
    (State.RINGING, Trigger.NO_SERVICE): State.SEARCHING,
    (State.RINGING, Trigger.RELEASE): State.RELEASING,
    (State.RINGING, Trigger.ANSWER): State.ANSWERING,
    (State.RINGING, Trigger.RESTARTED): State.INITIALISING,
    (State.RINGING, Trigger.LOST): State.RETRYING,
    (State.ANSWERING, Trigger.CONNECTED): State.TALKING,
    (State.ANSWERING, Trigger.RELEASE): State.ABORTING,
    (State.ANSWERING, Trigger.ENDED): State.OVER,
    (State.ANSWERING, Trigger.FAULT): State.ABORTING,
    (State.DIALLING, Trigger.DIALLED): State.CALLING,
    (State.DIALLING, Trigger.RELEASE): State.ABORTING,
    (State.DIALLING, Trigger.ENDED): State.OVER,
    (State.DIALLING, Trigger.FAULT): State.ABORTING,
    (State.CALLING, Trigger.CONNECTED): State.TALKING,
    (State.CALLING, Trigger.ENDED): State.OVER,
    (State.CALLING, Trigger.RELEASE): State.RELEASING,
    (State.CALLING, Trigger.FAULT): State.RELEASING,
    (State.TALKING, Trigger.ENDED): State.OVER,
    (State.TALKING, Trigger.RELEASE): State.RELEASING,
    (State.TALKING, Trigger.FAULT): State.RELEASING,
    (State.OVER, Trigger.RELEASE): State.RELEASING,
    (State.ABORTING, Trigger.DONE): State.RELEASING,
    (State.RELEASING, Trigger.DONE): State.READY,
    (State.RELEASING, Trigger.RESET): State.RESETTING,
    (State.DETACHING, Trigger.DETACHED): State.RETRYING,
    (State.RESETTING, Trigger.DONE): State.RETRYING,
    (State.RESETTING, Trigger.LOST): State.RETRYING,
    (State.POWERING, Trigger.DONE): State.RETRYING,
    (State.RETRYING, Trigger.RETRY): State.OPENING,
    (State.RETRYING, Trigger.POWER): State.POWERING,
    **{(state, Trigger.LOST): State.RETRYING for state in AT_WORK},
    **{(state, Trigger.LOST): State.DETACHING for state in CALLS},
    **{(state, Trigger.STOP): State.DOWN for state in IDLE},
    **{(state, Trigger.STOP): State.DETACHING for state in CALLS},
    (State.DETACHING, Trigger.STOP): State.DOWN,
}

PHASES: dict[State, Phase] = {
    State.DOWN: Phase.DOWN,
    State.OPENING: Phase.INITIALISING,
    State.INITIALISING: Phase.INITIALISING,
    State.SEARCHING: Phase.INITIALISING,
    State.READY: Phase.READY,
    State.RINGING: Phase.RINGING,
    State.DETACHING: Phase.FAULT,
    State.RESETTING: Phase.RETRYING,
    State.POWERING: Phase.RETRYING,
    State.RETRYING: Phase.RETRYING,
}  # every other state is a call's
