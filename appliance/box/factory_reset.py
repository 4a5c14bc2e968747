"""Factory reset: the shop's data erased, so that the box is as on its first day.

Once it is decided, a mark says so until all is gone: after a power cut the next start goes on. So
it either did nothing or finishes.
"""

import fcntl
import os
import shutil
from pathlib import Path

from appliance.box.places import Places
from appliance.errors import StateFolderLocked
from appliance.storage.disk import Disk, replace_file

_MARK = "factory-reset"
_KEPT = {"lost+found"}  # the file system's own
_OF_SHOP = ("owner-file",)  # what root remembers of the shop: counterbell.toml is read anew


def decide(places: Places, disk: Disk | None = None) -> None:
    """Durable on return: `finish` will be done now or at the next start. Raises OSError."""
    places.kept.mkdir(mode=0o700, parents=True, exist_ok=True)
    replace_file(disk or Disk(), places.kept / _MARK, b"asked for by the button\n")


def is_decided(places: Places) -> bool:
    return (places.kept / _MARK).exists()


def finish(places: Places) -> bool:
    """Erase, if it is decided; whether it was. Raises OSError; the next start tries again.

    StateFolderLocked: the daemon runs; nothing is erased under it.
    """
    if not is_decided(places):
        return False
    if places.state.is_dir():
        _erase_shop(places.state)
    if places.page_state.is_dir():
        _empty(places.page_state)
    for path in (places.wifi, places.wifi_country, *(places.kept / name for name in _OF_SHOP)):
        path.unlink(missing_ok=True)
        if path.parent.is_dir():
            Disk().sync_folder(path.parent)
    (places.kept / _MARK).unlink()
    Disk().sync_folder(places.kept)
    return True


def _erase_shop(state: Path) -> None:
    """With the state folder's lock, that no daemon may hold; the lock itself goes last."""
    fd = os.open(state / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o640)
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StateFolderLocked(f"{state} is in use: switch the box off and on") from error
        _empty(state, but="lock")
        (state / "lock").unlink()
        Disk().sync_folder(state)
    finally:
        os.close(fd)


def _empty(folder: Path, but: str = "") -> None:
    """Everything in it; links are taken away and never followed."""
    for entry in sorted(folder.iterdir()):
        if entry.name in _KEPT or entry.name == but:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    Disk().sync_folder(folder)
