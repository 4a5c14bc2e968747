"""A socket's path of any length, though the kernel takes only 107 bytes of it (unix(7))."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LONGEST = 107


@contextmanager
def short_path(path: Path) -> Iterator[str]:
    """A name for ``path`` that a socket can be bound or connected to, good within the block.

    Raises OSError when its folder can't be reached.
    """
    if len(os.fsencode(path)) <= LONGEST:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
