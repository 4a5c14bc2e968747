"""The typed shape of the control methods that save the shop and bring it back."""

from typing import Annotated

from msgspec import Meta, Struct

from appliance.control.schema_base import Method, Nothing, Params, Role

Passphrase = Annotated[str, Meta(max_length=1000)]


class MakeBackup(Params, frozen=True):
    passphrase: Passphrase
    recordings: bool = False


class RestoreBackup(Params, frozen=True):
    passphrase: Passphrase


class BackupName(Struct, frozen=True):
    """With the socket from which the file comes: ``name`` is what to call it."""

    name: str


class UploadRoom(Struct, frozen=True):
    """With the file to write into: ``most_bytes`` leave room on the card for the shop itself."""

    most_bytes: int


class SavedShop(Struct, frozen=True):
    """What the next start brings back."""

    shop: str
    made_at: float
    release: str
    recordings: bool
    files: int
    bytes: int


class ShopBefore(Struct, frozen=True):
    name: str
    bytes: int


class BackupState(Struct, frozen=True):
    """``doing``: "", making, checking. ``problem``: how the last one of them failed, or ""."""

    doing: str
    problem: str
    staged: SavedShop | None
    before: ShopBefore | None


METHODS: dict[str, Method] = {
    "backup.make": Method(Role.OWNER, MakeBackup, BackupName, sends_file=True),
    "backup.upload": Method(Role.OWNER, Params, UploadRoom, sends_file=True),
    "backup.restore": Method(Role.OWNER, RestoreBackup, Nothing),
    "backup.state": Method(Role.OWNER, Params, BackupState),
    "backup.forget": Method(Role.OWNER, Params, Nothing),
    "backup.restart": Method(Role.OWNER, Params, Nothing),
}
