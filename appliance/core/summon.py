"""The stage that rings the handset for which somebody wants a number called."""

from collections.abc import Callable
from enum import Enum

from appliance.core.commands import RingStations, StopRinging
from appliance.core.leg import LegInput
from appliance.core.machine import Machine
from appliance.core.offer import Offer, OfferInput
from appliance.core.stage import ServedCall
from appliance.core.station import Station


class SummonState(Enum):
    NEW = "new"
    RINGING = "ringing"
    DONE = "done"


class SummonInput(Enum):
    BEGIN = "begin"
    LIFTED = "StationLifted"
    LOST = "StationFailed"
    TIME_UP = "time up"
    DIGIT = "DigitReceived"
    LEAVE = "leave"


_S, _I = SummonState, SummonInput

SUMMON_TABLE: dict[tuple[SummonState, SummonInput], SummonState] = {
    (_S.NEW, _I.BEGIN): _S.RINGING,
    (_S.RINGING, _I.LIFTED): _S.DONE,
    (_S.RINGING, _I.LOST): _S.DONE,
    (_S.RINGING, _I.TIME_UP): _S.DONE,
    (_S.RINGING, _I.DIGIT): _S.RINGING,
    (_S.RINGING, _I.LEAVE): _S.DONE,
    (_S.DONE, _I.LEAVE): _S.DONE,
}


class SummonStage:
    """``then``: once it is lifted. Shows the number that will be called."""

    leg_input = LegInput.OFFER

    def __init__(
        self, call: ServedCall, station: Station, number: str, then: Callable[[], None]
    ) -> None:
        self._call = call
        self._station = station
        self._number = number
        self._then = then
        self._machine = Machine(f"summons of {station.extension}", SUMMON_TABLE, SummonState.NEW)
        self._timer = call.desk.timer(f"call:{call.call_id}")
        self._offer: Offer | None = None

    def begin(self) -> None:
        self._machine.move(SummonInput.BEGIN)
        extension, desk = self._station.extension, self._call.desk
        offer = self._offer = Offer(desk, self._call.call_id, extension, self)
        self._call.progress.offers += 1
        self._station.accept(offer)
        desk.emit(RingStations((extension,), self._number, ""))
        self._timer.start(self._call.plan.telephony.internal_ring_s, self._nobody_lifts)

    def digit(self, digit: str) -> None:
        self._machine.move(SummonInput.DIGIT)

    def leave(self) -> None:
        was_ringing = self._machine.state is SummonState.RINGING
        self._machine.move(SummonInput.LEAVE)
        self._timer.cancel()
        if was_ringing:
            self._withdraw(OfferInput.WITHDRAWN)

    def offer_answered(self, extension: str) -> None:
        self._machine.move(SummonInput.LIFTED)
        self._timer.cancel()
        self._then()

    def offer_lost(self, extension: str, reason: str) -> None:
        self._machine.move(SummonInput.LOST)
        self._timer.cancel()
        self._call.hang_up(f"station {extension} is gone: {reason}")

    def _nobody_lifts(self) -> None:
        self._machine.move(SummonInput.TIME_UP)
        self._withdraw(OfferInput.TIME_UP)
        self._call.hang_up(f"nobody lifted station {self._station.extension}")

    def _withdraw(self, outcome: OfferInput) -> None:
        if self._offer is not None:
            self._offer.end(outcome)
            self._call.desk.emit(StopRinging((self._station.extension,)))
            self._station.withdraw()
