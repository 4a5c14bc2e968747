"""Caller-ID text as voice modems print it, assembled line by line into who calls.

A block is DATE, TIME, NMBR and NAME, in any order and with any of them missing, or one raw MESG
line (Bellcore GR-30 SDMF and MDMF, ETSI EN 300 659-3). A complete block is reported at once, one
that has a number after 0.5 s without another line or at the next ring, one without a number never.
Names and numbers come from the far end: they are cleaned here, before anybody shows or stores them.
"""

import re
import unicodedata
from contextlib import suppress
from dataclasses import dataclass

IDLE_S = 0.5  # a block's lines come back to back; a gap this long ends it
MAX_NAME = 40
MAX_NUMBER = 32  # E.164 has 15 digits; prefixes and extensions are given room

_FIELD = re.compile(
    r"\+?(DATE|TIME|NMBR|NUMBER|NAME|MESG|CIDM|DDN\w*)\s*[=:]\s*(.*)", re.IGNORECASE | re.DOTALL
)
_PRIVATE = frozenset({"P", "PRIVATE", "ANONYMOUS", "WITHHELD", "BLOCKED"})
_UNAVAILABLE = frozenset(
    {"", "O", "OUT OF AREA", "OUT-OF-AREA", "UNAVAILABLE", "UNKNOWN", "UNKNOWN NUMBER"}
)
_SDMF, _MDMF = 0x04, 0x80  # call set-up; 0x82 (message waiting) is no call
# Parameter types of MDMF messages, GR-30 and EN 300 659-3 table 5.
_NUMBER, _DIALABLE, _NUMBER_ABSENT, _NAME = 0x02, 0x03, 0x04, 0x07


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
    return "" if name.upper() in _PRIVATE | _UNAVAILABLE else name


def clean_number(text: str) -> str:
    """Digits, * and # with at most a leading +; separators and everything else are dropped."""
    text = text.strip()
    digits = re.sub(r"[^0-9*#]", "", text)[:MAX_NUMBER]
    return f"+{digits}" if digits and text.startswith("+") else digits


def _identify(number: str, name: str) -> CallerId:
    word = " ".join(number.split()).upper()
    if word in _PRIVATE:
        return CallerId("", clean_name(name), "private")
    cleaned = "" if word in _UNAVAILABLE else clean_number(number)
    return CallerId(cleaned, clean_name(name), "allowed" if cleaned else "unavailable")


def decode_message(text: str) -> CallerId | None:
    """A raw message in hex (MESG=): None unless its type, lengths and checksum are right."""
    digits = re.sub(r"\s", "", text)
    if len(digits) % 2 or not re.fullmatch(r"[0-9A-Fa-f]+", digits):
        return None
    message = bytes.fromhex(digits)
    if len(message) < 3 or len(message) != message[1] + 3 or sum(message) % 256 != 0:
        return None
    body = message[2:-1]
    if message[0] == _SDMF:
        return _identify(body[8:].decode("latin-1"), "") if len(body) > 8 else None
    return _decode_parameters(body) if message[0] == _MDMF else None


def _decode_parameters(body: bytes) -> CallerId | None:
    found: dict[int, str] = {}
    while len(body) >= 2:
        kind, length = body[0], body[1]
        if len(body) < 2 + length:
            return None
        found.setdefault(kind, body[2 : 2 + length].decode("latin-1"))
        body = body[2 + length :]
    number = found.get(_NUMBER) or found.get(_DIALABLE) or found.get(_NUMBER_ABSENT)
    if number is None:
        return None
    return _identify(number, found.get(_NAME, ""))


class CallerIdAssembler:
    """Gathers a block's lines; each method returns who calls once the block is complete. Pure."""

    def __init__(self) -> None:
        self._fields: dict[str, str] = {}
        self._last_s = 0.0

    @property
    def deadline(self) -> float | None:
        """When tick() must be called, or None."""
        return self._last_s + IDLE_S if self._fields else None

    def line(self, text: str, now: float) -> CallerId | None:
        """One line from the modem; lines of no block are ignored."""
        match = _FIELD.match(text)
        if match is None:
            return None
        key, value = match[1].upper(), match[2].strip()
        if key in {"MESG", "CIDM"}:
            decoded = decode_message(value)
            if decoded is not None:
                self.clear()
            return decoded
        self._fields["NMBR" if key == "NUMBER" else "DDN" if key.startswith("DDN") else key] = value
        self._last_s = now
        return self._take() if self._fields.keys() >= {"DATE", "TIME", "NMBR", "NAME"} else None

    def ring(self) -> CallerId | None:
        """A ring began: what there is must do."""
        return self._take()

    def tick(self, now: float) -> CallerId | None:
        deadline = self.deadline
        return self._take() if deadline is not None and now >= deadline else None

    def clear(self) -> None:
        self._fields.clear()

    def _take(self) -> CallerId | None:
        fields = dict(self._fields)
        self._fields.clear()
        number = fields.get("NMBR", "")
        if not clean_number(number) and number.upper() not in _PRIVATE:
            number = fields.get("DDN", number)
        if "NMBR" not in fields and "DDN" not in fields:
            return None
        return _identify(number, fields.get("NAME", ""))
