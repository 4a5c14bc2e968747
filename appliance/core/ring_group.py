"""The stage that offers the caller to stations, all at once or in turn, until one lifts."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from appliance.core.caller import CallerId
from appliance.core.commands import RingStations, StopRinging
from appliance.core.leg import LegInput
from appliance.core.machine import Machine
from appliance.core.offer import Offer, OfferInput
from appliance.core.stage import ServedCall
from appliance.core.station import Station, StationState


class RingState(Enum):
    NEW = "new"
    RINGING = "ringing"
    DONE = "done"


class RingInput(Enum):
    BEGIN = "begin"
    NEXT = "the next station"
    DIGIT = "DigitReceived"
    ANSWERED = "StationLifted"
    LOST = "StationFailed"
    NOBODY = "nobody"
    LEAVE = "leave"


RING_TABLE: dict[tuple[RingState, RingInput], RingState] = {
    (RingState.NEW, RingInput.BEGIN): RingState.RINGING,
    (RingState.RINGING, RingInput.NEXT): RingState.RINGING,
    (RingState.RINGING, RingInput.DIGIT): RingState.RINGING,
    (RingState.RINGING, RingInput.ANSWERED): RingState.DONE,
    (RingState.RINGING, RingInput.LOST): RingState.RINGING,
    (RingState.RINGING, RingInput.NOBODY): RingState.DONE,
    (RingState.RINGING, RingInput.LEAVE): RingState.DONE,
    (RingState.DONE, RingInput.LEAVE): RingState.DONE,
}


@dataclass(frozen=True, slots=True)
class RingOrder:
    """Whom to ring and how. ``label`` names it in the story; ``ring_for_s`` counts per try."""

    label: str
    stations: tuple[str, ...]
    strategy: str  # ring_all or hunt
    ring_for_s: float


class RingGroupStage:
    """Rings as ordered; ``otherwise`` is called when nobody took the call, with the reason."""

    leg_input = LegInput.OFFER

    def __init__(
        self, call: ServedCall, order: RingOrder, otherwise: Callable[[str], None]
    ) -> None:
        self._call = call
        self._order = order
        self._otherwise = otherwise
        self._machine = Machine(order.label, RING_TABLE, RingState.NEW)
        self._timer = call.desk.timer(f"call:{call.call_id}")
        self._waiting = list(order.stations)  # not tried yet
        self._ringing: dict[str, tuple[Station, Offer]] = {}

    def begin(self) -> None:
        self._machine.move(RingInput.BEGIN)
        self._call.progress.prompt_heard = False
        self._call.progress.all_busy = False
        free = self._free()
        if not free:
            self._all_busy()
            return
        self._call.desk.tone(self._call.endpoint, "ringback")
        self._ring(free)

    def digit(self, digit: str) -> None:
        self._machine.move(RingInput.DIGIT)

    def leave(self) -> None:
        self._machine.move(RingInput.LEAVE)
        self._timer.cancel()
        self._withdraw(OfferInput.WITHDRAWN)

    # --- what the stations do -------------------------------------------------------------------

    def offer_answered(self, extension: str) -> None:
        self._machine.move(RingInput.ANSWERED)
        self._timer.cancel()
        station, _ = self._ringing.pop(extension)
        self._withdraw(OfferInput.WITHDRAWN)
        self._call.connect(station)

    def offer_lost(self, extension: str, reason: str) -> None:
        self._machine.move(RingInput.LOST)
        del self._ringing[extension]
        self._note(f"Station {extension} is gone while it rang: {reason}", station=extension)
        if not self._ringing:
            self._timer.cancel()
            self._try_next("no station is left to ring")

    # --- whom to ring ---------------------------------------------------------------------------

    def _free(self) -> list[Station]:
        stations = [self._call.station(extension) for extension in self._waiting]
        free = [station for station in stations if station is not None and station.is_idle]
        return free[:1] if self._order.strategy == "hunt" else free

    def _ring(self, free: list[Station]) -> None:
        extensions = tuple(station.extension for station in free)
        last = self._waiting.index(extensions[-1]) + 1
        self._waiting = self._waiting[last:] if self._order.strategy == "hunt" else []
        seconds, of = self._order.ring_for_s, len(self._order.stations)
        text = f"{self._order.label}: ringing {', '.join(extensions)} for {seconds:g} s"
        self._note(text, ringing=len(free), of=of, ring_for_s=seconds)
        for station in free:
            self._offer(station)
        caller = self._call.caller_id or CallerId()
        self._call.desk.emit(
            RingStations(extensions, caller.number, caller.name, caller.presentation)
        )
        self._timer.start(seconds, self._time_up)

    def _offer(self, station: Station) -> None:
        offer = Offer(self._call.desk, self._call.call_id, station.extension, self)
        station.accept(offer)
        self._ringing[station.extension] = (station, offer)
        self._call.progress.offers += 1

    def _time_up(self) -> None:
        self._machine.move(RingInput.NEXT)
        count = len(self._ringing)
        self._withdraw(OfferInput.TIME_UP)
        seconds = self._order.ring_for_s
        handsets = "1 handset" if count == 1 else f"{count} handsets"
        reason = f"{self._order.label}: rang {handsets} for {seconds:g} s, nobody lifted"
        self._note(reason, rang=count, ring_for_s=seconds)
        self._try_next(reason)

    def _try_next(self, reason: str) -> None:
        free = self._free()
        if free:
            self._ring(free)
            return
        self._machine.move(RingInput.NOBODY)
        self._otherwise(reason)

    def _all_busy(self) -> None:
        self._machine.move(RingInput.NOBODY)
        self._call.progress.all_busy = True
        stations = [self._call.station(extension) for extension in self._order.stations]
        states = [StationState.DOWN if s is None else s.state for s in stations]
        down = states.count(StationState.DOWN)
        off_hook = states.count(StationState.OFF_HOOK)
        busy = len(states) - down - off_hook
        reason = f"{self._order.label}: all busy"
        self._note(reason, of=len(states), busy=busy, off_hook=off_hook, down=down)
        self._otherwise(reason)

    def _withdraw(self, what: OfferInput) -> None:
        ringing, self._ringing = self._ringing, {}
        for station, offer in ringing.values():
            offer.end(what)
            station.withdraw()
        if ringing:
            self._call.desk.emit(StopRinging(tuple(ringing)))

    def _note(self, text: str, **figures: str | int | float | bool | None) -> None:
        self._call.desk.note(self._call.call_id, text, **figures)
