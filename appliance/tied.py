"""Ties a process's life to its parent's: a demo that is killed leaves nothing running."""

import ctypes
import os
import signal
import sys
from collections.abc import MutableMapping

PARENT = "COUNTERBELL_PARENT"  # the process id to live and end with
_PR_SET_PDEATHSIG = 1  # prctl(2)


def tie(parent: int | None = None) -> dict[str, str]:
    """What to add to a child's environment so that it ends with this process (or ``parent``)."""
    return {PARENT: str(parent or os.getpid())}


def end_with_parent(environment: MutableMapping[str, str] = os.environ) -> None:
    """End by SIGTERM when the parent does, if it asked for that. Kept across an exec."""
    parent = environment.pop(PARENT, "")
    if not parent.isdigit():
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != int(parent):  # it went before we asked
        sys.exit(0)
