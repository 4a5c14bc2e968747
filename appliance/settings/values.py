"""Checks each value of a configuration by itself: type, range and shape; names unknown keys."""

import datetime
import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from appliance.settings.boards import BOARDS
from appliance.settings.defaults import KEYPAD, LINE_DRIVERS, STATION_DRIVERS
from appliance.settings.hang_up_tones import TONES_ALLOWED, read_tones, tones_problems
from appliance.settings.schema import (
    EXTENSION,
    LANGUAGE,
    LAST_GPIO,
    MAX_SPEECH,
    MAX_TEXT,
    PREFIX,
    TABLES,
    Key,
    Table,
)

DRIVERS = (*LINE_DRIVERS, *STATION_DRIVERS)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong. ``index``: which entry of ``table``, from 0. ``path``: keys below it."""

    table: str
    index: int
    label: str
    path: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a table with those of its values that are good by themselves."""

    table: Table
    index: int
    label: str
    values: dict[str, object] = field(default_factory=dict)

    def problem(self, text: str, *path: str) -> Problem:
        return Problem(self.table.name, self.index, self.label, path, text)


@dataclass(frozen=True, slots=True)
class Findings:
    """What was read: entries by table name, and what was wrong."""

    entries: dict[str, list[Entry]]
    problems: list[Problem]


def suggestion(word: str, known: Iterable[str]) -> str:
    """`` (did you mean 'x'?)``, or nothing when no known word is near."""
    near = difflib.get_close_matches(word, list(known), n=1)
    return f" (did you mean '{near[0]}'?)" if near else ""


def listed(names: Iterable[str], limit: int = 16) -> str:
    """Names joined for people, cut at ``limit``."""
    known = list(names)
    return ", ".join(known[:limit]) + (", ..." if len(known) > limit else "")


def read_values(tree: Mapping[str, object]) -> Findings:
    """Read every table of a parsed TOML document; never raises."""
    findings = Findings({table.name: [] for table in TABLES}, [])
    names = [table.name for table in TABLES]
    for word in tree:
        if word not in names:
            text = f"unknown table{suggestion(word, names)}; allowed: {', '.join(names)}"
            findings.problems.append(Problem(word, 0, word, (), text))
    for table in TABLES:
        if table.name in tree:
            _read_table(table, tree[table.name], findings)
    return findings


def _read_table(table: Table, raw: object, findings: Findings) -> None:
    shape = f"[[{table.name}]]" if table.identity else f"[{table.name}]"
    rows = raw if table.identity else [raw]
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        text = f"got {_shown(raw)}; allowed: a table written as {shape}"
        findings.problems.append(Problem(table.name, 0, table.name, (), text))
        return
    for index, row in enumerate(rows):
        findings.entries[table.name].append(_read_entry(table, index, row, findings.problems))


def _read_entry(
    table: Table, index: int, row: Mapping[str, object], problems: list[Problem]
) -> Entry:
    label = table.name
    if table.identity:
        identity = row.get(table.identity)
        named = identity if isinstance(identity, str) and identity else f"#{index + 1}"
        label = f"{table.name}[{clean(named)}]"
    entry = Entry(table, index, label)
    known = [key.name for key in table.keys]
    for word in row:
        if word not in known:
            text = f"unknown key{suggestion(word, known)}; allowed: {', '.join(known)}"
            problems.append(entry.problem(text, word))
    driver = row.get("driver")
    row = {**_board_pins(table, row), **row}
    for key in table.keys:
        if key.name in row and key.drivers and driver in DRIVERS and driver not in key.drivers:
            text = f"the driver {driver} has no such key; it is of {listed(key.drivers)}"
            problems.append(entry.problem(text, key.name))
        elif key.name in row:
            _read_key(entry, key, row[key.name], problems)
        elif table.required(key) or (key.needed and driver in key.drivers):
            problems.append(entry.problem(f"missing; allowed: {_allowed(key)}", key.name))
    return entry


def _board_pins(table: Table, row: Mapping[str, object]) -> dict[str, object]:
    """What the named board's wiring decides, of the keys that this entry's driver reads."""
    pins = BOARDS.get(str(row.get("board")), {})
    return {
        key.name: pins[key.name]
        for key in table.keys
        if key.name in pins and row.get("driver") in key.drivers
    }


