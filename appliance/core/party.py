"""What a call and the lines and stations that take part in it ask of each other."""

from collections.abc import Sequence
from typing import Protocol

from appliance.core.caller import CallerId
from appliance.core.plan import Plan


class Party(Protocol):
    """A line or a station, as its call sees it."""

    @property
    def endpoint(self) -> str:
        """``line:<name>`` or ``station:<extension>``."""

    def call_connected(self) -> None:
        """The other party is there: both talk."""

    def wait_for_another(self, call: "CallOfStation") -> None:
        """The other party has left ``call``, and somebody else is rung for this one."""

    def send_digit(self, digit: str) -> None:
        """Somebody else in the talk pressed a key."""

    def call_over(self, call: "CallOfStation", tone: str) -> None:
        """``call`` is over; a party still off the hook hears ``tone`` (a line is released)."""


class TalkMember(Party, Protocol):
    """One who was called and takes part in a talk: a station, or a line to an outside number."""

    def join(self, call: "CallOfStation") -> None:
        """Take part in a call, as the one who answered it."""


class CallOfLine(Protocol):
    """A call, as a line that takes part in it sees it."""

    caller_id: CallerId | None

    @property
    def call_id(self) -> str: ...

    @property
    def plan(self) -> Plan: ...

    @property
    def caller_number(self) -> str: ...

    def identified(self, caller: CallerId) -> None: ...

    def answering(self) -> None:
        """The line was told to answer."""

    def line_answered(self) -> None:
        """The caller hears us from here on."""

    def digit(self, digit: str, source: str) -> None:
        """A key of the far end."""

    def rings_stopped(self, rings: int) -> None: ...

    def far_end_hung_up(self, line: "Party", evidence: str, tone_s: float) -> None: ...

    def line_failed(self, line: "Party", reason: str) -> None: ...

    def hang_up(self, reason: str) -> None:
        """End the call from the box's side."""


class CallOfStation(CallOfLine, Protocol):
    """A call, as a station that takes part in it sees it."""

    @property
    def destination(self) -> str:
        """Where the caller was sent last."""

    def station_hung_up(self, extension: str) -> None: ...

    def station_failed(self, extension: str, reason: str) -> None: ...

    def station_digit(self, extension: str, digit: str, is_silent: bool) -> None:
        """A key of a station that takes part; ``is_silent``: its tone is not in the sound."""

    def flash_far_end(self) -> bool:
        """Tap the hook of the line in this call; False when it has none."""

    def hold(self, extension: str) -> bool:
        """The station goes away for a while; False when it only listens in."""

    def come_back(self, extension: str, joined: "Sequence[TalkMember]") -> None:
        """The station is back, and these with it."""

    def hand_to(self, extension: str, members: "Sequence[TalkMember]") -> None:
        """The station, which was away, hung up and leaves its part to these."""

    def send_on(self, extension: str, target: str) -> None:
        """The station, which was away, hung up: ring ``target`` (itself, maybe) instead."""

    def hand_over(self) -> "list[TalkMember]":
        """End without a word to anybody; returns who was called. Empty: nothing ended."""

    def give_up(self) -> None:
        """End, before anybody answered, without a word to the caller."""
