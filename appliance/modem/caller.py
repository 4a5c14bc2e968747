"""Who calls: names and numbers come from the far end, and are cleaned before anybody shows them."""

import re
import unicodedata
from contextlib import suppress
from dataclasses import dataclass

MAX_NAME = 40
MAX_NUMBER = 32  # E.164 has 15 digits; prefixes and extensions are given room
PRIVATE_WORDS = frozenset({"P", "PRIVATE", "ANONYMOUS", "WITHHELD", "BLOCKED"})
UNAVAILABLE_WORDS = frozenset(
    {"", "O", "OUT OF AREA", "OUT-OF-AREA", "UNAVAILABLE", "UNKNOWN", "UNKNOWN NUMBER"}
)


@dataclass(frozen=True, slots=True)
class CallerId:
    """``presentation``: allowed, private or unavailable; ``number`` is "" unless allowed."""

    number: str
    name: str
    presentation: str


def clean_name(text: str) -> str:
    """A name fit to show: no control or direction characters, at most 40 characters."""
    with suppress(UnicodeError):  # then it is Latin-1, or was never bytes
        text = text.encode("latin-1").decode("utf-8")
    kept = "".join(c if unicodedata.category(c)[0] not in "CZ" else " " for c in text)
    name = " ".join(kept.split())[:MAX_NAME].rstrip()
    return "" if name.upper() in PRIVATE_WORDS | UNAVAILABLE_WORDS else name


def clean_number(text: str) -> str:
    """Digits, * and # with at most a leading +; separators and everything else are dropped."""
    text = text.strip()
    digits = re.sub(r"[^0-9*#]", "", text)[:MAX_NUMBER]
    return f"+{digits}" if digits and text.startswith("+") else digits


def identify(number: str, name: str) -> CallerId:
    """What a number field says, which may be a word or the letter P or O (GR-30) instead."""
    word = " ".join(number.split()).upper()
    if word in PRIVATE_WORDS:
        return CallerId("", clean_name(name), "private")
    cleaned = "" if word in UNAVAILABLE_WORDS else clean_number(number)
    return CallerId(cleaned, clean_name(name), "allowed" if cleaned else "unavailable")
