"""A line's `hang_up_tone`: one table or up to four, read, checked and written into TOML text."""

from collections.abc import Iterator, Mapping, Sequence

import tomlkit
from tomlkit.items import Array, InlineTable
from tomlkit.items import Table as TomlTable

from appliance.errors import ConfigError
from appliance.settings import HangUpToneSettings

MOST_TONES = 4
_HZ = (300, 3400)
_PHASE_MS = (50, 4000)
_KEYS = ("hz", "on_ms", "off_ms")
TONES_ALLOWED = (
    "a table such as { hz = [425], on_ms = [300], off_ms = [300] }, or a list of at most four: "
    "1 to 4 hz from 300 to 3400; as many on_ms as off_ms, 1 to 4 of each, from 50 to 4000"
)


def tones_problems(raw: object) -> list[str]:
    """What is wrong with the value of `hang_up_tone`; nothing when `read_tones` can read it."""
    rows = [raw] if isinstance(raw, dict) else raw
    if not isinstance(rows, list) or not 1 <= len(rows) <= MOST_TONES:
        return [f"is no tone; allowed: {TONES_ALLOWED}"]
    for row in rows:
        if not isinstance(row, dict) or set(row) != set(_KEYS):
            return [f"needs {', '.join(_KEYS)}, and no more; allowed: {TONES_ALLOWED}"]
        if problem := next(_row_problems(row), ""):
            return [f"{problem}; allowed: {TONES_ALLOWED}"]
    return []


def _row_problems(row: Mapping[str, object]) -> Iterator[str]:
    for key, (low, high) in zip(_KEYS, (_HZ, _PHASE_MS, _PHASE_MS), strict=True):
        numbers = row[key]
        if not isinstance(numbers, list) or not 1 <= len(numbers) <= 4:
            yield f"{key} is not a list of 1 to 4 numbers"
        elif not all(type(number) is int and low <= number <= high for number in numbers):
            yield f"{key} holds what is no whole number from {low} to {high}"
    on_ms, off_ms = row["on_ms"], row["off_ms"]
    if isinstance(on_ms, list) and isinstance(off_ms, list) and len(on_ms) != len(off_ms):
        yield "on_ms and off_ms are not of one length"


def read_tones(raw: object) -> tuple[HangUpToneSettings, ...]:
    """The tones of a value without problems."""
    rows = raw if isinstance(raw, list) else [raw]
    return tuple(
        HangUpToneSettings(*(tuple(row[key]) for key in _KEYS))
        for row in rows
        if isinstance(row, dict)
    )


def tones_item(tones: Sequence[HangUpToneSettings]) -> InlineTable | Array:
    """``tones`` as TOML: one table, or a list of several."""
    tables = []
    for tone in tones:
        table = tomlkit.inline_table()
        for key in _KEYS:
            table.append(key, list(getattr(tone, key)))
        tables.append(table)
    if len(tables) == 1:
        return tables[0]
    array = tomlkit.array()
    for table in tables:
        array.append(table)
    return array


def add_tone(toml: str, line: str, tone: HangUpToneSettings) -> str:
    """``toml`` with one more tone in its [[line]] ``line``; the rest stays as it was written.

    Raises ConfigError when there is no such line, or no room for another tone.
    """
    document = tomlkit.parse(toml)
    for table in document.get("line", []):
        if isinstance(table, TomlTable) and table.get("name") == line:
            raw = table.get("hang_up_tone")
            present = read_tones(raw.unwrap()) if raw is not None else ()
            if len(present) >= MOST_TONES:
                raise ConfigError(f"line {line} has {MOST_TONES} hang-up tones already")
            table["hang_up_tone"] = tones_item((*present, tone))
            return tomlkit.dumps(document)
    raise ConfigError(f"there is no line '{line}' in the configuration any more")
