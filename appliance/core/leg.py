"""One party of a call: its table; its states, told to the history, partition its life."""

from enum import Enum

from appliance.core.desk import Desk
from appliance.core.machine import Machine


class LegState(Enum):
    NEW = "new"
    RINGING = "ringing"
    ANSWERING = "answering"
    ANNOUNCEMENT = "announcement"
    MENU = "menu"
    PLAYING = "playing"
    OFFERED = "offered"
    VOICEMAIL = "voicemail"
    TALKING = "talking"
    HELD = "held"
    LISTENING = "listening"
    ENDED = "ended"


class LegInput(Enum):
    RING = "ring"
    ANSWER = "answer"
    ANNOUNCE = "announce"
    ASK = "ask"
    PLAY = "play"
    OFFER = "offer"
    TAKE_MESSAGE = "take message"
    TALK = "talk"
    HOLD = "hold"
    LISTEN = "listen"
    END = "end"


_S, _I = LegState, LegInput
_SERVED = {
    _I.ASK: _S.MENU,
    _I.PLAY: _S.PLAYING,
    _I.OFFER: _S.OFFERED,
    _I.TAKE_MESSAGE: _S.VOICEMAIL,
}
_SENT_ANYWHERE = (_S.ANSWERING, _S.ANNOUNCEMENT, _S.MENU, _S.OFFERED)
_BEGUN = tuple(state for state in LegState if state not in (_S.NEW, _S.ENDED))

LEG_TABLE: dict[tuple[LegState, LegInput], LegState] = {
    (_S.NEW, _I.RING): _S.RINGING,  # a caller from outside
    (_S.NEW, _I.OFFER): _S.OFFERED,  # a station that dialed another
    (_S.NEW, _I.TALK): _S.TALKING,  # a station that lifted
    (_S.RINGING, _I.ANSWER): _S.ANSWERING,
    (_S.ANSWERING, _I.ANNOUNCE): _S.ANNOUNCEMENT,
    **{(state, what): new for state in _SENT_ANYWHERE for what, new in _SERVED.items()},
    (_S.PLAYING, _I.ASK): _S.MENU,  # a prompt leads back to its menu
    (_S.NEW, _I.LISTEN): _S.LISTENING,
    (_S.OFFERED, _I.TALK): _S.TALKING,
    (_S.TALKING, _I.TALK): _S.TALKING,
    (_S.TALKING, _I.HOLD): _S.HELD,
    (_S.HELD, _I.HOLD): _S.HELD,
    (_S.HELD, _I.TALK): _S.TALKING,
    (_S.TALKING, _I.OFFER): _S.OFFERED,  # the station's equipment failed
    (_S.HELD, _I.OFFER): _S.OFFERED,  # who held the caller hung up, or sent him on
    **{(state, _I.END): _S.ENDED for state in _BEGUN},
}


class Leg:
    """Begins with its first move; ``since`` is the monotonic second of the last change."""

    def __init__(self, desk: Desk, call_id: str, endpoint: str) -> None:
        self._desk = desk
        self._call_id = call_id
        self.leg_id = desk.new_id("leg")
        self.endpoint = endpoint
        self.since = desk.now
        self._machine = Machine(f"leg {endpoint}", LEG_TABLE, LegState.NEW)

    @property
    def state(self) -> LegState:
        return self._machine.state

    def begin(self, what: LegInput) -> None:
        self._desk.fact(self._call_id, "leg_began", leg_id=self.leg_id, endpoint=self.endpoint)
        self.move(what)

    def move(self, what: LegInput) -> None:
        old, new = self.state, self._machine.move(what)
        if new is not old:
            self.since = self._desk.now
            self._desk.fact(self._call_id, "leg_state", leg_id=self.leg_id, state=new.value)

    def end(self, reason: str) -> None:
        """``reason``: who ended it (caller, station, line or box)."""
        self._machine.move(LegInput.END)
        self.since = self._desk.now
        self._desk.fact(self._call_id, "leg_ended", leg_id=self.leg_id, reason=reason)
