"""What a saved shop says of itself: the first member of its tar stream, `manifest.json`."""

import re
from pathlib import PurePosixPath

import msgspec

from appliance.errors import BackupError

FORMAT = 1
NAME = "manifest.json"
LARGEST = 64 * 2**20  # bytes; a recording takes some 150
_HASH = re.compile(r"[0-9a-f]{64}")
_DOCUMENT = re.compile(r"[A-Za-z0-9_-]+\.json(\.[0-9]{8})?")
HISTORY = "history.sqlite"
FOLDERS = ("prompts", "line-doctor", "recordings")


class SavedFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file, by its path in the state folder."""

    name: str
    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """``made_at``: UTC seconds. ``left_out``: what the shop uses and the file does not hold."""

    format: int
    release: str
    made_at: float
    shop: str
    recordings: bool
    files: tuple[SavedFile, ...]
    left_out: tuple[str, ...] = ()

    @property
    def bytes(self) -> int:
        """What the files take on the card."""
        return sum(file.bytes for file in self.files)


class _Format(msgspec.Struct):
    format: int


def is_of_shop(name: str) -> bool:
    """Whether an entry at the top of the state folder is the shop's: saved, and replaced.

    Documents (`*.json` with generations), the history, prompts, the line doctor's and recordings;
    no socket, lock, claim code or secret, nothing half-made.
    """
    is_document = _DOCUMENT.fullmatch(name) is not None and name != NAME
    return is_document or name in (HISTORY, *FOLDERS)


def read_manifest(data: bytes) -> Manifest:
    """Raises BackupError: a newer format, or one that no box wrote."""
    try:
        found = msgspec.json.decode(data, type=_Format).format
        if found > FORMAT:
            raise BackupError(
                f"this shop was saved by a newer release (contents {found}): update this box first"
            )
        manifest = msgspec.json.decode(data, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BackupError(f"the file's list of contents can't be read: {error}") from error
    names = [file.name for file in manifest.files]
    if len(set(names)) != len(names):
        raise BackupError("the file's list of contents names a file twice")
    for file in manifest.files:
        if not (_is_safe(file.name) and file.bytes >= 0 and _HASH.fullmatch(file.sha256)):
            raise BackupError(f"the file holds '{file.name[:80]}', which is no part of a shop")
    return manifest


def _is_safe(name: str) -> bool:
    """A path below the state folder, of the shop, with no way out of it."""
    parts = name.split("/")
    plain = all(part.isprintable() and part and not part.startswith(".") for part in parts)
    if not plain or str(PurePosixPath(name)) != name or len(name.encode()) > 1000:
        return False
    return is_of_shop(parts[0]) and (len(parts) > 1) == (parts[0] in FOLDERS)
