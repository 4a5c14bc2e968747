"""Which SIM PINs were given and not accepted yet, on the card: no wrong one is tried again."""

from collections.abc import Mapping
from concurrent.futures import Future
from pathlib import Path

from appliance.interfaces import Worker
from appliance.storage.disk import Disk
from appliance.storage.document_file import DocumentFile

_TABLE = "given"


class SimPins:
    """``sim-pins.json`` in the state folder; holds hashes, no PIN. ``worker`` writes it.

    Implements lines.sim_pin.PinStore. Main thread only.
    """

    def __init__(self, folder: Path, worker: Worker, disk: Disk | None = None) -> None:
        """Raises StorageError when the file is there and can't be read."""
        self._file = DocumentFile(folder / "sim-pins.json", keep=1, disk=disk)
        self._worker = worker
        table = (self._file.read() or {}).get(_TABLE, {})
        self._tokens: Mapping[str, str] = {str(k): str(v) for k, v in table.items()}

    def given(self, line: str) -> str:
        """The token kept for ``line``, "" for none."""
        return self._tokens.get(line, "")

    def keep(self, line: str, token: str) -> "Future[None]":
        """Replace it ("" forgets); done once it is durable, or with a StorageError."""
        if token == self.given(line):
            done: Future[None] = Future()
            done.set_result(None)
            return done
        tokens = {k: v for k, v in {**self._tokens, line: token}.items() if v}
        self._tokens = tokens
        return self._worker.submit(lambda: self._file.write({_TABLE: dict(tokens)}))
