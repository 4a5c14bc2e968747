"""A place to answer: the table of a handset, which is a telephone of its own when it is lifted.

``talking`` begins when an offer is answered or a dialed call connects. A handset whose call is over
hears busy tone, then the howler, then nothing; until it is hung up it is off the hook and never
offered a call.
"""

from enum import Enum
from typing import Protocol

from appliance.core.desk import Desk
from appliance.core.dial_plan import Dialled, Kind, read_keys
from appliance.core.machine import Machine
from appliance.core.offer import Offer
from appliance.core.party import CallOfStation, TalkMember


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
    HOLD = "the call put on hold"
    RESUME = "the call taken back"


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
    (_S.TALKING, _I.PLACED): _S.CALLING,  # it was rung to make a call, or is sent on
    (_S.CALLING, _I.CONNECTED): _S.TALKING,
    (_S.CALLING, _I.TURNED_AWAY): _S.BUSY_TONE,
    (_S.TALKING, _I.TURNED_AWAY): _S.BUSY_TONE,
    (_S.TALKING, _I.HOLD): _S.DIAL_TONE,
    **{(state, _I.RESUME): _S.TALKING for state in _LIFTED},
    (_S.BUSY_TONE, _I.TIME_UP): _S.HOWLER,
    (_S.HOWLER, _I.TIME_UP): _S.OFF_HOOK,
}


WELCOMES = 3  # so often a box without an owner says how to claim it
WELCOME_AFTER_S = 4.0  # of dial tone to which nobody dials
SILENT_SOURCES = ("pulse",)  # of keys that make no tone: a line must send them itself


class Switchboard(Protocol):
    """What a handset can ask for by dialing."""

    def call_extension(self, station: "Station", extension: str) -> None: ...

    def call_outside(self, station: "Station", number: str) -> None:
        """Call an outside number, if the rules let it."""

    def listen_in(self, station: "Station", extension: str) -> bool:
        """Whom to listen to; False: nobody talks there."""


