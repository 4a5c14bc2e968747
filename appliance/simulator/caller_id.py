"""Caller-ID text as voice modems print it, with the variants found in the field."""

import time
from dataclasses import dataclass

# Each names the lines it prints and how; "raw" is MESG=<hex>, as +VCID=2 asks for.
VARIANTS = ("plain", "spaced", "no_name", "number_only", "no_number", "ddn", "raw")


@dataclass(frozen=True, slots=True)
class CallerId:
    """Who calls. ``presentation``: allowed, private or unavailable. ``utc``: seconds."""

    number: str
    name: str = ""
    presentation: str = "allowed"
    utc: float = 0.0

    @property
    def date(self) -> str:
        return time.strftime("%m%d", time.localtime(self.utc))

    @property
    def time(self) -> str:
        return time.strftime("%H%M", time.localtime(self.utc))

    @property
    def shown_number(self) -> str:
        return {"private": "P", "unavailable": "O"}.get(self.presentation, self.number)

    @property
    def shown_name(self) -> str:
        return {"private": "P", "unavailable": "O"}.get(self.presentation, self.name)


def caller_id_lines(who: CallerId, variant: str = "plain") -> tuple[str, ...]:
    """The lines a modem prints. Raises ValueError for an unknown variant."""
    if variant not in VARIANTS:
        raise ValueError(f"no caller-ID variant {variant!r}; there are {', '.join(VARIANTS)}")
    if variant == "raw":
        return (f"MESG={raw_message(who).hex().upper()}",)
    items = [("DATE", who.date), ("TIME", who.time), ("NMBR", who.shown_number)]
    if variant == "number_only":
        items = items[2:]
    elif variant == "no_number":
        items = items[:2]
    elif variant == "ddn" and who.presentation == "allowed":
        items.insert(2, ("DDN_NMBR", who.number))  # the dialable number of who calls: GR-30 type 3
    if variant not in {"no_name", "number_only"} and who.shown_name:
        items.append(("NAME", who.shown_name))
    equals = " = " if variant == "spaced" else "="
    return tuple(f"{key}{equals}{value}" for key, value in items)


def raw_message(who: CallerId) -> bytes:
    """The multiple-data message (ETSI EN 300 659-3, Bellcore GR-30): type, length, items, sum."""
    items = bytearray(b"\x01\x08" + (who.date + who.time).encode("ascii"))
    fields = [(0x02, who.number), (0x07, who.name)]
    if who.presentation != "allowed":
        fields = [(0x04, who.shown_number), (0x08, who.shown_number)]
    for kind, text in fields:
        if text:
            value = text.encode("ascii", "replace")[:50]
            items += bytes([kind, len(value)]) + value
    message = bytes([0x80, len(items)]) + bytes(items)
    return message + bytes([-sum(message) & 0xFF])
