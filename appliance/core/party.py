"""What a call and the lines and stations that take part in it ask of each other."""

from typing import Protocol


class Party(Protocol):
    """A line or a station, as its call sees it."""

    @property
    def endpoint(self) -> str:
        """``line:<name>`` or ``station:<extension>``."""

    def call_connected(self) -> None:
        """The other party is there: both talk."""

    def call_over(self, tone: str) -> None:
        """The call is over; a party still off the hook hears ``tone`` (a line is released)."""


class CallOfStation(Protocol):
    """A call, as a station that takes part in it sees it."""

    @property
    def call_id(self) -> str: ...

    def station_hung_up(self, extension: str) -> None: ...

    def station_failed(self, extension: str, reason: str) -> None: ...
