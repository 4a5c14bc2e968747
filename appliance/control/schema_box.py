"""The typed shape of the control method that tells how the box itself is."""

from typing import Any

from msgspec import Struct

from appliance.control.schema_base import Method, Params, Role


class BoxReading(Struct, frozen=True):
    """``verdict``: well, trouble, unknown, unused. ``at``: when it was read, UTC seconds."""

    kind: str
    name: str
    what: str
    verdict: str
    reason: str
    next_step: str
    at: float
    facts: dict[str, Any] = {}


class Box(Struct, frozen=True):
    readings: list[BoxReading]


METHODS: dict[str, Method] = {"box.show": Method(Role.OWNER, Params, Box)}
