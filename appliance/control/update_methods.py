"""What the control methods of updates do: leave a request, read the result."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from appliance.control import schema_update as schema
from appliance.control.schema_base import Params

FileAnswer = tuple[Mapping[str, Any], int | None]
UpdateHandler = Callable[[Any], Awaitable[FileAnswer]]
Read = Callable[[Callable[[], Any]], Awaitable[Any]]


class UpdatesLike(Protocol):
    """update_desk.UpdateDesk."""

    def state(self) -> dict[str, Any]: ...

    def upload(self) -> tuple[dict[str, Any], int]: ...

    def look(self) -> None: ...

    def install(self, source: str, name: str, url: str, allow_older: bool) -> None: ...

    def forget(self) -> None: ...


class UpdateMethods:
    """``read``: runs what looks at the card on the reader thread."""

    def __init__(self, updates: UpdatesLike, read: Read) -> None:
        self._updates = updates
        self._read = read
        self.handlers: Mapping[str, UpdateHandler] = {
            "update.state": self._state,
            "update.upload": self._upload,
            "update.look": self._look,
            "update.install": self._install,
            "update.forget": self._forget,
        }

    async def _state(self, _params: Params) -> FileAnswer:
        return await self._read(self._updates.state), None

    async def _upload(self, _params: Params) -> FileAnswer:
        opened: FileAnswer = await self._read(self._updates.upload)
        return opened

    async def _look(self, _params: Params) -> FileAnswer:
        await self._read(self._updates.look)
        return {}, None

    async def _install(self, params: schema.InstallRelease) -> FileAnswer:
        await self._read(
            lambda: self._updates.install(
                params.source, params.name, params.url, params.allow_older
            )
        )
        return {}, None

    async def _forget(self, _params: Params) -> FileAnswer:
        await self._read(self._updates.forget)
        return {}, None
