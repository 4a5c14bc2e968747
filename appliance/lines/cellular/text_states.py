"""The states of a line's short messages and service codes, and the one table between them."""

from enum import Enum, auto


class State(Enum):
    OFF = "off"
    SETTING_UP = "setting_up"
    SETTING_STORE = "setting_store"
    WAITING = "waiting"  # the modem's messages are not ready yet
    RESTING = "resting"
    LISTING = "listing"
    DELETING = "deleting"
    SENDING = "sending"
    ASKING = "asking"  # a service code is with the modem
    AWAITING = "awaiting"  # the network's answer to it
    CANCELLING = "cancelling"  # a session in which the network waits for a reply


class Trigger(Enum):
    START = auto()
    STOP = auto()
    DONE = auto()  # the state's commands succeeded, or their failure does not matter
    FAILED = auto()
    AGAIN = auto()  # a timer
    LIST = auto()
    DELETE = auto()
    SEND = auto()
    ASK = auto()
    ANSWERED = auto()
    CANCEL = auto()


_S, _T = State, Trigger
TRANSITIONS: dict[tuple[State, Trigger], State] = {
    (_S.OFF, _T.START): _S.SETTING_UP,
    (_S.SETTING_UP, _T.DONE): _S.SETTING_STORE,
    (_S.SETTING_UP, _T.FAILED): _S.WAITING,
    (_S.SETTING_STORE, _T.DONE): _S.RESTING,
    (_S.SETTING_STORE, _T.FAILED): _S.WAITING,
    (_S.WAITING, _T.AGAIN): _S.SETTING_UP,
    (_S.RESTING, _T.LIST): _S.LISTING,
    (_S.LISTING, _T.DONE): _S.RESTING,
    (_S.RESTING, _T.DELETE): _S.DELETING,
    (_S.DELETING, _T.DONE): _S.RESTING,
    (_S.RESTING, _T.SEND): _S.SENDING,
    (_S.SENDING, _T.DONE): _S.RESTING,
    (_S.RESTING, _T.ASK): _S.ASKING,
    (_S.ASKING, _T.DONE): _S.AWAITING,
    (_S.ASKING, _T.AGAIN): _S.ASKING,
    (_S.ASKING, _T.FAILED): _S.RESTING,
    (_S.ASKING, _T.CANCEL): _S.CANCELLING,
    (_S.AWAITING, _T.ANSWERED): _S.RESTING,
    (_S.AWAITING, _T.CANCEL): _S.CANCELLING,
    (_S.RESTING, _T.CANCEL): _S.CANCELLING,
    (_S.CANCELLING, _T.DONE): _S.RESTING,
    **{(state, _T.STOP): _S.OFF for state in State if state is not _S.OFF},
}
