"""The outside number of a call: who permitted it, and on which line it is tried."""

from dataclasses import dataclass

from appliance.core.outgoing import Permission


@dataclass(slots=True)
class WayOut:
    """Of one call. ``permission``: None until an outside number is dialled for a handset.

    ``line``: the one dialled on last, or "".
    """

    permission: Permission | None = None
    line: str = ""

    @property
    def is_emergency(self) -> bool:
        return self.permission is not None and self.permission.is_emergency
