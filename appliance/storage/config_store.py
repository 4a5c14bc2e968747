"""The shop's configuration on the card: the owner's text, its tree, and earlier generations."""

import contextlib
import json
import tomllib
from dataclasses import dataclass
from pathlib import Path

from tinydb import TinyDB
from tinydb.table import Document

from appliance.errors import ConfigError, StorageError
from appliance.settings import Settings
from appliance.settings.diff import describe_changes
from appliance.settings.toml import read_toml
from appliance.storage.disk import Disk
from appliance.storage.document_file import DocumentFile, Tables, whole_document

_TABLE = "configuration"
_ONLY = 1  # the id of the one document
_MOST_CHANGES = 100  # that are kept of a generation: a line each


@dataclass(frozen=True, slots=True)
class StoredConfig:
    """A configuration in force. ``generation`` 0: none was ever imported."""

    generation: int
    name: str
    toml: str
    settings: Settings
    trial_id: str = ""  # of the trial that began with it (storage.config_trial)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a generation comes from. ``by``: a person, or "" for the box itself.

    ``how``: import, apply, revert, line doctor, or why it was gone back to.
    """

    by: str = ""
    how: str = "import"
    trial_id: str = ""


_IMPORTED = Origin()


@dataclass(frozen=True, slots=True)
class Generation:
    """One kept generation, for its owner. ``changes``: from the one before, a line each."""

    generation: int
    saved_at: float
    by: str
    how: str
    name: str
    changes: tuple[str, ...]


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

    def history(self) -> list[Generation]:
        """Every generation that can be read, the newest first, the one in force too."""
        found = []
        for number in self.generations():
            with contextlib.suppress(StorageError):  # broken, or pruned this moment
                found.append(_described(number, self._file.read_generation(number)))
        present = self._file.read()
        if present:
            found.append(_described(self._file.generation, present))
        return sorted(found, key=lambda one: -one.generation)

    def save(self, toml: str, name: str, utc: float, origin: Origin = _IMPORTED) -> StoredConfig:
        """Make ``toml`` the configuration, durable on return; ``name`` is the file it came from.

        Raises ConfigProblems (nothing is changed) and StorageError.
        """
        return self._save(toml, name, utc, origin, read_toml(toml, name))

    def restore(self, toml: str, name: str, utc: float, origin: Origin) -> StoredConfig:
        """As `save`, of a text that was in force before: what can't be used is told, not refused.

        Raises StorageError.
        """
        problems: list[str] = []
        saved = self._save(toml, name, utc, origin, _read_kept(toml, name, problems))
        self._problems += problems
        return saved

    def _save(
        self, toml: str, name: str, utc: float, origin: Origin, settings: Settings
    ) -> StoredConfig:
        document = {
            "name": name,
            "toml": toml,
            "tree": _tree(toml),
            "saved_at": utc,
            "by": origin.by,
            "how": origin.how,
            "trial_id": origin.trial_id,
            "changes": describe_changes(self._current.settings, settings)[:_MOST_CHANGES],
        }
        table = self._db.table(_TABLE)
        if table.contains(doc_id=_ONLY):
            table.update(document, doc_ids=[_ONLY])
        else:
            table.insert(Document(document, doc_id=_ONLY))
        self._problems.clear()
        generation = self._file.generation
        self._current = StoredConfig(generation, name, toml, settings, origin.trial_id)
        return self._current

    def _load(self) -> StoredConfig:
        found = self._db.table(_TABLE).get(doc_id=_ONLY)
        if not isinstance(found, Document):
            return StoredConfig(self._file.generation, "", "", Settings())
        name, toml = str(found["name"]), str(found["toml"])
        settings = _read_kept(toml, name, self._problems)
        trial_id = str(found.get("trial_id", ""))
        return StoredConfig(self._file.generation, name, toml, settings, trial_id)


def _tree(toml: str) -> dict[str, object]:
    try:
        return tomllib.loads(toml)
    except ValueError:  # only of a text that is restored and can't be used
        return {}


def _read_kept(toml: str, name: str, problems: list[str]) -> Settings:
    try:
        return read_toml(toml, name)
    except ConfigError as error:  # written by another release, whose rules differed
        problems.append(f"the saved configuration can't be used: {error}")
        return Settings()


def _described(generation: int, tables: Tables) -> Generation:
    found = tables.get(_TABLE, {}).get(str(_ONLY), {})
    return Generation(
        generation,
        float(found.get("saved_at", 0.0)),
        str(found.get("by", "")),
        str(found.get("how", "import")),
        str(found.get("name", "")),
        tuple(str(change) for change in found.get("changes", ())),
    )


def stored_text(folder: Path) -> str:
    """The configuration's text in a folder that is only read; "" when there is none."""
    data = whole_document(folder / "config.json")
    if data is None:
        return ""
    tables = json.loads(data.partition(b"\n")[2])
    document = tables.get(_TABLE, {}).get(str(_ONLY), {})
    return str(document.get("toml", ""))
