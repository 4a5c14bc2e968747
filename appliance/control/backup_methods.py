"""What the control methods do that save the shop and bring it back."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from appliance.control import schema_backup as schema
from appliance.control.schema_base import Params

FileAnswer = tuple[Mapping[str, Any], int | None]  # the result, and the descriptor it travels with
BackupHandler = Callable[[Any], Awaitable[FileAnswer]]
Read = Callable[[Callable[[], Any]], Awaitable[Any]]


class BackupsLike(Protocol):
    """backup_desk.BackupDesk."""

    async def make(self, passphrase: str, recordings: bool) -> tuple[dict[str, Any], int]: ...

    def upload(self) -> tuple[dict[str, Any], int]: ...

    async def restore(self, passphrase: str) -> None: ...

    def state(self) -> dict[str, Any]: ...

    def forget(self) -> None: ...

    def restart(self) -> None: ...


class BackupMethods:
    """``read``: runs what looks at the card on the reader thread."""

    def __init__(self, backups: BackupsLike, read: Read) -> None:
        self._backups = backups
        self._read = read
        self.handlers: Mapping[str, BackupHandler] = {
            "backup.make": self._make,
            "backup.upload": self._upload,
            "backup.restore": self._restore,
            "backup.state": self._state,
            "backup.forget": self._forget,
            "backup.restart": self._restart,
        }

    async def _make(self, params: schema.MakeBackup) -> FileAnswer:
        return await self._backups.make(params.passphrase, params.recordings)

    async def _upload(self, _params: Params) -> FileAnswer:
        opened: FileAnswer = await self._read(self._backups.upload)
        return opened

    async def _restore(self, params: schema.RestoreBackup) -> FileAnswer:
        await self._backups.restore(params.passphrase)
        return {}, None

    async def _state(self, _params: Params) -> FileAnswer:
        return await self._read(self._backups.state), None

    async def _forget(self, _params: Params) -> FileAnswer:
        await self._read(self._backups.forget)
        return {}, None

    async def _restart(self, _params: Params) -> FileAnswer:
        self._backups.restart()
        return {}, None
