"""Service codes such as *123#: what is sent with AT+CUSD and what comes back (27.007 7.15)."""

import re
from dataclasses import dataclass

from appliance.errors import TextError
from appliance.modem import gsm7
from appliance.modem.fields import after_prefix, whole
from appliance.modem.sms_fields import UCS2, read_coding

MAX_CODE = 40
MAX_TEXT = 182  # characters of a packed string, 3GPP TS 22.090
DONE, REPLY_EXPECTED, ENDED, ANSWERED_ELSEWHERE, UNSUPPORTED, TIMED_OUT = range(6)
_LINE = re.compile(
    r'(\d)\s*(?:,\s*"?(?P<text>.*?)"?\s*(?:,\s*(?P<scheme>\d{1,3})\s*)?)?', re.DOTALL
)


@dataclass(frozen=True, slots=True)
class NetworkAnswer:
    """``outcome``: 0 done, 1 a reply is expected, 2 ended by the network, 3 answered by another
    client, 4 not supported, 5 timed out. ``text``: "" when none came.
    """

    outcome: int
    text: str


def check_code(code: str) -> str:
    """``code`` if it is made of digits, * and # alone, at most 40. Raises TextError."""
    if len(code) > MAX_CODE or not re.fullmatch(r"[0-9*#]+", code, re.ASCII):
        raise TextError("a service code has digits, * and # alone")
    return code


def packed_code(code: str) -> str:
    """``code`` as hex of packed septets, which some modems want (Huawei's)."""
    septets = gsm7.encode(check_code(code)) or b""
    if len(septets) % 8 == 7:  # 23.038 6.1.2.3.1: CR fills the spare septet, which would be an @
        septets += bytes((gsm7.CARRIAGE_RETURN,))
    return gsm7.pack(septets).hex().upper()


def read_answer(line: str) -> NetworkAnswer | None:
    """A +CUSD notice; None when the line is none. Any line is taken."""
    said = after_prefix(line, "+CUSD:")
    match = _LINE.fullmatch(said) if said is not None else None
    if match is None:
        return None
    scheme = whole(match["scheme"] or "")
    return NetworkAnswer(int(match[1]), _decoded((match["text"] or "").strip(","), scheme))


def _decoded(text: str, scheme: int | None) -> str:
    """The text itself, or what its hex stands for: UCS-2, or packed septets.

    Modems with AT+CSCS="GSM" print a 7-bit text as it is and a UCS-2 one in hex. Packed hex is
    believed only where its septets make a readable text, since a balance may look like hex too.
    """
    digits = re.sub(r"\s", "", text)
    is_hex = len(digits) >= 4 and len(digits) % 2 == 0 and re.fullmatch(r"[0-9A-Fa-f]+", digits)
    if not is_hex:
        return _tidy(text)
    octets = bytes.fromhex(digits)
    if _is_ucs2(scheme):
        return _tidy(octets[: len(octets) // 2 * 2].decode("utf-16-be", "replace"))
    if len(octets) % 2 == 0 and octets[::2].count(0) * 4 >= len(octets) > 4:
        return _tidy(octets.decode("utf-16-be", "replace"))  # UCS-2 under a 7-bit scheme
    if digits.isdecimal() or digits != digits.upper() or len(octets) < 5:
        return _tidy(text)
    septets = gsm7.unpack(octets, len(octets) * 8 // 7)
    if len(septets) % 8 == 0 and septets[-1] in (0, gsm7.CARRIAGE_RETURN):
        septets = septets[:-1]
    return _tidy(gsm7.decode(septets))


def _is_ucs2(scheme: int | None) -> bool:
    """23.038 5 (cell broadcast coding, which USSD uses): 0x11, and 0x48 and the like.

    72 is 0x48. Some modems give 8, as in a short message, and some 17.
    """
    if scheme is None:
        return False
    general = 0x40 <= scheme < 0x80 and read_coding(scheme & 0x3F).alphabet == UCS2
    return general or scheme in (0x11, 0x08)


def _tidy(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(c for c in text if c == "\n" or c.isprintable())
    return kept.strip()
