"""What the daemon asks root to do, and what root says of it: request.json and result.json.

Both lie in ``update/`` of the state folder, which is the daemon's: root trusts nothing in it.
"""

import os
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from appliance.errors import UpdateError
from appliance.storage.disk import Disk, replace_file

FOLDER = "update"
UPLOAD, REQUEST, RESULT = "upload", "request.json", "result.json"
_MOST_BYTES = 64 * 1024
_MODE = 0o640


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``what``: install, or look for a USB stick. ``source``: upload, stick or url.

    ``name``: of the file on the stick; ``url``: http or https.
    """

    what: Annotated[str, Meta(pattern="^(install|look)$")]
    source: Annotated[str, Meta(pattern="^(|upload|stick|url)$")] = ""
    name: Annotated[str, Meta(max_length=200)] = ""
    url: Annotated[str, Meta(max_length=2000)] = ""
    allow_older: bool = False


class Found(msgspec.Struct, frozen=True):
    """A release file on a USB stick. ``problem``: why it can't be used, or ""."""

    name: str
    version: str
    bytes: int
    problem: str = ""


class Result(msgspec.Struct, frozen=True):
    """``doing``: the stage, "" when nothing is being done. ``ended``: "", done, returned, given_up.

    ``found``: on USB sticks, None when nobody looked. ``at``: UTC seconds.
    """

    at: float = 0.0
    doing: str = ""
    sentence: str = ""
    ended: str = ""
    version: str = ""
    problem: str = ""
    found: tuple[Found, ...] | None = None


def write_request(folder: Path, request: Request) -> None:
    """``folder``: the state folder. Raises OSError."""
    (folder / FOLDER).mkdir(mode=0o750, exist_ok=True)
    path = folder / FOLDER / REQUEST
    replace_file(Disk(), path, msgspec.json.encode(request), mode=_MODE)


def take_request(folder: Path) -> Request | None:
    """The request, which is gone from then on; None: there is none. Raises UpdateError, OSError."""
    path = folder / FOLDER / REQUEST
    data = _read(path)
    if data is None:
        return None
    path.unlink()
    try:
        return msgspec.json.decode(data, type=Request)
    except msgspec.DecodeError as error:
        raise UpdateError(f"what was asked for can't be read: {error}") from error


def write_result(folder: Path, result: Result) -> None:
    """Raises OSError."""
    (folder / FOLDER).mkdir(mode=0o750, exist_ok=True)
    path = folder / FOLDER / RESULT
    replace_file(Disk(), path, msgspec.json.encode(result), mode=_MODE)


def read_result(folder: Path) -> Result:
    """An empty one when there is none that can be read."""
    data = _read(folder / FOLDER / RESULT)
    try:
        return msgspec.json.decode(data, type=Result) if data else Result()
    except msgspec.DecodeError:
        return Result()


def is_asked(folder: Path) -> bool:
    return (folder / FOLDER / REQUEST).exists()


def _read(path: Path) -> bytes | None:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    with os.fdopen(fd, "rb") as file:
        return file.read(_MOST_BYTES)
