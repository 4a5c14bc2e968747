"""The states of a line and the one table of its transitions."""

from enum import Enum


class LineState(Enum):
    DOWN = "down"
    READY = "ready"
    RINGING = "ringing"
    ANSWERING = "answering"
    DIALLING = "dialling"
    CALLING = "calling"
    IN_CALL = "in_call"
    RELEASING = "releasing"
    STUCK = "stuck"


class LineInput(Enum):
    BECAME_READY = "LineBecameReady"
    FAILED = "LineFailed"
    RING = "RingDetected"
    RINGS_STOPPED = "RingsStopped, or no ring for too long"
    CALLER_ID = "CallerIdReceived"
    CALL_WAITING = "CallWaitingReceived"
    ANSWER = "the decision to answer"
    ANSWERED = "LineAnswered"
    DIAL = "the decision to dial"
    DIALLED = "LineDialled"
    AUDIO_BEGAN = "AudioBegan"
    ANSWER_SIGN = "AnswerSignHeard"
    FAR_END_ANSWERED = "the decision that the far end answered"
    DIAL_FAILED = "DialFailed"
    DIGIT = "DigitReceived"
    HANG_UP_SIGN = "HangUpSignHeard or SilenceHeard"
    CALLER_HUNG_UP = "CallerHungUp"
    RELEASE = "the decision to release"
    RELEASED = "LineReleased"
    TIME_UP = "time up"


_S, _I = LineState, LineInput
PRE_EMPTABLE = (_S.RINGING, _S.ANSWERING, _S.DIALLING, _S.CALLING, _S.IN_CALL)
_OFF_HOOK = (_S.IN_CALL, _S.RELEASING, _S.STUCK)

LINE_TABLE: dict[tuple[LineState, LineInput], LineState] = {
    **{(state, _I.FAILED): _S.DOWN for state in LineState},
    **{(state, _I.BECAME_READY): _S.READY for state in LineState},
    **{(state, _I.RELEASED): _S.READY for state in LineState if state is not _S.DOWN},
    **{(state, _I.HANG_UP_SIGN): state for state in LineState if state is not _S.DOWN},
    **{
        (state, what): state
        for state in _OFF_HOOK
        for what in (_I.DIALLED, _I.AUDIO_BEGAN, _I.ANSWER_SIGN, _I.DIAL_FAILED)
    },  # late: the call has gone on without it
    **{
        (state, _I.RINGS_STOPPED): _S.READY if state is _S.RINGING else state
        for state in LineState
        if state is not _S.DOWN
    },  # the driver may know it later than the core
    (_S.READY, _I.DIAL_FAILED): _S.READY,  # told twice
    (_S.READY, _I.RING): _S.RINGING,
    (_S.READY, _I.CALLER_ID): _S.READY,
    (_S.READY, _I.CALLER_HUNG_UP): _S.READY,  # told twice
    (_S.RINGING, _I.RING): _S.RINGING,
    (_S.RINGING, _I.CALLER_ID): _S.RINGING,
    (_S.RINGING, _I.ANSWER): _S.ANSWERING,
    (_S.RINGING, _I.CALLER_HUNG_UP): _S.READY,
    (_S.ANSWERING, _I.RING): _S.ANSWERING,  # rings that were under way
    (_S.ANSWERING, _I.CALLER_ID): _S.ANSWERING,
    (_S.ANSWERING, _I.CALL_WAITING): _S.ANSWERING,
    (_S.ANSWERING, _I.ANSWERED): _S.IN_CALL,
    (_S.ANSWERING, _I.DIGIT): _S.ANSWERING,
    (_S.ANSWERING, _I.CALLER_HUNG_UP): _S.RELEASING,
    (_S.ANSWERING, _I.RELEASE): _S.RELEASING,
    (_S.ANSWERING, _I.TIME_UP): _S.RELEASING,
    (_S.READY, _I.DIAL): _S.DIALLING,
    **{
        (state, what): state
        for state in (_S.DIALLING, _S.CALLING)
        for what in (_I.RING, _I.CALLER_ID, _I.CALL_WAITING, _I.DIGIT, _I.ANSWER_SIGN)
    },
    **{
        (state, what): _S.RELEASING
        for state in (_S.DIALLING, _S.CALLING)
        for what in (_I.DIAL_FAILED, _I.CALLER_HUNG_UP, _I.RELEASE)
    },
    (_S.DIALLING, _I.TIME_UP): _S.RELEASING,
    (_S.DIALLING, _I.DIALLED): _S.CALLING,
    (_S.CALLING, _I.AUDIO_BEGAN): _S.CALLING,
    (_S.CALLING, _I.TIME_UP): _S.CALLING,
    (_S.CALLING, _I.FAR_END_ANSWERED): _S.IN_CALL,
    (_S.IN_CALL, _I.RING): _S.IN_CALL,
    (_S.IN_CALL, _I.CALLER_ID): _S.IN_CALL,  # call waiting: not this caller's
    (_S.IN_CALL, _I.CALL_WAITING): _S.IN_CALL,
    (_S.IN_CALL, _I.DIGIT): _S.IN_CALL,
    (_S.IN_CALL, _I.CALLER_HUNG_UP): _S.RELEASING,
    (_S.IN_CALL, _I.RELEASE): _S.RELEASING,
    (_S.RELEASING, _I.RING): _S.RELEASING,  # the next caller rings on
    (_S.RELEASING, _I.CALLER_ID): _S.RELEASING,
    (_S.RELEASING, _I.CALL_WAITING): _S.RELEASING,
    (_S.RELEASING, _I.ANSWERED): _S.RELEASING,
    (_S.RELEASING, _I.DIGIT): _S.RELEASING,
    (_S.RELEASING, _I.CALLER_HUNG_UP): _S.RELEASING,
    (_S.RELEASING, _I.TIME_UP): _S.STUCK,
    (_S.STUCK, _I.RING): _S.RINGING,  # a line that rings is on-hook, whatever its driver said
    (_S.STUCK, _I.CALLER_ID): _S.STUCK,
    (_S.STUCK, _I.CALL_WAITING): _S.STUCK,
    (_S.STUCK, _I.DIGIT): _S.STUCK,
    (_S.STUCK, _I.CALLER_HUNG_UP): _S.STUCK,
}
