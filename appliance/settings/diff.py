"""Says in words what changes from one configuration to the next."""

import dataclasses
import difflib
from collections.abc import Iterator, Mapping

from appliance.settings import Settings
from appliance.settings.schema import TABLES, Table


def describe_changes(old: Settings, new: Settings) -> list[str]:
    """One line a change, such as ``station[11].name: 'Counter' -> 'Front'``; none when equal."""
    changes: list[str] = []
    for table in TABLES:
        before, after = _by_identity(table, old), _by_identity(table, new)
        changes += [f"{table.name}[{name}]: removed" for name in before if name not in after]
        for name, record in after.items():
            label = f"{table.name}[{name}]" if table.identity else table.name
            if name not in before:
                changes.append(f"{label}: added")
            else:
                changes += _differences(label, table, before[name], record)
    return changes


def unified_toml(old: str, new: str, new_name: str) -> str:
    """How the text in force becomes ``new``, as `diff -u` writes it; "" when they are equal."""
    lines = difflib.unified_diff(
        old.splitlines(), new.splitlines(), "in use", new_name, lineterm=""
    )
    return "".join(f"{line}\n" for line in lines)


def _by_identity(table: Table, settings: Settings) -> dict[str, object]:
    value = getattr(settings, table.attribute)
    if not table.identity:
        return {"": value}
    return {getattr(record, table.identity): record for record in value}


def _differences(label: str, table: Table, old: object, new: object) -> Iterator[str]:
    secret = {key.name for key in table.keys if key.secret}
    for field in dataclasses.fields(table.record):
        before, after = getattr(old, field.name), getattr(new, field.name)
        if before != after and field.name in secret:
            yield f"{label}.{field.name}: changed"
        elif before != after:
            yield f"{label}.{field.name}: {_shown(before)} -> {_shown(after)}"


def _shown(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name} = {_shown(item)}" for name, item in value.items()) + "}"
    if isinstance(value, tuple):
        return "[" + ", ".join(_shown(item) for item in value) + "]"
    return f"{value:g}" if isinstance(value, float) else repr(value)
