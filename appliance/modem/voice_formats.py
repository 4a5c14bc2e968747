"""The answer to AT+VSM=?: which sound formats a modem offers; µ-law is found by name.

Identifiers of 128 and above are the vendor's own (V.253), and so are the spellings.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_ENTRY = re.compile(
    r'(?:\+VSM\s*[:=]\s*)?\(?(\d{1,3})\)?\s*,\s*(?:"([^"]*)"|([^,"]*))', re.IGNORECASE
)
_MORE = re.compile(r'(\d{1,3})\)?\s*,\s*"([^"]*)"')  # some list them all in one line
_ULAW = re.compile(r"(?:mu|[uµμ])[\s_-]*law|g\.?711[\s_-]*(?:mu|[uµμ])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class VoiceFormat:
    """One entry: ``id`` goes into +VSM=<id>,8000."""

    id: int
    name: str


def parse_formats(lines: Iterable[str]) -> tuple[VoiceFormat, ...]:
    """The entries that have a name; anything else in the answer is ignored."""
    formats = []
    for line in lines:
        text = line.strip()
        match = _ENTRY.match(text)
        found = [(match[1], match[2] or match[3] or "")] if match else []
        found += _MORE.findall(text, match.end() if match else 0)
        for number, name in found:
            if re.search(r"[A-Za-zµμ]", name):
                formats.append(VoiceFormat(int(number), name.strip()))
    return tuple(formats)


def find_ulaw(formats: Iterable[VoiceFormat]) -> VoiceFormat | None:
    """The µ-law entry (8 kHz, 8 bit, ITU-T G.711), or None."""
    return next((f for f in formats if _ULAW.search(f.name)), None)
