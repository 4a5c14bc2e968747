"""A configuration read from TOML text and written to it; every problem is named with its place."""

import re
import tomllib
from collections.abc import Iterable, Mapping

import tomlkit
from tomlkit.items import InlineTable
from tomlkit.items import Table as TomlTable

from appliance.errors import ConfigError
from appliance.settings import Settings
from appliance.settings.hang_up_tones import tones_item
from appliance.settings.references import check_references
from appliance.settings.schema import TABLES, Table
from appliance.settings.values import Entry, Findings, Problem, clean, read_values

MAX_CHARACTERS = 256 * 1024  # far above any shop; bounds the work on a hostile text

_HEADER = re.compile(r"\s*\[{1,2}\s*([\w-]+)(?:\s*\.\s*([\w-]+))?\s*\]{1,2}")
_KEY = re.compile(r"\s*(?:([\w-]+)|\"([^\"]*)\"|'([^']*)')\s*[.=]")


class ConfigProblems(ConfigError):
    """All problems of one configuration, a line each in `problems`."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


def read_toml(text: str, name: str = "configuration") -> Settings:
    """The settings in ``text``; ``name`` is how problems call the file.

    Raises ConfigProblems with every problem, each as ``NAME:LINE: place: what; allowed: ...``.
    """
    findings = read_values(_parse(text, name))
    problems = [*findings.problems, *check_references(findings)]
    if problems:
        raise ConfigProblems(_rendered(problems, text, name))
    return _settings(findings)


def check_toml(text: str, name: str = "configuration") -> list[str]:
    """The problems of ``text``, a line each; none when it can be used."""
    try:
        read_toml(text, name)
    except ConfigProblems as error:
        return list(error.problems)
    return []


def _parse(text: str, name: str) -> dict[str, object]:
    if len(text) > MAX_CHARACTERS:
        raise ConfigProblems([f"{name}: is longer than {MAX_CHARACTERS} characters"])
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigProblems([f"{name}: is not TOML: {error}"]) from error
    except RecursionError as error:
        raise ConfigProblems([f"{name}: is not TOML: nested too deeply"]) from error
    except ValueError as error:  # a number with thousands of digits
        raise ConfigProblems([f"{name}: is not TOML: {error}"]) from error


def _settings(findings: Findings) -> Settings:
    fields: dict[str, object] = {}
    for table in TABLES:
        records = [_record(table, entry, findings) for entry in findings.entries[table.name]]
        if table.identity:
            fields[table.attribute] = tuple(records)
        elif records:
            fields[table.attribute] = records[0]
    return Settings(**fields)  # type: ignore[arg-type]  # read_values has checked every type


def _record(table: Table, entry: Entry, findings: Findings) -> object:
    values = dict(entry.values)
    if table.name == "line" and "country" not in values:
        shop = findings.entries["shop"]
        if shop and "country" in shop[0].values:
            values["country"] = shop[0].values["country"]
    return table.record(**values)


# --- where a problem is ----------------------------------------------------------------------


def _rendered(problems: list[Problem], text: str, name: str) -> list[str]:
    lines = _line_numbers(text)
    placed = []
    for problem in problems:
        start = (problem.table, problem.index)
        number = 0
        for depth in range(len(problem.path), -1, -1):
            steps = tuple(step.partition("[")[0] for step in problem.path[:depth])
            number = lines.get((*start, *steps), 0)
            if number:
                break
        where = f"{name}:{number}" if number else name
        place = ".".join(clean(step) for step in (problem.label, *problem.path))
        placed.append((number, f"{where}: {place}: {problem.text}"))
    return [line for _, line in sorted(placed, key=lambda item: item[0])]


def _line_numbers(text: str) -> dict[tuple[str | int, ...], int]:
    """Where tables and keys stand, as (table, index, key ...) to line; good enough to point at."""
    found: dict[tuple[str | int, ...], int] = {}
    count: dict[str, int] = {}
    table: tuple[str | int, ...] = ()
    for number, line in enumerate(text.split("\n"), start=1):
        header = _HEADER.match(line)
        if header:
            name, below = header.groups()
            if not below:
                count[name] = count.get(name, -1) + 1
            table = (name, max(count.get(name, 0), 0), *((below,) if below else ()))
            found.setdefault(table, number)
        elif key := _KEY.match(line):
            word = next(group for group in key.groups() if group is not None)
            found.setdefault((*table, word) if table else (word, 0), number)
    return found


# --- writing ---------------------------------------------------------------------------------


def write_toml(settings: Settings) -> str:
    """Every table and key in force, defaults too, in a stable order; `read_toml` gives it back."""
    document = tomlkit.document()
    for table in TABLES:
        value = getattr(settings, table.attribute)
        if not table.identity:
            document.append(table.name, _table(table, value))
        elif value:
            rows = tomlkit.aot()
            for record in value:
                rows.append(_table(table, record))
            document.append(table.name, rows)
    return tomlkit.dumps(document)


def _table(table: Table, record: object) -> TomlTable:
    written = tomlkit.table()
    driver = getattr(record, "driver", "")
    for key in table.keys:
        value = getattr(record, key.name)
        if value is None or (key.drivers and driver not in key.drivers):
            continue
        if value in ("", ()) and not key.may_be_empty:
            continue  # as good as not written, and not allowed to be
        if key.kind == "tones":
            if value:
                written.append(key.name, tones_item(value))
        elif isinstance(value, Mapping):
            if value:
                written.append(key.name, _inline(value))
        elif isinstance(value, tuple):
            written.append(key.name, list(value))
        elif isinstance(value, float) and value.is_integer():
            written.append(key.name, int(value))
        else:
            written.append(key.name, value)
    return written


def _inline(values: Mapping[str, object]) -> InlineTable:
    inline = tomlkit.inline_table()
    for name, value in values.items():
        inline.append(name, value)
    return inline