class Station:
    """One handset. What is dialed is asked of ``switchboard``.

    A tap on the hook puts the call on hold (``held``) and gives dial tone. A second tap takes it
    back, together with whom the handset has called meanwhile; hanging up hands it to them.
    """

    def __init__(self, desk: Desk, extension: str, switchboard: Switchboard) -> None:
        self._desk = desk
        self._switchboard = switchboard
        self._machine = Machine(f"station {extension}", STATION_TABLE, StationState.DOWN)
        self._timer = desk.timer(f"station:{extension}")
        self._dialed = ""
        self.extension = extension
        self.endpoint = f"station:{extension}"
        self.since = desk.now
        self.reason = ""
        self.offer: Offer | None = None
        self.call: CallOfStation | None = None
        self.held: CallOfStation | None = None

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
        self.reason = ""
        if new is not old:
            self._lose_offer("it was found off the hook")
            self._desk.note("", f"Station {self.extension} was off the hook when it became ready")

    def failed(self, reason: str) -> None:
        self._put_down(StationInput.FAILED, reason)
        self.reason = reason

    def lifted(self) -> None:
        if self._move(StationInput.LIFTED) is StationState.DIAL_TONE:
            self._dial_or_welcome()
            return
        offer, self.offer = self.offer, None
        if offer is not None:
            offer.lifted()

    def hung_up(self) -> None:
        self._put_down(StationInput.HUNG_UP, "it was hung up")

    def flashed(self) -> None:
        state = self._move(StationInput.FLASHED)
        if self.held is not None:
            self._take_back(self.held)
        elif state is StationState.TALKING and self.call is not None:
            if not self.call.hold(self.extension):
                return
            self.held, self.call = self.call, None
            self._move(StationInput.HOLD)
            self._sound_dial()

    def digit(self, digit: str, source: str) -> None:
        old = self.state
        new = self._move(StationInput.DIGIT)
        if new in (StationState.TALKING, StationState.CALLING) and self.call is not None:
            self.call.station_digit(self.extension, digit, source in SILENT_SOURCES)
        if new is not StationState.DIALING:
            return
        if old is StationState.DIAL_TONE:
            self._desk.silence(self.endpoint)
            self._dialed = ""
        self._dialed += digit
        wait_s = self._read().wait_s
        if wait_s:
            self._timer.start(wait_s, self._dialing_over)
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

    def begin_call(self, call: CallOfStation) -> None:
        """It hears how somebody is called: who was rung to make this call, or is sent on in it."""
        self._move(StationInput.PLACED)
        self.call = call

    def call_connected(self) -> None:
        self._move(StationInput.CONNECTED)

    def wait_for_another(self, call: CallOfStation) -> None:
        self.begin_call(call)

    def turned_away(self, tone: str) -> None:
        """What was dialed can't be had."""
        self._turn_away(tone)

    def send_digit(self, digit: str) -> None:
        """Keys travel in a handset's sound."""

    def call_over(self, call: CallOfStation, tone: str) -> None:
        if call is self.held:
            self.held = None
            return
        self.call = None
        if self._machine.accepts(StationInput.TURNED_AWAY):
            self._turn_away(tone)

    # --- hold -----------------------------------------------------------------------------------

    def _take_back(self, held: CallOfStation) -> None:
        """To the call on hold again, with those called meanwhile, if they talk."""
        joined: list[TalkMember] = []
        if self.state is StationState.TALKING and self.call is not None:
            joined = self.call.hand_over()
            if not joined:
                return  # the other end has put this one on hold
        elif self.call is not None:
            self.call.give_up()
        self._timer.cancel()
        self._desk.silence(self.endpoint)
        self._move(StationInput.RESUME)
        self.held, self.call = None, held
        held.come_back(self.extension, joined)

    def _leave_held(
        self, held: CallOfStation, call: CallOfStation | None, old: StationState
    ) -> None:
        """Hung up with a call on hold: who was called meanwhile gets it, or this one is rung."""
        if call is None:
            held.send_on(self.extension, self.extension)
        elif old is StationState.CALLING:
            target = call.destination.removeprefix("station:")
            call.give_up()
            held.send_on(self.extension, target)
        elif joined := call.hand_over():
            held.hand_to(self.extension, joined)
        else:
            call.station_hung_up(self.extension)
            held.send_on(self.extension, self.extension)

    # --- dialing --------------------------------------------------------------------------------

    def _dial_or_welcome(self) -> None:
        """The welcome is for who dials nothing; before a line is set up it is all there is."""
        if not self._desk.welcome:
            self._sound_dial()
        elif not self._desk.plan.lines:
            self._say_welcome(WELCOMES)
        else:
            self._desk.tone(self.endpoint, "dial")
            self._timer.start(WELCOME_AFTER_S, lambda: self._say_welcome(WELCOMES))

    def _say_welcome(self, times: int) -> None:
        """Then the dial tone; at once without a welcome to say. Any key ends it."""
        if times and self._desk.welcome:
            self._desk.play(
                self.endpoint,
                self._desk.welcome,
                lambda reason: self._welcome_over(reason, times - 1),
                stop_on_digit=True,
            )
        else:
            self._sound_dial()

    def _welcome_over(self, reason: str, times: int) -> None:
        if reason == "digit":  # which comes by itself, and goes on from the quiet
            self._wait_for_digit()
        else:
            self._say_welcome(times if reason == "finished" else 0)

    def _sound_dial(self) -> None:
        self._desk.tone(self.endpoint, "dial")
        self._wait_for_digit()

    def _wait_for_digit(self) -> None:
        self._timer.start(self._desk.plan.telephony.dial_tone_s, self._no_digit)

    def _no_digit(self) -> None:
        self._move(StationInput.TIME_UP)
        self._sound_busy("busy")

    def _read(self) -> Dialled:
        return read_keys(self._desk.plan, self.extension, self._dialed)

    def _dialing_over(self) -> None:
        self._timer.cancel()
        dialled = self._read()
        if dialled.kind is Kind.NOTHING:
            text = f"Station {self.extension} dialed {self._dialed}: no such extension"
            self._desk.note("", text)
            self._turn_away("reorder")
            return
        self._move(StationInput.PLACED)
        if dialled.kind is Kind.EXTENSION:
            self._switchboard.call_extension(self, dialled.target)
        elif dialled.kind in (Kind.OUTSIDE, Kind.EMERGENCY):
            self._switchboard.call_outside(self, dialled.target)
        elif dialled.kind is Kind.LISTEN_IN:
            self._listen_in(dialled.target)
        else:
            self._flash_line()

    def _listen_in(self, extension: str) -> None:
        if self._switchboard.listen_in(self, extension):
            self.call_connected()
        else:
            self._turn_away("busy")

    def _flash_line(self) -> None:
        """The exchange's R for the call on hold, which is taken back to hear what comes of it."""
        if self.held is None or not self.held.flash_far_end():
            self._turn_away("reorder")
        else:
            self._take_back(self.held)

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
        held, self.held = self.held, None
        if new is StationState.DOWN:
            for lost in (call, held):
                if lost is not None:
                    lost.station_failed(self.extension, reason)
        elif held is not None:
            self._leave_held(held, call, old)
        elif call is not None:
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
