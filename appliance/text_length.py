"""How many short messages a text takes (3GPP TS 23.038 §6.2, TS 23.040 §9.2.3.24.1)."""

from dataclasses import dataclass

# TS 23.038 §6.2.1, the default alphabet; its escape (1B) is no letter of its own.
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("^{}\\[~]|€\f")  # §6.2.1.1: an escape and a letter
_ONE_7BIT, _MANY_7BIT = 160, 153  # septets, alone and with the six octets that join parts
_ONE_UCS2, _MANY_UCS2 = 70, 67  # UTF-16 code units


@dataclass(frozen=True, slots=True)
class TextLength:
    """``left``: units that still fit into the last part. ``is_ucs2``: letters beyond GSM 7-bit."""

    parts: int
    left: int
    is_ucs2: bool


def measure(text: str) -> TextLength:
    """The length of a text as it is sent; an empty one takes no part."""
    is_ucs2 = any(letter not in _BASIC and letter not in _EXTENSION for letter in text)
    if is_ucs2:
        units = [2 if ord(letter) > 0xFFFF else 1 for letter in text]
    else:
        units = [2 if letter in _EXTENSION else 1 for letter in text]
    one, many = (_ONE_UCS2, _MANY_UCS2) if is_ucs2 else (_ONE_7BIT, _MANY_7BIT)
    if sum(units) <= one:
        return TextLength(int(bool(text)), one - sum(units), is_ucs2)
    parts, left = 1, many
    for unit in units:  # an escape and its letter, or a surrogate pair, stay in one part
        if unit > left:
            parts, left = parts + 1, many
        left -= unit
    return TextLength(parts, left, is_ucs2)
