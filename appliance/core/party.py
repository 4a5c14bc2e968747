"""What a call and the lines and stations that take part in it ask of each other."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from appliance.core.station import Station


class Party(Protocol):
    """A line or a station, as its call sees it."""

    @property
    def endpoint(self) -> str:
        """``line:<name>`` or ``station:<extension>``."""

    def call_connected(self) -> None:
        """The other party is there: both talk."""

    def call_over(self, call: "CallOfStation", tone: str) -> None:
        """``call`` is over; a party still off the hook hears ``tone`` (a line is released)."""


class CallOfStation(Protocol):
    """A call, as a station that takes part in it sees it."""

    @property
    def call_id(self) -> str: ...

    @property
    def destination(self) -> str:
        """Where the caller was sent last."""

    def station_hung_up(self, extension: str) -> None: ...

    def station_failed(self, extension: str, reason: str) -> None: ...

    def station_digit(self, extension: str, digit: str) -> None:
        """A key of a station that takes part."""

    def hold(self, extension: str) -> bool:
        """The station goes away for a while; False when it only listens in."""

    def come_back(self, extension: str, joined: "Sequence[Station]") -> None:
        """The station is back, and these with it."""

    def hand_to(self, extension: str, stations: "Sequence[Station]") -> None:
        """The station, which was away, hung up and leaves its part to these."""

    def send_on(self, extension: str, target: str) -> None:
        """The station, which was away, hung up: ring ``target`` (itself, maybe) instead."""

    def hand_over(self) -> "list[Station]":
        """End without a word to anybody; returns who was called. Empty: nothing ended."""

    def give_up(self) -> None:
        """End, before anybody answered, without a word to the caller."""
