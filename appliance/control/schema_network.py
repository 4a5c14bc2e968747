"""The typed shape of the control methods for the box's own network."""

from typing import Annotated

from msgspec import Meta, Struct

from appliance.control.schema_base import Method, Nothing, Params, Role, Short


class JoinWifi(Params, frozen=True):
    """``country``: ISO 3166, two letters. ``password``: "" of an open network."""

    ssid: Short
    password: Annotated[str, Meta(max_length=200)]
    country: Annotated[str, Meta(max_length=10)]


class NetworkState(Struct, frozen=True):
    """``waiting``: the box is joining ``ssid``. Else how that ended; ``text`` "": never asked."""

    waiting: bool
    ssid: str
    ok: bool
    text: str
    at: float


METHODS: dict[str, Method] = {
    "network.join": Method(Role.OWNER, JoinWifi, Nothing),
    "network.state": Method(Role.OWNER, Params, NetworkState),
}
