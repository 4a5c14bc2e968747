"""What a modem says in command mode, cut into lines and shielded codes; noise is tolerated."""

import re
from collections import deque
from dataclasses import dataclass

from appliance.modem.dle import DLE

CR, LF = 0x0D, 0x0A
MAX_LINE = 1024  # a raw caller-ID message (MESG=, 257 bytes in hex) is the longest honest line

# V.250 table 1, with the voice results of V.253; numeric forms are what ATV0 gives.
NUMERIC_FINALS = {
    "0": "OK",
    "1": "CONNECT",
    "3": "NO CARRIER",
    "4": "ERROR",
    "6": "NO DIALTONE",
    "7": "BUSY",
    "8": "NO ANSWER",
}
CALL_FINALS = frozenset({"NO CARRIER", "NO DIALTONE", "BUSY", "NO ANSWER"})
_VERBOSE_FINALS = {
    "OK": "OK",
    "VCON": "VCON",
    "ERROR": "ERROR",
    "COMMAND NOT SUPPORT": "ERROR",  # SIMCom, for what this firmware lacks
    "NO CARRIER": "NO CARRIER",
    "NO DIALTONE": "NO DIALTONE",
    "NO DIAL TONE": "NO DIALTONE",
    "BUSY": "BUSY",
    "NO ANSWER": "NO ANSWER",
    # of a modem that looks at the line before it seizes it, or counts calls for its regulator
    "LINE IN USE": "LINE IN USE",
    "LINE-IN-USE": "LINE IN USE",
    "NO LINE": "NO LINE",
    "BLACKLISTED": "BLACKLISTED",
    "DELAYED": "DELAYED",
}
_UNSOLICITED = re.compile(
    r"RING(?:\s+[A-Z0-9])?$|\+?C?RING:|DR(?:ON|OF)\s*=|"
    r"(?:DATE|TIME|NMBR|NAME|MESG|CIDM|DDN\w*|ERRM)\s*[=:]",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line without its end. ``end``: the byte that ended it, CR or LF."""

    text: str
    end: int


@dataclass(frozen=True, slots=True)
class ShieldedCode:
    """A DLE event in command mode (its second byte); V.253 modems send them while off-hook."""

    code: int


def final_of(text: str, numeric: bool) -> str | None:
    """The final result a line stands for, or None. ``numeric``: ATV0 digits count as well."""
    if numeric and text in NUMERIC_FINALS:
        return NUMERIC_FINALS[text]
    upper = text.upper()
    if upper == "CONNECT" or upper.startswith("CONNECT "):
        return "CONNECT"
    if upper.startswith(("+CME ERROR", "+CMS ERROR")):
        return "ERROR"
    if upper.startswith("DELAYED "):
        return "DELAYED"  # the time to wait follows
    return _VERBOSE_FINALS.get(upper)


def error_code(text: str) -> int | None:
    """The number in +CME ERROR: n or +CMS ERROR: n; None for words (AT+CMEE=2) or a bare ERROR."""
    match = re.fullmatch(r"\+CM[ES] ERROR:\s*(\d{1,5})", text, re.IGNORECASE | re.ASCII)
    return int(match[1]) if match else None


def is_unsolicited(text: str, numeric: bool) -> bool:
    """Whether a line reports on its own account, even in the middle of a command's answer."""
    return _UNSOLICITED.match(text) is not None or (numeric and text == "2")


def is_ring(text: str, numeric: bool) -> bool:
    """Whether the line is one burst of ringing: RING, RING A, +CRING: VOICE, or 2 under ATV0."""
    upper = text.upper()
    return (
        upper == "RING"
        or re.fullmatch(r"RING\s+[A-Z0-9]", upper) is not None
        or upper.startswith("+CRING:")
        or (numeric and text == "2")
    )


class LineReader:
    """Cuts bytes into lines. Blank lines vanish, a line over MAX_LINE bytes is cut."""

    def __init__(self) -> None:
        self._bytes: deque[int] = deque()
        self._line = bytearray()
        self._shielded = False

    def feed(self, data: bytes) -> None:
        self._bytes.extend(data)

    def next(self) -> Line | ShieldedCode | None:
        """The next whole item, or None until more bytes come."""
        while self._bytes:
            byte = self._bytes.popleft()
            shielded, self._shielded = self._shielded, False
            if byte in (CR, LF):
                text = self._line.decode("latin-1").strip(" \t\0")
                self._line.clear()
                if text:
                    return Line(text, byte)
            elif shielded:
                return ShieldedCode(byte)
            elif byte == DLE:
                self._shielded = True
            elif len(self._line) < MAX_LINE:
                self._line.append(byte)
        return None

    def take_prompt(self) -> bool:
        """Whether the line begun so far is the prompt ``>``, which no line end follows; taken."""
        if bytes(self._line).strip() != b">":
            return False
        self._line.clear()
        return True

    def peek(self) -> int | None:
        """The next unread byte, or None."""
        return self._bytes[0] if self._bytes else None

    def skip(self) -> None:
        """Drop the next unread byte."""
        self._bytes.popleft()

    def take_rest(self) -> bytes:
        """Everything not yet read, which the reader forgets."""
        rest = bytes(self._bytes)
        self.clear()
        return rest

    def clear(self) -> None:
        self._bytes.clear()
        self._line.clear()
        self._shielded = False
