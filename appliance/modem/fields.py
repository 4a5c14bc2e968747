"""The comma-separated fields of information responses (ITU-T V.250 5.7.1), read with tolerance."""

import re

MAX_FIELDS = 40


def after_prefix(text: str, prefix: str) -> str | None:
    """What follows ``prefix`` (which ends with its colon) without spaces around, or None."""
    if text[: len(prefix)].upper() != prefix.upper():
        return None
    return text[len(prefix) :].strip()


def split_fields(text: str) -> tuple[str, ...]:
    """The fields, unquoted and without spaces around; a comma inside quotes separates nothing."""
    parts = re.findall(r'\s*("[^"]*"?[^,]*|[^,]*)(?:,|$)', text)
    if parts and not text.rstrip().endswith(","):
        parts = parts[:-1] if len(parts) > 1 and parts[-1] == "" else parts
    return tuple(_unquoted(part) for part in parts[:MAX_FIELDS])


def fields_of(text: str, prefix: str) -> tuple[str, ...] | None:
    """The fields behind ``prefix``, or None when the line begins otherwise."""
    rest = after_prefix(text, prefix)
    return None if rest is None else split_fields(rest)


def at(fields: tuple[str, ...], index: int) -> str:
    """The field at ``index``, "" when there are fewer."""
    return fields[index] if index < len(fields) else ""


def whole(text: str) -> int | None:
    """A whole number of at most 9 digits, perhaps negative, or None."""
    return int(text) if re.fullmatch(r"-?[0-9]{1,9}", text.strip()) else None


def _unquoted(part: str) -> str:
    part = part.strip()
    return part[1:-1] if len(part) >= 2 and part[0] == part[-1] == '"' else part.replace('"', "")
