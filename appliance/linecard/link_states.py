"""The life of the link to one HAT, as one table."""

from enum import Enum


class LinkState(Enum):
    """``value`` is the word for it on the status page."""

    STOPPED = "stopped"
    OPENING = "opening"
    GREETING = "greeting"
    UP = "up"
    LOST = "lost"  # the audio loop still holds the port's descriptor
    RETRYING = "retrying"
    STOPPING = "stopping"  # as LOST, but nothing follows


class LinkInput(Enum):
    """What can happen to it."""

    START = "start"
    OPENED = "the port opened"
    REFUSED = "the port can't be opened"
    ACCEPTED = "a HELLO_REPLY that fits came"
    MISFIT = "a HELLO_REPLY came that does not fit"
    LOST = "the audio loop lost the link"
    DETACHED = "the audio loop let go of the port"
    TIME_UP = "the state has lasted long enough"
    STOP = "stop"


_S, _I = LinkState, LinkInput

#: An input that is not here changes nothing: reports of the audio loop may cross our orders.
LINK_TABLE: dict[tuple[LinkState, LinkInput], LinkState] = {
    (_S.STOPPED, _I.START): _S.OPENING,
    (_S.OPENING, _I.OPENED): _S.GREETING,
    (_S.OPENING, _I.REFUSED): _S.RETRYING,
    (_S.GREETING, _I.ACCEPTED): _S.UP,
    (_S.GREETING, _I.MISFIT): _S.LOST,
    (_S.GREETING, _I.LOST): _S.LOST,
    (_S.GREETING, _I.TIME_UP): _S.LOST,
    (_S.GREETING, _I.DETACHED): _S.RETRYING,
    (_S.GREETING, _I.STOP): _S.STOPPING,
    (_S.UP, _I.LOST): _S.LOST,
    (_S.UP, _I.DETACHED): _S.RETRYING,
    (_S.UP, _I.STOP): _S.STOPPING,
    (_S.LOST, _I.DETACHED): _S.RETRYING,
    (_S.LOST, _I.STOP): _S.STOPPING,
    (_S.RETRYING, _I.TIME_UP): _S.OPENING,
    (_S.RETRYING, _I.STOP): _S.STOPPED,
    (_S.STOPPING, _I.DETACHED): _S.STOPPED,
    (_S.STOPPING, _I.START): _S.LOST,
}
