"""What a call asks of the house in which it happens."""

from typing import Protocol

from appliance.core.line import Line
from appliance.core.outgoing import Permission
from appliance.core.party import CallOfStation
from appliance.core.station import Station


class House(Protocol):
    """Where calls happen: who else is there."""

    def station(self, extension: str) -> Station | None:
        """The station, unless the configuration no longer holds it."""

    def line(self, name: str) -> Line | None:
        """The line, unless the configuration no longer holds it."""

    def permission(self, number: str, is_automatic: bool) -> Permission:
        """Whether and how an outside number may be called now."""

    def call_over(self, call: CallOfStation) -> None: ...
