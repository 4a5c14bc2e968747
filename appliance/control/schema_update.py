"""The typed shape of the control methods of updates (docs/updates.md)."""

from typing import Annotated

from msgspec import Meta, Struct

from appliance.control.schema_base import Method, Nothing, Params, Role, Short


class InstallRelease(Params, frozen=True):
    """``source``: upload, stick (``name``: of its file) or url."""

    source: Annotated[str, Meta(pattern="^(upload|stick|url)$")]
    name: Short = ""
    url: Annotated[str, Meta(max_length=2000)] = ""
    allow_older: bool = False


class UploadRoom(Struct, frozen=True):
    """With the file to write into: ``most_bytes`` leave room on the card for calls."""

    most_bytes: int


class FoundRelease(Struct, frozen=True):
    """On a USB stick. ``problem``: why it can't be used, or ""."""

    name: str
    version: str
    bytes: int
    problem: str


class UpdateState(Struct, frozen=True):
    """``version``, ``release``: what runs. ``doing``: "", asked, looking, or a stage of an update.

    ``sentence``: that stage for the owner. ``ended``: "", done, returned, given_up, of the last
    update, to release ``target``; ``problem``: why it ended so. ``found``: None when nobody looked.
    """

    version: str
    release: str
    can_update: bool
    doing: str
    sentence: str
    ended: str
    target: str
    problem: str
    at: float
    uploaded_bytes: int
    found: tuple[FoundRelease, ...] | None = None


METHODS: dict[str, Method] = {
    "update.state": Method(Role.OWNER, Params, UpdateState),
    "update.upload": Method(Role.OWNER, Params, UploadRoom, sends_file=True),
    "update.look": Method(Role.OWNER, Params, Nothing),
    "update.install": Method(Role.OWNER, InstallRelease, Nothing),
    "update.forget": Method(Role.OWNER, Params, Nothing),
}
