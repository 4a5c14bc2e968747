"""A place to answer: the table of a handset, which is a telephone of its own when it is lifted.

``talking`` begins when an offer is answered or a dialed call connects. A handset whose call is over
hears busy tone, then the howler, then nothing; until it is hung up it is off the hook and never
offered a call.
"""

from collections.abc import Callable
from enum import Enum

from appliance.core.desk import Desk
from appliance.core.machine import Machine
from appliance.core.offer import Offer
from appliance.core.party import CallOfStation


class StationState(Enum):
    DOWN = "down"
    IDLE = "idle"
    RINGING = "ringing"
    DIAL_TONE = "dial_tone"
    DIALING = "dialing"
    CALLING = "calling"
    TALKING = "talking"
    BUSY_TONE = "busy_tone"
    HOWLER = "howler"
    OFF_HOOK = "off_hook"


class StationInput(Enum):
    READY_ON_HOOK = "StationBecameReady (on the hook)"
    READY_OFF_HOOK = "StationBecameReady (off the hook)"
    FAILED = "StationFailed"
    LIFTED = "StationLifted"
    HUNG_UP = "StationHungUp"
    FLASHED = "StationFlashed"
    DIGIT = "DigitReceived"
    TIME_UP = "time up"
    OFFERED = "an offer"
    WITHDRAWN = "the offer withdrawn"
    PLACED = "a call placed"
    CONNECTED = "a connection"
    TURNED_AWAY = "busy or reorder tone"


_S, _I = StationState, StationInput
_LIFTED = (
    _S.DIAL_TONE, _S.DIALING, _S.CALLING, _S.TALKING, _S.BUSY_TONE, _S.HOWLER, _S.OFF_HOOK,
)  # fmt: skip

STATION_TABLE: dict[tuple[StationState, StationInput], StationState] = {
    **{(state, _I.FAILED): _S.DOWN for state in StationState},
    **{(state, _I.READY_ON_HOOK): _S.IDLE for state in StationState},
    **{(state, _I.READY_OFF_HOOK): _S.OFF_HOOK for state in (_S.DOWN, _S.IDLE, _S.RINGING)},
    **{(state, _I.READY_OFF_HOOK): state for state in _LIFTED},
    **{(state, _I.HUNG_UP): _S.IDLE for state in (_S.IDLE, *_LIFTED)},
    **{(state, _I.FLASHED): state for state in _LIFTED},
    **{(state, _I.DIGIT): state for state in _LIFTED},
    (_S.IDLE, _I.OFFERED): _S.RINGING,
    (_S.IDLE, _I.LIFTED): _S.DIAL_TONE,
    (_S.RINGING, _I.LIFTED): _S.TALKING,
    (_S.RINGING, _I.WITHDRAWN): _S.IDLE,
    (_S.DIAL_TONE, _I.DIGIT): _S.DIALING,
    (_S.DIAL_TONE, _I.TIME_UP): _S.BUSY_TONE,
    (_S.DIALING, _I.PLACED): _S.CALLING,
    (_S.DIALING, _I.TURNED_AWAY): _S.BUSY_TONE,
    (_S.CALLING, _I.CONNECTED): _S.TALKING,
    (_S.CALLING, _I.TURNED_AWAY): _S.BUSY_TONE,
    (_S.TALKING, _I.TURNED_AWAY): _S.BUSY_TONE,
    (_S.BUSY_TONE, _I.TIME_UP): _S.HOWLER,
    (_S.HOWLER, _I.TIME_UP): _S.OFF_HOOK,
}

PlaceCall = Callable[["Station", str], None]  # told the extension that was dialed


