"""What the control methods do for the box's own network."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from appliance.control import schema_network as schema
from appliance.control.schema_base import Params

Answer = tuple[Mapping[str, Any], int | None]
Read = Callable[[Callable[[], Any]], Awaitable[Any]]


class NetworkLike(Protocol):
    """network_desk.NetworkDesk."""

    def join(self, ssid: str, password: str, country: str) -> None: ...

    def state(self) -> dict[str, Any]: ...


class NetworkMethods:
    """``read``: runs what looks at the card on the reader thread."""

    def __init__(self, network: NetworkLike, read: Read) -> None:
        self._network = network
        self._read = read
        self.handlers: Mapping[str, Callable[[Any], Awaitable[Answer]]] = {
            "network.join": self._join,
            "network.state": self._state,
        }

    async def _join(self, params: schema.JoinWifi) -> Answer:
        join = self._network.join
        await self._read(lambda: join(params.ssid, params.password, params.country))
        return {}, None

    async def _state(self, _params: Params) -> Answer:
        return await self._read(self._network.state), None
