"""One ring attempt at one station: its table and its outcome."""

from enum import Enum
from typing import Protocol

from appliance.core.desk import Desk
from appliance.core.machine import Machine


class OfferState(Enum):
    RINGING = "ringing"
    ANSWERED = "answered"
    NO_ANSWER = "no_answer"
    CANCELLED = "cancelled"
    FAILED = "failed"


class OfferInput(Enum):
    LIFTED = "lifted"
    TIME_UP = "time up"
    WITHDRAWN = "withdrawn"
    LOST = "lost"


OFFER_TABLE: dict[tuple[OfferState, OfferInput], OfferState] = {
    (OfferState.RINGING, OfferInput.LIFTED): OfferState.ANSWERED,
    (OfferState.RINGING, OfferInput.TIME_UP): OfferState.NO_ANSWER,
    (OfferState.RINGING, OfferInput.WITHDRAWN): OfferState.CANCELLED,
    (OfferState.RINGING, OfferInput.LOST): OfferState.FAILED,
}


class OfferOwner(Protocol):
    """Who made the offer."""

    def offer_answered(self, extension: str) -> None: ...

    def offer_lost(self, extension: str, reason: str) -> None: ...


class Offer:
    """Begins when made. ``owner`` hears what the station does with it."""

    def __init__(self, desk: Desk, call_id: str, extension: str, owner: OfferOwner) -> None:
        self._desk = desk
        self._owner = owner
        self.call_id = call_id
        self.extension = extension
        self.offer_id = desk.new_id("offer")
        self._machine = Machine(f"offer {extension}", OFFER_TABLE, OfferState.RINGING)
        desk.fact(call_id, "offer_began", offer_id=self.offer_id, station=extension)

    def end(self, what: OfferInput) -> None:
        outcome = self._machine.move(what).value
        self._desk.fact(self.call_id, "offer_ended", offer_id=self.offer_id, outcome=outcome)

    def lifted(self) -> None:
        """The station answers."""
        self.end(OfferInput.LIFTED)
        self._owner.offer_answered(self.extension)

    def lost(self, reason: str) -> None:
        """The station is gone while it rang."""
        self.end(OfferInput.LOST)
        self._owner.offer_lost(self.extension, reason)