class Station:
    """One handset. ``place_call`` is asked for a call to an extension that exists."""

    def __init__(self, desk: Desk, extension: str, place_call: PlaceCall) -> None:
        self._desk = desk
        self._place_call = place_call
        self._machine = Machine(f"station {extension}", STATION_TABLE, StationState.DOWN)
        self._timer = desk.timer(f"station:{extension}")
        self._dialed = ""
        self.extension = extension
        self.endpoint = f"station:{extension}"
        self.since = desk.now
        self.reason = ""
        self.offer: Offer | None = None
        self.call: CallOfStation | None = None

    @property
    def state(self) -> StationState:
        return self._machine.state

    @property
    def is_idle(self) -> bool:
        return self.state is StationState.IDLE

    # --- facts from the driver ------------------------------------------------------------------

    def became_ready(self, off_hook: bool) -> None:
        old = self.state
        if not off_hook:
            self._put_down(StationInput.READY_ON_HOOK, "its port started again")
            return
        new = self._move(StationInput.READY_OFF_HOOK)
        if new is not old:
            self._lose_offer("it was found off the hook")
            self._desk.note("", f"Station {self.extension} was off the hook when it became ready")

    def failed(self, reason: str) -> None:
        self._put_down(StationInput.FAILED, reason)
        self.reason = reason

    def lifted(self) -> None:
        if self._move(StationInput.LIFTED) is StationState.DIAL_TONE:
            self._desk.tone(self.endpoint, "dial")
            self._timer.start(self._desk.plan.telephony.dial_tone_s, self._no_digit)
            return
        offer, self.offer = self.offer, None
        if offer is not None:
            offer.lifted()

    def hung_up(self) -> None:
        self._put_down(StationInput.HUNG_UP, "it was hung up")

    def flashed(self) -> None:
        if self._move(StationInput.FLASHED) is StationState.TALKING and self.call is not None:
            text = f"Station {self.extension} tapped the hook; nothing is set up for that"
            self._desk.note(self.call.call_id, text)

    def digit(self, digit: str) -> None:
        old = self.state
        if self._move(StationInput.DIGIT) is not StationState.DIALING:
            return
        if old is StationState.DIAL_TONE:
            self._desk.silence(self.endpoint)
            self._dialed = ""
        self._dialed += digit
        known = self._desk.plan.stations
        longer = [e for e in known if e.startswith(self._dialed) and e != self._dialed]
        if longer:
            self._timer.start(self._desk.plan.telephony.inter_digit_s, self._dialing_over)
        else:
            self._dialing_over()

    # --- intents from the call ------------------------------------------------------------------

    def accept(self, offer: Offer) -> None:
        """Ring for this offer. Raises IllegalEvent when the station is not idle."""
        self._move(StationInput.OFFERED)
        self.offer = offer

    def withdraw(self) -> None:
        """The offer is over without an answer."""
        self._move(StationInput.WITHDRAWN)
        self.offer = None

    def join(self, call: CallOfStation) -> None:
        """Take part in a call, as the one who answered it."""
        self.call = call

    def call_connected(self) -> None:
        self._move(StationInput.CONNECTED)

    def call_over(self, tone: str) -> None:
        self.call = None
        if self._machine.accepts(StationInput.TURNED_AWAY):
            self._turn_away(tone)

    # --- dialing --------------------------------------------------------------------------------

    def _no_digit(self) -> None:
        self._move(StationInput.TIME_UP)
        self._sound_busy("busy")

    def _dialing_over(self) -> None:
        self._timer.cancel()
        if self._dialed not in self._desk.plan.stations:
            text = f"Station {self.extension} dialed {self._dialed}: no such extension"
            self._desk.note("", text)
            self._turn_away("reorder")
            return
        self._move(StationInput.PLACED)
        self._place_call(self, self._dialed)

    def _turn_away(self, tone: str) -> None:
        self._move(StationInput.TURNED_AWAY)
        self._sound_busy(tone)

    def _sound_busy(self, tone: str) -> None:
        self._desk.tone(self.endpoint, tone)
        self._timer.start(self._desk.plan.telephony.busy_tone_s, self._busy_over)

    def _busy_over(self) -> None:
        self._move(StationInput.TIME_UP)
        self._desk.tone(self.endpoint, "howler")
        self._timer.start(self._desk.plan.telephony.howler_s, self._howler_over)

    def _howler_over(self) -> None:
        self._move(StationInput.TIME_UP)
        self._desk.silence(self.endpoint)
        self._desk.note("", f"Station {self.extension} was left off the hook; it gets no calls")

    # --- endings --------------------------------------------------------------------------------

    def _put_down(self, what: StationInput, reason: str) -> None:
        old = self.state
        new = self._move(what)
        self.reason = ""
        if new is old:
            return
        self._timer.cancel()
        self._desk.silence(self.endpoint)
        self._lose_offer(reason)
        call, self.call = self.call, None
        if call is None:
            return
        if new is StationState.DOWN:
            call.station_failed(self.extension, reason)
        else:
            call.station_hung_up(self.extension)

    def _lose_offer(self, reason: str) -> None:
        offer, self.offer = self.offer, None
        if offer is not None:
            offer.lost(reason)

    def _move(self, what: StationInput) -> StationState:
        old, new = self.state, self._machine.move(what)
        if new is not old:
            self.since = self._desk.now
        return new
