"""The states of the calls on an analog line that we drive ourselves, and the one table of them."""

from enum import Enum, auto

from appliance.lines.line_health import Phase


class CallState(Enum):
    NO_SERVICE = "no_service"  # its equipment says in which way
    READY = "ready"
    RINGING = "ringing"
    ANSWERING = "answering"  # off-hook, the line settles
    SEIZING = "seizing"  # off-hook, waiting for dial tone
    DIALLING = "dialling"  # the keys are being sent
    IN_CALL = "in_call"
    OFF_HOOK = "off_hook"  # the dialled call came to nothing: waiting to be released
    RELEASING = "releasing"  # on-hook, for as long as an exchange needs to see it


class CallTrigger(Enum):
    SERVES = auto()  # the equipment does
    OUT_OF_SERVICE = auto()
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


_S, _T = CallState, CallTrigger

HOOK_OFF = (_S.ANSWERING, _S.SEIZING, _S.DIALLING, _S.IN_CALL, _S.OFF_HOOK)
IN_SERVICE = (_S.READY, _S.RINGING, *HOOK_OFF, _S.RELEASING)

TRANSITIONS: dict[tuple[CallState, CallTrigger], CallState] = {
    (_S.NO_SERVICE, _T.SERVES): _S.READY,
    (_S.READY, _T.RING): _S.RINGING,
    (_S.READY, _T.ANSWER): _S.ANSWERING,
    (_S.READY, _T.DIAL): _S.SEIZING,
    (_S.RINGING, _T.RING): _S.RINGING,
    (_S.RINGING, _T.RINGS_OVER): _S.READY,
    (_S.RINGING, _T.RELEASE): _S.READY,
    (_S.RINGING, _T.ANSWER): _S.ANSWERING,
    (_S.ANSWERING, _T.SETTLED): _S.IN_CALL,
    (_S.SEIZING, _T.DIAL_TONE): _S.DIALLING,
    (_S.SEIZING, _T.DIAL_FAILED): _S.OFF_HOOK,
    (_S.DIALLING, _T.DIALLED): _S.IN_CALL,
    (_S.DIALLING, _T.DIAL_FAILED): _S.OFF_HOOK,
    (_S.RELEASING, _T.ON_HOOK): _S.READY,
    **{(state, _T.RELEASE): _S.RELEASING for state in HOOK_OFF},
    **{(state, _T.OUT_OF_SERVICE): _S.NO_SERVICE for state in IN_SERVICE},
}

PHASES: dict[CallState, Phase] = {
    _S.READY: Phase.READY,
    _S.RINGING: Phase.RINGING,
}  # every other state is a call's, but for NO_SERVICE: there the equipment's is shown
