"""A TinyDB storage in one JSON file: atomic, with a checksum and the generations before it."""

import hashlib
import json
from pathlib import Path
from typing import Any

from tinydb.storages import Storage

from appliance.errors import StorageError
from appliance.storage.disk import Disk, remove_leftovers, replace_file

Tables = dict[str, dict[str, Any]]  # TinyDB's own shape: table, document id, document


class DocumentFile(Storage):
    """The file of one TinyDB. One writer only: the state folder's lock and one thread see to that.

    ``keep``: how many earlier generations stay beside it, as ``NAME.00000012``. When the file can't
    be read, the newest generation that can takes its place, which `problems` tells.
    """

    def __init__(self, path: Path, keep: int = 20, disk: Disk | None = None) -> None:
        self._path = path
        self._keep = keep
        self._disk = disk or Disk()
        self._problems: list[str] = []
        remove_leftovers(path)
        self._generation, self._text = self._load()

    @property
    def generation(self) -> int:
        """Counts the acknowledged writes; 0 before the first."""
        return self._generation

    @property
    def problems(self) -> tuple[str, ...]:
        return tuple(self._problems)

    def generations(self) -> list[int]:
        """The earlier generations that are kept, oldest first."""
        return sorted(int(path.suffix[1:]) for path in self._kept())

    def read(self) -> Tables | None:
        """A fresh copy of the acknowledged documents; None before the first write."""
        tables: Tables | None = json.loads(self._text) if self._text else None
        return tables

    def read_generation(self, generation: int) -> Tables:
        """An earlier generation's documents. Raises StorageError when it is not kept or broken."""
        try:
            _, text = _unpack(self._kept_path(generation).read_bytes())
        except (OSError, ValueError) as error:
            raise StorageError(f"generation {generation} can't be read: {error}") from error
        tables: Tables = json.loads(text)
        return tables

    def write(self, data: Tables) -> None:
        """Make ``data`` the next generation, durable on return. Raises StorageError."""
        text = json.dumps(data, ensure_ascii=False, sort_keys=True)
        packed = _pack(self._generation + 1, text)
        keep_as = self._kept_path(self._generation) if self._keep and self._generation else None
        try:
            replace_file(self._disk, self._path, packed, keep_as)
        except OSError as error:
            reason = f"{self._path.name} can't be saved: {error.strerror or error}"
            raise StorageError(reason) from error
        self._generation += 1
        self._text = text
        self._prune()

    def close(self) -> None:
        """Nothing is held open between writes."""

    def _prune(self) -> None:
        for generation in self.generations()[: -self._keep or None]:
            self._disk.unlink(self._kept_path(generation))

    def _kept_path(self, generation: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{generation:08d}")

    def _kept(self) -> list[Path]:
        return list(self._path.parent.glob(f"{self._path.name}.{'[0-9]' * 8}"))

    def _load(self) -> tuple[int, str]:
        newest = max(self.generations(), default=0)
        if not self._path.exists() and not newest:
            return 0, ""
        candidates = [self._path, *(self._kept_path(g) for g in reversed(self.generations()))]
        for path in candidates:
            try:
                generation, text = _unpack(path.read_bytes())
            except (OSError, ValueError) as error:
                self._problems.append(f"{path.name} can't be read: {error}")
                continue
            if self._problems:
                self._problems.append(f"{path.name} is in force instead")
            # a broken newer file had a number too: never give it to other content
            return max(generation, newest + 1) if self._problems else generation, text
        self._problems.append(f"no generation of {self._path.name} can be read: starting empty")
        return newest + 1, ""


def whole_document(path: Path) -> bytes | None:
    """The document's newest readable version as a file's bytes; None when there is none.

    Reads only: safe while another process writes it.
    """
    generations = path.parent.glob(f"{path.name}.{'[0-9]' * 8}")
    for candidate in (path, *sorted(generations, reverse=True)):
        try:
            data = candidate.read_bytes()
            _unpack(data)
        except (OSError, ValueError):
            continue
        return data
    return None


def _pack(generation: int, text: str) -> bytes:
    digest = hashlib.sha256(f"{generation}\n{text}".encode()).hexdigest()
    head = json.dumps({"generation": generation, "sha256": digest})
    return f"{head}\n{text}\n".encode()


def _unpack(data: bytes) -> tuple[int, str]:
    """Raises ValueError (JSON and UTF-8 errors are kinds of it) for all but a whole file."""
    head, _, rest = data.decode().partition("\n")
    described = json.loads(head)
    text = rest.removesuffix("\n")
    if not isinstance(described, dict) or not isinstance(described.get("generation"), int):
        raise ValueError("its first line is not a generation")
    generation: int = described["generation"]
    digest = hashlib.sha256(f"{generation}\n{text}".encode()).hexdigest()
    if digest != described.get("sha256"):
        raise ValueError("its checksum is wrong")
    json.loads(text)
    return generation, text
