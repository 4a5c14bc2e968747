"""What a served caller goes through, one stage at a time: menu, prompt, ring group or voicemail."""

from typing import Protocol

from appliance.core.bridge import Bridge
from appliance.core.caller import CallerId
from appliance.core.desk import Desk
from appliance.core.leg import LegInput
from appliance.core.line import Line
from appliance.core.outcome import Progress
from appliance.core.outgoing import Permission
from appliance.core.party import TalkMember
from appliance.core.plan import Plan
from appliance.core.station import Station
from appliance.core.way_out import WayOut


class Stage(Protocol):
    """One stage. It begins once and is left once, whatever happens in between."""

    leg_input: LegInput  # what the caller's leg goes through

    def begin(self) -> None: ...

    def digit(self, digit: str) -> None:
        """The caller pressed a key."""

    def leave(self) -> None:
        """Give up what the stage holds: timers, offers, a message that is being left."""


class ServedCall(Protocol):
    """A call, as its stages see it."""

    call_id: str
    desk: Desk
    plan: Plan
    endpoint: str
    way_out: WayOut
    progress: Progress
    caller_id: CallerId | None  # None: not told yet

    @property
    def caller_number(self) -> str: ...

    def station(self, extension: str) -> Station | None:
        """The station, unless the configuration no longer holds it."""

    def serve(self, stage: Stage) -> None:
        """Leave the present stage and begin this one."""

    def go(self, destination: str, back_to: str = "") -> None:
        """Send the caller on. ``back_to``: where a prompt leads to when it ends."""

    def line_of(self, name: str) -> Line | None:
        """The line, unless the configuration no longer holds it."""

    def permission(self, number: str) -> Permission:
        """Whether and how the caller may be sent to an outside number now."""

    def connect(
        self, member: TalkMember, bridge: Bridge | None = None, since: float | None = None
    ) -> None:
        """Join the caller and one who has answered, just now or at the monotonic ``since``.

        ``bridge``: in which they hear each other already.
        """

    def nobody(self, reason: str) -> None:
        """Tell the caller that nobody can be reached, and end the call."""

    def hang_up(self, reason: str) -> None:
        """End the call from the box's side."""

    def keep_secret(self, on: bool) -> None:
        """Keep the caller's keys out of the recording, the story and the history, or no longer."""

    def stop_recording(self) -> None:
        """Stop recording the call, if it is recorded."""
