"""Updates for the page: what runs, what is asked of root's one-shot, what it says of it.

The daemon itself changes no program: it leaves a request in its folder, and reads the result.
"""

import os
import shutil
from pathlib import Path
from typing import Any

import msgspec

from appliance import __version__
from appliance.box.release_file import MOST_FILE_BYTES
from appliance.box.update_exchange import (
    FOLDER,
    RESULT,
    UPLOAD,
    Request,
    is_asked,
    read_result,
    write_request,
)
from appliance.errors import UpdateError

_SPARE = 64 * 2**20  # bytes on the card that an upload leaves to calls
_PROGRAM = Path(__file__).resolve().parents[1]
_RELEASES = "releases"  # the folder of a box's releases


class UpdateDesk:
    """Any thread, one at a time. ``program``: the folder of the release that runs."""

    def __init__(self, folder: Path, program: Path = _PROGRAM) -> None:
        self._folder = folder
        self._program = program

    def state(self) -> dict[str, Any]:
        """See control.schema_update.UpdateState."""
        result = read_result(self._folder)
        told: dict[str, Any] = msgspec.to_builtins(result)
        if is_asked(self._folder):
            told |= {"doing": "asked", "sentence": "Asked for; the box takes it up in a moment"}
        upload = self._folder / FOLDER / UPLOAD
        return told | {
            "version": __version__,
            "target": result.version,
            "release": self._program.name,
            "can_update": self._is_box(),
            "uploaded_bytes": upload.stat().st_size if upload.exists() else 0,
        }

    def upload(self) -> tuple[dict[str, Any], int]:
        """``{most_bytes}`` and an empty file for a release. Raises UpdateError, OSError."""
        self._refuse()
        (self._folder / FOLDER).mkdir(mode=0o750, exist_ok=True)
        path = self._folder / FOLDER / UPLOAD
        path.unlink(missing_ok=True)  # whoever writes the one before writes into nothing
        room = shutil.disk_usage(self._folder).free - _SPARE
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        return {"most_bytes": max(0, min(room, MOST_FILE_BYTES))}, fd

    def look(self) -> None:
        """Have root look for USB sticks. Raises UpdateError, OSError."""
        self._refuse()
        write_request(self._folder, Request("look"))

    def install(self, source: str, name: str, url: str, allow_older: bool) -> None:
        """Leave it for root. Raises UpdateError, OSError."""
        self._refuse()
        if source == "url" and not url.startswith(("http://", "https://")):
            raise UpdateError("write the address with http:// or https://")
        if source == "upload" and not (self._folder / FOLDER / UPLOAD).exists():
            raise UpdateError("send the file first")
        write_request(self._folder, Request("install", source, name, url, allow_older))

    def forget(self) -> None:
        """What was uploaded, found and told. Raises UpdateError, OSError."""
        self._refuse()
        for name in (UPLOAD, RESULT):
            (self._folder / FOLDER / name).unlink(missing_ok=True)

    def _refuse(self) -> None:
        if not self._is_box():
            raise UpdateError("this is no installed box: its programs are updated otherwise")
        if is_asked(self._folder) or read_result(self._folder).doing:
            raise UpdateError("an update is going on already: wait")

    def _is_box(self) -> bool:
        return self._program.parent.name == _RELEASES
