"""Root, acting as the user to whom a folder belongs: what it writes there is theirs, no more."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def acting_as_owner(folder: Path) -> Iterator[None]:
    """As root, act as the folder's own user, so that the daemon can use what is written.

    It may then not do what that user may not, whatever links lie in the folder. One thread only.
    """
    owner = folder.stat() if folder.is_dir() else None
    if os.geteuid() != 0 or owner is None or owner.st_uid == 0:
        yield
        return
    group = os.getegid()
    os.setegid(owner.st_gid)
    os.seteuid(owner.st_uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(group)