def _read_key(entry: Entry, key: Key, raw: object, problems: list[Problem]) -> None:
    before = len(problems)
    if key.kind in ("key_table", "language_table", "rate_table"):
        _read_pairs(entry, key, raw, problems)
    elif key.kind in LISTS:
        _read_list(entry, key, raw, problems)
    elif key.kind == "tones":
        problems += [entry.problem(text, key.name) for text in tones_problems(raw)]
    else:
        text = _scalar_problem(key, raw)
        if text:
            problems.append(entry.problem(text, key.name))
    if len(problems) == before:
        entry.values[key.name] = _converted(key, raw)


def _converted(key: Key, raw: object) -> object:
    if key.kind == "tones":
        return read_tones(raw)
    if key.kind == "number" and isinstance(raw, int | float):
        return float(raw)
    if isinstance(raw, list):
        return tuple(raw)
    if key.kind == "rate_table" and isinstance(raw, dict):
        return {prefix: float(price) for prefix, price in raw.items()}
    return dict(raw) if isinstance(raw, dict) else raw


def _scalar_problem(key: Key, raw: object) -> str:
    if key.kind in ("integer", "number"):
        fits = isinstance(raw, int) or (key.kind == "number" and isinstance(raw, float))
        in_range = fits and not isinstance(raw, bool) and key.low <= raw <= key.high  # type: ignore[operator]
        in_range = in_range and (not key.numbers or raw in key.numbers)
        return "" if in_range else f"got {_shown(raw)}; allowed: {_allowed(key)}"
    if key.kind == "boolean":
        return "" if isinstance(raw, bool) else f"got {_shown(raw)}; allowed: {_allowed(key)}"
    return _word_problem(key, raw)


def _word_problem(key: Key, raw: object) -> str:
    if not isinstance(raw, str):
        return f"got {_shown(raw)}; allowed: {_allowed(key)}"
    if raw in key.later:
        return f"'{raw}' is not available in this release; allowed: {_allowed(key)}"
    if key.choices and raw not in key.choices:
        near = suggestion(raw, key.choices)
        return f"'{clean(raw)}' is not known{near}; allowed: {_allowed(key)}"
    if key.pattern and not key.pattern.fullmatch(raw):
        return f"got {_shown(raw)}; allowed: {_allowed(key)}"
    return _text_problem(raw, MAX_TEXT, key.may_be_empty)


def _text_problem(raw: str, longest: int, may_be_empty: bool = False, lines: bool = False) -> str:
    if not raw.strip() and not may_be_empty:
        return "is empty; allowed: text"
    if len(raw) > longest:
        return f"has {len(raw)} characters; allowed: at most {longest}"
    if any(not (c.isprintable() or (lines and c == "\n")) for c in raw):
        return "holds a character that can't be printed; allowed: text"
    return ""


def _read_pairs(entry: Entry, key: Key, raw: object, problems: list[Problem]) -> None:
    if not isinstance(raw, dict) or not raw:
        problems.append(entry.problem(f"got {_shown(raw)}; allowed: {_allowed(key)}", key.name))
        return
    for name, value in raw.items():
        text = _pair_problem(key, name, value)
        if text:
            problems.append(entry.problem(text, key.name, name))


def _pair_problem(key: Key, name: str, value: object) -> str:
    if key.kind == "key_table":
        if name not in KEYPAD or len(name) != 1:
            return f"'{clean(name)}' is no key of a telephone; allowed: {' '.join(KEYPAD)}"
        if not isinstance(value, str):
            return f"got {_shown(value)}; allowed: a destination in quotes"
        return _text_problem(value, MAX_TEXT)
    if key.kind == "rate_table":
        return _rate_problem(key, name, value)
    return _language_problem(key, name, value)


def _rate_problem(key: Key, prefix: str, value: object) -> str:
    if prefix and not PREFIX.fullmatch(prefix):
        return f"'{clean(prefix)}' is no prefix of a number; allowed: 1-12 digits, or \"\" for all"
    is_price = isinstance(value, int | float) and not isinstance(value, bool)
    if is_price and key.low <= value <= key.high:  # type: ignore[operator]
        return ""
    return f"got {_shown(value)}; allowed: a price from {key.low:.15g} to {key.high:.15g}"


