"""What a modem says unasked, also in the middle of an answer; notices of several lines joined."""

import re
from dataclasses import dataclass

MORE_S = 1.0  # the lines of one notice come back to back
MAX_LINES = 24  # of one USSD text: 182 characters, cut into menu items

# 3GPP TS 27.005 3.4.1: in PDU mode these have the PDU on a line of its own.
_WITH_PDU = re.compile(r"\+(?:CDS|CMT|CBM):", re.IGNORECASE)
_WITH_TEXT = re.compile(r"\+CUSD:", re.IGNORECASE)  # 27.007 7.15: its text may hold line ends
_PDU = re.compile(r"[0-9A-Fa-f]{4,}")
# Vendors' notices that begin with no sign: at the start, about calls, about power.
_WORDS = re.compile(
    r"(?:RING|NO CARRIER|BUSY|NO ANSWER|NO DIAL ?TONE)$|VOICE CALL\s*:|MISSED_CALL\s*:|"
    r"(?:RDY|START|CALL READY|SMS READY|SMS DONE|PB DONE|SMS FULL|SIM REMOVED|NORMAL POWER DOWN|"
    r"POWERED DOWN|OVER-VOLTAGE .*|UNDER-VOLTAGE .*)$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Unsolicited:
    """A line nobody asked for: RING, caller-ID text, +CMTI, or noise.

    ``more``: the PDU that follows +CDS, +CMT and +CBM on a line of its own. The lines of a +CUSD
    text are joined by line feeds in ``text``.
    """

    text: str
    more: str = ""


def is_notice(text: str) -> bool:
    """Whether a line is told on the modem's own account, or answers under some command's name."""
    return text[:1] in "+^*$%" or _WORDS.match(text) is not None


class NoticeJoiner:
    """Holds a notice back until its further lines have come, ``MORE_S`` at most. Pure."""

    def __init__(self) -> None:
        self._text = ""
        self._lines = 0
        self._since_s = 0.0

    @property
    def deadline(self) -> float | None:
        """When tick() must be called, or None."""
        return self._since_s + MORE_S if self._text else None

    def begin(self, text: str, now: float) -> list[Unsolicited]:
        """A notice's first line: told at once unless more belongs to it."""
        if _WITH_PDU.match(text) or (_WITH_TEXT.match(text) and text.count('"') % 2):
            self._text, self._since_s, self._lines = text, now, 1
            return []
        return [Unsolicited(text)]

    def line(self, text: str, now: float) -> tuple[list[Unsolicited], bool]:
        """The next line: what is complete now, and whether this line was part of it."""
        if not self._text:
            return [], False
        late = self.tick(now)
        if late:
            return late, False
        if _WITH_PDU.match(self._text):
            is_pdu = _PDU.fullmatch(text) is not None
            return [self._take(text if is_pdu else "")], is_pdu
        self._text += "\n" + text
        self._lines += 1
        if '"' in text or self._lines >= MAX_LINES:
            return [self._take()], True
        return [], True

    def tick(self, now: float) -> list[Unsolicited]:
        """Let time pass: a notice whose rest does not come is told as it is."""
        deadline = self.deadline
        return [self._take()] if deadline is not None and now >= deadline else []

    def clear(self) -> None:
        self._text = ""

    def _take(self, more: str = "") -> Unsolicited:
        notice, self._text = Unsolicited(self._text, more), ""
        return notice
