"""Who calls."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CallerId:
    """Who calls. ``presentation``: allowed, private or unavailable."""

    number: str = ""
    name: str = ""
    presentation: str = "unavailable"