def _language_problem(key: Key, name: str, value: object) -> str:
    if not LANGUAGE.fullmatch(name):
        return 'is no language code; allowed: one such as "en"'
    if not isinstance(value, str):
        return f"got {_shown(value)}; allowed: text in quotes"
    if key.name == "audio":
        return _audio_problem(value)
    return _text_problem(value, MAX_SPEECH, lines=True)


def _audio_problem(path: str) -> str:
    if not path.lower().endswith(".wav") or ".." in path.split("/"):
        return f"got {_shown(path)}; allowed: a .wav file, without '..'"
    return _text_problem(path, MAX_TEXT)


def _is_extension(item: object) -> bool:
    return isinstance(item, str) and EXTENSION.fullmatch(item) is not None


def _is_prefix(item: object) -> bool:
    return isinstance(item, str) and PREFIX.fullmatch(item) is not None


def _is_gpio(item: object) -> bool:
    return isinstance(item, int) and not isinstance(item, bool) and 0 <= item <= LAST_GPIO


# Of each kind of list: whether an item is one, and what to write.
LISTS: Mapping[str, tuple[Callable[[object], bool], str]] = MappingProxyType(
    {
        "extensions": (_is_extension, 'an extension in quotes, such as "11"'),
        "prefixes": (_is_prefix, 'the first digits of numbers, in quotes, such as "0917"'),
        "gpios": (_is_gpio, f"a GPIO from 0 to {LAST_GPIO}"),
    }
)


def _read_list(entry: Entry, key: Key, raw: object, problems: list[Problem]) -> None:
    fits = isinstance(raw, list) and (len(raw) > 0 or key.may_be_empty)
    if not isinstance(raw, list) or not fits or (key.high and len(raw) != key.high):
        problems.append(entry.problem(f"got {_shown(raw)}; allowed: {_allowed(key)}", key.name))
        return
    is_one, wanted = LISTS[key.kind]
    for position, item in enumerate(raw):
        place = f"{key.name}[{position}]"
        if not is_one(item):
            problems.append(entry.problem(f"got {_shown(item)}; allowed: {wanted}", place))
        elif item in raw[:position]:
            problems.append(entry.problem(f"'{item}' is listed twice", place))


def _allowed(key: Key) -> str:
    words = {
        "integer": f"a whole number from {key.low:.15g} to {key.high:.15g}",
        "number": f"a number from {key.low:.15g} to {key.high:.15g}",
        "boolean": "true or false",
        "destination": 'a destination, such as "menu:main" or "hang_up"',
        "prompt": "the name of a prompt",
        "linecard": "the name of a [[linecard]]",
        "extensions": 'a list of at least one extension, such as ["11", "12"]',
        "key_table": 'a table such as { 1 = "ring_group:orders" }',
        "tones": TONES_ALLOWED,
        "language_table": 'a table by language, such as { en = "..." }',
        "sound_card": "the name of a [[sound_card]]",
        "prefixes": 'a list of first digits, such as ["0917", "0918"]',
        "gpios": f"a list of {key.high:.15g} GPIOs, such as {list(range(5, 5 + int(key.high)))}",
        "rate_table": 'a table of prices of a minute by prefix, such as { "0917" = 0.0, "" = 6.5 }',
    }
    if key.choices or key.numbers:
        return ", ".join(key.choices or map(str, key.numbers))
    return words.get(key.kind, key.allowed)


def clean(text: str) -> str:
    """Hostile or overlong text, made fit for one line of a message."""
    shown = "".join(c if c.isprintable() else "?" for c in text)
    return shown if len(shown) <= 60 else shown[:57] + "..."


def _shown(raw: object) -> str:
    if isinstance(raw, bool):
        return f"{str(raw).lower()} (true/false)"
    if isinstance(raw, str):
        return f"'{clean(raw)}' (text)"
    if isinstance(raw, int | float):
        kind = "a whole number" if isinstance(raw, int) else "a number"
        return f"{raw:.6g} ({kind})" if not abs(raw) >= 1e15 else f"too large {kind[2:]}"
    if isinstance(raw, list | dict):
        kind = "list" if isinstance(raw, list) else "table"
        return f"a {kind}" if raw else f"an empty {kind}"
    if isinstance(raw, datetime.datetime | datetime.date | datetime.time):
        return f"{raw} (a date)"
    return type(raw).__name__
