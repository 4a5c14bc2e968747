"""The simulator's Unix socket: a path of any length, though the kernel takes only 107 bytes."""

import contextlib
import fcntl
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from appliance.errors import SimulatorError

SOCKET_NAME = "simulator.sock"
_LOCK_NAME = "simulator.lock"


@contextlib.contextmanager
def _short(folder: Path) -> Iterator[str]:
    """A short name for a folder, good while it is open."""
    fd = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{fd}"
    finally:
        os.close(fd)


def listen(state: Path) -> tuple[socket.socket, TextIO]:
    """Listen on ``state``/simulator.sock: the socket, and the lock to close with it.

    Raises SimulatorError when another network runs there.
    """
    end = socket.socket(socket.AF_UNIX)
    with contextlib.ExitStack() as undo:
        undo.callback(end.close)
        try:
            state.mkdir(parents=True, exist_ok=True)
            lock = undo.enter_context((state / _LOCK_NAME).open("w"))
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            (state / SOCKET_NAME).unlink(missing_ok=True)
            with _short(state) as name:
                end.bind(f"{name}/{SOCKET_NAME}")
            os.chmod(state / SOCKET_NAME, 0o600)
            end.listen(16)
        except BlockingIOError as error:
            raise SimulatorError(f"a simulated network already runs in {state}") from error
        except OSError as error:
            raise SimulatorError(f"{state / SOCKET_NAME}: {error.strerror}") from error
        undo.pop_all()
    end.setblocking(False)
    return end, lock


def reach(state: Path) -> socket.socket:
    """Connect to the network that runs in ``state``. Raises OSError when none does."""
    end = socket.socket(socket.AF_UNIX)
    try:
        with _short(state) as name:
            end.connect(f"{name}/{SOCKET_NAME}")
    except OSError:
        end.close()
        raise
    return end
