"""The shop's configuration on the card: the owner's text, its tree, and earlier generations."""

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path

from tinydb import TinyDB
from tinydb.table import Document

from appliance.errors import ConfigError, StorageError
from appliance.settings import Settings
from appliance.settings.toml import read_toml
from appliance.storage.disk import Disk
from appliance.storage.document_file import DocumentFile, whole_document

_TABLE = "configuration"
_ONLY = 1  # the id of the one document


@dataclass(frozen=True, slots=True)
class StoredConfig:
    """A configuration in force. ``generation`` 0: none was ever imported."""

    generation: int
    name: str
    toml: str
    settings: Settings


class ConfigStore:
    """``config.json`` in the state folder. Open it only while the folder is locked."""

    def __init__(self, folder: Path, disk: Disk | None = None) -> None:
        self._file = DocumentFile(folder / "config.json", disk=disk)
        self._db = TinyDB(storage=lambda: self._file)
        self._problems: list[str] = []
        self._current = self._load()

    @property
    def current(self) -> StoredConfig:
        """The acknowledged configuration; safe to read from every thread."""
        return self._current

    @property
    def problems(self) -> tuple[str, ...]:
        """What went wrong when the configuration was read, for the owner."""
        return (*self._file.problems, *self._problems)

    def generations(self) -> list[int]:
        return self._file.generations()

    def earlier(self, generation: int) -> str:
        """The TOML text of a kept generation. Raises StorageError."""
        try:
            tables = self._file.read_generation(generation)
            return str(tables[_TABLE][str(_ONLY)]["toml"])
        except KeyError as error:
            raise StorageError(f"generation {generation} holds no configuration") from error

    def save(self, toml: str, name: str, utc: float) -> StoredConfig:
        """Make ``toml`` the configuration, durable on return; ``name`` is the file it came from.

        Raises ConfigProblems (nothing is changed) and StorageError.
        """
        settings = read_toml(toml, name)
        document = {"name": name, "toml": toml, "tree": tomllib.loads(toml), "saved_at": utc}
        table = self._db.table(_TABLE)
        if table.contains(doc_id=_ONLY):
            table.update(document, doc_ids=[_ONLY])
        else:
            table.insert(Document(document, doc_id=_ONLY))
        self._problems.clear()
        self._current = StoredConfig(self._file.generation, name, toml, settings)
        return self._current

    def _load(self) -> StoredConfig:
        found = self._db.table(_TABLE).get(doc_id=_ONLY)
        if not isinstance(found, Document):
            return StoredConfig(self._file.generation, "", "", Settings())
        name, toml = str(found["name"]), str(found["toml"])
        try:
            settings = read_toml(toml, name)
        except ConfigError as error:  # written by another release, whose rules differed
            self._problems.append(f"the saved configuration can't be used: {error}")
            settings = Settings()
        return StoredConfig(self._file.generation, name, toml, settings)


def stored_text(folder: Path) -> str:
    """The configuration's text in a folder that is only read; "" when there is none."""
    data = whole_document(folder / "config.json")
    if data is None:
        return ""
    tables = json.loads(data.partition(b"\n")[2])
    document = tables.get(_TABLE, {}).get(str(_ONLY), {})
    return str(document.get("toml", ""))
