"""Caller-ID text as voice modems print it, assembled line by line into who calls.

A block is DATE, TIME, NMBR and NAME, in any order and with any of them missing, or one raw MESG
line (see caller_id_frame). A complete block is reported at once, one that has a number after 0.5 s
without another line or at the next ring, one without a number never.
"""

import re

from appliance.errors import CallerIdError
from appliance.modem.caller import PRIVATE_WORDS, CallerId, clean_number, identify
from appliance.modem.caller_id_frame import CallMessage, read_message

IDLE_S = 0.5  # a block's lines come back to back; a gap this long ends it

_FIELD = re.compile(
    r"\+?(DATE|TIME|NMBR|NUMBER|NAME|MESG|CIDM|DDN\w*)\s*[=:]\s*(.*)", re.IGNORECASE | re.DOTALL
)


def decode_message(text: str) -> CallerId | None:
    """A raw message in hex (MESG=): None unless it is right and announces a call."""
    digits = re.sub(r"\s", "", text)
    if len(digits) % 2 or not re.fullmatch(r"[0-9A-Fa-f]+", digits):
        return None
    try:
        message = read_message(bytes.fromhex(digits))
    except CallerIdError:
        return None
    return message.caller if isinstance(message, CallMessage) else None


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
        if not clean_number(number) and number.upper() not in PRIVATE_WORDS:
            number = fields.get("DDN", number)
        if "NMBR" not in fields and "DDN" not in fields:
            return None
        return identify(number, fields.get("NAME", ""))
