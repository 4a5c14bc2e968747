"""The one folder that holds all state: its paths, its permissions, and its lock."""

import fcntl
import os
from pathlib import Path
from types import TracebackType

from appliance.errors import StateFolderLocked, StorageError

DEFAULT_STATE = Path("/var/lib/counterbell")


class StateFolder:
    """``--state DIR``. Made on first use; readable by its owner and group only."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self._lock_fd: int | None = None

    @property
    def recordings(self) -> Path:
        return self.path / "recordings"

    @property
    def prompts(self) -> Path:
        return self.path / "prompts"

    @property
    def history(self) -> Path:
        return self.path / "history.sqlite"

    @property
    def control_socket(self) -> Path:
        return self.path / "control.sock"

    @property
    def simulator_socket(self) -> Path:
        return self.path / "simulator.sock"

    @property
    def claim_code(self) -> Path:
        return self.path / "claim-code"

    def lock(self) -> None:
        """Make the folder and own it until `unlock` or the end of the process.

        Raises StateFolderLocked naming the owner's process, or StorageError.
        """
        try:
            for folder in (self.path, self.recordings, self.prompts):
                folder.mkdir(mode=0o750, parents=True, exist_ok=True)
            fd = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        except OSError as error:
            reason = error.strerror or str(error)
            raise StorageError(f"the state folder {self.path} can't be used: {reason}") from error
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            owner = os.pread(fd, 32, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(fd)
            raise StateFolderLocked(
                f"the state folder {self.path} is in use by process {owner}"
            ) from error
        os.ftruncate(fd, 0)
        os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)
        self._lock_fd = fd

    def unlock(self) -> None:
        """Let go of the folder. Idempotent."""
        if self._lock_fd is not None:
            os.close(self._lock_fd)
            self._lock_fd = None

    def __enter__(self) -> "StateFolder":
        self.lock()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.unlock()
